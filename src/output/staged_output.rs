//! A file that is whole and waits for its name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{TempDir, TempPath};

use super::aside::Place;
use super::encoder::Encoded;
use super::partitions::holds_only_partitions;
use super::{OutputError, OutputSettings, Replace, unwritable};
use crate::staging::{parent_folder, sync_folder};

/// All rows are encoded and on disk, under a hidden name. Dropping it removes them.
#[derive(Debug)]
pub struct StagedOutput {
    /// How many rows the file has.
    pub rows: u64,
    /// How many bytes the file has.
    pub bytes: u64,
    place: Place,
    settings: OutputSettings,
}

impl StagedOutput {
    pub(super) fn new(place: Place, encoded: Encoded, settings: OutputSettings) -> Self {
        Self { rows: encoded.rows, bytes: encoded.bytes, place, settings }
    }

    /// Gives the file its name, in one step: another file of that name is replaced whole, or not at all.
    ///
    /// # Errors
    ///
    /// When a file of that name has come into being meanwhile and may not be replaced: the rows are kept under the
    /// partial name then, and the error says so. Or when the folder no longer takes the file.
    pub fn commit(self) -> Result<PathBuf, OutputError> {
        let Self { place, settings, .. } = self;
        match place {
            Place::File(place) => match settings.replace {
                Replace::Allowed => replace(place, &settings.path),
                Replace::Never => place_where_none_is(place, &settings.path),
            },
            Place::Folder(place) => name_partitions(place, &settings),
        }?;
        Ok(settings.path)
    }

    /// Keeps the rows under a name that nobody takes for the result: `enriched.partial.parquet` instead of
    /// `enriched.parquet`. An older partial file is replaced.
    ///
    /// # Errors
    ///
    /// When the folder no longer takes the file.
    pub fn commit_partial(self) -> Result<PathBuf, OutputError> {
        let Self { place, settings, .. } = self;
        let path = partial_name(&settings.path);
        match place {
            Place::File(place) => {
                replace(place, &path)?;
                Ok(path)
            }
            Place::Folder(place) => keep_partitions_aside(place, &path, &settings.partition_by),
        }
    }
}

fn replace(place: TempPath, path: &Path) -> Result<(), OutputError> {
    place.persist(path).map_err(|fault| not_named(path, fault.path.keep().ok(), fault.error))?;
    sync_folder(parent_folder(path));
    Ok(())
}

/// The rows are whole, and may have been paid for: where they could not get their name, they stay where they are.
fn not_named(path: &Path, kept: Option<PathBuf>, source: io::Error) -> OutputError {
    match kept {
        Some(kept) => OutputError::NotNamed { path: path.to_owned(), kept, source },
        None => unwritable(path, source),
    }
}

fn place_where_none_is(place: TempPath, path: &Path) -> Result<(), OutputError> {
    let Err(fault) = place.persist_noclobber(path) else {
        sync_folder(parent_folder(path));
        return Ok(());
    };
    if fault.error.kind() != io::ErrorKind::AlreadyExists {
        return Err(not_named(path, fault.path.keep().ok(), fault.error));
    }
    let kept = partial_name(path);
    replace(fault.path, &kept)?;
    Err(OutputError::Taken { path: path.to_owned(), kept })
}

/// Gives partitions their name, if it is free, or if they may replace others of their kind.
fn name_partitions(place: TempDir, settings: &OutputSettings) -> Result<(), OutputError> {
    let OutputSettings { path, replace, partition_by, .. } = settings;
    if path.symlink_metadata().is_err() {
        return name_folder(place, path);
    }
    // Whatever was there at the start, hours ago: only our own is replaced.
    if *replace == Replace::Allowed && holds_only_partitions(path, partition_by).is_ok_and(|ours| ours) {
        return replace_folder(place, path);
    }
    let kept = keep_partitions_aside(place, &partial_name(path), partition_by)?;
    Err(OutputError::Taken { path: path.clone(), kept })
}

/// Keeps partitions under this name, or one like it that nobody has.
fn keep_partitions_aside(place: TempDir, path: &Path, by: &[String]) -> Result<PathBuf, OutputError> {
    let numbered = (2..).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!("-{number}"));
        PathBuf::from(name)
    });
    let is_ours = |path: &PathBuf| holds_only_partitions(path, by).is_ok_and(|ours| ours);
    let mut names = std::iter::once(path.to_owned()).chain(numbered);
    let usable = |path: &PathBuf| path.symlink_metadata().is_err() || is_ours(path);
    let path = names.find(usable).expect("there is always another number");
    match path.symlink_metadata() {
        Ok(_) => replace_folder(place, &path),
        Err(_) => name_folder(place, &path),
    }?;
    Ok(path)
}

/// An older folder steps aside first, and is removed last: there is no way to swap two folders in one step everywhere.
fn replace_folder(place: TempDir, path: &Path) -> Result<(), OutputError> {
    let aside = tempfile::Builder::new().prefix(".replaced.").tempdir_in(parent_folder(path));
    let aside = aside.and_then(|aside| {
        fs::rename(path, aside.path().join("older"))?;
        Ok(aside)
    });
    let aside = match aside {
        Ok(aside) => aside,
        Err(fault) => return Err(not_named(path, Some(place.keep()), fault)),
    };
    let named = name_folder(place, path);
    if named.is_err() && fs::rename(aside.path().join("older"), path).is_err() {
        // What was there is better than nothing, wherever it stands.
        let _ = aside.keep();
    }
    named
}

fn name_folder(place: TempDir, path: &Path) -> Result<(), OutputError> {
    let place = place.keep();
    fs::rename(&place, path).map_err(|fault| not_named(path, Some(place.clone()), fault))?;
    sync_folder(parent_folder(path));
    Ok(())
}

fn partial_name(path: &Path) -> PathBuf {
    match path.extension() {
        Some(ending) => path.with_extension(format!("partial.{}", ending.to_string_lossy())),
        None => path.with_extension("partial"),
    }
}
