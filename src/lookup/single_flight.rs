//! Each number is asked once, however many rows wait for it.
//!
//! The first row that wants a number starts the question; rows that want it meanwhile wait for the
//! same answer. Numbers that this run could not get answered are remembered too, so that their later
//! rows do not start the trouble again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::fast::FixedState;
use tokio::sync::Notify;

use crate::ledger::Remembered;
use crate::model::{Money, Msisdn, Outcome, Source};
use crate::sync;

/// Enough shards that two threads rarely want the same one.
const SHARDS: usize = 64;
/// How many numbers without an answer are remembered, about 100 bytes each. Beyond that, a further row
/// of such a number starts a new question.
const UNANSWERED_REMEMBERED: usize = 500_000;

/// What became of a number, and how the row came by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What became of it.
    pub outcome: Outcome,
    /// [`Source::Live`] for the row that started the question, [`Source::Duplicate`] for those that waited
    /// with it, [`Source::Ledger`] for what an earlier run paid for.
    pub source: Source,
    /// What this run paid for it, or may have paid; nothing for a row that another one's question answered.
    pub cost: Money,
}

impl From<Remembered> for Reply {
    fn from(Remembered { answered, source }: Remembered) -> Self {
        Self { outcome: Outcome::Answered(answered), source, cost: Money::ZERO }
    }
}

/// The replies that one batch of numbers waits for.
#[derive(Debug)]
pub struct BatchTicket {
    replies: Mutex<Vec<Option<Reply>>>,
    open: AtomicUsize,
    complete: Notify,
}

impl BatchTicket {
    /// A ticket for so many numbers.
    #[must_use]
    pub fn new(numbers: usize) -> Arc<Self> {
        let replies = Mutex::new(vec![None; numbers]);
        Arc::new(Self { replies, open: AtomicUsize::new(numbers), complete: Notify::new() })
    }

    /// Fills one place. Each is filled once.
    pub fn fill(&self, place: usize, reply: Reply) {
        sync::lock(&self.replies)[place] = Some(reply);
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.complete.notify_one();
        }
    }

    /// Waits until every place is filled, and gives the replies in their order.
    pub async fn complete(&self) -> Vec<Reply> {
        while self.open.load(Ordering::Acquire) > 0 {
            self.complete.notified().await;
        }
        let replies = std::mem::take(&mut *sync::lock(&self.replies));
        replies.into_iter().map(|reply| reply.expect("every place is filled")).collect()
    }
}

/// What a number that is not in the ledger is doing.
#[derive(Debug)]
enum Number {
    Asked(Vec<Waiter>),
    Unanswered(Outcome),
}

#[derive(Debug)]
struct Waiter {
    ticket: Arc<BatchTicket>,
    place: usize,
}

/// Whether a number must be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightRole {
    /// Nobody asks it yet: the caller must.
    Leader,
    /// It is being asked, or was given up; the ticket is or will be filled.
    Follower,
}

/// All numbers that are being asked.
#[derive(Debug)]
pub struct SingleFlight {
    shards: Vec<Mutex<HashMap<Msisdn, Number, FixedState>>>,
    unanswered: AtomicUsize,
}

impl Default for SingleFlight {
    fn default() -> Self {
        let shard = || Mutex::new(HashMap::with_hasher(FixedState::default()));
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), unanswered: AtomicUsize::new(0) }
    }
}

impl SingleFlight {
    /// Waits for a number on behalf of one place of a ticket.
    pub fn join(&self, msisdn: Msisdn, ticket: &Arc<BatchTicket>, place: usize) -> FlightRole {
        let waiter = Waiter { ticket: ticket.clone(), place };
        let mut shard = sync::lock(self.shard(msisdn));
        match shard.get_mut(&msisdn) {
            None => {
                shard.insert(msisdn, Number::Asked(vec![waiter]));
                FlightRole::Leader
            }
            Some(Number::Asked(waiters)) => {
                waiters.push(waiter);
                FlightRole::Follower
            }
            Some(Number::Unanswered(outcome)) => {
                let outcome = outcome.clone();
                ticket.fill(place, Reply { outcome, source: Source::Duplicate, cost: Money::ZERO });
                FlightRole::Follower
            }
        }
    }

