//! A destination that was checked before the first lookup, and the way of the rows into it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow::datatypes::SchemaRef;

use super::encoder::Encoder;
use super::encoding::encode_all;
use super::error::{OutputError, WriteError};
use super::format::Format;
use super::local_output::{LocalOutput, Staged};
use super::partitions::{PartitionsEncoder, holds_only_partitions};
use super::settings::{OutputSettings, Replace};
use super::staged_output::StagedOutput;
use crate::model::{BoxError, RecordStream};
use crate::staging::{StagedFile, StagedFolder, parent_folder};

/// An output that can be written: its name is free or may be replaced, and its folder takes files.
/// Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Target {
    settings: OutputSettings,
    staged: Staged,
}

/// Checks that the ending of a file's name stands for a format.
///
/// # Errors
///
/// Names the endings that do.
pub fn check_name(path: &Path) -> Result<(), OutputError> {
    Format::of(path).map(drop)
}

/// Makes sure that the result can be written, by creating it under a hidden name.
///
/// # Errors
///
/// When the name has an unknown ending, the output exists and may not be replaced, or the folder
/// takes no files.
pub fn prepare(settings: &OutputSettings) -> Result<Target, OutputError> {
    let mut settings = settings.clone();
    // A link's target is replaced, not the link: it may be on another disk.
    if settings.path.is_symlink()
        && let Ok(linked) = settings.path.canonicalize()
    {
        settings.path = linked;
    }
    let staged = if settings.partition_by.is_empty() {
        ensure_is_a_file_name(&settings.path)?;
        ensure_is_free_or_replaceable(&settings)?;
        stage(StagedFile::beside, &settings.path).map(Staged::File)
    } else {
        ensure_is_free_or_replaceable(&settings)?;
        ensure_holds_only_partitions(&settings.path, &settings.partition_by)?;
        stage(StagedFolder::beside, &settings.path).map(Staged::Partitions)
    };
    Ok(Target { staged: staged?, settings })
}

impl Target {
    /// Writes all rows. They are encoded on a thread of its own, a few batches behind the stream,
    /// and are on disk when this returns; `rows_written` counts them for a progress bar.
    ///
    /// The stream is polled only after the format is known to take its columns. Dropping the future
    /// removes what was written.
    ///
    /// # Errors
    ///
    /// The stream's own error, or the file's: a full disk, a column that the format cannot hold.
    pub async fn write(
        self,
        batches: RecordStream,
        rows_written: Arc<AtomicU64>,
    ) -> Result<Box<dyn StagedOutput>, WriteError> {
        let Self { settings, staged } = self;
        let encoder = encoder(&staged, &batches.schema(), &settings)
            .map_err(|fault| OutputError::write(&settings.path, fault))?;
        let size = encode_all(encoder, batches, rows_written, &settings.path).await?;
        Ok(Box::new(LocalOutput { staged, size, settings }))
    }
}

fn encoder(
    staged: &Staged,
    schema: &SchemaRef,
    settings: &OutputSettings,
) -> Result<Box<dyn Encoder>, BoxError> {
    match staged {
        Staged::File(file) => Format::of(&settings.path)?.encoder(file.handle()?, schema, settings),
        Staged::Partitions(folder) => Ok(Box::new(PartitionsEncoder::new(folder.path(), schema, settings)?)),
    }
}

fn stage<T>(beside: impl FnOnce(&Path) -> io::Result<T>, path: &Path) -> Result<T, OutputError> {
    let folder = parent_folder(path);
    if !folder.is_dir() {
        return Err(OutputError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    beside(path).map_err(|fault| OutputError::write(path, fault))
}

fn ensure_is_a_file_name(path: &Path) -> Result<(), OutputError> {
    check_name(path)?;
    match path.is_dir() {
        true => Err(OutputError::IsFolder { path: path.to_owned() }),
        false => Ok(()),
    }
}

fn ensure_is_free_or_replaceable(settings: &OutputSettings) -> Result<(), OutputError> {
    match settings.replace {
        Replace::Never if settings.path.symlink_metadata().is_ok() => {
            Err(OutputError::Exists { path: settings.path.clone() })
        }
        _ => Ok(()),
    }
}

/// A folder is replaced with everything in it, so it must hold nothing but what a run has put
/// there.
fn ensure_holds_only_partitions(path: &Path, partition_by: &[String]) -> Result<(), OutputError> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    if !path.is_dir() {
        return Err(OutputError::IsFile { path: path.to_owned() });
    }
    match holds_only_partitions(path, partition_by) {
        Ok(true) => Ok(()),
        Ok(false) => Err(OutputError::ForeignContent { path: path.to_owned() }),
        Err(fault) => Err(OutputError::write(path, fault)),
    }
}
