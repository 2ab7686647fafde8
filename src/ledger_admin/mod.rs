//! Administration of a ledger between runs: figures, export, import, and numbers to forget. Nothing
//! here sends a request.

pub use crate::input::{Header, InputSettings};
pub use crate::ledger::{AnswerOrigin, AnswerScope, Entry, IfMissing, LedgerFile};
pub use crate::output::{OutputSettings, Replace, StagedOutput, Target, prepare};
pub use crate::storage::{Storage, StorageError, StorageSettings};

mod export;
mod forget;
mod import;
#[cfg(feature = "cloud")]
mod shared;
mod stats;

pub use self::export::export;
pub use self::forget::{ForgetError, numbers_to_forget};
pub use self::import::{ImportError, ImportSettings, ImportSummary, import, prefix_of};
#[cfg(feature = "cloud")]
pub use self::shared::{Compacted, SharedAnswers};
pub use self::stats::{NetworkCount, Stats};
