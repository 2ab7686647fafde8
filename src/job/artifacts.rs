//! The papers of a run: files beside its output that tell about it. Each is a whole file or none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use super::error::StartError;
use crate::report::RunReport;
#[cfg(feature = "report")]
use crate::report::html;
use crate::staging::{default_permissions, parent_folder};

/// A file that is going to be written, and surely can be. Dropping it leaves nothing behind; an older file of that
/// name is replaced in one step.
#[derive(Debug)]
pub(crate) struct Artifact {
    path: PathBuf,
    aside: NamedTempFile,
}

impl Artifact {
    /// Makes sure that a file of this name can be written.
    ///
    /// # Errors
    ///
    /// When its folder takes no file.
    pub(crate) fn prepare(path: &Path) -> Result<Self, StartError> {
        let refused = |source| StartError::Artifact { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(refused(io::Error::other("this is a folder; name a file in it")));
        }
        let aside = aside().tempfile_in(parent_folder(path)).map_err(refused)?;
        Ok(Self { path: path.to_owned(), aside })
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
        self.aside.write_all(content)?;
        self.aside.as_file().sync_all()?;
        self.aside.persist(&self.path)?;
        Ok(())
    }
}

/// The files beside the output of a run.
pub(super) struct Artifacts {
    summary: Option<Artifact>,
    report: Option<Artifact>,
}

impl Artifacts {
    /// Makes sure that those which are wanted can be written.
    pub(super) fn prepare(summary: Option<&Path>, report: Option<&Path>) -> Result<Self, StartError> {
        let prepare = |path: Option<&Path>| path.map(Artifact::prepare).transpose();
        Ok(Self { summary: prepare(summary)?, report: prepare(report)? })
    }

    /// Writes what is wanted. The rows are safe by now, so a file that cannot be written is a warning.
    pub(super) fn write(self, report: &mut RunReport) {
        if let Some(file) = self.report {
            let path = file.path().to_owned();
            let written = file.write(rendered(report).as_bytes());
            report.warnings.extend(warning("report", &path, written));
        }
        if let Some(file) = self.summary {
            let path = file.path().to_owned();
            let written = file.write_json(report);
            report.warnings.extend(warning("summary", &path, written));
        }
    }
}

#[cfg(feature = "report")]
fn rendered(report: &RunReport) -> String {
    html::render(report)
}

/// A program without the report refuses the key, so nothing is rendered.
#[cfg(not(feature = "report"))]
fn rendered(_: &RunReport) -> String {
    String::new()
}

fn warning(what: &str, path: &Path, written: io::Result<()>) -> Option<String> {
    let fault = written.err()?;
    Some(format!("the {what} could not be written to {}: {fault}", path.display()))
}

/// With the permissions of any other file, not those of a secret.
fn aside() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hlr-").suffix(".part");
    if let Some(permissions) = default_permissions(0o666) {
        builder.permissions(permissions);
    }
    builder
}
