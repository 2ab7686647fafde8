//! The command that imports answers into a ledger that could not keep them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::enricher::{LedgerChoice, Provider, Settings};
use crate::ledger::AnswerOrigin;
use crate::model::{Product, ProviderCache};

/// Answers that are not in the ledger, and how they are imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The words of the command. The first is the name of the program.
    pub command: Vec<OsString>,
    /// How many answers there are.
    pub answers: u64,
}

/// What the command has to say besides the file.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportFlags {
    ledger: Vec<OsString>,
    simulated: Option<OsString>,
    /// What an enriched file does not say about its answers.
    of_output: Vec<OsString>,
}

/// The flags with which `hlr ledger import` puts the answers into the right table.
pub(super) fn flags(settings: &Settings) -> ImportFlags {
    let LedgerChoice::File(file) = &settings.ledger else { return ImportFlags::default() };
    let mut of_output = vec!["--prefix".into(), OsString::from(&settings.rows.prefix)];
    if settings.product == Product::Portability {
        of_output.extend(["--product".into(), "portability".into()]);
    }
    if settings.cache == ProviderCache::Bypassed {
        of_output.push("--nocache".into());
    }
    let origin = settings.provider.as_ref().map(Provider::origin);
    let simulated = (origin == Some(AnswerOrigin::ThisMachine)).then(|| "--simulated".into());
    ImportFlags { ledger: vec!["--ledger".into(), as_file(&file.path)], simulated, of_output }
}

/// The whole command, for an output of this name, partitioned by these columns.
pub(super) fn of_output(output: &Path, partition_by: &[String], flags: &ImportFlags) -> Vec<OsString> {
    // A folder for each column, with the files in the innermost.
    let files: PathBuf = partition_by.iter().map(|_| "*").chain(["*.parquet"]).collect();
    let path = match partition_by {
        [] => output.to_owned(),
        // The pattern is of the files, and not of what the folder happens to be called.
        _ => Path::new(&glob::Pattern::escape(&output.to_string_lossy())).join(files),
    };
    command(&path, flags.ledger.iter().chain(&flags.of_output).chain(&flags.simulated))
}

/// The whole command, for a file that says everything about its answers.
pub(super) fn of_rescued(path: &Path, flags: &ImportFlags) -> Vec<OsString> {
    command(path, flags.ledger.iter().chain(&flags.simulated))
}

fn command<'a>(path: &Path, flags: impl Iterator<Item = &'a OsString>) -> Vec<OsString> {
    let words = ["hlr", "ledger", "import"].map(OsString::from).into_iter();
    words.chain([as_file(path)]).chain(flags.cloned()).collect()
}

/// A path that is not taken for a flag.
fn as_file(path: &Path) -> OsString {
    match path.as_os_str().as_encoded_bytes().first() {
        Some(b'-') => Path::new(".").join(path).into_os_string(),
        _ => path.as_os_str().to_owned(),
    }
}
