//! Each number is looked up once, however many rows wait for it.
//!
//! The first row with a number starts the lookup; later rows wait for the same one. Numbers that
//! got no answer in this run are remembered too, so that later rows do not repeat the failed
//! attempts. A number whose rows were all dropped before its request was sent is withdrawn: nobody
//! would read its answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use foldhash::fast::FixedState;
use tokio::sync::Notify;

use crate::ledger::KnownAnswer;
use crate::model::{Money, Msisdn, Outcome, Source};
use crate::sync;

/// Enough shards that two threads rarely need the same one.
const SHARDS: usize = 64;
/// How many numbers without an answer are remembered, at about 100 bytes each. Beyond that, another
/// row with such a number starts a new lookup.
const MAX_UNANSWERED: usize = 500_000;

/// The outcome of a number for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The outcome of the number.
    pub outcome: Outcome,
    /// [`Source::Live`] for the row that started the lookup, [`Source::Duplicate`] for those that
    /// waited for it, [`Source::Ledger`] for an answer of an earlier run.
    pub source: Source,
    /// What the row's lookup cost, or may have cost; zero for a row that did not start one.
    pub cost: Money,
}

impl From<KnownAnswer> for Reply {
    fn from(KnownAnswer { answered, source }: KnownAnswer) -> Self {
        Self { outcome: Outcome::Answered(answered), source, cost: Money::ZERO }
    }
}

/// The replies that one batch of numbers waits for.
#[derive(Debug)]
pub struct BatchTicket {
    replies: Mutex<Vec<Option<Reply>>>,
    missing: AtomicUsize,
    complete: Notify,
    /// Whether nobody waits for it any more.
    is_abandoned: AtomicBool,
}

impl BatchTicket {
    /// A ticket for this many numbers.
    #[must_use]
    pub fn new(numbers: usize) -> Arc<Self> {
        let replies = Mutex::new(vec![None; numbers]);
        let (missing, complete) = (AtomicUsize::new(numbers), Notify::new());
        Arc::new(Self { replies, missing, complete, is_abandoned: AtomicBool::new(false) })
    }

    /// Fills in the reply for one number of the batch. Each is filled in once.
    pub fn fill(&self, index: usize, reply: Reply) {
        sync::lock(&self.replies)[index] = Some(reply);
        if self.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.complete.notify_one();
        }
    }

    /// Waits until every reply is there, and returns them in order.
    pub async fn complete(&self) -> Vec<Reply> {
        while self.missing.load(Ordering::Acquire) > 0 {
            self.complete.notified().await;
        }
        let replies = std::mem::take(&mut *sync::lock(&self.replies));
        replies.into_iter().map(|reply| reply.expect("every reply is filled in")).collect()
    }
}

/// Abandons a ticket when it is dropped before the ticket is complete.
#[derive(Debug)]
#[must_use = "the ticket is abandoned when this is dropped"]
pub struct AbandonOnDrop<'a> {
    single_flight: &'a SingleFlight,
    ticket: &'a BatchTicket,
}

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        if self.ticket.missing.load(Ordering::Acquire) > 0 {
            self.ticket.is_abandoned.store(true, Ordering::Release);
            self.single_flight.has_abandoned.store(true, Ordering::Release);
        }
    }
}

/// The state of a number without an answer.
#[derive(Debug)]
enum NumberState {
    /// It is being looked up for these rows.
    InFlight(Vec<Waiter>),
    /// It got no answer in this run.
    Unanswered(Outcome),
}

#[derive(Debug)]
struct Waiter {
    ticket: Arc<BatchTicket>,
    index: usize,
}

impl Waiter {
    fn is_abandoned(&self) -> bool {
        self.ticket.is_abandoned.load(Ordering::Acquire)
    }
}

/// Whether the caller must start the lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightRole {
    /// The number is new: the caller starts its lookup.
    Leader,
    /// The number is being looked up or was given up; the ticket is or will be filled.
    Follower,
}

/// All numbers that are being looked up.
#[derive(Debug)]
pub struct SingleFlight {
    shards: Vec<Mutex<HashMap<Msisdn, NumberState, FixedState>>>,
    unanswered: AtomicUsize,
    /// Whether a ticket was ever abandoned. Most runs never look further.
    has_abandoned: AtomicBool,
}

impl Default for SingleFlight {
    fn default() -> Self {
        let shard = || Mutex::new(HashMap::with_hasher(FixedState::default()));
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            unanswered: AtomicUsize::new(0),
            has_abandoned: AtomicBool::new(false),
        }
    }
}

impl SingleFlight {
    /// Waits for a number on behalf of one entry of a ticket.
    pub fn join(&self, msisdn: Msisdn, ticket: &Arc<BatchTicket>, index: usize) -> FlightRole {
        let waiter = Waiter { ticket: ticket.clone(), index };
        let mut shard = sync::lock(self.shard(msisdn));
        match shard.get_mut(&msisdn) {
            None => {
                shard.insert(msisdn, NumberState::InFlight(vec![waiter]));
                FlightRole::Leader
            }
            Some(NumberState::InFlight(waiters)) => {
                if self.has_abandoned.load(Ordering::Acquire) {
                    waiters.retain(|waiter| !waiter.is_abandoned());
                }
                waiters.push(waiter);
                FlightRole::Follower
            }
            Some(NumberState::Unanswered(outcome)) => {
                let outcome = outcome.clone();
                ticket.fill(index, Reply { outcome, source: Source::Duplicate, cost: Money::ZERO });
                FlightRole::Follower
            }
        }
    }

