//! `hlr enrich` and `hlr run`: a whole job, with progress, summary and exit code.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tracing::info;

use super::args::{DisplayFlags, EnrichArgs, ProgressStyle, RunArgs, Verbosity};
use super::event_messages::Inbox;
use super::exit::Exit;
use super::log::LogFormat;
use super::progress::ProgressDisplay;
use super::resume_command::Obstacle;
use super::signals::Hangups;
use super::terminal::{
    say, say_command, say_error, say_import, say_loudly, say_outcome, say_raw, say_warning,
};
use super::{dry_run, log, resume_command, summary};
use crate::config::{Diagnostics, Environment, RawConfig, ResolvedSettings};
use crate::input::CsvFile;
use crate::job::{
    DryRunJob, Import, Job, JobOutcome, JobReport, Loaded, Progress, RateControl, RunError, StartError,
    StartedJob,
};
use crate::lookup::StopSignal;
use crate::output;
use crate::report::RunReport;
use crate::task::AbortOnDrop;
use crate::telemetry::Counters;

/// Shown at the end of every run whose answers are simulated.
pub(super) const SIMULATED: &str = "SIMULATED ANSWERS: no real lookups were made";

pub(super) async fn enrich(arguments: EnrichArgs, words: &[OsString], stop: StopSignal) -> Exit {
    let display = arguments.display.clone();
    do_job(None, arguments.raw_config(), display, words, stop).await
}

pub(super) async fn run(arguments: RunArgs, words: &[OsString], stop: StopSignal) -> Exit {
    let (file, display) = (arguments.pipeline.clone(), arguments.display.clone());
    do_job(Some(&file), arguments.raw_config(), display, words, stop).await
}

async fn do_job(
    file: Option<&Path>,
    flags: RawConfig,
    display: DisplayFlags,
    words: &[OsString],
    stop: StopSignal,
) -> Exit {
    let flags_again = flags.clone();
    let job = match Loaded::load(file, flags, &Environment::of_this_process()) {
        Ok(Loaded::Job(job)) => *job,
        Ok(Loaded::DryRun(job)) => return estimate(*job, &display, words, stop).await,
        Err(problems) => return refuse(&problems),
    };
    let verbosity = display.verbosity();
    log::name_run(job.run_id());
    announce(job.resolved(), verbosity);
    announce_stream(job.output(), verbosity);
    let style = match output::streams_to_terminal(job.output()) {
        // A bar would be drawn over the rows.
        true => display.progress.without_bar(),
        false => display.progress,
    };
    let inbox = Arc::new(Inbox::default());
    let counters = Arc::new(Counters::default());
    // A hangup reloads the pipeline file, also one that comes before the first request; without a
    // file it ends the run, as it ends any program.
    let reloads = file.map(|file| (file.to_owned(), Hangups::listen()));
    let started = match job.start(stop.clone(), inbox.clone(), counters).await {
        Ok(started) => started,
        Err(error) => return not_started(&error, words),
    };
    announce_start(&started, verbosity);
    let shown = ProgressDisplay::start(style, verbosity, started.progress(), inbox, stop.clone());
    let (rate, progress, ledger) = (started.rate(), started.progress(), started.ledger().map(Path::to_owned));
    let rereading = reloads.map(|(file, mut hangups)| {
        AbortOnDrop::spawn(async move {
            loop {
                hangups.next().await;
                read_again(&file, flags_again.clone(), &rate);
            }
        })
    });
    let finished = started.finish().await;
    drop(rereading);
    shown.finish().await;
    match finished {
        Ok(finished) => conclude(&finished, &display, words),
        Err(error) => say_failure(&error, &progress, ledger.as_deref(), words),
    }
}

