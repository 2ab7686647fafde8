//! The files that a run writes beside its output: summary and report. Each is complete or absent.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::StartError;
use crate::report::RunReport;
#[cfg(feature = "report")]
use crate::report::html;
use crate::staging::StagedFile;

/// A file that can be written: it is created under a hidden name first. Dropping it leaves nothing
/// behind; writing it replaces an older file of its name in one step.
#[derive(Debug)]
pub(crate) struct Artifact {
    path: PathBuf,
    staged: StagedFile,
}

impl Artifact {
    /// Makes sure that a file of this name can be written.
    ///
    /// # Errors
    ///
    /// When the folder is missing or read-only, or the name is that of a folder.
    pub(crate) fn prepare(path: &Path) -> Result<Self, StartError> {
        let refused = |source| StartError::Artifact { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(refused(io::Error::other("this is a folder; name a file in it")));
        }
        let staged = StagedFile::beside(path).map_err(refused)?;
        Ok(Self { path: path.to_owned(), staged })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file as JSON.
    pub(crate) fn write_json(self, content: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(content)?;
        text.push(b'\n');
        self.write(&text)
    }

    /// Writes the file.
    pub(crate) fn write(mut self, content: &[u8]) -> io::Result<()> {
        self.staged.write_all(content)?;
        Ok(self.staged.commit(&self.path)?)
    }
}

/// The files beside the output of a run.
pub(super) struct Artifacts {
    summary: Option<Artifact>,
    report: Option<Artifact>,
}

impl Artifacts {
    /// Makes sure that the files that are configured can be written.
    pub(super) fn prepare(summary: Option<&Path>, report: Option<&Path>) -> Result<Self, StartError> {
        let prepare = |path: Option<&Path>| path.map(Artifact::prepare).transpose();
        Ok(Self { summary: prepare(summary)?, report: prepare(report)? })
    }

    /// Writes the files that are configured. The rows are safe by now, so a file that cannot be
    /// written is only a warning.
    pub(super) fn write(self, report: &mut RunReport) {
        if let Some(file) = self.report {
            let path = file.path().to_owned();
            let result = file.write(rendered(report).as_bytes());
            report.warnings.extend(warning("report", &path, result));
        }
        if let Some(file) = self.summary {
            let path = file.path().to_owned();
            let result = file.write_json(report);
            report.warnings.extend(warning("summary", &path, result));
        }
    }
}

#[cfg(feature = "report")]
fn rendered(report: &RunReport) -> String {
    html::render(report)
}

/// A build without the report rejects the key, so this is never shown.
#[cfg(not(feature = "report"))]
fn rendered(_: &RunReport) -> String {
    String::new()
}

fn warning(what: &str, path: &Path, result: io::Result<()>) -> Option<String> {
    let error = result.err()?;
    Some(format!("the {what} could not be written to {}: {error}", path.display()))
}
