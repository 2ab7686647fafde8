//! A pipeline under way: started, then finished.
//!
//! What can be found wrong for nothing is found wrong by [`Pipeline::start`], which asks nobody. From
//! [`Started::finish`] on, requests cost money: whatever happens, those that were sent are waited for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Pipeline;
use super::choices::Choices;
use super::ending::Ending;
use super::enquiry::Enquiry;
use super::error::{RunError, StartError};
use super::line::Line;
use super::progress::Progress;
use super::schedule::RateControl;
use super::summary::{Summary, SummaryFile};
use crate::answer::{Product, ProviderCache, UtcMillis};
use crate::enrich::{Enricher, RowReader};
use crate::error::OutputError;
use crate::input::{self, InputNotes, InputSettings, Opened};
use crate::ledger::{AnswersOf, RefreshEnd};
use crate::lookup::{Stop, StopReason};
use crate::output::{self, Target, Whole};
use crate::report::{Counters, Reporter, Snapshot};
use crate::service::HttpService;
use crate::simulator::Account;
use crate::task::Owned;

/// A run with everything open, and nothing asked yet.
pub struct Started {
    target: Target,
    list: Opened,
    enricher: Enricher<HttpService>,
    line: Line,
    summary: Option<SummaryFile>,
    choices: Choices,
    progress: Progress,
    stop: Stop,
    has_prices: bool,
    importing: Vec<String>,
    rate: (RateControl, Owned<()>),
    since: Instant,
}

/// What a run has brought.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// The file that was written: under its own name, or a partial one when the run was stopped. `None` when
    /// the run was stopped before its first answer.
    pub output: Option<PathBuf>,
    /// The ledger's file, if answers are kept.
    pub ledger: Option<PathBuf>,
    /// Where answers are not kept that should be: the words of the command that brings them in from the output.
    pub import: Option<Vec<String>>,
    /// Rows in the output.
    pub rows: u64,
    /// Bytes of the output.
    pub bytes: u64,
    /// The counts.
    pub snapshot: Snapshot,
    /// Whether the amounts among them mean anything.
    pub has_prices: bool,
    /// How long it took, from opening the list.
    pub elapsed: Duration,
    /// What the simulator was asked, where one answered.
    pub simulated: Option<Account>,
    /// What was odd about the list, and what else should be told at the end.
    pub warnings: Vec<String>,
    /// The settings that decided about speed and money, with where each came from.
    pub choices: Choices,
}

impl Pipeline {
    /// The whole run, for callers that show no progress.
    ///
    /// # Errors
    ///
    /// As those of [`Pipeline::start`] and [`Started::finish`].
    pub async fn run(
        self,
        stop: Stop,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<Finished, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.start(stop, reporter, counters).await?.finish().await?)
    }

    /// Opens everything that the run needs, and asks nobody.
    ///
    /// # Errors
    ///
    /// What stands in the way: a list that cannot be read, an output that cannot be written, columns that are not
    /// clear, a client that cannot be set up.
    pub async fn start(
        self,
        stop: Stop,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<Started, StartError> {
        let since = Instant::now();
        let output = self.output.expect("a dry run is surveyed, not started");
        let job = job_name(&self.input, &self.enquiry);
        let target = output::prepare(&output)?;
        let summary = self.summary.as_deref().map(SummaryFile::prepare).transpose()?;
        let list = open(self.input, &stop).await?;
        let reader = RowReader::new(&list.batches.schema(), &self.enquiry.enrich)?;
        let line = Line::open(&self.enquiry, &job, stop.clone(), counters.clone(), reporter.clone()).await?;
        let rate = RateControl::follow(self.enquiry.rate_plan.clone(), line.lookup.clone(), reporter);
        let progress = Progress::new(counters.clone(), list.length.clone());
        let importing = importing(&self.enquiry);
        let enricher = Enricher::new(line.lookup.clone(), reader, self.enquiry.enrich, counters);
        let choices = self.enquiry.choices;
        let has_prices = self.enquiry.lookup.tariff.has_prices();
        Ok(Started {
            target,
            list,
            enricher,
            line,
            summary,
            choices,
            progress,
            stop,
            has_prices,
            importing,
            rate,
            since,
        })
    }
}

/// What a run is called in its ledger, so that the same command takes it up again.
pub(super) fn job_name(input: &InputSettings, enquiry: &Enquiry) -> String {
    let whole = |path: &String| match std::path::absolute(path) {
        Ok(whole) if path != "-" => whole.display().to_string(),
        _ => path.clone(),
    };
    let paths = input.paths.iter().map(whole).collect::<Vec<_>>().join(" ");
    let column = enquiry.enrich.column.as_deref().unwrap_or_default();
    format!("{paths} {column} {:?}", enquiry.shelf())
}

/// Opening waits for the first bytes of a pipe, which may never come; a stop ends the waiting.
pub(super) async fn open(settings: InputSettings, stop: &Stop) -> Result<Opened, StartError> {
    let opening = tokio::task::spawn_blocking(move || input::open(&settings));
    tokio::select! {
        opened = opening => Ok(opened.expect("opening a list does not panic")?),
        () = stop.requested() => Err(StartError::Stopped),
    }
}

impl Started {
    /// How far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// How fast the run is, to be changed while it goes on.
    #[must_use]
    pub fn rate(&self) -> RateControl {
        self.rate.0.clone()
    }

    /// The column that the numbers are read from.
    #[must_use]
    pub fn number_column(&self) -> &str {
        self.enricher.number_column()
    }