/// A run that ended without a summary: its figures, and the command that continues it.
fn say_failure(error: &RunError, progress: &Progress, ledger: Option<&Path>, words: &[OsString]) -> Exit {
    say_error(error);
    let counts = progress.counters().snapshot();
    if counts.requests > 0 {
        summary::figures(&counts, ledger).iter().for_each(say);
        say("to run again:");
        say_command(&resume_command::command(words, Obstacle::None));
    }
    match error {
        RunError::InputFailed { .. } | RunError::UnusableList { .. } => Exit::Usage,
        _ => Exit::Unexpected,
    }
}

/// Reloads the rate and its schedule from the pipeline file. A file with problems changes nothing.
fn read_again(file: &Path, flags: RawConfig, rate: &RateControl) {
    match Job::load(Some(file), flags, &Environment::of_this_process()) {
        Ok(job) => rate.take_from(&job),
        Err(problems) => {
            problems.0.iter().for_each(|problem| say_error(problem));
            say_warning("the pipeline file was not reloaded; the run continues with its current settings");
        }
    }
}

/// Estimates what a run would do, without sending a request.
async fn estimate(job: DryRunJob, display: &DisplayFlags, words: &[OsString], stop: StopSignal) -> Exit {
    let verbosity = display.verbosity();
    job.resolved().warnings.iter().for_each(say_warning);
    if verbosity > Verbosity::Quiet {
        say(format_args!("dry run, no requests are sent: {}", job.resolved().effective));
    }
    let started = match job.start(stop.clone(), Arc::default()).await {
        Ok(started) => started,
        Err(error) => return not_started(&error, words),
    };
    let inbox = Arc::new(Inbox::default());
    let shown = ProgressDisplay::start(display.progress, verbosity, started.progress(), inbox, stop);
    let finished = started.finish().await;
    shown.finish().await;
    match finished {
        Ok(Some(report)) => {
            report.warnings.iter().for_each(say_warning);
            match display.progress {
                _ if verbosity == Verbosity::Quiet => {}
                ProgressStyle::Json => say_raw(report.to_json()),
                _ => dry_run::lines(&report.estimate).iter().for_each(say),
            }
            Exit::Complete
        }
        Ok(None) => Exit::Interrupted,
        Err(error) => {
            say_error(&error);
            Exit::Usage
        }
    }
}

pub(super) fn refuse(problems: &Diagnostics) -> Exit {
    problems.0.iter().for_each(|problem| say_error(problem));
    Exit::Usage
}

fn announce(resolved: &ResolvedSettings, verbosity: Verbosity) {
    if resolved.settings.is_simulated() {
        say_loudly("SIMULATED ANSWERS: no real lookups are made");
    }
    resolved.warnings.iter().for_each(say_warning);
    if verbosity > Verbosity::Quiet {
        say(&resolved.effective);
    }
}

/// What the user should know about an output that is not a file.
fn announce_stream(output: &Path, verbosity: Verbosity) {
    if output::leads_nowhere(output) {
        say_warning(
            "standard output is closed or /dev/null: the rows are lost, and the answers only in the ledger",
        );
    }
    if verbosity > Verbosity::Quiet && output::waits_for_reader(output) {
        say(format_args!("{}: the run starts once somebody reads this FIFO", output.display()));
    }
}

fn announce_start(started: &StartedJob, verbosity: Verbosity) {
    started.warnings().iter().for_each(say_warning);
    if started.ledger().is_none() && !started.is_simulated() {
        say_warning(
            "without a ledger, the output is the only copy of what is paid for: if it cannot be written, or if \
             the run is killed, all answers are lost",
        );
    }
    if verbosity > Verbosity::Quiet {
        started.input_notes().remarks().iter().for_each(say);
    }
    if verbosity < Verbosity::Verbose {
        return;
    }
    say(format_args!("endpoint: {}", started.endpoints().join(", backup: ")));
    for file in started.input_notes().csv_files() {
        say(how_understood(file));
    }
    let columns: Vec<String> = started.number_columns().iter().map(|name| format!("{name:?}")).collect();
    let heading = if columns.len() == 1 { "number column" } else { "number columns" };
    say(format_args!("{heading}: {}", columns.join(", ")));
}