    /// Tells everybody who waits for a number. `first` is how the row came by it that started the question, `cost`
    /// what was paid for that.
    pub fn settle(&self, msisdn: Msisdn, outcome: Outcome, first: Source, cost: Money) {
        let remembered = match &outcome {
            Outcome::Answered(_) => None,
            Outcome::Unanswered(_) => {
                let many = self.unanswered.fetch_add(1, Ordering::Relaxed);
                (many < UNANSWERED_REMEMBERED).then(|| Number::Unanswered(outcome.clone()))
            }
        };
        let before = {
            let mut shard = sync::lock(self.shard(msisdn));
            match remembered {
                Some(remembered) => shard.insert(msisdn, remembered),
                None => shard.remove(&msisdn),
            }
        };
        let Some(Number::Asked(waiters)) = before else { return };
        let others = std::iter::repeat((Source::Duplicate, Money::ZERO));
        let ways = std::iter::once((first, cost)).chain(others);
        for (Waiter { ticket, place }, (source, cost)) in waiters.into_iter().zip(ways) {
            ticket.fill(place, Reply { outcome: outcome.clone(), source, cost });
        }
    }

    fn shard(&self, msisdn: Msisdn) -> &Mutex<HashMap<Msisdn, Number, FixedState>> {
        &self.shards[msisdn.shard(SHARDS)]
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::model::{Answer, Answered, LookupResult, Unanswered, UnansweredReason, UtcMillis};

    fn answered() -> Outcome {
        let answer = Answer::bare(LookupResult::Ok);
        Outcome::Answered(Answered { answer, checked_at: UtcMillis(0), attempts: 1 })
    }

    fn unanswered() -> Outcome {
        let last = UnansweredReason::Result(LookupResult::Timeout);
        Outcome::Unanswered(Box::new(Unanswered { last, attempts: 4, checked_at: None }))
    }

    #[test]
    fn later_askers_wait_for_the_first() {
        let (in_flight, msisdn) = (SingleFlight::default(), Msisdn::new(46_701_740_605).unwrap());
        let (one, two) = (BatchTicket::new(2), BatchTicket::new(1));
        assert_eq!(in_flight.join(msisdn, &one, 0), FlightRole::Leader);
        assert_eq!(in_flight.join(msisdn, &two, 0), FlightRole::Follower);
        assert_eq!(in_flight.join(msisdn, &one, 1), FlightRole::Follower);
        assert!(one.complete().now_or_never().is_none());
        in_flight.settle(msisdn, answered(), Source::Live, Money::ZERO);
        let sources = |ticket: &BatchTicket| -> Vec<Source> {
            let replies = ticket.complete().now_or_never().expect("it is complete");
            replies.iter().map(|reply| reply.source).collect()
        };
        assert_eq!(sources(&one), [Source::Live, Source::Duplicate]);
        assert_eq!(sources(&two), [Source::Duplicate]);
        assert_eq!(
            in_flight.join(msisdn, &BatchTicket::new(1), 0),
            FlightRole::Leader,
            "the ledger has it now"
        );
    }

    #[test]
    fn what_was_given_up_is_not_started_again() {
        let (in_flight, msisdn) = (SingleFlight::default(), Msisdn::new(46_701_740_605).unwrap());
        in_flight.join(msisdn, &BatchTicket::new(1), 0);
        in_flight.settle(msisdn, unanswered(), Source::Live, Money::ZERO);
        let later = BatchTicket::new(1);
        assert_eq!(in_flight.join(msisdn, &later, 0), FlightRole::Follower);
        let replies = later.complete().now_or_never().expect("it is complete");
        assert_eq!(replies, [Reply { outcome: unanswered(), source: Source::Duplicate, cost: Money::ZERO }]);
    }
}
