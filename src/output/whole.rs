//! A file that is whole and waits for its name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, TempPath};

use super::aside::{Place, folder_of};
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
    place: Place,
    settings: OutputSettings,
}

impl Whole {
    pub(super) fn new(place: Place, encoded: Encoded, settings: OutputSettings) -> Self {
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
        match (place, settings.replace) {
            (Place::File(place), Replace::Allowed) => replace(place, &settings.path),
            (Place::File(place), Replace::Never) => place_where_none_is(place, &settings.path),
            (Place::Folder(place), Replace::Allowed) => replace_folder(place, &settings.path),
            (Place::Folder(place), Replace::Never) => place_folder_where_none_is(place, &settings.path),
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
        match place {
            Place::File(place) => replace(place, &path),
            Place::Folder(place) => replace_folder(place, &path),
        }?;
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

/// An older folder steps aside first, and is removed last: there is no way to swap two folders in one step everywhere.
fn replace_folder(place: TempDir, path: &Path) -> Result<(), OutputError> {
    let refused = |fault| unwritable(path, fault);
    let older = match path.symlink_metadata() {
        Ok(_) => {
            let older =
                tempfile::Builder::new().prefix(".replaced.").tempdir_in(folder_of(path)).map_err(refused)?;
            fs::rename(path, older.path().join("older")).map_err(refused)?;
            Some(older)
        }
        Err(_) => None,
    };
    let kept = name_folder(place, path);
    if let (Err(_), Some(older)) = (&kept, &older) {
        // What was there is better than nothing.
        let _ = fs::rename(older.path().join("older"), path);
    }
    kept
}

fn place_folder_where_none_is(place: TempDir, path: &Path) -> Result<(), OutputError> {
    if path.symlink_metadata().is_err() {
        return name_folder(place, path);
    }
    let kept = partial_name(path);
    replace_folder(place, &kept)?;
    Err(OutputError::Taken { path: path.to_owned(), kept })
}

fn name_folder(place: TempDir, path: &Path) -> Result<(), OutputError> {
    fs::rename(place.path(), path).map_err(|fault| unwritable(path, fault))?;
    // It is no longer where it would be removed.
    let _ = place.keep();
    settle_folder(path);
    Ok(())
}

/// Puts the new name itself on disk. The file is whole under its name already, and some file systems cannot do
/// this, so a refusal is no reason to fail.
fn settle_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

fn partial_name(path: &Path) -> PathBuf {
    match path.extension() {
        Some(ending) => path.with_extension(format!("partial.{}", ending.to_string_lossy())),
        None => path.with_extension("partial"),
    }
}
