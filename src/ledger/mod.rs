//! Answers that were paid for: memory, cache and checkpoint at once.
//!
//! Every answer is recorded as soon as it arrives, and every number is looked for here before it is
//! sent. Failures are never recorded. A run that starts again finds the answers of the run before;
//! that is all that resuming is.
//!
//! [`DurableLedger`] keeps answers in a file, across runs; [`MemoryLedger`] keeps them for one run.
//! [`LedgerFile`] is the file between runs. The trait [`Ledger`] is in `answer_store`.

mod answer_scope;
mod answer_store;
mod clock_doubt;
mod commit_queue;
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
mod rescue;
mod run_marker;
mod store;
mod unsaved_answers;

pub use self::answer_scope::AnswerScope;
pub use self::answer_store::{CommitOutcome, Commits, Durability, KnownAnswer, Ledger, PaidAnswer};
pub use self::clock_doubt::ClockDoubt;
pub use self::durable::{DurableLedger, DurableSettings};
pub use self::error::{FileOperation, ForeignChange, LedgerError};
pub use self::ledger_file::{Entry, LedgerFile, LedgerFileReader};
pub use self::max_age::{Freshness, MaxAge};
pub use self::memory::MemoryLedger;
#[cfg(feature = "cloud")]
pub(crate) use self::packed_answer::{PackedAnswer, ResultTexts};
pub use self::rescue::Rescued;
pub use self::run_marker::{InDoubt, RefreshEnd};
pub use self::store::{AnswerOrigin, IfMissing};
pub use self::unsaved_answers::{AnswerRoom, UnsavedAnswers};

#[cfg(test)]
mod tests;
