//! A stream to write into, checked before the first lookup and opened when its reader is there.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::error::OutputError;
use super::format::OutputFormat;
use super::settings::OutputSettings;
use crate::humanize::output_name;
use crate::staging::{SpecialFile, standard_output};

/// How often to look whether a FIFO has a reader.
#[cfg(unix)]
const READER_CHECK_INTERVAL: std::time::Duration = std::time::Duration::from_millis(20);
/// No process has opened the FIFO for reading. The number is the same on every Unix.
#[cfg(unix)]
const ENXIO: i32 = 6;

/// A stream that is not open yet, or that is.
#[derive(Debug)]
pub(super) struct StreamTarget {
    path: PathBuf,
    kind: SpecialFile,
    open: Option<File>,
}

impl StreamTarget {
    /// The stream of this name; `None` if the name stands for a file or a folder.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let kind = match path == Path::new("-") {
            true => SpecialFile::StandardOutput,
            false => SpecialFile::at(path)?,
        };
        Some(Self { path: path.to_owned(), kind, open: None })
    }

    /// Makes sure that the output can be a stream. What does not wait is opened.
    pub(super) fn prepare(self, settings: &OutputSettings) -> Result<Self, OutputError> {
        if !settings.partition_by.is_empty() {
            return Err(OutputError::PartitionedStream { name: output_name(&self.path) });
        }
        let format = settings.format()?;
        match self.kind {
            SpecialFile::Disk => Err(OutputError::IsDisk { path: self.path }),
            // Opening a pipe may wait for its reader.
            SpecialFile::Fifo => Ok(self),
            SpecialFile::OpenFile if is_pipe(&self.path) => Ok(self),
            _ => {
                let file = self.kind.open(&self.path).map_err(|fault| self.refused(fault))?;
                if format == OutputFormat::Parquet && file.is_terminal() {
                    return Err(OutputError::ParquetToTerminal);
                }
                Ok(Self { open: Some(file), ..self })
            }
        }
    }

    /// Opens the stream. A FIFO is opened once it has a reader.
    pub(super) async fn open(self) -> Result<Self, OutputError> {
        if self.open.is_some() {
            return Ok(self);
        }
        let file = match self.kind {
            SpecialFile::Fifo => wait_for_reader(&self.path).await,
            _ => open_pipe(&self.path),
        };
        let file = file.map_err(|fault| self.refused(fault))?;
        Ok(Self { open: Some(file), ..self })
    }

    /// A handle on the stream, if it is open.
    pub(super) fn handle(&self) -> io::Result<File> {
        match &self.open {
            Some(file) => file.try_clone(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Whether the stream goes into this file.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        is_same_open_file(self.open.as_ref(), path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn refused(&self, fault: io::Error) -> OutputError {
        let name = output_name(&self.path);
        #[cfg(unix)]
        if fault.raw_os_error() == Some(ENXIO) {
            return OutputError::NoReader { name };
        }
        OutputError::StreamNotOpened { name, source: fault }
    }
}

/// Opens a FIFO for writing once it has a reader. No thread waits, so the wait can be dropped.
#[cfg(unix)]
async fn wait_for_reader(path: &Path) -> io::Result<File> {
    loop {
        match open_pipe(path) {
            Err(fault) if fault.raw_os_error() == Some(ENXIO) => {
                tokio::time::sleep(READER_CHECK_INTERVAL).await;
            }
            opened => return opened,
        }
    }
}

/// Opens a pipe for writing. Fails if nobody reads it.
#[cfg(unix)]
fn open_pipe(path: &Path) -> io::Result<File> {
    let sender = tokio::net::unix::pipe::OpenOptions::new().open_sender(path)?;
    sender.into_blocking_fd().map(File::from)
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;

    path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Other platforms have no pipes in their folders.
#[cfg(not(unix))]
async fn wait_for_reader(path: &Path) -> io::Result<File> {
    open_pipe(path)
}

#[cfg(not(unix))]
fn open_pipe(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_same_open_file(open: Option<&File>, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let Some(open) = open.and_then(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file) else {
        return false;
    };
    path.metadata().is_ok_and(|file| (file.dev(), file.ino()) == (open.dev(), open.ino()))
}

#[cfg(not(unix))]
fn is_same_open_file(_: Option<&File>, _: &Path) -> bool {
    false
}

/// Whether an output of this name is a stream: `-` is standard output, and FIFOs, devices and
/// sockets are written to as they are. Nothing is opened.
#[must_use]
pub fn is_stream(path: &Path) -> bool {
    StreamTarget::at(path).is_some()
}

/// Whether standard output is a terminal, where a progress bar would mix with the rows.
#[must_use]
pub fn streams_to_terminal(path: &Path) -> bool {
    let is_standard_output =
        StreamTarget::at(path).is_some_and(|stream| stream.kind == SpecialFile::StandardOutput);
    is_standard_output && standard_output().is_ok_and(|file| file.is_terminal())
}

/// Whether everything that is written to standard output is lost. It is `/dev/null`, or it was
/// closed: the standard library then opens `/dev/null` in its place.
#[must_use]
pub fn leads_nowhere(path: &Path) -> bool {
    let is_standard_output =
        StreamTarget::at(path).is_some_and(|stream| stream.kind == SpecialFile::StandardOutput);
    is_standard_output && standard_output().is_ok_and(|file| is_null_device(&file))
}

#[cfg(unix)]
fn is_null_device(file: &File) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    let device = |metadata: std::fs::Metadata| metadata.file_type().is_char_device().then(|| metadata.rdev());
    let null = Path::new("/dev/null").metadata().ok().and_then(device);
    null.is_some() && file.metadata().ok().and_then(device) == null
}

#[cfg(not(unix))]
fn is_null_device(_: &File) -> bool {
    false
}

/// Whether a run has to wait until somebody reads this output.
#[must_use]
pub fn waits_for_reader(path: &Path) -> bool {
    StreamTarget::at(path).is_some_and(|stream| stream.kind == SpecialFile::Fifo)
}
