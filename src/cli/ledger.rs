//! `hlr ledger`: what was paid for, read through and kept in order.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{IntoDiagnostic, Report};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::args::{ExportArgs, ForgetArgs, ImportArgs, LedgerArgs, LedgerCommand, PruneArgs, StatsArgs};
use super::exit::Exit;
use super::job::is_busy;
use super::terminal::{print, say, say_error, say_problem};
use crate::config::default_ledger_path;
use crate::humanize::{grouped, percent, size};
use crate::input::InputSettings;
use crate::ledger::{AnswerOrigin, IfMissing, LedgerError, LedgerFile};
use crate::ledger_admin::{ImportSettings, Stats};
use crate::lookup::StopSignal;
use crate::model::{ProviderCache, UtcMillis};
use crate::numbering::Region;
use crate::output::{OutputSettings, Replace};
use crate::{ledger_admin, output};

/// Does what the subcommand says. These commands are short; a signal ends them where they are.
pub(super) async fn ledger(arguments: LedgerArgs, stop: StopSignal) -> Exit {
    let path = match arguments.ledger {
        Some(path) => path,
        None => match default_ledger_path(AnswerOrigin::Provider) {
            Ok(path) => path,
            Err(problem) => {
                say_problem(problem);
                return Exit::Usage;
            }
        },
    };
    // Long work that waits for the disk: on a thread of its own, so that a signal is heard meanwhile.
    let runtime = Handle::current();
    let working = spawn_blocking(move || {
        runtime.block_on(async {
            match arguments.command {
                LedgerCommand::Stats(stats) => show_stats(&path, &stats),
                LedgerCommand::Export(export) => write_export(&path, export).await,
                LedgerCommand::Import(import) => take_in(&path, import).await,
                LedgerCommand::Prune(prune) => throw_away(&path, &prune),
                LedgerCommand::Forget(forget) => leave_no_trace(&path, forget).await,
            }
        })
    });
    let done = tokio::select! {
        done = working => done.expect("a command does not panic"),
        () = stop.requested() => return Exit::Interrupted,
    };
    match done {
        Ok(()) => Exit::Complete,
        Err(error) => {
            say_error(&*error);
            if is_busy(&error) { Exit::Busy } else { Exit::Usage }
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
    for line in lines(path, &stats, arguments.top) {
        // Nobody reads on when this fails.
        if print(format_args!("{line}")).is_err() {
            break;
        }
    }
    Ok(())
}

fn lines(path: &Path, stats: &Stats, top: usize) -> Vec<String> {
    let Stats { format, answers_of, created, bytes, answers, oldest, youngest, .. } = stats;
    let mut lines = vec![format!(
        "{}: {}, format {format}, answers of {answers_of}, begun {created}",
        path.display(),
        size(*bytes)
    )];
    lines.push(format!("  {:<32} {:>13}", "answers", grouped(*answers)));
    if *answers == 0 {
        return lines;
    }
    lines.push(format!("    from {oldest} to {youngest}"));
    let of_map = |counts: &BTreeMap<String, u64>| {
        let mut rows: Vec<_> = counts.iter().map(|(name, count)| (name.clone(), *count)).collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        rows
    };
    let networks = stats.by_network.iter().map(|place| {
        let words = [Some(place.network.as_str()), place.name, place.country];
        (words.into_iter().flatten().collect::<Vec<_>>().join(" "), place.answers)
    });
    let networks: Vec<_> = networks.collect();
    for (heading, rows, most) in [
        ("by age", stats.by_age.clone(), usize::MAX),
        ("by product", of_map(&stats.by_product), usize::MAX),
        ("by status", of_map(&stats.by_status), usize::MAX),
        ("by result", of_map(&stats.by_result), usize::MAX),
        ("by country", stats.by_country.clone(), top),
        ("by network", networks, top),
    ] {
        lines.push(format!("  {heading}"));
        let shown = rows.iter().take(most);
        lines.extend(shown.map(|(name, count)| {
            format!("    {name:<30} {:>13} {:>8}", grouped(*count), percent(*count, *answers))
        }));
        if rows.len() > most {
            lines.push(format!("    and {} more; --top shows them", rows.len() - most));
        }
    }
    lines
}

async fn write_export(path: &Path, arguments: ExportArgs) -> Result<(), Report> {
    let replace = if arguments.force { Replace::Allowed } else { Replace::Never };
    let settings = OutputSettings { replace, ..OutputSettings::new(arguments.output) };
    let ledger_file = open(path)?;
    let target = output::prepare(&settings)?;
    let whole = ledger_admin::export(ledger_file, target).await?;
    let (rows, bytes) = (whole.rows, whole.bytes);
    let written = whole.commit()?;
    say(format_args!("{}: {} answers, {}", written.display(), grouped(rows), size(bytes)));
    Ok(())
}

async fn take_in(path: &Path, arguments: ImportArgs) -> Result<(), Report> {
    let (prefix, product) = (arguments.prefix, arguments.product.unwrap_or_default());
    let simulated = arguments.simulated;
    let cache = if arguments.nocache { ProviderCache::Bypassed } else { ProviderCache::Allowed };
    let origin_of = |input: &String| -> Result<_, Report> {
        let settings = InputSettings::new(vec![input.clone()]);
        let prefix = prefix.clone().map_or_else(|| ledger_admin::prefix_of(&settings), Ok)?;
        Ok((settings, ImportSettings { prefix, product, cache, simulated }))
    };
    // Files that cannot be read are found before a ledger is begun for them.
    let files: Vec<_> = arguments.inputs.iter().map(origin_of).collect::<Result<_, _>>()?;
    let whose = if arguments.simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider };
    let ledger_file = LedgerFile::open(path, IfMissing::Create(whose))?;
    for (input, (settings, origin)) in arguments.inputs.iter().zip(files) {
        let imported = ledger_admin::import(&ledger_file, &settings, &origin).await?;
        let with_answer = imported.rows - imported.without_answer;
        say(format_args!(
            "{input}: {} rows, {} with an answer, {} of them new or younger than what was there",
            grouped(imported.rows),
            grouped(with_answer),
            grouped(imported.taken)
        ));
    }
    Ok(())
}

fn throw_away(path: &Path, arguments: &PruneArgs) -> Result<(), Report> {
    let (ledger_file, now) = (open(path)?, UtcMillis::now());
    let age = arguments.older_than.0;
    let before = ledger_file.bytes();
    if arguments.dry_run {
        let (old, all) = (ledger_file.count_older(age, now)?, ledger_file.count()?);
        say(format_args!("{} of {} answers are older, and would go", grouped(old), grouped(all)));
        return Ok(());
    }
    let (removed, ledger_file) = ledger_file.prune(age, now)?;
    say(format_args!(
        "{} answers thrown away, {} left; {} are {} now",
        grouped(removed),
        grouped(ledger_file.count()?),
        size(before),
        size(ledger_file.bytes())
    ));
    Ok(())
}

async fn leave_no_trace(path: &Path, arguments: ForgetArgs) -> Result<(), Report> {
    let region = arguments.region.map(|text| text.parse::<Region>()).transpose().into_diagnostic()?;
    let list = arguments.file.map(|file| (InputSettings::new(vec![file]), arguments.column));
    let ledger_file = open(path)?;
    let numbers = ledger_admin::numbers_to_forget(&arguments.numbers, list, region).await?;
    let (removed, _) = ledger_file.forget(&numbers)?;
    say(format_args!(
        "{} answers about {} numbers are forgotten; enriched files and backups may still have them",
        grouped(removed),
        grouped(numbers.len() as u64)
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn an_empty_ledger_is_told_in_two_lines() {
        let stats = Stats { format: "1".into(), answers_of: "a provider".into(), ..Stats::default() };
        let lines = lines(&PathBuf::from("x.redb"), &stats, 10);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("x.redb: 0 bytes, format 1, answers of a provider"));
    }

    #[test]
    fn a_long_table_says_what_it_leaves_out() {
        let countries = (0..12).map(|n| (format!("C{n}"), 12 - n)).collect();
        let stats = Stats { answers: 78, by_country: countries, ..Stats::default() };
        let lines = lines(&PathBuf::from("x.redb"), &stats, 10);
        assert!(lines.iter().any(|line| line.contains("and 2 more")), "{lines:#?}");
    }
}
