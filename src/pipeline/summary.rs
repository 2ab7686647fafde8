//! `--summary`: the figures of a run as JSON, for programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use super::choices::Choice;
use super::error::StartError;
use super::run::Finished;
use crate::report::Snapshot;

/// What the file says. Neither secrets nor numbers are among it.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    /// The version of the program.
    version: &'static str,
    /// `complete`, `gaps`, `stopped` or `interrupted`.
    ending: &'static str,
    /// Whether the answers are the simulator's.
    simulated: bool,
    /// The file that was written.
    output: Option<&'a Path>,
    /// Its rows.
    rows: u64,
    /// Its bytes.
    bytes: u64,
    /// The ledger's file, if there is one.
    ledger: Option<&'a Path>,
    /// How long the run took.
    elapsed_seconds: f64,
    /// The counts.
    counts: &'a Snapshot,
    /// The settings that decide about speed and money, with where each came from.
    settings: &'a [Choice],
    /// What should be told.
    warnings: &'a [String],
}

impl<'a> Summary<'a> {
    pub(super) fn new(finished: &'a Finished) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            ending: finished.ending.text(),
            simulated: finished.simulated.is_some(),
            output: finished.output.as_deref(),
            rows: finished.rows,
            bytes: finished.bytes,
            ledger: finished.ledger.as_deref(),
            elapsed_seconds: finished.elapsed.as_secs_f64(),
            counts: &finished.snapshot,
            settings: &finished.choices.0,
            warnings: &finished.warnings,
        }
    }
}

/// A summary that is going to be written, and surely can be. Dropping it leaves nothing behind; an older
/// summary of that name is replaced in one step.
#[derive(Debug)]
pub(super) struct SummaryFile {
    path: PathBuf,
    aside: NamedTempFile,
}

impl SummaryFile {
    pub(super) fn prepare(path: &Path) -> Result<Self, StartError> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let aside = aside().tempfile_in(folder).map_err(|fault| StartError::summary(path, fault))?;
        Ok(Self { path: path.to_owned(), aside })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write(mut self, summary: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.aside, summary)?;
        self.aside.write_all(b"\n")?;
        self.aside.as_file().sync_all()?;
        self.aside.persist(&self.path)?;
        Ok(())
    }
}

/// With the permissions of any other file, not those of a secret.
fn aside() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hlr-summary-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}
