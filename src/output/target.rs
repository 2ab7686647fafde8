//! A destination that was checked before the first lookup, and the way of the rows into it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::SchemaRef;

use super::encoder::{Encoder, Sink};
use super::encoding::{Delivery, EncodeError, EncodedSize, encode_all};
use super::error::{OutputError, WriteError};
use super::file_encoder::file_encoder;
use super::local_output::{LocalOutput, Staged};
use super::object_output::{ObjectOutput, ObjectTarget};
use super::partitions::{PartitionsEncoder, holds_only_partitions};
use super::settings::{OutputSettings, Replace};
use super::staged_output::StagedOutput;
use super::stream_target::StreamTarget;
use super::stream_writer::{ReaderWatch, StreamWriter};
use super::streamed_output::StreamedOutput;
use crate::humanize::output_name;
use crate::model::{BoxError, RecordStream};
use crate::staging::{StagedFile, StagedFolder, is_same_file, parent_folder};
use crate::storage::Place;

/// An output that can be written: its name is free or may be replaced, and its folder takes files;
/// or it is a stream. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Target {
    settings: OutputSettings,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    /// A file or folder under a hidden name.
    Staged(Staged),
    /// An object, or many, whose content is in a temporary file until it is whole.
    Object(Box<ObjectTarget>),
    /// Standard output, a FIFO, a device or a socket.
    Stream(StreamTarget),
}

/// Makes sure that the result can be written, by creating it under a hidden name. A stream is only
/// looked at.
///
/// # Errors
///
/// When the format is not clear, the output exists and may not be replaced, or the folder takes no
/// files.
pub fn prepare(settings: &OutputSettings) -> Result<Target, OutputError> {
    let mut settings = settings.clone();
    match Place::of_path(&settings.path)? {
        Place::Object(url) => {
            let destination = Destination::Object(Box::new(ObjectTarget::prepare(url, &settings)?));
            return Ok(Target { settings, destination });
        }
        Place::Local(path) => settings.path = path,
    }
    if let Some(stream) = StreamTarget::at(&settings.path) {
        let destination = Destination::Stream(stream.prepare(&settings)?);
        return Ok(Target { settings, destination });
    }
    // A link's target is replaced, not the link: it may be on another disk.
    if settings.path.is_symlink()
        && let Ok(linked) = settings.path.canonicalize()
    {
        settings.path = linked;
    }
    ensure_name_is_possible(&settings.path)?;
    let staged = if settings.partition_by.is_empty() {
        settings.format()?;
        ensure_is_no_folder(&settings.path)?;
        ensure_is_free_or_replaceable(&settings)?;
        stage(StagedFile::beside, &settings.path).map(Staged::File)
    } else {
        ensure_is_free_or_replaceable(&settings)?;
        ensure_holds_only_partitions(&settings.path, &settings.partition_by)?;
        stage(StagedFolder::beside, &settings.path).map(Staged::Partitions)
    };
    Ok(Target { destination: Destination::Staged(staged?), settings })
}

impl Target {
    /// Waits until the output can be written: a FIFO needs a reader. Dropping the future ends the
    /// wait.
    ///
    /// # Errors
    ///
    /// When a stream cannot be opened.
    pub async fn open(self) -> Result<Self, OutputError> {
        let Self { settings, destination } = self;
        let destination = match destination {
            Destination::Stream(stream) => Destination::Stream(stream.open().await?),
            whole @ (Destination::Staged(_) | Destination::Object(_)) => whole,
        };
        Ok(Self { settings, destination })
    }