    /// Watches over a ticket while somebody waits for it.
    pub fn abandon_on_drop<'a>(&'a self, ticket: &'a BatchTicket) -> AbandonOnDrop<'a> {
        AbandonOnDrop { single_flight: self, ticket }
    }

    /// Withdraws a number that nobody waits for any more. Returns whether it is withdrawn: then it
    /// must not be looked up.
    pub fn withdraw_if_unwanted(&self, msisdn: Msisdn) -> bool {
        if !self.has_abandoned.load(Ordering::Acquire) {
            return false;
        }
        let mut shard = sync::lock(self.shard(msisdn));
        let is_unwanted = match shard.get(&msisdn) {
            Some(NumberState::InFlight(waiters)) => waiters.iter().all(Waiter::is_abandoned),
            Some(NumberState::Unanswered(_)) | None => false,
        };
        if is_unwanted {
            shard.remove(&msisdn);
        }
        is_unwanted
    }

    /// Gives the outcome of a number to all rows that wait for it. `first` and `cost` are the
    /// source and the cost for the row that started the lookup.
    pub fn settle(&self, msisdn: Msisdn, outcome: Outcome, first: Source, cost: Money) {
        let remembered = match &outcome {
            Outcome::Answered(_) => None,
            Outcome::Unanswered(_) => {
                let count = self.unanswered.fetch_add(1, Ordering::Relaxed);
                (count < MAX_UNANSWERED).then(|| NumberState::Unanswered(outcome.clone()))
            }
        };
        let before = {
            let mut shard = sync::lock(self.shard(msisdn));
            match remembered {
                Some(remembered) => shard.insert(msisdn, remembered),
                None => shard.remove(&msisdn),
            }
        };
        let Some(NumberState::InFlight(waiters)) = before else { return };
        let others = std::iter::repeat((Source::Duplicate, Money::ZERO));
        let sources = std::iter::once((first, cost)).chain(others);
        for (Waiter { ticket, index }, (source, cost)) in waiters.into_iter().zip(sources) {
            ticket.fill(index, Reply { outcome: outcome.clone(), source, cost });
        }
    }

    fn shard(&self, msisdn: Msisdn) -> &Mutex<HashMap<Msisdn, NumberState, FixedState>> {
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
    fn later_rows_wait_for_the_first_lookup() {
        let (single_flight, msisdn) = (SingleFlight::default(), Msisdn::new(46_701_740_605).unwrap());
        let (one, two) = (BatchTicket::new(2), BatchTicket::new(1));
        assert_eq!(single_flight.join(msisdn, &one, 0), FlightRole::Leader);
        assert_eq!(single_flight.join(msisdn, &two, 0), FlightRole::Follower);
        assert_eq!(single_flight.join(msisdn, &one, 1), FlightRole::Follower);
        assert!(one.complete().now_or_never().is_none());
        single_flight.settle(msisdn, answered(), Source::Live, Money::ZERO);
        let sources = |ticket: &BatchTicket| -> Vec<Source> {
            let replies = ticket.complete().now_or_never().expect("the ticket is complete");
            replies.iter().map(|reply| reply.source).collect()
        };
        assert_eq!(sources(&one), [Source::Live, Source::Duplicate]);
        assert_eq!(sources(&two), [Source::Duplicate]);
        assert_eq!(
            single_flight.join(msisdn, &BatchTicket::new(1), 0),
            FlightRole::Leader,
            "the ledger has the answer now"
        );
    }

    #[test]
    fn a_number_that_was_given_up_is_not_looked_up_again() {
        let (single_flight, msisdn) = (SingleFlight::default(), Msisdn::new(46_701_740_605).unwrap());
        single_flight.join(msisdn, &BatchTicket::new(1), 0);
        single_flight.settle(msisdn, unanswered(), Source::Live, Money::ZERO);
        let later = BatchTicket::new(1);
        assert_eq!(single_flight.join(msisdn, &later, 0), FlightRole::Follower);
        let replies = later.complete().now_or_never().expect("the ticket is complete");
        assert_eq!(replies, [Reply { outcome: unanswered(), source: Source::Duplicate, cost: Money::ZERO }]);
    }

    #[test]
    fn a_number_is_withdrawn_when_nobody_waits_for_it_any_more() {
        let single_flight = SingleFlight::default();
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        let (dropped, waiting) = (BatchTicket::new(1), BatchTicket::new(1));
        assert_eq!(single_flight.join(msisdn, &dropped, 0), FlightRole::Leader);
        assert!(!single_flight.withdraw_if_unwanted(msisdn), "a batch waits for it");
        drop(single_flight.abandon_on_drop(&dropped));
        assert_eq!(single_flight.join(msisdn, &waiting, 0), FlightRole::Follower);
        assert!(!single_flight.withdraw_if_unwanted(msisdn), "another batch waits for it");
        single_flight.settle(msisdn, answered(), Source::Live, Money::ZERO);
        let replies = waiting.complete().now_or_never().unwrap();
        assert_eq!(replies[0].source, Source::Live, "the lookup is that of the row that is left");

        assert_eq!(single_flight.join(msisdn, &dropped, 0), FlightRole::Leader);
        assert!(single_flight.withdraw_if_unwanted(msisdn));
        assert_eq!(single_flight.join(msisdn, &BatchTicket::new(1), 0), FlightRole::Leader);
    }
}
