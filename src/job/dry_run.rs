//! `--dry-run`: estimates what a run over files would send. Nothing is sent, and only the summary
//! is written.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::artifacts::Artifact;
use super::error::{RunError, StartError};
use super::list::{InspectedList, List, OpenList, inspect};
use super::list_check::ListCheck;
use super::progress::Progress;
use crate::config::{EffectiveSettings, ResolvedSettings};
use crate::enricher::{DryRun, DryRunError, Estimate, enrich_settings};
use crate::lookup::StopSignal;
use crate::telemetry::Counters;

/// A dry run over files. Validated, ready to start.
#[derive(Clone, Debug)]
pub struct DryRunJob {
    pub(super) list: List,
    pub(super) summary: Option<PathBuf>,
    pub(super) resolved: ResolvedSettings,
}

/// A dry run with everything open.
pub struct StartedDryRun {
    list: OpenList,
    dry_run: DryRun,
    check: ListCheck,
    effective: EffectiveSettings,
    summary: Option<Artifact>,
    counters: Arc<Counters>,
    stop: StopSignal,
}

/// The result of a dry run.
#[derive(Debug)]
pub struct DryRunReport {
    /// The figures.
    pub estimate: Estimate,
    /// What is unusual about the list.
    pub warnings: Vec<String>,
    /// The settings that decide about speed and money.
    pub settings: EffectiveSettings,
}

impl DryRunReport {
    /// What `--summary` writes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.summary()).expect("figures and texts are JSON")
    }

    fn summary(&self) -> DryRunSummary<'_> {
        DryRunSummary {
            version: env!("CARGO_PKG_VERSION"),
            ending: "dry_run",
            survey: &self.estimate,
            settings: &self.settings,
            warnings: &self.warnings,
        }
    }
}

#[derive(Serialize)]
struct DryRunSummary<'a> {
    version: &'static str,
    ending: &'static str,
    survey: &'a Estimate,
    settings: &'a EffectiveSettings,
    warnings: &'a [String],
}

impl DryRunJob {
    /// How numbers would be looked up, and where each setting comes from.
    #[must_use]
    pub fn resolved(&self) -> &ResolvedSettings {
        &self.resolved
    }

    /// Opens the list, and the ledger if it exists.
    ///
    /// # Errors
    ///
    /// What would stop a real run too, except for problems of its output.
    pub async fn start(self, stop: StopSignal, counters: Arc<Counters>) -> Result<StartedDryRun, StartError> {
        let storage = &self.resolved.storage;
        let summary = self.summary.as_deref().map(|path| Artifact::prepare(path, storage)).transpose()?;
        let list = OpenList::open(&self.list, &stop, counters.clone()).await?;
        let OpenList { rows, progress, files, notes } = list;
        let settings = enrich_settings(&self.resolved.settings, self.resolved.settings.rows.clone());
        let InspectedList { rows, reader, check } = inspect(rows, &self.list, &settings, &stop).await?;
        // A real run would refuse these columns too.
        self.list.columns.places(&reader)?;
        let list = OpenList { rows, progress, files, notes };
        let dry_run = DryRun::with_reader(reader, &self.resolved.settings)?;
        let effective = self.resolved.effective;
        Ok(StartedDryRun { list, dry_run, check, effective, summary, counters, stop })
    }
}

impl StartedDryRun {
    /// The progress of the dry run.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.list.progress.clone()
    }

    /// Reads the list to its end. `Ok(None)` if it was stopped.
    ///
    /// # Errors
    ///
    /// When the list cannot be read to its end, or a temporary file cannot be written.
    pub async fn finish(self) -> Result<Option<DryRunReport>, RunError> {
        let Self { list, dry_run, check, effective, summary, counters, stop } = self;
        let clock = dry_run.warning();
        let estimate = tokio::select! {
            estimate = dry_run.estimate_counted(list.rows, counters.clone()) => estimate,
            () = stop.requested() => return Ok(None),
        };
        let estimate = estimate.map_err(|error| match error {
            DryRunError::Rows(source) => {
                RunError::InputFailed { rows: counters.rows.get(), kept: None, source }
            }
            error => RunError::DryRun(error),
        })?;
        check.check_estimate(&estimate).map_err(|list| RunError::UnusableList { kept: None, list })?;
        let mut warnings = [list.notes.remarks(), list.notes.warnings()].concat();
        warnings.extend(clock);
        let by_reason = estimate.invalid_by_reason.iter();
        warnings.extend(check.country_hint(by_reason.map(|(reason, rows)| (reason.as_str(), *rows))));
        let mut report = DryRunReport { estimate, warnings, settings: effective };
        if let Some(file) = summary {
            let path = file.path().display().to_string();
            let summary = report.to_json();
            let written = tokio::task::spawn_blocking(move || file.write_json(&summary)).await;
            if let Ok(Err(fault)) = written {
                report.warnings.push(format!("the summary could not be written to {path}: {fault}"));
            }
        }
        Ok(Some(report))
    }
}
