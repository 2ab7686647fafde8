//! What the lookup stage needs from a ledger: to find answers, to record them, and to hear when
//! they are on disk.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::error::LedgerError;
use super::unsaved_answers::AnswerRoom;
use crate::model::{Answered, Money, Msisdn, Source};

/// An answer that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    /// The answer, with when and how it was obtained.
    pub answered: Answered,
    /// [`Source::Duplicate`] if this run obtained it, [`Source::Ledger`] if an earlier one did.
    pub source: Source,
}

/// An answer that this run has just paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidAnswer {
    /// The number.
    pub msisdn: Msisdn,
    /// Its answer.
    pub answered: Answered,
    /// What all its attempts cost. The ledger does not store it; it comes back with the commit.
    pub cost: Money,
}

/// When a recorded answer may be given to its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Now: no commit follows.
    Immediate(PaidAnswer),
    /// When its [`CommitOutcome`] arrives.
    AfterCommit,
    /// Now, because the ledger keeps nothing any more: only its rows can keep the answer.
    Never(PaidAnswer),
}

/// The end of a commit.
#[derive(Debug)]
pub struct CommitOutcome {
    /// The answers, in the order in which they were recorded.
    pub answers: Vec<PaidAnswer>,
    /// Whether the answers are in the ledger. If not, only their rows can keep them.
    pub is_kept: bool,
    /// Why the run must stop, if it must: the ledger cannot keep further answers.
    pub failure: Option<Arc<LedgerError>>,
}

/// The commits of a ledger, in order. It ends when the ledger is closed and everything is
/// committed. Its length is bounded by the rows that the enricher holds.
pub type Commits = mpsc::UnboundedReceiver<CommitOutcome>;

/// A store of answers by number.
pub trait Ledger: Send + Sync + 'static {
    /// The answer to each of these numbers that is young enough, in order.
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<KnownAnswer>>, LedgerError>>;

    /// The same, of recent answers of this run only. Does not wait for a disk.
    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>>;

    /// Records an answer. As soon as it may be given to its rows, [`Ledger::find`] finds it. Its
    /// room is given back when it is on disk.
    fn record(&self, paid: PaidAnswer, room: AnswerRoom) -> Durability;

    /// How many answers may wait for the disk besides those of the requests in flight; `None` if
    /// none ever does.
    fn unsaved_answers(&self) -> Option<usize>;

    /// Takes back answers that may belong to other numbers. They are not found any more.
    fn withdraw(&self, numbers: &[Msisdn]);

    /// Hands over the commits, once: whoever takes them settles the recorded answers. `None` if
    /// [`Ledger::record`] always returns [`Durability::Immediate`].
    ///
    /// # Panics
    ///
    /// If the commits were taken before.
    fn take_commits(&self) -> Option<Commits>;

    /// Announces that nothing more will be recorded: what waits is committed without delay.
    fn close(&self);
}