fn how_understood(file: &CsvFile) -> String {
    let delimiter = file.delimiter;
    let header = if file.has_header { "with a header" } else { "without a header" };
    let compression = file.compression.map(|name| format!(", {name}")).unwrap_or_default();
    let name = match file.path.to_str() {
        Some("-") => "standard input".into(),
        _ => file.path.display().to_string(),
    };
    format!("{name}: {}, delimiter {delimiter}, {header}{compression}", file.encoding)
}

/// The run failed before its first request, so the cause is most often something the user can fix.
fn not_started(error: &StartError, words: &[OsString]) -> Exit {
    match error {
        StartError::Stopped => {
            say("interrupted before the first row; to run again:");
            say_command(&resume_command::command(words, Obstacle::None));
            Exit::Interrupted
        }
        _ => {
            say_error(error);
            exit_of(error)
        }
    }
}

fn conclude(finished: &JobReport, display: &DisplayFlags, words: &[OsString]) -> Exit {
    finished.report.warnings.iter().for_each(say_warning);
    match display.progress {
        _ if display.verbosity() == Verbosity::Quiet => {}
        ProgressStyle::Json => say_raw(finished.to_json()),
        _ if log::format() == LogFormat::Json => log_end(finished),
        _ => summary::lines(finished).iter().for_each(say),
    }
    if finished.report.simulated {
        say_loudly(SIMULATED);
    }
    let of_output = if finished.report.streamed { Obstacle::None } else { Obstacle::Output };
    let (what, obstacle) = match (&finished.outcome, &finished.report.ledger) {
        (JobOutcome::Complete, _) => return Exit::Complete,
        (JobOutcome::Gaps { .. }, Some(_)) => ("to retry the rows without an answer", of_output),
        (JobOutcome::Gaps { .. }, None) => ("to start over, paying for every lookup again", of_output),
        (JobOutcome::Stopped(_), Some(_)) => ("to resume", Obstacle::None),
        (JobOutcome::Stopped(_), None) => ("to start over, paying for every lookup again", Obstacle::None),
    };
    let kind = if matches!(finished.outcome, JobOutcome::Gaps { .. }) { "gaps" } else { "stopped" };
    say_outcome(kind, &summary::ending(finished), summary::ending_help(finished).as_deref());
    if let Some(Import { command, answers }) = &finished.import {
        say(format_args!(
            "paid answers that are not in the ledger: {answers}; once the ledger is writable again, import them with:"
        ));
        say_import(&resume_command::of_this_program(words, command));
    }
    if finished.report.inputs.iter().any(|input| input == "-") {
        say(format_args!("{what} (with the same list on standard input):"));
    } else {
        say(format_args!("{what}:"));
    }
    say_command(&resume_command::command(words, obstacle));
    Exit::from(&finished.outcome)
}

/// Logs the end of a run, with its counts, for programs.
fn log_end(finished: &JobReport) {
    let RunReport { ending, rows, elapsed_seconds, output, counts, .. } = &finished.report;
    let output = output.as_ref().map(|path| path.display().to_string());
    info!(
        event = "end",
        ending,
        rows,
        elapsed_seconds,
        output,
        answered = counts.answered,
        from_ledger = counts.from_ledger,
        duplicates = counts.duplicates,
        invalid = counts.invalid,
        unanswered = counts.unanswered,
        carried = counts.carried,
        filtered = counts.filtered,
        skipped = counts.skipped,
        not_kept = counts.not_kept,
        requests = counts.requests,
        billed = counts.billed,
        maybe_billed = counts.maybe_billed,
        cost = finished.report.has_prices.then(|| counts.costs.billed.as_number()),
        simulated = finished.report.simulated,
        "the run ended"
    );
}

/// The exit code of a command that could not start.
pub(super) fn exit_of(error: &StartError) -> Exit {
    match error {
        StartError::Stopped => Exit::Interrupted,
        _ if error.is_internal() => Exit::Unexpected,
        _ if error.is_busy() => Exit::Busy,
        _ => Exit::Usage,
    }
}
