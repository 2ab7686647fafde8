//! A file that is whole and waits for its name.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::aside::folder_of;
use super::encoder::Encoded;
use super::{OutputSettings, Replace, unwritable};
use crate::error::OutputError;

/// All rows are encoded and on disk, under a hidden name. Dropping it removes them.
#[derive(Debug)]
pub struct Whole {
    /// How many rows the file has.
    pub rows: u64,
    /// How many bytes the file has.
    pub bytes: u64,
    place: TempPath,
    settings: OutputSettings,
}

impl Whole {
    pub(super) fn new(place: TempPath, encoded: Encoded, settings: OutputSettings) -> Self {
        Self { rows: encoded.rows, bytes: encoded.bytes, place, settings }
    }

    /// Gives the file its name, in one step: another file of that name is replaced whole, or not at all.
    ///
    /// # Errors
    ///
    /// When a file of that name has come into being meanwhile and may not be replaced: the rows are kept under the
    /// partial name then, and the error says so. Or when the folder no longer takes the file.
    pub fn keep(self) -> Result<PathBuf, OutputError> {
        let Self { place, settings, .. } = self;
        match settings.replace {
            Replace::Allowed => replace(place, &settings.path),
            Replace::Never => place_where_none_is(place, &settings.path),
        }?;
        Ok(settings.path)
    }

    /// Keeps the rows under a name that nobody takes for the result: `enriched.partial.parquet` instead of
    /// `enriched.parquet`. An older partial file is replaced.
    ///
    /// # Errors
    ///
    /// When the folder no longer takes the file.
    pub fn keep_partial(self) -> Result<PathBuf, OutputError> {
        let Self { place, settings, .. } = self;
        let path = partial_name(&settings.path);
        replace(place, &path)?;
        Ok(path)
    }
}

fn replace(place: TempPath, path: &Path) -> Result<(), OutputError> {
    place.persist(path).map_err(|fault| unwritable(path, fault.error))?;
    settle_folder(path);
    Ok(())
}

fn place_where_none_is(place: TempPath, path: &Path) -> Result<(), OutputError> {
    let Err(fault) = place.persist_noclobber(path) else {
        settle_folder(path);
        return Ok(());
    };
    if fault.error.kind() != io::ErrorKind::AlreadyExists {
        return Err(unwritable(path, fault.error));
    }
    let kept = partial_name(path);
    replace(fault.path, &kept)?;
    Err(OutputError::Taken { path: path.to_owned(), kept })
}

/// Puts the new name itself on disk. The file is whole under its name already, and some file systems cannot do
/// this, so a refusal is no reason to fail.
fn settle_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

fn partial_name(path: &Path) -> PathBuf {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("partial.{ending}"))
}
