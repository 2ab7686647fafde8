//! Disk space that is kept for the last commits of a run: a file beside the ledger that is cut when
//! the disk is full, so that what was paid for still finds room.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How much is given back at once: enough for most writes, and little for other programs to take.
const STEP: u64 = 128 << 10;
/// How much is written at once.
const CHUNK: usize = 64 << 10;

/// The reserve of an open ledger. It is removed on drop.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    file: File,
    left: u64,
}

impl Reserve {
    /// Takes this many bytes of the disk. Replaces what a killed run has left.
    pub(super) fn take(ledger: &Path, bytes: u64) -> io::Result<Self> {
        let path = beside(ledger);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut reserve = Self { file: options.open(&path)?, path, left: 0 };
        // Bytes that cannot be compressed, because some file systems would store zeros in no space.
        let mut random = fastrand::Rng::new();
        let mut chunk = vec![0; CHUNK];
        while reserve.left < bytes {
            random.fill(&mut chunk);
            reserve.file.write_all(&chunk)?;
            reserve.left += CHUNK as u64;
        }
        Ok(reserve)
    }

    /// Gives room for this many bytes back to the disk. Returns whether there was any left.
    pub(super) fn give_back(&mut self, bytes: u64) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left = self.left.saturating_sub(STEP.max(bytes.saturating_mul(2)));
        self.file.set_len(self.left).is_ok()
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn beside(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(ledger.file_name().unwrap_or_default());
    name.push(".reserve");
    ledger.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_given_back_bit_by_bit_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("l.redb");
        fs::write(beside(&ledger), "of a killed run").unwrap();
        let mut reserve = Reserve::take(&ledger, 300_000).unwrap();
        let size = || fs::metadata(beside(&ledger)).unwrap().len();
        assert_eq!(size(), 5 * CHUNK as u64);
        assert!(reserve.give_back(1));
        assert_eq!(size(), 5 * CHUNK as u64 - STEP);
        while reserve.give_back(100_000) {}
        assert_eq!(size(), 0);
        drop(reserve);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
