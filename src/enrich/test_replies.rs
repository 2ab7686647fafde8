//! Replies for the unit tests of this folder.

use crate::lookup::Reply;
use crate::model::{
    Answer, Answered, LookupResult, Money, Outcome, Source, Unanswered, UnansweredReason, UtcMillis,
};

/// An answer with this result after one attempt.
pub(super) fn answered(result: LookupResult, source: Source) -> Reply {
    let answered = Answered { answer: Answer::bare(result), checked_at: UtcMillis(1_000), attempts: 1 };
    Reply { outcome: Outcome::Answered(answered), source, cost: Money::ZERO }
}

/// A number that the run did not reach.
pub(super) fn unanswered(source: Source) -> Reply {
    let unanswered = Unanswered { last: UnansweredReason::NeverAsked, attempts: 0, checked_at: None };
    Reply { outcome: Outcome::Unanswered(Box::new(unanswered)), source, cost: Money::ZERO }
}
