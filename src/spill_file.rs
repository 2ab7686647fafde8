//! A temporary file of this process: answers that do not fit into the memory that they may take. It has
//! no name, and is gone with the process.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that grows, and is read at any place.
#[derive(Debug)]
pub(crate) struct SpillFile {
    file: File,
    length: AtomicU64,
}

impl SpillFile {
    /// An empty file in the system's folder for temporary files.
    pub(crate) fn create() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, length: AtomicU64::new(0) })
    }

    /// Appends bytes, and returns where they are.
    pub(crate) fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let position = self.length.fetch_add(bytes.len() as u64, Ordering::AcqRel);
        write_at(&self.file, bytes, position)?;
        Ok(position)
    }

    /// Fills the buffer from this position on.
    pub(crate) fn read(&self, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        read_at(&self.file, buffer, position)
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, position)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, position)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, position)?;
        (bytes, position) = (&bytes[count..], position + count as u64);
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut buffer: &mut [u8], mut position: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, position)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (buffer, position) = (&mut buffer[count..], position + count as u64),
        }
    }
    Ok(())
}