    /// Makes sure that the output replaces none of these files and does not grow one of them.
    ///
    /// # Errors
    ///
    /// When it is one of them, by whatever name or link.
    pub fn ensure_is_none_of<'a>(
        &self,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), OutputError> {
        let is_output = |input: &&Path| match &self.destination {
            Destination::Stream(stream) => stream.is_file(input),
            // By its URL, which is the name of the list too.
            Destination::Object(_) => input.starts_with(&self.settings.path),
            Destination::Staged(Staged::File(_)) => is_same_file(&self.settings.path, input),
            Destination::Staged(Staged::Partitions(_)) => lies_in(input, &self.settings.path),
        };
        match inputs.into_iter().find(is_output) {
            Some(input) => Err(OutputError::IsInput { path: input.to_owned() }),
            None => Ok(()),
        }
    }

    /// Writes all rows. They are encoded on a thread of its own, a few batches behind the stream;
    /// `rows_written` counts them for a progress bar. Into a file, they are on disk when this
    /// returns. Into a stream, each batch goes out as it comes; if the reader goes away, the rest
    /// of the rows is dropped.
    ///
    /// The stream of rows is polled only after the format is known to take its columns. Dropping the
    /// future removes what was written into a file.
    ///
    /// # Errors
    ///
    /// The stream's own error, or the file's: a full disk, a column that the format cannot hold.
    pub async fn write(
        self,
        batches: RecordStream,
        rows_written: Arc<AtomicU64>,
    ) -> Result<Box<dyn StagedOutput>, WriteError> {
        let Self { settings, destination } = self.open().await?;
        match destination {
            Destination::Staged(staged) => {
                let size = encode(&staged, &settings, batches, rows_written).await?;
                Ok(Box::new(LocalOutput { staged, size, settings }))
            }
            Destination::Object(target) => {
                let size = encode(&target.staged, &settings, batches, rows_written).await?;
                Ok(Box::new(ObjectOutput { target: *target, size, settings }))
            }
            Destination::Stream(stream) => write_stream(&stream, &settings, batches, rows_written).await,
        }
    }
}

/// Whether a file lies in a folder, however deep, and whatever links lead to it.
fn lies_in(file: &Path, folder: &Path) -> bool {
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    }
}

async fn encode(
    staged: &Staged,
    settings: &OutputSettings,
    batches: RecordStream,
    rows_written: Arc<AtomicU64>,
) -> Result<EncodedSize, WriteError> {
    let refused = |fault| OutputError::write(&settings.path, fault);
    let encoder = encoder(staged, &batches.schema(), settings).map_err(refused)?;
    match encode_all(encoder, batches, rows_written, Delivery::AtTheEnd).await {
        Ok(size) => Ok(size),
        Err(EncodeError::Stage(error)) => Err(error.into()),
        Err(EncodeError::Write(fault)) => Err(refused(fault).into()),
    }
}

async fn write_stream(
    stream: &StreamTarget,
    settings: &OutputSettings,
    batches: RecordStream,
    rows_written: Arc<AtomicU64>,
) -> Result<Box<dyn StagedOutput>, WriteError> {
    let refused = |source| {
        let (name, rows) = (output_name(stream.path()), rows_written.load(Ordering::Relaxed));
        OutputError::StreamFailed { name, rows, source }
    };
    let file = stream.handle().map_err(|fault| refused(fault.into()))?;
    let watch = ReaderWatch::of(&file);
    let writer = StreamWriter::new(file);
    let bytes = writer.bytes_written();
    let encoder = file_encoder(settings.format()?, Sink::Stream(writer), &batches.schema(), settings);
    let encoder = encoder.map_err(refused)?;
    match encode_all(encoder, batches, rows_written.clone(), Delivery::AsWritten(watch)).await {
        Ok(mut size) => {
            size.bytes = bytes.load(Ordering::Relaxed);
            Ok(Box::new(StreamedOutput { path: stream.path().to_owned(), size }))
        }
        Err(EncodeError::Stage(error)) => Err(error.into()),
        Err(EncodeError::Write(fault)) => Err(refused(fault).into()),
    }
}

fn encoder(
    staged: &Staged,
    schema: &SchemaRef,
    settings: &OutputSettings,
) -> Result<Box<dyn Encoder>, BoxError> {
    match staged {
        Staged::File(file) => file_encoder(settings.format()?, Sink::File(file.handle()?), schema, settings),
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

/// A name that the system refuses must not fail after the last lookup.
fn ensure_name_is_possible(path: &Path) -> Result<(), OutputError> {
    match path.symlink_metadata() {
        Err(fault) if fault.kind() == io::ErrorKind::InvalidFilename => Err(OutputError::write(path, fault)),
        _ => Ok(()),
    }
}

fn ensure_is_no_folder(path: &Path) -> Result<(), OutputError> {
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
