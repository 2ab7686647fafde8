//! A file of a list, wherever it is stored: what it is called, how long it is, ranges of it, and
//! the whole of it as a stream.
//!
//! Readers take a [`ListFile`] and never a [`File`], so that another kind of storage is added here
//! and nowhere else.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::error::InputError;
use super::partition_path::PartitionValue;
use crate::storage::ObjectReader;
use crate::sync;

/// How much is fetched at once where a reader asks for a few bytes at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// A file of a list.
#[derive(Clone, Debug)]
pub(super) struct ListFile {
    location: Location,
    partitions: Vec<PartitionValue>,
}

/// Where a file is stored.
#[derive(Clone, Debug)]
enum Location {
    Local(PathBuf),
    /// With its URL, which is shown as it stands.
    Object(ObjectReader, PathBuf),
}

impl ListFile {
    /// A file on this machine, in these Hive partitions.
    pub(super) fn local(path: PathBuf, partitions: Vec<PartitionValue>) -> Self {
        Self { location: Location::Local(path), partitions }
    }

    /// An object of a store, in these Hive partitions.
    pub(super) fn object(object: ObjectReader, partitions: Vec<PartitionValue>) -> Self {
        let url = object.url().to_string().into();
        Self { location: Location::Object(object, url), partitions }
    }

    /// What the user and messages call it.
    pub(super) fn path(&self) -> &Path {
        match &self.location {
            Location::Local(path) | Location::Object(_, path) => path,
        }
    }

    /// The columns that the folders around it stand for.
    pub(super) fn partitions(&self) -> &[PartitionValue] {
        &self.partitions
    }

    /// Whether it can be read from the beginning a second time, unlike a pipe.
    pub(super) fn can_be_reopened(&self) -> bool {
        match &self.location {
            Location::Local(path) => path.is_file(),
            Location::Object(..) => true,
        }
    }

    /// Its length in bytes; `None` for a pipe.
    pub(super) fn length(&self) -> Option<u64> {
        match &self.location {
            Location::Local(path) => {
                path.metadata().ok().filter(|found| found.is_file()).map(|found| found.len())
            }
            Location::Object(object, _) => Some(object.length()),
        }
    }

    /// All of its bytes, from the first.
    pub(super) fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.location {
            Location::Local(path) => Ok(Box::new(File::open(path)?)),
            Location::Object(object, _) => {
                let ranges = FileRanges { length: object.length(), bytes: Bytes::Object(object.clone()) };
                Ok(Box::new(ranges.unbuffered_at(0)))
            }
        }
    }

    /// All of its bytes, counted on the meter as they are read from where they are stored.
    pub(super) fn metered_stream(&self, meter: Option<Meter>) -> io::Result<Box<dyn Read + Send>> {
        let stream = self.stream()?;
        Ok(match meter {
            Some(meter) => Box::new(Metered { stream, meter }),
            None => stream,
        })
    }

    /// Its first bytes, at most this many.
    pub(super) fn head(&self, bytes: u64) -> Result<Vec<u8>, InputError> {
        let mut head = Vec::new();
        self.stream()
            .and_then(|stream| stream.take(bytes).read_to_end(&mut head))
            .map_err(|source| self.unreadable(source))?;
        Ok(head)
    }

    /// Access to any range of it.
    pub(super) fn ranges(&self) -> Result<FileRanges, InputError> {
        match &self.location {
            Location::Local(path) => {
                let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
                let (length, file) = opened.map_err(|source| self.unreadable(source))?;
                Ok(FileRanges { bytes: Bytes::Local(Arc::new(Mutex::new(file))), length })
            }
            Location::Object(object, _) => {
                Ok(FileRanges { length: object.length(), bytes: Bytes::Object(object.clone()) })
            }
        }
    }

    /// The error of a read that failed.
    pub(super) fn unreadable(&self, source: io::Error) -> InputError {
        InputError::Read { path: self.path().to_owned(), source }
    }
}

impl From<PathBuf> for ListFile {
    fn from(path: PathBuf) -> Self {
        Self::local(path, Vec::new())
    }
}

/// Counts the bytes that were read.
pub(super) type Meter = Arc<AtomicU64>;

struct Metered {
    stream: Box<dyn Read + Send>,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.meter.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Any range of an opened file, for formats that begin with what stands at the end.
#[derive(Clone)]
pub(super) struct FileRanges {
    bytes: Bytes,
    length: u64,
}

/// Where the bytes of a file are.
#[derive(Clone)]
enum Bytes {
    Local(Arc<Mutex<File>>),
    Object(ObjectReader),
}

impl FileRanges {
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Reads some bytes from this position on; none only at the end.
    fn read_at(&self, position: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.bytes {
            Bytes::Local(file) => {
                let mut file = sync::lock(file);
                file.seek(SeekFrom::Start(position))?;
                file.read(buffer)
            }
            Bytes::Object(object) => object.read_at(position, buffer),
        }
    }

    /// A reader that begins at this position, with a buffer and a position of its own.
    pub(super) fn reader_at(&self, position: u64) -> BufReader<RangeCursor> {
        let cursor = RangeCursor { ranges: self.clone(), position };
        BufReader::with_capacity(BUFFER_BYTES, cursor)
    }

    /// A reader that begins at this position and is asked for large parts.
    pub(super) fn unbuffered_at(&self, position: u64) -> RangeCursor {
        RangeCursor { ranges: self.clone(), position }
    }
}

/// A position in a file.
pub(super) struct RangeCursor {
    ranges: FileRanges,
    position: u64,
}

impl Read for RangeCursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.ranges.read_at(self.position, buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for RangeCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.ranges.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let outside =
            || io::Error::new(io::ErrorKind::InvalidInput, "a position before the file's first byte");
        self.position = position.ok_or_else(outside)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn readers_of_one_file_keep_positions_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, b"0123456789").unwrap();
        let file = ListFile::from(path);
        assert_eq!((file.length(), file.head(3).unwrap()), (Some(10), b"012".to_vec()));
        let ranges = file.ranges().unwrap();
        let (mut one, mut other) = (ranges.reader_at(2), ranges.unbuffered_at(8));
        let mut text = String::new();
        other.read_to_string(&mut text).unwrap();
        assert_eq!(text, "89");
        text.clear();
        one.by_ref().take(3).read_to_string(&mut text).unwrap();
        assert_eq!(text, "234");
        assert_eq!(one.seek(SeekFrom::End(-1)).unwrap(), 9);
        assert!(one.seek(SeekFrom::Current(-10)).is_err());
    }
}
