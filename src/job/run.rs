//! A pipeline under way: started, then finished.
//!
//! What can be found wrong for nothing is found wrong by [`Job::start`], which asks nobody. From
//! [`StartedJob::finish`] on, requests cost money: whatever happens, those that were sent are waited for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Job;
use super::artifacts::Artifact;
use super::error::{JobError, RunError, StartError};
use super::lock::{Lock, LockError};
use super::metrics::Metrics;
use super::outcome::JobOutcome;
use super::progress::Progress;
use super::rate_control::RateControl;
use super::recorder::Recorder;
use crate::config::path_template;
use crate::config::settings::Settings;
use crate::enrich::column_selection::columns_at;
use crate::enrich::filter::{Condition, rows_that_fit};
use crate::enrich::{BatchEnricher, RowReader};
use crate::enricher::session::Session;
use crate::input::{InputNotes, InputSettings, Opened};
use crate::ledger::{AnswerOrigin, DurableLedger, RefreshEnd};
use crate::lookup::StopSignal;
use crate::model::{ANSWERS_OF, Product, ProviderCache, SIMULATED, UtcMillis};
use crate::output::{OutputError, StagedOutput, Target};
use crate::report::run_report::Setting;
use crate::report::{RunReport, html, rankings};
use crate::service::HttpService;
use crate::simulator::Account;
use crate::task::AbortOnDrop;
use crate::telemetry::prometheus::RunLabels;
use crate::telemetry::{Counters, Reporter, Snapshot};
use crate::{input, output};

/// A run with everything open, and nothing asked yet.
pub struct StartedJob {
    target: Target,
    list: Opened,
    /// The places of the columns that are written.
    columns: Vec<usize>,
    enricher: BatchEnricher<HttpService>,
    line: Session,
    papers: Artifacts,
    metrics: Arc<Metrics>,
    about: About,
    progress: Progress,
    recorder: Arc<Recorder>,
    stop: StopSignal,
    rate: RateControl,
    /// What goes on beside the work, until it is dropped.
    companions: Vec<AbortOnDrop<()>>,
    lock: Option<Lock>,
}

/// What is written beside the output.
struct Artifacts {
    summary: Option<Artifact>,
    report: Option<Artifact>,
}

/// What is known of a run before it starts.
struct About {
    pipeline: Option<PathBuf>,
    inputs: Vec<String>,
    settings: Vec<Setting>,
    has_prices: bool,
    simulated: bool,
    /// What the output is parted by.
    parted_by: Vec<String>,
    /// The flags that bring answers in from the output.
    importing: Vec<String>,
}

/// What a run has brought.
#[derive(Debug)]
pub struct JobReport {
    /// How it ended.
    pub ending: JobOutcome,
    /// Where answers are not kept that should be: the words of the command that brings them in from the output.
    pub import: Option<Vec<String>>,
    /// What the simulators were asked, where such answered.
    pub simulated: Vec<Account>,
    /// The figures, and what should be told at the end. Its output is under its own name, or under a partial one when
    /// the run was stopped; there is none when the run was stopped before its first answer.
    pub report: RunReport,
}

