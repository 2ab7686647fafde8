//! The file under the database. It notices when another program deletes, replaces, cuts or
//! overwrites the file, and gives the reserve back when the disk is full.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::reserve::Reserve;
use crate::ledger::error::ForeignChange;
use crate::sync;

/// The first bytes of the file have the counters of its transactions. They change with each commit,
/// and with no commit of another program's copy in the same way.
const HEADER_BYTES: usize = 512;

/// What the database has written last, and the room that is left for it.
#[derive(Debug)]
pub(super) struct FileWatch {
    path: PathBuf,
    /// A second handle on the open file.
    file: File,
    /// Whether the path and the open file can be compared. Some network file systems change their
    /// numbers of files.
    compares_identity: bool,
    expected: Mutex<Expected>,
    reserve: Mutex<Option<Reserve>>,
    /// The system's code for the fault, once the disk was full.
    disk_full: Mutex<Option<i32>>,
    is_frozen: AtomicBool,
}

#[derive(Debug)]
struct Expected {
    bytes: u64,
    header: Vec<u8>,
}

impl FileWatch {
    fn new(path: &Path, file: File) -> io::Result<Arc<Self>> {
        let bytes = file.metadata()?.len();
        let header = read_header(&file, bytes);
        Ok(Arc::new(Self {
            path: path.to_owned(),
            compares_identity: is_same(path, &file),
            expected: Mutex::new(Expected { bytes, header }),
            reserve: Mutex::new(None),
            disk_full: Mutex::new(None),
            is_frozen: AtomicBool::new(false),
            file,
        }))
    }

    /// Keeps this many bytes of the disk for the last commits.
    pub(super) fn reserve(&self, bytes: u64) -> io::Result<()> {
        let reserve = Reserve::take(&self.path, bytes)?;
        *sync::lock(&self.reserve) = Some(reserve);
        Ok(())
    }

    /// Returns the reserve to the disk.
    pub(super) fn release_reserve(&self) {
        drop(sync::lock(&self.reserve).take());
    }

    /// The fault, if the disk was full, so that the reserve is in use.
    pub(super) fn disk_full(&self) -> Option<io::Error> {
        sync::lock(&self.disk_full).map(io::Error::from_raw_os_error)
    }

    fn note_full(&self, fault: &io::Error) {
        sync::lock(&self.disk_full).get_or_insert(fault.raw_os_error().unwrap_or_default());
    }

    /// Writes nothing more, whatever the database wants to.
    pub(super) fn freeze(&self) {
        self.is_frozen.store(true, Ordering::Release);
    }

    /// What another program has done to the file since the last write.
    pub(super) fn foreign_change(&self) -> Option<ForeignChange> {
        let Ok(there) = self.path.metadata() else { return Some(ForeignChange::Deleted) };
        if self.compares_identity && !same_file(&there, self.file.metadata().ok().as_ref()) {
            return Some(ForeignChange::Replaced);
        }
        let expected = sync::lock(&self.expected);
        let bytes = self.file.metadata().map_or(0, |file| file.len());
        if bytes < expected.bytes {
            return Some(ForeignChange::Truncated);
        }
        let is_overwritten = bytes > expected.bytes || read_header(&self.file, bytes) != expected.header;
        is_overwritten.then_some(ForeignChange::Overwritten)
    }

    fn ensure_not_frozen(&self) -> io::Result<()> {
        match self.is_frozen.load(Ordering::Acquire) {
            true => Err(io::Error::other("the file was changed by another program")),
            false => Ok(()),
        }
    }

    /// Does the work again after each part of the reserve that it needs.
    fn with_reserve(&self, bytes: u64, mut work: impl FnMut() -> io::Result<()>) -> io::Result<()> {
        loop {
            match work() {
                Err(fault) if is_full(&fault) => {
                    self.note_full(&fault);
                    let mut reserve = sync::lock(&self.reserve);
                    if !reserve.as_mut().is_some_and(|reserve| reserve.give_back(bytes)) {
                        return Err(fault);
                    }
                }
                done => return done,
            }
        }
    }
}

impl Expected {
    fn note_header(&mut self, first: usize, data: &[u8]) {
        let end = HEADER_BYTES.min(first + data.len());
        if self.header.len() < end {
            self.header.resize(end, 0);
        }
        self.header[first..end].copy_from_slice(&data[..end - first]);
        self.bytes = self.bytes.max((first + data.len()) as u64);
    }

    fn note_length(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.header.resize(HEADER_BYTES.min(usize::try_from(bytes).unwrap_or(HEADER_BYTES)), 0);
    }
}

/// Whether a fault means that there is no room on the disk.
fn is_full(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The storage of the database.
#[derive(Debug)]
pub(super) struct WatchedFile {
    storage: FileBackend,
    watch: Arc<FileWatch>,
}

impl WatchedFile {
    pub(super) fn new(path: &Path, file: File) -> Result<(Self, Arc<FileWatch>), redb::Error> {
        let watch = FileWatch::new(path, file.try_clone()?)?;
        let storage = FileBackend::new(file)?;
        Ok((Self { storage, watch: watch.clone() }, watch))
    }
}

impl StorageBackend for WatchedFile {
    fn len(&self) -> io::Result<u64> {
        self.storage.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.storage.read(offset, out)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.watch.ensure_not_frozen()?;
        // What is expected changes together with the file.
        let mut expected = sync::lock(&self.watch.expected);
        self.watch.with_reserve(0, || self.storage.set_len(bytes))?;
        expected.note_length(bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.watch.ensure_not_frozen()?;
        // What a failed sync has lost cannot be synced again, so it is not repeated.
        self.storage.sync_data().inspect_err(|fault| {
            if is_full(fault) {
                self.watch.note_full(fault);
                self.watch.release_reserve();
            }
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.watch.ensure_not_frozen()?;
        let write = || self.storage.write(offset, data);
        if offset >= HEADER_BYTES as u64 {
            return self.watch.with_reserve(data.len() as u64, write);
        }
        let mut expected = sync::lock(&self.watch.expected);
        self.watch.with_reserve(data.len() as u64, write)?;
        expected.note_header(offset as usize, data);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.storage.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.query_lock_range(start, end)
    }
}

fn read_header(file: &File, bytes: u64) -> Vec<u8> {
    let mut header = vec![0; HEADER_BYTES.min(usize::try_from(bytes).unwrap_or(HEADER_BYTES))];
    match read_at(file, &mut header) {
        Ok(()) => header,
        Err(_) => Vec::new(),
    }
}

#[cfg(unix)]
fn read_at(file: &File, header: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, header, 0)
}

/// Elsewhere the lock of the database keeps other programs from writing.
#[cfg(not(unix))]
fn read_at(_: &File, _: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn is_same(path: &Path, file: &File) -> bool {
    path.metadata().is_ok_and(|there| same_file(&there, file.metadata().ok().as_ref()))
}

#[cfg(unix)]
fn same_file(one: &Metadata, other: Option<&Metadata>) -> bool {
    use std::os::unix::fs::MetadataExt;

    other.is_some_and(|other| (one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// On this platform an open file cannot be replaced.
#[cfg(not(unix))]
fn same_file(_: &Metadata, _: Option<&Metadata>) -> bool {
    true
}
