//! `hlr ledger`: statistics, export, import and removal of paid answers.

mod figures;
mod files;
#[cfg(feature = "cloud")]
mod shared_answers;

use std::path::Path;

use miette::Report;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use self::figures::show;
use self::files::{export_settings, files_to_import, numbers_of, origin_of, write_export};
use super::args::{ExportArgs, ForgetArgs, ImportArgs, LedgerArgs, LedgerCommand, PruneArgs, StatsArgs};
use super::exit::Exit;
use super::terminal::{say, say_error};
use crate::config::default_ledger;
#[cfg(not(feature = "cloud"))]
use crate::enricher::OpenError;
use crate::humanize::{counted, grouped, size};
use crate::ledger::{IfMissing, LedgerError, LedgerFile};
use crate::ledger_admin::Stats;
use crate::lookup::StopSignal;
use crate::model::UtcMillis;
use crate::output::{OutputError, WriteError};
use crate::{ledger_admin, output};

/// Runs the subcommand. A signal ends it immediately: nothing is lost by that.
pub(super) async fn ledger(arguments: LedgerArgs, stop: StopSignal) -> Exit {
    let LedgerArgs { command, ledger, mut answers } = arguments;
    if let LedgerCommand::Compact(compact) = &command {
        answers = answers.or_else(|| compact.url.clone());
    }
    if let Some(url) = answers {
        return run(stop, async move || on_shared_answers(&url, command).await).await;
    }
    let path = match ledger {
        Some(path) => path,
        None => match default_ledger() {
            Ok(path) => path,
            Err(problem) => {
                say_error(&problem);
                return Exit::Usage;
            }
        },
    };
    run(stop, async move || match command {
        LedgerCommand::Stats(stats) => show_stats(&path, &stats),
        LedgerCommand::Export(export) => export_answers(&path, export).await,
        LedgerCommand::Import(import) => import_answers(&path, import).await,
        LedgerCommand::Prune(prune) => prune_answers(&path, &prune),
        LedgerCommand::Forget(forget) => forget_numbers(&path, forget).await,
        LedgerCommand::Compact(_) => unreachable!("it has a URL"),
    })
    .await
}

/// The work waits for the disk, so it has a thread of its own; signals are handled meanwhile.
async fn run(stop: StopSignal, work: impl AsyncFnOnce() -> Result<(), Report> + Send + 'static) -> Exit {
    let runtime = Handle::current();
    let work = spawn_blocking(move || runtime.block_on(work()));
    let done = tokio::select! {
        done = work => done.expect("the subcommands do not panic"),
        () = stop.requested() => return Exit::Interrupted,
    };
    match done {
        Ok(()) => Exit::Complete,
        Err(error) => {
            say_error(&*error);
            exit_of(&error)
        }
    }
}

#[cfg(feature = "cloud")]
async fn on_shared_answers(url: &str, command: LedgerCommand) -> Result<(), Report> {
    shared_answers::run(url, command).await
}

#[cfg(not(feature = "cloud"))]
async fn on_shared_answers(_: &str, _: LedgerCommand) -> Result<(), Report> {
    Err(OpenError::NoSharedAnswers.into())
}

fn open(path: &Path) -> Result<LedgerFile, LedgerError> {
    LedgerFile::open(path, IfMissing::Refuse)
}

fn show_stats(path: &Path, arguments: &StatsArgs) -> Result<(), Report> {
    let stats = Stats::read(&open(path)?, UtcMillis::now())?;
    show(&path.display().to_string(), &stats, arguments)
}

async fn export_answers(path: &Path, arguments: ExportArgs) -> Result<(), Report> {
    let settings = export_settings(arguments);
    let ledger_file = open(path)?;
    let target = output::prepare(&settings)?;
    write_export(ledger_admin::export(ledger_file, target).await?, &settings).await
}

async fn import_answers(path: &Path, arguments: ImportArgs) -> Result<(), Report> {
    // Files that cannot be read are found before a ledger is created for them.
    let files = files_to_import(&arguments)?;
    let ledger_file = LedgerFile::open(path, IfMissing::Create(origin_of(&arguments)))?;
    for (input, (settings, origin)) in arguments.inputs.iter().zip(files) {
        let imported = ledger_admin::import(&ledger_file, &settings, &origin).await?;
        let with_answer = imported.rows - imported.without_answer;
        say(format_args!(
            "{input}: {}, {} with an answer, {} of them new or newer than in the ledger",
            counted(imported.rows, "row"),
            grouped(with_answer),
            grouped(imported.taken)
        ));
    }
    Ok(())
}

fn prune_answers(path: &Path, arguments: &PruneArgs) -> Result<(), Report> {
    let (ledger_file, now) = (open(path)?, UtcMillis::now());
    let age = arguments.older_than.0;
    let before = ledger_file.bytes();
    if arguments.dry_run {
        let (old, all) = (ledger_file.count_older(age, now)?, ledger_file.count()?);
        say(format_args!("{} of {} would be removed", grouped(old), counted(all, "answer")));
        return Ok(());
    }
    let (removed, ledger_file) = ledger_file.prune(age, now)?;
    say(format_args!(
        "{} removed, {} left; size before: {}, after: {}",
        counted(removed, "answer"),
        grouped(ledger_file.count()?),
        size(before),
        size(ledger_file.bytes())
    ));
    Ok(())
}

async fn forget_numbers(path: &Path, arguments: ForgetArgs) -> Result<(), Report> {
    let ledger_file = open(path)?;
    let numbers = numbers_of(arguments).await?;
    let (removed, _) = ledger_file.forget(&numbers)?;
    say(format_args!(
        "{} to {} removed; enriched files and backups may still have them",
        counted(removed, "answer"),
        counted(numbers.len() as u64, "number")
    ));
    Ok(())
}

/// Whether nothing is wrong but that a run uses the ledger.
fn exit_of(error: &Report) -> Exit {
    if matches!(error.downcast_ref(), Some(LedgerError::InUse { .. })) {
        return Exit::Busy;
    }
    match error.downcast_ref() {
        Some(WriteError::Output(OutputError::StreamFailed { .. })) => Exit::Unexpected,
        _ => Exit::Usage,
    }
}