impl Job {
    /// The whole run, for callers that show no progress.
    ///
    /// # Errors
    ///
    /// As those of [`Job::start`] and [`StartedJob::finish`].
    pub async fn run(
        self,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<JobReport, JobError> {
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
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<StartedJob, StartError> {
        let recorder = Arc::new(Recorder::new(self.run_id, counters.clone(), reporter));
        let reporter: Arc<dyn Reporter> = recorder.clone();
        let output = self.output.expect("a dry run is surveyed, not started");
        let job = job_name(&self.input, &self.conditions, &self.enquiry);
        for folder in &self.dated_folders {
            // What is in the way is told of the file that is to stand in it.
            let _ = fs::create_dir_all(folder);
        }
        let lock = match self.lock.as_deref().map(|path| Lock::take(path, &recorder.run_id)).transpose() {
            // It shares the output's folder; what is wrong with that is told of the output.
            Err(error @ LockError::File { .. }) => {
                output::prepare(&output)?;
                return Err(error.into());
            }
            lock => lock?,
        };
        let target = output::prepare(&output)?;
        let papers = Artifacts {
            summary: self.summary.as_deref().map(Artifact::prepare).transpose()?,
            report: self.report.as_deref().map(Artifact::prepare).transpose()?,
        };
        let about = About {
            pipeline: self.file,
            inputs: self.input.paths.clone(),
            settings: self.settings,
            has_prices: self.enquiry.lookup.tariff.has_prices(),
            simulated: self.enquiry.provider.is_simulated(),
            parted_by: output.partition_by.clone(),
            importing: importing(&self.enquiry),
        };
        let mut list = open(self.input, &stop).await?;
        let reader = RowReader::new(&list.batches.schema(), &self.enquiry.enrich)?;
        let columns = self.columns.places(&reader)?;
        let progress = Progress::new(counters.clone(), list.length.clone());
        list.batches = rows_that_fit(progress.watch(list.batches), &self.conditions, counters.clone())?;
        let called = about.pipeline.as_deref().map_or("enrich".into(), path_template::stem);
        let labels = RunLabels {
            pipeline: called,
            run_id: recorder.run_id.clone(),
            simulated: about.simulated,
            started_at: recorder.started_at,
        };
        let metrics = Metrics::new(counters.clone(), labels, self.metrics);
        let listener = metrics.prepare(self.metrics_listen).await?;
        let line =
            Session::open(&self.enquiry, &job, stop.clone(), counters.clone(), reporter.clone()).await?;
        // Last of what may fail: a run that does nothing leaves the counts of the one before.
        let mut companions = metrics.start(listener)?;
        let (rate, following) =
            RateControl::follow(self.enquiry.rate_plan.clone(), line.lookup.clone(), reporter);
        companions.extend([following, recorder.follow()]);
        let progress = progress.asking(&line.endpoints, about.has_prices);
        let enricher = BatchEnricher::new(line.lookup.clone(), reader, self.enquiry.enrich, counters);
        Ok(StartedJob {
            target,
            list,
            columns,
            enricher,
            line,
            papers,
            metrics,
            about,
            progress,
            recorder,
            stop,
            rate,
            companions,
            lock,
        })
    }
}

/// What a run is called in its ledger, so that the same command takes it up again.
pub(crate) fn job_name(input: &InputSettings, conditions: &[Condition], enquiry: &Settings) -> String {
    let whole = |path: &String| match std::path::absolute(path) {
        Ok(whole) if path != "-" => whole.display().to_string(),
        _ => path.clone(),
    };
    let paths = input.paths.iter().map(whole).collect::<Vec<_>>().join(" ");
    let column = enquiry.enrich.column.as_deref().unwrap_or_default();
    let conditions: String = conditions.iter().map(|condition| format!(" {condition}")).collect();
    format!("{paths} {column} {:?}{conditions}", enquiry.scope())
}

/// Opening waits for the first bytes of a pipe, which may never come; a stop ends the waiting.
pub(crate) async fn open(settings: InputSettings, stop: &StopSignal) -> Result<Opened, StartError> {
    let opening = tokio::task::spawn_blocking(move || input::open(&settings));
    tokio::select! {
        opened = opening => Ok(opened.expect("opening a list does not panic")?),
        () = stop.requested() => Err(StartError::Stopped),
    }
}

impl StartedJob {
    /// How far the run is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// How fast the run is, to be changed while it goes on.
    #[must_use]
    pub fn rate(&self) -> RateControl {
        self.rate.clone()
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
    pub async fn finish(self) -> Result<JobReport, RunError> {
        let mut rows = columns_at(self.enricher.enrich(self.list.batches), self.columns);
        if self.about.simulated {
            rows = rows.with_metadata(ANSWERS_OF, SIMULATED);
        }
        let written = self.target.write(rows, Arc::default()).await;
        // They hold the line too.
        drop((self.rate, self.companions));
        let (ledger, endpoints) = (self.line.ledger.clone(), self.line.endpoints.clone());
        let simulated = self.line.close().await;
        let whole = written?;
        let (rows, bytes) = (whole.rows, whole.bytes);
        let counts = self.progress.counters().snapshot();
        if let Some(source) = self.progress.take_break() {
            return Err(RunError::BrokenOff { rows, kept: keep_paid(whole, &counts)?, source });
        }
        let rows_in = self.progress.taken_in();
        let all_there = self.progress.took_in_all() && rows_in == rows + counts.filtered;
        if !all_there && self.stop.reason().is_none() {
            return Err(RunError::RowsLost { rows_in, rows_out: rows, kept: keep_paid(whole, &counts)? });
        }
        let ending = JobOutcome::of(all_there, &self.stop, counts.unanswered);
        let output = match ending {
            JobOutcome::Complete | JobOutcome::Gaps { .. } => Some(whole.commit()?),
            JobOutcome::Stopped(_) => keep_paid(whole, &counts)?,
        };
        let mut warnings = self.list.notes.warnings();
        if rows > 0 && counts.invalid == rows {
            warnings.push("no row has a number that can be asked about; is it the right column?".into());
        }
        if rows == 0 && counts.filtered > 0 {
            warnings.push("the filter leaves no row; values are compared to the letter".into());
        }
        if let Some(ledger) = &ledger {
            warnings.extend(end_job(ledger, &ending).await);
        }
        let import = output.as_ref().filter(|_| counts.not_kept > 0).map(|path| {
            let words = ["hlr", "ledger", "import"].map(str::to_owned).into_iter();
            // A folder for each column that the output is parted by, and the files in the innermost.
            let files: PathBuf = self.about.parted_by.iter().map(|_| "*").chain(["*.parquet"]).collect();
            let path = if self.about.parted_by.is_empty() { path.clone() } else { path.join(files) };
            words.chain([path.display().to_string()]).chain(self.about.importing).collect()
        });
        let places = self.progress.counters().breakdown.counts();
        let mut report = RunReport {
            version: env!("CARGO_PKG_VERSION"),
            run_id: self.recorder.run_id.clone(),
            pipeline: self.about.pipeline,
            ending: ending.text(),
            stopped_because: ending.reason().map(ToString::to_string),
            whole_list: self.progress.took_in_all(),
            simulated: !simulated.is_empty(),
            inputs: self.about.inputs,
            output,
            rows,
            bytes,
            ledger: ledger.map(|ledger| ledger.path().to_owned()),
            endpoints,
            started_at: self.recorder.started_at,
            elapsed_seconds: self.recorder.elapsed().as_secs_f64(),
            has_prices: self.about.has_prices,
            funnel: rankings::funnel(&counts),
            latency: self.progress.counters().latency.figures(),
            countries: rankings::countries(&places),
            networks: rankings::networks(&places),
            worst_ranges: rankings::worst_ranges(&places),
            timeline: self.recorder.timeline(),
            settings: self.about.settings,
            counts,
            warnings,
        };
        report.warnings.extend(self.metrics.end(report.ending));
        self.papers.write(&mut report);
        drop(self.lock);
        Ok(JobReport { ending, import, simulated, report })
    }
}

/// Tells the ledger that the job is done, if it is. What it says when that fails should be told.
async fn end_job(ledger: &DurableLedger, ending: &JobOutcome) -> Option<String> {
    let end = match ending {
        JobOutcome::Complete => RefreshEnd::Complete,
        JobOutcome::Gaps { .. } => RefreshEnd::Gaps(UtcMillis::now()),
        JobOutcome::Stopped(_) => return None,
    };
    let fault = ledger.end_refresh(end).await.err()?;
    Some(format!("the same command with --refresh will not ask anew next time: {fault}"))
}

impl Artifacts {
    /// Writes what was asked for. The rows are safe by now, so a paper that cannot be written is a warning.
    fn write(self, report: &mut RunReport) {
        let warn = |what: &str, path: &Path, written: io::Result<()>, report: &mut RunReport| {
            if let Err(fault) = written {
                report
                    .warnings
                    .push(format!("the {what} could not be written to {}: {fault}", path.display()));
            }
        };
        if let Some(paper) = self.report {
            let path = paper.path().to_owned();
            warn("report", &path, paper.write(html::render(report).as_bytes()), report);
        }
        if let Some(paper) = self.summary {
            let path = paper.path().to_owned();
            warn("summary", &path, paper.write_json(report), report);
        }
    }
}

/// The flags that `hlr ledger import` needs to bring answers of a run back to where they belong.
fn importing(enquiry: &Settings) -> Vec<String> {
    let Some(settings) = &enquiry.ledger else { return Vec::new() };
    let scope = enquiry.scope();
    let mut flags = vec!["--ledger".into(), settings.path.display().to_string()];
    flags.extend(["--prefix".into(), enquiry.enrich.prefix.clone()]);
    if scope.product == Product::Portability {
        flags.extend(["--product".into(), "portability".into()]);
    }
    if scope.cache == ProviderCache::Bypassed {
        flags.push("--nocache".into());
    }
    if settings.answers_of == AnswerOrigin::ThisMachine {
        flags.push("--simulated".into());
    }
    flags
}

/// Keeps a file that is not the whole result under its partial name, if any of its rows has an answer.
fn keep_paid(whole: StagedOutput, snapshot: &Snapshot) -> Result<Option<PathBuf>, OutputError> {
    let with_answer = snapshot.answered + snapshot.duplicates + snapshot.from_ledger;
    if with_answer == 0 { Ok(None) } else { whole.commit_partial().map(Some) }
}

impl JobReport {
    /// What `--summary` writes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.report).expect("figures and texts are JSON")
    }
}
