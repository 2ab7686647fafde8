//! Finds the distinct numbers of a list, exactly and in bounded memory.
//!
//! Numbers are distributed over buckets by a hash, so equal numbers are in the same bucket. Then
//! one bucket at a time is sorted. The buckets of a long list are moved to temporary files.

use std::io::{self, Read, Seek, Write};

use tempfile::SpooledTempFile;

use crate::model::Msisdn;

const BUCKETS: usize = 256;
/// A larger bucket is moved to a file.
const MAX_BYTES_IN_MEMORY: usize = 256 * 1024;
/// How many bytes of a bucket are collected before they are written.
const BUFFER_BYTES: usize = 4 * 1024;

/// Collects numbers, some of them equal.
pub(crate) struct Distinct {
    buckets: Vec<Bucket>,
}

struct Bucket {
    file: SpooledTempFile,
    buffer: Vec<u8>,
}

impl Distinct {
    pub(crate) fn new() -> Self {
        let bucket = || Bucket { file: SpooledTempFile::new(MAX_BYTES_IN_MEMORY), buffer: Vec::new() };
        Self { buckets: (0..BUCKETS).map(|_| bucket()).collect() }
    }

    pub(crate) fn add(&mut self, msisdn: Msisdn) -> io::Result<()> {
        let bucket = &mut self.buckets[msisdn.shard(BUCKETS)];
        bucket.buffer.extend_from_slice(&msisdn.get().to_le_bytes());
        if bucket.buffer.len() >= BUFFER_BYTES { bucket.write() } else { Ok(()) }
    }

    /// The numbers, each once, one bucket at a time and in ascending order within it.
    pub(crate) fn buckets(self) -> impl Iterator<Item = io::Result<Vec<Msisdn>>> {
        self.buckets.into_iter().map(Bucket::numbers)
    }
}

impl Bucket {
    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn numbers(mut self) -> io::Result<Vec<Msisdn>> {
        self.write()?;
        self.file.rewind()?;
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        let words = bytes.chunks_exact(8).map(|word| word.try_into().expect("a word has eight bytes"));
        let mut numbers: Vec<Msisdn> =
            words.map(|word| Msisdn::new(u64::from_le_bytes(word)).expect("a number was written")).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_number_is_returned_once() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut distinct, mut expected) = (Distinct::new(), HashSet::new());
        for _ in 0..200_000 {
            let msisdn = Msisdn::new(46_700_000_000 + random.u64(0..50_000)).unwrap();
            distinct.add(msisdn).unwrap();
            expected.insert(msisdn);
        }
        let numbers: Vec<Msisdn> = distinct.buckets().flat_map(Result::unwrap).collect();
        assert_eq!(numbers.len(), expected.len());
        assert_eq!(numbers.into_iter().collect::<HashSet<_>>(), expected);
    }
}
