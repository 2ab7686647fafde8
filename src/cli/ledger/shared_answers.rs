//! `hlr ledger … --answers URL`: the same commands on answers that many machines share.

use miette::Report;

use super::figures::show;
use super::files::{export_settings, files_to_import, numbers_of, storage, write_export};
use crate::cli::args::{ExportArgs, ForgetArgs, ImportArgs, LedgerCommand, PruneArgs, StatsArgs};
use crate::cli::terminal::say;
use crate::humanize::{counted, grouped};
use crate::ledger_admin::{Compacted, SharedAnswers};
use crate::model::UtcMillis;
use crate::output;

/// Runs the subcommand on a store of answers.
pub(super) async fn run(url: &str, command: LedgerCommand) -> Result<(), Report> {
    let store = SharedAnswers::open(url, &storage())?;
    match command {
        LedgerCommand::Stats(arguments) => show_stats(&store, &arguments).await,
        LedgerCommand::Export(arguments) => export(store, arguments).await,
        LedgerCommand::Import(arguments) => import(&store, arguments).await,
        LedgerCommand::Prune(arguments) => prune(&store, &arguments).await,
        LedgerCommand::Forget(arguments) => forget(&store, arguments).await,
        LedgerCommand::Compact(_) => compact(&store).await,
    }
}

async fn show_stats(store: &SharedAnswers, arguments: &StatsArgs) -> Result<(), Report> {
    let stats = store.stats(UtcMillis::now()).await?;
    show(&store.name(), &stats, arguments)
}

async fn export(store: SharedAnswers, arguments: ExportArgs) -> Result<(), Report> {
    store.origin().await?;
    let settings = export_settings(arguments);
    let target = output::prepare(&settings)?;
    write_export(store.export(target).await?, &settings).await
}

async fn import(store: &SharedAnswers, arguments: ImportArgs) -> Result<(), Report> {
    // Files that cannot be read are found before a store is made for them.
    let files = files_to_import(&arguments)?;
    for (name, (input, settings)) in arguments.inputs.iter().zip(files) {
        let imported = store.import(&input, &settings).await?;
        let (rows, taken) = (counted(imported.rows, "row"), counted(imported.taken, "answer"));
        say(format_args!("{name}: {rows}, {taken} stored in {}", store.name()));
    }
    Ok(())
}

async fn prune(store: &SharedAnswers, arguments: &PruneArgs) -> Result<(), Report> {
    let age = i64::try_from(arguments.older_than.0.as_millis()).unwrap_or(i64::MAX);
    let oldest = UtcMillis(UtcMillis::now().0 - age);
    if arguments.dry_run {
        let (old, all) = store.count_before(oldest).await?;
        say(format_args!("{} of {} would be removed", grouped(old), counted(all, "answer")));
        return Ok(());
    }
    let compacted = store.prune(oldest).await?;
    say_compacted(&compacted);
    Ok(())
}

async fn forget(store: &SharedAnswers, arguments: ForgetArgs) -> Result<(), Report> {
    let compacted = store.forget(&numbers_of(arguments).await?).await?;
    say_compacted(&compacted);
    say(format_args!(
        "older versions of objects, ledgers of machines, enriched files and backups may still have them"
    ));
    Ok(())
}

async fn compact(store: &SharedAnswers) -> Result<(), Report> {
    say_compacted(&store.compact().await?);
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
