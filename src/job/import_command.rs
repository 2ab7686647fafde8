//! The command that imports answers from an output into a ledger that could not keep them.

use std::path::{Path, PathBuf};

use crate::enricher::{LedgerChoice, Provider, Settings};
use crate::ledger::AnswerOrigin;
use crate::model::{Product, ProviderCache};

/// The flags with which `hlr ledger import` puts the answers into the right table.
pub(super) fn flags(settings: &Settings) -> Vec<String> {
    let LedgerChoice::File(file) = &settings.ledger else { return Vec::new() };
    let mut flags = vec!["--ledger".into(), file.path.display().to_string()];
    flags.extend(["--prefix".into(), settings.rows.prefix.clone()]);
    if settings.product == Product::Portability {
        flags.extend(["--product".into(), "portability".into()]);
    }
    if settings.cache == ProviderCache::Bypassed {
        flags.push("--nocache".into());
    }
    let origin = settings.provider.as_ref().map(Provider::origin);
    if origin == Some(AnswerOrigin::ThisMachine) {
        flags.push("--simulated".into());
    }
    flags
}

/// The whole command, for an output of this name, partitioned by these columns.
pub(super) fn command(output: &Path, partition_by: &[String], flags: Vec<String>) -> Vec<String> {
    // A folder for each column, with the files in the innermost.
    let files: PathBuf = partition_by.iter().map(|_| "*").chain(["*.parquet"]).collect();
    let path = if partition_by.is_empty() { output.to_owned() } else { output.join(files) };
    let command = ["hlr", "ledger", "import"].map(str::to_owned).into_iter();
    command.chain([path.display().to_string()]).chain(flags).collect()
}
