//! The files that a run writes beside its output: summary and report. Each is complete or absent.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Serialize;

use super::error::StartError;
use crate::report::RunReport;
#[cfg(feature = "report")]
use crate::report::html;
use crate::staging::{SpecialFile, StagedFile};
use crate::storage::{Bucket, ObjectUrl, Place, PutIf, Storage, StorageError, StorageErrorKind};
use crate::task;

/// A file that can be written: it is created under a hidden name first. Dropping it leaves nothing
/// behind; writing it replaces an older file of its name in one step. A FIFO or a device is written
/// to as it is.
#[derive(Debug)]
pub(crate) struct Artifact {
    path: PathBuf,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    Staged(StagedFile),
    Special(SpecialFile),
    /// A bucket, and the key in it.
    Object(Bucket, String),
}

impl Artifact {
    /// Makes sure that a file of this name can be written.
    ///
    /// # Errors
    ///
    /// When the folder is missing or read-only, or the name is that of a folder.
    pub(crate) fn prepare(path: &Path, storage: &Storage) -> Result<Self, StartError> {
        let refused = |source| StartError::Artifact { path: path.to_owned(), source };
        if let Place::Object(url) = Place::of_path(path)? {
            let bucket = storage.bucket(&url)?;
            ensure_can_be_written(&bucket, &url)?;
            let destination = Destination::Object(bucket, url.key().to_owned());
            return Ok(Self { path: path.to_owned(), destination });
        }
        if path.is_dir() {
            return Err(refused(io::Error::other("this is a folder; name a file in it")));
        }
        let destination = match SpecialFile::at(path) {
            Some(SpecialFile::Disk) => return Err(refused(io::Error::other("this is a disk; name a file"))),
            Some(special) => Destination::Special(special),
            None => Destination::Staged(StagedFile::beside(path).map_err(refused)?),
        };
        Ok(Self { path: path.to_owned(), destination })
    }

    /// The same for a file that is replaced again and again.
    ///
    /// # Errors
    ///
    /// When it cannot be replaced, also because it is a FIFO or a device.
    pub(crate) fn prepare_to_replace(path: &Path, storage: &Storage) -> Result<Self, StartError> {
        if SpecialFile::at(path).is_some() {
            let source = io::Error::other("this is not a file, so it cannot be replaced every few seconds");
            return Err(StartError::Artifact { path: path.to_owned(), source });
        }
        Self::prepare(path, storage)
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
    pub(crate) fn write(self, content: &[u8]) -> io::Result<()> {
        match self.destination {
            Destination::Staged(mut staged) => {
                staged.write_all(content)?;
                Ok(staged.commit(&self.path)?)
            }
            Destination::Object(bucket, key) => {
                let content = Bytes::copy_from_slice(content);
                Ok(bucket.put(&key, content, PutIf::Always).wait().map(drop)?)
            }
            Destination::Special(special) => special.open(&self.path)?.write_all(content),
        }
    }
}

/// As far as that is known without writing: there is such a bucket.
fn ensure_can_be_written(bucket: &Bucket, url: &ObjectUrl) -> Result<(), StorageError> {
    match bucket.head(url.key()).wait() {
        Err(error) if error.kind() != StorageErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The files beside the output of a run.
pub(super) struct Artifacts {
    summary: Option<Artifact>,
    report: Option<Artifact>,
}

impl Artifacts {
    /// Makes sure that the files that are configured can be written.
    pub(super) fn prepare(
        summary: Option<&Path>,
        report: Option<&Path>,
        storage: &Storage,
    ) -> Result<Self, StartError> {
        let prepare = |path: Option<&Path>| path.map(|path| Artifact::prepare(path, storage)).transpose();
        Ok(Self { summary: prepare(summary)?, report: prepare(report)? })
    }

    /// Writes the files that are configured. The rows are safe by now, so a file that cannot be
    /// written is only a warning. A FIFO may have to wait for its reader, so a thread of its own
    /// writes.
    pub(super) async fn write(self, report: RunReport) -> RunReport {
        let kept = report.clone();
        let writing = task::on_thread("report", move || {
            let mut report = report;
            self.write_now(&mut report);
            report
        });
        writing.await.unwrap_or_else(|fault| {
            let warning = format!("the summary and the report could not be written: {fault}");
            RunReport { warnings: [kept.warnings.clone(), vec![warning]].concat(), ..kept }
        })
    }

    fn write_now(self, report: &mut RunReport) {
        if let Some(file) = self.report {
            let path = file.path().to_owned();
            let result = file.write(rendered(report).as_bytes());
            report.page = result.is_ok().then(|| path.clone());
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
