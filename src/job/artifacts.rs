//! The files that a run writes beside its output: summary and report. Each is complete or absent.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::StartError;
use crate::staging::StagedFile;

/// A file that can be written, as was found out by creating it under a hidden name. Dropping it
/// leaves nothing behind; an older file of its name is replaced in one step.
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
    /// When the folder is missing or read-only, or the name is a folder's.
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