    /// The files of the list, in reading order; `-` for standard input.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.list.files
    }

    /// How the list was understood.
    #[must_use]
    pub fn input_notes(&self) -> &InputNotes {
        &self.list.notes
    }

    /// Who is asked, in order of preference.
    #[must_use]
    pub fn endpoints(&self) -> &[String] {
        &self.line.endpoints
    }

    /// What was found while starting and should be told.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.line.warnings
    }

    /// Does the work. A run that is stopped keeps the rows that are done, under a partial name; what was sent
    /// is finished in any case.
    ///
    /// # Errors
    ///
    /// When the list breaks off: rows that are done are kept under the partial name then. Or when the file cannot
    /// be written: no file is left behind then.
    pub async fn finish(self) -> Result<Finished, RunError> {
        let Self {
            target,
            list,
            enricher,
            line,
            summary,
            choices,
            progress,
            stop,
            has_prices,
            importing,
            rate,
            since,
        } = self;
        let rows = enricher.enrich(progress.watch(list.batches));
        let written = target.write(rows, Arc::default()).await;
        // It holds the line too.
        drop(rate);
        let ledger = line.ledger.clone();
        let simulated = line.close().await;
        let whole = written?;
        let (rows, bytes) = (whole.rows, whole.bytes);
        let snapshot = progress.counters().snapshot();
        if let Some(source) = progress.take_break() {
            return Err(RunError::BrokenOff { rows, kept: keep_paid(whole, &snapshot)?, source });
        }
        let rows_in = progress.taken_in();
        let all_there = progress.took_in_all() && rows_in == rows;
        if !all_there && stop.reason().is_none() {
            return Err(RunError::RowsLost { rows_in, rows_out: rows, kept: keep_paid(whole, &snapshot)? });
        }
        let ending = ending(all_there, &stop, &snapshot);
        let output = match ending {
            Ending::Complete | Ending::Gaps { .. } => Some(whole.keep()?),
            Ending::Stopped(_) => keep_paid(whole, &snapshot)?,
        };
        let mut warnings = list.notes.warnings();
        let refresh_end = match &ending {
            Ending::Complete => Some(RefreshEnd::Complete),
            Ending::Gaps { .. } => Some(RefreshEnd::Gaps(UtcMillis::now())),
            Ending::Stopped(_) => None,
        };
        if let (Some(ledger), Some(end)) = (&ledger, refresh_end)
            && let Err(fault) = ledger.job_has_ended(end).await
        {
            warnings.push(format!("the same command with --refresh will not ask anew next time: {fault}"));
        }
        let import = output.as_ref().filter(|_| snapshot.not_kept > 0).map(|path| {
            let words = ["hlr", "ledger", "import"].map(str::to_owned).into_iter();
            words.chain([path.display().to_string()]).chain(importing).collect()
        });
        let mut finished = Finished {
            import,
            ledger: ledger.map(|ledger| ledger.path().to_owned()),
            ending,
            output,
            rows,
            bytes,
            snapshot,
            has_prices,
            elapsed: since.elapsed(),
            simulated,
            warnings,
            choices,
        };
        if let Some(summary) = summary {
            write_summary(summary, &mut finished);
        }
        Ok(finished)
    }
}

/// The flags that `hlr ledger import` needs to bring answers of a run back to where they belong.
fn importing(enquiry: &Enquiry) -> Vec<String> {
    let Some(settings) = &enquiry.ledger else { return Vec::new() };
    let shelf = enquiry.shelf();
    let mut flags = vec!["--ledger".into(), settings.path.display().to_string()];
    flags.extend(["--prefix".into(), enquiry.enrich.prefix.clone()]);
    if shelf.product == Product::Portability {
        flags.extend(["--product".into(), "portability".into()]);
    }
    if shelf.cache == ProviderCache::Bypassed {
        flags.push("--nocache".into());
    }
    if settings.answers_of == AnswersOf::ThisMachine {
        flags.push("--simulated".into());
    }
    flags
}

/// A stop that came after the last answer has stopped nothing.
fn ending(all_there: bool, stop: &Stop, snapshot: &Snapshot) -> Ending {
    match stop.reason() {
        // Answers that are in no ledger would be paid for again, however complete the rows are.
        Some(reason @ StopReason::LedgerFailed { .. }) => Ending::Stopped(reason),
        Some(reason) if !all_there || snapshot.unanswered > 0 => Ending::Stopped(reason),
        None if snapshot.unanswered > 0 => Ending::Gaps { unanswered: snapshot.unanswered },
        _ => Ending::Complete,
    }
}

/// Keeps a file that is not the whole result under its partial name, if any of its rows has an answer.
fn keep_paid(whole: Whole, snapshot: &Snapshot) -> Result<Option<PathBuf>, OutputError> {
    let with_answer = snapshot.answered + snapshot.duplicates + snapshot.from_ledger;
    if with_answer == 0 { Ok(None) } else { whole.keep_partial().map(Some) }
}

/// The rows are safe by now, so a summary that cannot be written is a warning.
fn write_summary(file: SummaryFile, finished: &mut Finished) {
    let path = file.path().to_owned();
    if let Err(fault) = file.write(&Summary::new(finished)) {
        finished.warnings.push(format!("the summary could not be written to {}: {fault}", path.display()));
    }
}

impl Finished {
    /// What `--summary` writes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(Summary::new(self)).expect("figures and texts are JSON")
    }
}
