//! The outcome of a number: answered or not, and where the answer comes from.

use super::{Answer, Fault, LookupResult, UtcMillis};

/// What a valid number ends with in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service gave an answer.
    Answered(Answered),
    /// The service gave no answer, or the number was not looked up.
    Unanswered(Box<Unanswered>),
}

/// An answer, with when and how it was obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What the service said.
    pub answer: Answer,
    /// When it gave the answer.
    pub checked_at: UtcMillis,
    /// How many requests were needed, without throttled ones.
    pub attempts: u16,
}

/// A number without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Why the last attempt gave no answer.
    pub last: UnansweredReason,
    /// How many requests were made, without throttled ones.
    pub attempts: u16,
    /// When the last request ended; `None` if there was none.
    pub checked_at: Option<UtcMillis>,
}

/// Why a number has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnansweredReason {
    /// The service sent TIMEOUT or a similar result.
    Result(LookupResult),
    /// The request failed.
    Fault(Fault),
    /// The run stopped before the first request about the number.
    NeverAsked,
    /// The number was skipped because its range stopped returning useful answers.
    Skipped,
}

/// Where a row's answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// This run looked the number up for this row.
    Live,
    /// An earlier run paid for it.
    Ledger,
    /// Another row of this run has the same number.
    Duplicate,
    /// There is no answer.
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
