//! Runs a started job to its end.
//!
//! From [`StartedJob::finish`] on, requests cost money. Whatever happens, it waits for those that
//! were sent.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::{StreamExt, future};

use super::error::{JobError, RunError};
use super::import_command;
use super::import_command::Import;
use super::list_check::ListCheck;
use super::load::Job;
use super::outcome::JobOutcome;
use super::progress::Progress;
use super::recorder::Recorder;
use super::start::{Description, StartedJob};
use crate::enrich::column_selection::columns_at;
use crate::enricher::{EnrichError, EnrichedStream, Enricher, SessionEnd};
use crate::humanize::counted;
use crate::input::InputNotes;
use crate::ledger::Rescued;
use crate::lookup::{StopReason, StopSignal};
use crate::model::{ANSWERS_OF, RecordStream, SIMULATED, StreamError, with_causes};
use crate::output::{OutputError, StagedOutput, WriteError};
use crate::report::{RunReport, rankings};
#[cfg(feature = "simulator")]
use crate::simulator::Account;
use crate::sync;
use crate::telemetry::{Counters, Reporter, Snapshot};

/// The result of a run.
#[derive(Debug)]
pub struct JobReport {
    /// How it ended.
    pub outcome: JobOutcome,
    /// If the ledger could not keep all answers: where they are, and how they are imported.
    pub import: Option<Import>,
    /// What the built-in simulators were asked, if any.
    #[cfg(feature = "simulator")]
    pub simulated: Vec<Account>,
    /// The figures and the warnings. The output has its own name, or a partial one if the run was
    /// stopped. There is none if the run was stopped before its first answer.
    pub report: RunReport,
}

impl Job {
    /// The whole run, for callers that show no progress.
    ///
    /// # Errors
    ///
    /// As for [`Job::start`] and [`StartedJob::finish`].
    pub async fn run(
        self,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<JobReport, JobError> {
        Ok(self.start(stop, reporter, counters).await?.finish().await?)
    }
}

impl StartedJob {
    /// Enriches the list. A run that is stopped keeps the rows that are done under a partial name;
    /// requests that were sent are always finished.
    ///
    /// # Errors
    ///
    /// When the list cannot be read to its end; the rows that are done are kept under the partial
    /// name. When a stream cannot be written. A file that cannot be written is a stop: the ledger
    /// has its answers, and nothing is left of the file.
    pub async fn finish(mut self) -> Result<JobReport, RunError> {
        let lock = self.lock.take();
        let finished = self.finish_rows().await;
        if let Some(lock) = lock {
            lock.release().await;
        }
        finished
    }

