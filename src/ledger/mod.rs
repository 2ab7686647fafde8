//! What was already paid for: memo, cache and checkpoint at once.
//!
//! Answers go in as soon as they arrive, and every number is looked for here before it is asked. Failures to
//! answer never come here. A run that is started again finds what the one before has paid for, which is all
//! that resuming is.
//!
//! [`DurableLedger`] keeps answers in a file, across runs; [`MemoryLedger`] for as long as the run. What is done to
//! a file between runs is in [`LedgerFile`].

mod answer_scope;
mod committer;
mod durable;
mod error;
mod index;
mod ledger_file;
mod max_age;
mod memory;
mod packed_answer;
mod reader;
mod recent;
mod run_marker;
mod store;

use std::sync::Arc;

use futures::future::BoxFuture;

pub use self::answer_scope::AnswerScope;
pub use self::durable::{DurableLedger, DurableSettings};
pub use self::error::LedgerError;
pub use self::ledger_file::{Entry, LedgerFile, LedgerFileReader};
pub use self::max_age::{Freshness, MaxAge};
pub use self::memory::MemoryLedger;
pub use self::run_marker::{InDoubt, RefreshEnd};
pub use self::store::{AnswersOf, IfMissing};

use crate::model::{Answered, Money, Msisdn, Source};

/// An answer that was paid for before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The answer, with when and how it was obtained.
    pub answered: Answered,
    /// [`Source::Duplicate`] when this run obtained it, [`Source::Ledger`] when an earlier one did.
    pub source: Source,
}

/// An answer that this run has just paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The number.
    pub msisdn: Msisdn,
    /// Its answer.
    pub answered: Answered,
    /// What it cost, all attempts together. Not kept in the ledger; it comes back with the answer.
    pub cost: Money,
}

/// When an answer that was recorded may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Now: it is as safe as it will be.
    Now(Paid),
    /// When [`Ledger::kept`] brings it back.
    Later,
}

/// Answers that may be shown now.
#[derive(Debug)]
pub struct KeptAnswers {
    /// In the order in which they were recorded.
    pub answers: Vec<Paid>,
    /// Why they could not be kept, if so. They are lost with the process unless a row shows them.
    pub failure: Option<Arc<LedgerError>>,
}

/// A store of answers by number.
pub trait Ledger: Send + Sync + 'static {
    /// What is known of each of these numbers and young enough, in their order.
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<Remembered>>, LedgerError>>;

    /// The same, of what this run has recorded lately; needs no disk.
    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<Remembered>>;

    /// Keeps an answer, now or soon. From the moment at which it may be shown, [`Ledger::find`] gives it.
    fn record(&self, paid: Paid) -> Kept;

    /// Waits for the next answers that were recorded and may be shown now. `None` when the ledger was closed and
    /// there are no more.
    fn kept(&self) -> BoxFuture<'_, Option<KeptAnswers>>;

    /// Nothing more will be recorded: what waits is kept without further delay.
    fn close(&self);
}

#[cfg(test)]
mod tests;
