//! The figures of a run over rows, and why it ends early.

use std::path::PathBuf;

use serde::Serialize;

use super::list_check::UnusableList;
use crate::enricher::EnrichError;
use crate::model::Setting;
use crate::telemetry::Snapshot;

/// The figures of a run over rows; the keys are those of a summary file.
#[derive(Clone, Debug, Serialize)]
pub struct RowsReport {
    /// The version of the program.
    pub version: &'static str,
    /// `running`, `complete`, `gaps`, `stopped`, `interrupted` or `failed`.
    pub ending: &'static str,
    /// Why it ended early, if it did.
    pub stopped_because: Option<String>,
    /// Whether the answers come from the simulator.
    pub simulated: bool,
    /// The ledger file, if there is one.
    pub ledger: Option<PathBuf>,
    /// The endpoints, in order of preference.
    pub endpoints: Vec<String>,
    /// Its duration.
    pub elapsed_seconds: f64,
    /// The counts.
    pub counts: Snapshot,
    /// Whether a price was given. Without one, all amounts are zero.
    pub has_prices: bool,
    /// The settings that decide about speed and money, and their origin.
    pub settings: Vec<Setting>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
}

impl RowsReport {
    /// Notes why the rows ended early.
    pub(super) fn note_failure(&mut self, error: &RowsError) {
        self.stopped_because = Some(error.to_string());
        if !matches!(error, RowsError::Enrich(EnrichError::Stopped(_))) {
            self.ending = "failed";
        }
    }
}

impl Default for RowsReport {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            ending: "running",
            stopped_because: None,
            simulated: false,
            ledger: None,
            endpoints: Vec::new(),
            elapsed_seconds: 0.0,
            counts: Snapshot::default(),
            has_prices: false,
            settings: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Why enriched rows end early.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RowsError {
    /// The run has stopped, or its input failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Enrich(#[from] EnrichError),
    /// The rows have too few numbers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    List(UnusableList),
    /// The rows were closed before their end.
    #[error("the rows are closed")]
    Closed,
}
