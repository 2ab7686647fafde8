//! A run over files: load the configuration, open everything, enrich, write the result.
//!
//! Lookups go through [`crate::enricher`]. This module adds what a run over files needs: the list,
//! the output, the lock, progress and the report.

mod artifacts;
pub mod dry_run;
mod enriched_rows;
mod error;
mod import_command;
mod list;
mod list_check;
mod load;
mod lock;
mod metrics;
mod outcome;
mod output_lock;
mod progress;
mod rate_control;
mod recorder;
mod rows_job;
mod rows_report;
mod run;
mod start;

pub use self::dry_run::{DryRunJob, DryRunReport, StartedDryRun};
pub use self::enriched_rows::EnrichedRows;
pub use self::error::{JobError, RunError, StartError};
#[cfg(feature = "cli")]
pub use self::import_command::Import;
pub use self::list_check::UnusableList;
pub use self::load::{Job, Loaded};
pub use self::lock::LockError;
pub use self::outcome::JobOutcome;
pub use self::progress::{Progress, Total};
pub use self::rate_control::RateControl;
pub use self::rows_job::{NumberReading, RowsJob, RowsPurpose, RowsSource};
pub use self::rows_report::{RowsError, RowsReport};
pub use self::run::JobReport;
pub use self::start::StartedJob;
pub use crate::model::Holder;

#[cfg(test)]
mod tests;