    async fn finish_rows(self) -> Result<JobReport, RunError> {
        let Self {
            enricher, rows, columns, check, target, artifacts, metrics, description, progress, ..
        } = self;
        let early_end = EarlyEnd::default();
        let rows = written_rows(rows, columns, description.simulated, &early_end);
        let staged = target.write(rows, Arc::default()).await;
        stop_without_reader(&staged, &enricher, &description.output);
        // They hold the session too.
        drop((self.rate, self.companions));
        enricher.finish().await;
        let (staged, output_failure) = writable(staged, &enricher)?;
        let (rows, bytes, streamed) = staged
            .as_ref()
            .map_or((0, 0, false), |staged| (staged.rows(), staged.bytes(), staged.is_stream()));
        let counts = progress.counters().snapshot();
        let has_output = staged.is_some();
        let (outcome, output) = commit(staged, early_end, enricher.stop_reason(), &check, &counts).await?;
        let mut warnings = end_warnings(&self.notes, &counts, rows);
        warnings
            .extend(check.country_hint(counts.refused.iter().map(|(reason, rows)| (reason.as_ref(), *rows))));
        warnings.extend(not_kept_anywhere(&counts, streamed, &description.output));
        warnings.extend(end_refresh(&enricher, &outcome).await);
        warnings.extend(output_failure);
        warnings.extend(kept_nowhere(&counts, has_output || enricher.ledger_path().is_some()));
        let import = import(&enricher, output.as_deref().filter(|_| !streamed), &counts, &description);
        let file = FinishedOutput { output, rows, bytes, streamed };
        let mut report =
            run_report(description, &self.recorder, &progress, &enricher, &outcome, file, counts);
        report.warnings = warnings;
        report.warnings.extend(metrics.end(report.ending));
        let report = artifacts.write(report).await;
        Ok(JobReport {
            outcome,
            import,
            #[cfg(feature = "simulator")]
            simulated: enricher.totals().simulator_accounts,
            report,
        })
    }
}

/// Why the output could not be written, if the run stops for another reason.
type OutputFailure = Option<String>;

/// The output, unless it could not be written: then the run stops, and what was paid for is in the
/// ledger. If the run stops for another reason already, the failure becomes a warning.
fn writable(
    staged: Result<Box<dyn StagedOutput>, WriteError>,
    enricher: &Enricher,
) -> Result<(Option<Box<dyn StagedOutput>>, OutputFailure), RunError> {
    let reason = match staged {
        Ok(staged) => return Ok((Some(staged), None)),
        Err(WriteError::Output(error @ OutputError::Write { .. })) => StopReason::OutputFailed {
            failure: with_causes(&error),
            help: Some("make room for it or name another output, and run the command again".into()),
        },
        Err(WriteError::Stage(StreamError::TaskPanicked(_))) => {
            StopReason::TaskDied { task: "a task of the run" }
        }
        Err(error) => return Err(error.into()),
    };
    let failure = reason.to_string();
    enricher.stop_because(reason);
    let is_the_reason = enricher.stop_reason().is_some_and(|first| first.to_string() == failure);
    Ok((None, (!is_the_reason).then_some(failure)))
}

/// How answers that the ledger could not keep are imported: from the file beside the ledger, or
/// from the output.
fn import(
    enricher: &Enricher,
    output: Option<&Path>,
    counts: &Snapshot,
    description: &Description,
) -> Option<Import> {
    if let Some(Rescued { path, answers }) = enricher.rescued() {
        let command = import_command::of_rescued(&path, &description.import_flags);
        return Some(Import { command, answers });
    }
    let path = output.filter(|_| counts.not_kept > 0)?;
    let command = import_command::of_output(path, &description.partition_by, &description.import_flags);
    Some(Import { command, answers: counts.not_kept })
}

/// When nobody takes the rows, nothing more is asked; what was sent is finished.
fn stop_without_reader(
    staged: &Result<Box<dyn StagedOutput>, WriteError>,
    enricher: &Enricher,
    output: &str,
) {
    if staged.as_ref().is_ok_and(|staged| staged.reader_has_gone()) {
        enricher.stop_because(StopReason::OutputClosed { output: output.to_owned() });
    }
}

/// Why the rows ended before the list, if they did.
type EarlyEnd = Arc<Mutex<Option<EnrichError>>>;

/// The rows as they are written. An early end is noted, and the rows before it are still written,
/// because they may have been paid for.
fn written_rows(
    rows: EnrichedStream,
    columns: Vec<usize>,
    simulated: bool,
    early_end: &EarlyEnd,
) -> RecordStream {
    let (schema, early_end) = (rows.schema(), early_end.clone());
    let batches = rows.filter_map(move |batch| {
        future::ready(match batch {
            Ok(batch) => Some(Ok(batch)),
            Err(EnrichError::Rows(error)) => Some(Err(error)),
            Err(error) => {
                *sync::lock(&early_end) = Some(error);
                None
            }
        })
    });
    let rows = columns_at(RecordStream::new(schema, batches), columns);
    if simulated { rows.with_metadata(ANSWERS_OF, SIMULATED) } else { rows }
}

/// The outcome of the run, and its file under its own name or the partial one.
async fn commit(
    staged: Option<Box<dyn StagedOutput>>,
    early_end: EarlyEnd,
    stop_reason: Option<StopReason>,
    check: &ListCheck,
    counts: &Snapshot,
) -> Result<(JobOutcome, Option<PathBuf>), RunError> {
    let early_end = sync::lock(&early_end).take();
    let Some(staged) = staged else {
        let reason = stop_reason.expect("a run without output has a reason to stop");
        return Ok((JobOutcome::Stopped(reason), None));
    };
    // Known only when the last connection is closed.
    let in_doubt = stop_reason.clone().filter(|reason| matches!(reason, StopReason::AnswersInDoubt { .. }));
    let stopped: Option<StopReason> = match early_end {
        // The rest of the list was given up for want of a reader.
        None if staged.reader_has_gone() => stop_reason,
        // The ledger may fail after the last row.
        None => in_doubt.or(stop_reason.filter(|reason| matches!(reason, StopReason::LedgerFailed { .. }))),
        Some(EnrichError::Stopped(stopped)) => Some(in_doubt.unwrap_or(stopped.reason)),
        Some(EnrichError::RowsLost { rows_in, rows_out }) => {
            return Err(RunError::RowsLost { rows_in, rows_out, kept: commit_paid(staged, counts).await? });
        }
        Some(EnrichError::Input(source) | EnrichError::Rows(source)) => {
            let rows = staged.rows();
            return Err(RunError::InputFailed { rows, kept: commit_paid(staged, counts).await?, source });
        }
    };
    let outcome = JobOutcome::of(stopped, counts.unanswered);
    if !matches!(outcome, JobOutcome::Stopped(_))
        && let Err(list) = check.check_all(counts)
    {
        return Err(RunError::UnusableList { kept: commit_paid(staged, counts).await?, list });
    }
    let output = match outcome {
        JobOutcome::Complete | JobOutcome::Gaps { .. } => Some(staged.commit().await?),
        JobOutcome::Stopped(_) => commit_paid(staged, counts).await?,
    };
    Ok((outcome, output))
}

/// Keeps an incomplete file under its partial name, if any of its rows has an answer. Rows of a
/// stream have gone out, whatever they are.
async fn commit_paid(
    staged: Box<dyn StagedOutput>,
    counts: &Snapshot,
) -> Result<Option<PathBuf>, OutputError> {
    let with_answer = counts.answered + counts.duplicates + counts.from_ledger;
    if with_answer == 0 && !staged.is_stream() {
        staged.discard().await;
        return Ok(None);
    }
    staged.commit_partial().await.map(Some)
}

fn end_warnings(notes: &InputNotes, counts: &Snapshot, rows: u64) -> Vec<String> {
    let mut warnings = notes.warnings();
    if rows == 0 && counts.filtered > 0 {
        warnings.push("the filter matches no row; values are compared exactly".into());
    }
    warnings
}

/// A file can be imported into the ledger later. A stream may have been kept by whoever read it.
fn not_kept_anywhere(counts: &Snapshot, streamed: bool, output: &str) -> Option<String> {
    let answers = counted(counts.not_kept, "paid answer");
    (streamed && counts.not_kept > 0).then(|| {
        format!(
            "{answers} could not be kept in the ledger; the only copy is in the rows that went to {output}"
        )
    })
}

/// Without a ledger and an output, the answers are lost.
fn kept_nowhere(counts: &Snapshot, is_kept: bool) -> Option<String> {
    let answers = counted(counts.answered, "paid answer");
    (!is_kept && counts.answered > 0).then(|| {
        format!("{answers} of this run are lost: there is no ledger, and the output cannot be written")
    })
}

/// Records in the ledger that a refresh is over, if it is. Returns a warning if that fails.
async fn end_refresh(enricher: &Enricher, outcome: &JobOutcome) -> Option<String> {
    let end = match outcome {
        JobOutcome::Complete => SessionEnd::Complete,
        JobOutcome::Gaps { .. } => SessionEnd::Gaps,
        JobOutcome::Stopped(_) => SessionEnd::Early,
    };
    let fault = enricher.end_refresh(end).await.err()?;
    Some(format!(
        "the end of this refresh was not recorded, so the next --refresh will use its answers: {}",
        with_causes(&fault)
    ))
}

/// What was written.
struct FinishedOutput {
    output: Option<PathBuf>,
    rows: u64,
    bytes: u64,
    streamed: bool,
}

fn run_report(
    description: Description,
    recorder: &Recorder,
    progress: &Progress,
    enricher: &Enricher,
    outcome: &JobOutcome,
    FinishedOutput { output, rows, bytes, streamed }: FinishedOutput,
    counts: Snapshot,
) -> RunReport {
    let breakdown = progress.counters().breakdown.counts();
    RunReport {
        version: env!("CARGO_PKG_VERSION"),
        run_id: recorder.run_id.clone(),
        pipeline: description.pipeline,
        ending: outcome.text(),
        stopped_because: outcome.reason().map(ToString::to_string),
        whole_list: progress.took_in_all(),
        simulated: description.simulated,
        inputs: description.inputs,
        output,
        streamed,
        page: None,
        rows,
        bytes,
        ledger: enricher.ledger_path().map(ToOwned::to_owned),
        endpoints: enricher.endpoints().to_vec(),
        started_at: recorder.started_at,
        elapsed_seconds: recorder.elapsed().as_secs_f64(),
        has_prices: description.has_prices,
        funnel: rankings::funnel(&counts),
        latency: progress.counters().latency.figures(),
        countries: rankings::countries(&breakdown),
        networks: rankings::networks(&breakdown),
        worst_ranges: rankings::worst_ranges(&breakdown),
        timeline: recorder.timeline(),
        settings: description.settings,
        counts,
        warnings: Vec::new(),
    }
}

impl JobReport {
    /// What `--summary` writes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.report).expect("figures and texts are JSON")
    }
}
