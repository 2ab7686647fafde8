//! What became of a number: answered or not, how, and where the answer came from.

use super::{Answer, Fault, LookupResult, UtcMillis};

/// What became of a number that passed the numbering checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service gave its word.
    Answered(Answered),
    /// The service was asked and gave none, or was not asked because the run stopped.
    Unanswered(Box<Unanswered>),
}

/// A word of the service, with when and how it was obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What the service said.
    pub answer: Answer,
    /// When it said so.
    pub checked_at: UtcMillis,
    /// How many requests it took, throttled ones not counted.
    pub attempts: u16,
}

/// A number without a final word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// What the last attempt brought.
    pub last: UnansweredReason,
    /// How many requests were spent, throttled ones not counted.
    pub attempts: u16,
    /// When the last of them was made; `None` when there was none.
    pub checked_at: Option<UtcMillis>,
}

/// The last thing that is known of a number without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnansweredReason {
    /// The service said TIMEOUT or its like.
    Result(LookupResult),
    /// The transport or the service failed.
    Fault(Fault),
    /// The run stopped before the number was asked for the first time.
    NeverAsked,
    /// The number was not asked, because its range of numbers answers nothing useful.
    Skipped,
}

/// Where a row's answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// This run asked the service for this row.
    Live,
    /// An earlier run paid for it.
    Ledger,
    /// Another row of this run has the same number.
    Duplicate,
    /// There is none.
    None,
}

impl Source {
    /// The word in the `source` column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ledger => "ledger",
            Self::Duplicate => "duplicate",
            Self::None => "none",
        }
    }
}
