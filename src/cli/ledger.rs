//! `hlr ledger`: statistics, export, import and removal of paid answers.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{IntoDiagnostic, Report};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::args::{ExportArgs, ForgetArgs, ImportArgs, LedgerArgs, LedgerCommand, PruneArgs, StatsArgs};
use super::exit::Exit;
use super::terminal::{print, print_wrapped, say, say_error};
use crate::config::Environment;
use crate::config::default_ledger;
use crate::humanize::{counted, grouped, output_name, percent, size};
use crate::input::InputSettings;
use crate::ledger::{AnswerOrigin, IfMissing, LedgerError, LedgerFile};
use crate::ledger_admin::{ImportSettings, Stats};
use crate::lookup::StopSignal;
use crate::model::{ProviderCache, UtcMillis};
use crate::numbering::Region;
use crate::output::{OutputError, OutputSettings, Replace, WriteError};
use crate::storage::Storage;
use crate::{ledger_admin, output};

/// Runs the subcommand. A signal ends it immediately: nothing is lost by that.
pub(super) async fn ledger(arguments: LedgerArgs, stop: StopSignal) -> Exit {
    let path = match arguments.ledger {
        Some(path) => path,
        None => match default_ledger() {
            Ok(path) => path,
            Err(problem) => {
                say_error(&problem);
                return Exit::Usage;
            }
        },
    };
    // The work waits for the disk, so it has a thread of its own; signals are handled meanwhile.
    let runtime = Handle::current();
    let work = spawn_blocking(move || {
        runtime.block_on(async {
            match arguments.command {
                LedgerCommand::Stats(stats) => show_stats(&path, &stats),
                LedgerCommand::Export(export) => export_answers(&path, export).await,
                LedgerCommand::Import(import) => import_answers(&path, import).await,
                LedgerCommand::Prune(prune) => prune_answers(&path, &prune),
                LedgerCommand::Forget(forget) => forget_numbers(&path, forget).await,
            }
        })
    });
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

fn open(path: &Path) -> Result<LedgerFile, LedgerError> {
    LedgerFile::open(path, IfMissing::Refuse)
}

fn show_stats(path: &Path, arguments: &StatsArgs) -> Result<(), Report> {
    let stats = Stats::read(&open(path)?, UtcMillis::now())?;
    if arguments.json {
        let _ = print(format_args!("{}", serde_json::to_string_pretty(&stats).into_diagnostic()?));
        return Ok(());
    }
    for line in stats_lines(path, &stats, arguments.top) {
        // A closed pipe is not an error: the reader has enough.
        if print_wrapped(format_args!("{line}")).is_err() {
            break;
        }
    }
    Ok(())
}

fn stats_lines(path: &Path, stats: &Stats, top: usize) -> Vec<String> {
    let Stats { format, answers_of, created, bytes, answers, oldest, youngest, .. } = stats;
    let mut lines = vec![format!(
        "{}: {}, format {format}, answers of {answers_of}, created {created}",
        path.display(),
        size(*bytes)
    )];
    lines.push(format!("  {:<32} {:>13}", "answers", grouped(*answers)));
    if *answers == 0 {
        return lines;
    }
    lines.push(format!("    from {oldest} to {youngest}"));
    let by_count = |counts: &BTreeMap<String, u64>| {
        let mut rows: Vec<_> = counts.iter().map(|(name, count)| (name.clone(), *count)).collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        rows
    };
    let networks = stats.by_network.iter().map(|network| {
        let words = [Some(network.network.as_str()), network.name, network.country];
        (words.into_iter().flatten().collect::<Vec<_>>().join(" "), network.answers)
    });
    let networks: Vec<_> = networks.collect();
    for (heading, rows, limit) in [
        ("by age", stats.by_age.clone(), usize::MAX),
        ("by product", by_count(&stats.by_product), usize::MAX),
        ("by status", by_count(&stats.by_status), usize::MAX),
        ("by result", by_count(&stats.by_result), usize::MAX),
        ("by country", stats.by_country.clone(), top),
        ("by network", networks, top),
    ] {
        lines.push(format!("  {heading}"));
        let shown = rows.iter().take(limit);
        lines.extend(shown.map(|(name, count)| {
            format!("    {name:<30} {:>13} {:>8}", grouped(*count), percent(*count, *answers))
        }));
        if rows.len() > limit {
            lines.push(format!("    and {} more; show them with --top", rows.len() - limit));
        }
    }
    lines
}

async fn export_answers(path: &Path, arguments: ExportArgs) -> Result<(), Report> {
    let replace = if arguments.force { Replace::Allowed } else { Replace::Never };
    let settings = OutputSettings {
        replace,
        format: arguments.format,
        storage: storage(),
        ..OutputSettings::new(arguments.output)
    };
    let ledger_file = open(path)?;
    let target = output::prepare(&settings)?;
    let staged = ledger_admin::export(ledger_file, target).await?;
    let (rows, bytes) = (staged.rows(), staged.bytes());
    if staged.reader_has_gone() {
        return Err(OutputError::ReaderGone { name: output_name(&settings.path), rows }.into());
    }
    let written = staged.commit().await?;
    say(format_args!("{}: {}, {}", output_name(&written), counted(rows, "answer"), size(bytes)));
    Ok(())
}

async fn import_answers(path: &Path, arguments: ImportArgs) -> Result<(), Report> {
    let (prefix, product) = (arguments.prefix, arguments.product.unwrap_or_default());
    let simulated = arguments.simulated;
    let cache = if arguments.nocache { ProviderCache::Bypassed } else { ProviderCache::Allowed };
    let origin_of = |input: &String| -> Result<_, Report> {
        let settings = list_at(input.clone());
        let prefix = prefix.clone().map_or_else(|| ledger_admin::prefix_of(&settings), Ok)?;
        Ok((settings, ImportSettings { prefix, product, cache, simulated }))
    };
    // Files that cannot be read are found before a ledger is created for them.
    let files: Vec<_> = arguments.inputs.iter().map(origin_of).collect::<Result<_, _>>()?;
    let whose = if arguments.simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider };
    let ledger_file = LedgerFile::open(path, IfMissing::Create(whose))?;
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
    let region = arguments.region.map(|text| text.parse::<Region>()).transpose().into_diagnostic()?;
    let list = arguments.file.map(|file| (list_at(file), arguments.column));
    let ledger_file = open(path)?;
    let numbers = ledger_admin::numbers_to_forget(&arguments.numbers, list, region).await?;
    let (removed, _) = ledger_file.forget(&numbers)?;
    say(format_args!(
        "{} to {} removed; enriched files and backups may still have them",
        counted(removed, "answer"),
        counted(numbers.len() as u64, "number")
    ));
    Ok(())
}

/// A file, or the URL of an object.
fn list_at(name: String) -> InputSettings {
    InputSettings { storage: storage(), ..InputSettings::new(vec![name]) }
}

fn storage() -> Storage {
    Storage::new(Environment::of_this_process().storage_settings())
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn an_empty_ledger_has_two_lines() {
        let stats = Stats { format: "1".into(), answers_of: "a provider".into(), ..Stats::default() };
        let lines = stats_lines(&PathBuf::from("x.redb"), &stats, 10);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("x.redb: 0 bytes, format 1, answers of a provider"));
    }

    #[test]
    fn a_long_table_says_what_it_leaves_out() {
        let countries = (0..12).map(|n| (format!("C{n}"), 12 - n)).collect();
        let stats = Stats { answers: 78, by_country: countries, ..Stats::default() };
        let lines = stats_lines(&PathBuf::from("x.redb"), &stats, 10);
        assert!(lines.iter().any(|line| line.contains("and 2 more")), "{lines:#?}");
    }
}
