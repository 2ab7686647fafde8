//! `hlr ledger … --answers URL`: the same commands on answers that many machines share.

use std::collections::HashSet;

use miette::Report;

use super::figures::show;
use super::files::{export_settings, files_to_import, numbers_of, origin_of, storage, write_export};
use crate::cli::args::{ExportArgs, ForgetArgs, ImportArgs, LedgerCommand, PruneArgs, StatsArgs};
use crate::cli::terminal::say;
use crate::humanize::{counted, grouped};
use crate::ledger_admin::{self, Stats};
use crate::model::{Msisdn, UtcMillis};
use crate::output;
use crate::shared_answers::{AnswerStore, Compacted};
use crate::storage::Place;

/// Runs the subcommand on a store of answers.
pub(super) async fn run(url: &str, command: LedgerCommand) -> Result<(), Report> {
    let store = AnswerStore::open(&Place::of(url)?, &storage())?;
    match command {
        LedgerCommand::Stats(arguments) => show_stats(&store, &arguments).await,
        LedgerCommand::Export(arguments) => export(store, arguments).await,
        LedgerCommand::Import(arguments) => import(&store, arguments).await,
        LedgerCommand::Prune(arguments) => prune(&store, &arguments).await,
        LedgerCommand::Forget(arguments) => forget(&store, arguments).await,
        LedgerCommand::Compact(_) => compact(&store).await,
    }
}

async fn show_stats(store: &AnswerStore, arguments: &StatsArgs) -> Result<(), Report> {
    let stats = Stats::read_shared(store, UtcMillis::now()).await?;
    show(&store.name(), &stats, arguments)
}

async fn export(store: AnswerStore, arguments: ExportArgs) -> Result<(), Report> {
    store.origin().await?;
    let settings = export_settings(arguments);
    let target = output::prepare(&settings)?;
    write_export(ledger_admin::export_shared(store, target).await?, &settings).await
}

async fn import(store: &AnswerStore, arguments: ImportArgs) -> Result<(), Report> {
    // Files that cannot be read are found before a store is made for them.
    let files = files_to_import(&arguments)?;
    store.ensure_holds(origin_of(&arguments)).await?;
    for (name, (input, settings)) in arguments.inputs.iter().zip(files) {
        let imported = ledger_admin::import_shared(store, &input, &settings).await?;
        let (rows, taken) = (counted(imported.rows, "row"), counted(imported.taken, "answer"));
        say(format_args!("{name}: {rows}, {taken} stored in {}", store.name()));
    }
    Ok(())
}

async fn prune(store: &AnswerStore, arguments: &PruneArgs) -> Result<(), Report> {
    let oldest = UtcMillis::now().0 - i64::try_from(arguments.older_than.0.as_millis()).unwrap_or(i64::MAX);
    let is_old = |checked_at: UtcMillis| checked_at.0 < oldest;
    if arguments.dry_run {
        let (mut old, mut all) = (0, 0);
        store
            .for_each(|entry| {
                all += 1;
                old += u64::from(is_old(entry.answered.checked_at));
            })
            .await?;
        say(format_args!("{} of {} would be removed", grouped(old), counted(all, "answer")));
        return Ok(());
    }
    let compacted = store.compact(&mut |entry| !is_old(entry.answered.checked_at)).await?;
    say_compacted(&compacted);
    Ok(())
}

async fn forget(store: &AnswerStore, arguments: ForgetArgs) -> Result<(), Report> {
    let numbers: HashSet<Msisdn> = numbers_of(arguments).await?.into_iter().collect();
    let compacted = store.compact(&mut |entry| !numbers.contains(&entry.msisdn)).await?;
    say_compacted(&compacted);
    say(format_args!(
        "older versions of objects, ledgers of machines, enriched files and backups may still have them"
    ));
    Ok(())
}

async fn compact(store: &AnswerStore) -> Result<(), Report> {
    store.origin().await?;
    say_compacted(&store.compact(&mut |_| true).await?);
    Ok(())
}

fn say_compacted(compacted: &Compacted) {
    let Compacted { answers, removed, files_before, files_after } = *compacted;
    say(format_args!(
        "{} removed, {} left; files before: {}, after: {}",
        counted(removed, "answer"),
        grouped(answers),
        grouped(files_before as u64),
        grouped(files_after as u64)
    ));
}
