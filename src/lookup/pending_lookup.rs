//! A number that waits for its answer, and what was tried so far.

use super::dispatcher::Attempt;
use super::service_faults::refusals::RequestInFlight;
use crate::ledger::AnswerRoom;
use crate::model::{Money, Msisdn, UnansweredReason, UtcMillis};

/// A number to look up, with the attempts so far.
#[derive(Clone, Debug)]
pub struct PendingLookup {
    /// The number.
    pub msisdn: Msisdn,
    /// How many attempts were made.
    pub attempts: u16,
    /// How and when the last attempt ended; boxed, because most lookups have none.
    pub last: Option<Box<(UnansweredReason, UtcMillis)>>,
    /// The endpoint at which the last attempt failed.
    pub failed_endpoint: Option<usize>,
    /// What the attempts cost, or may have cost.
    pub cost: Money,
    /// Whether it waits because its last attempt has stalled.
    pub(in crate::lookup) has_stalled: bool,
}

impl PendingLookup {
    /// A number without attempts.
    #[must_use]
    pub fn new(msisdn: Msisdn) -> Self {
        Self { msisdn, attempts: 0, last: None, failed_endpoint: None, cost: Money::ZERO, has_stalled: false }
    }

    /// The lookup after an attempt that gave no final answer.
    #[must_use]
    pub(super) fn after(mut self, attempt: Attempt) -> Self {
        self.failed_endpoint = attempt.result.is_err().then_some(attempt.endpoint);
        let last = match attempt.result {
            Ok(answer) => UnansweredReason::Result(answer.result),
            Err(fault) => UnansweredReason::Fault(fault),
        };
        self.last = Some(Box::new((last, attempt.finished_at)));
        self
    }
}

/// An answer that is certain when the rest of its connection is over.
pub(super) type RestingAnswer = (PendingLookup, Attempt, Held);

/// What a request holds until its result is taken.
pub(super) struct Held {
    pub(super) room: AnswerRoom,
    #[expect(dead_code, reason = "dropping it is its use")]
    pub(super) in_flight: RequestInFlight,
}
