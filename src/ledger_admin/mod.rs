//! Administration of a ledger between runs: figures, export, import, and numbers to forget. Nothing
//! here sends a request.

pub use crate::input::{Header, InputSettings};
pub use crate::ledger::{AnswerOrigin, AnswerScope, Entry, IfMissing, LedgerFile};
pub use crate::output::{OutputSettings, Replace, StagedOutput, Target, prepare};

mod export;
mod forget;
mod import;
mod import_columns;
mod stats;

pub use self::export::export;
#[cfg(feature = "cloud")]
pub(crate) use self::export::export_shared;
pub use self::forget::{ForgetError, numbers_to_forget};
#[cfg(feature = "cloud")]
pub(crate) use self::import::import_shared;
pub use self::import::{ImportError, ImportSettings, ImportSummary, import, prefix_of};
pub use self::stats::{NetworkCount, Stats};
