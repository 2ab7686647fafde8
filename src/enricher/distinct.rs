//! Which numbers are different, counted exactly in bounded memory.
//!
//! Numbers are dealt to buckets by their own mixed digits, so that equal ones meet; then one bucket at a time is
//! sorted. A long list's buckets go to temporary files by themselves.

use std::io::{self, Read, Seek, Write};

use tempfile::SpooledTempFile;

use crate::model::Msisdn;

const BUCKETS: usize = 256;
/// A bucket that is larger goes to a file.
const BYTES_IN_MEMORY: usize = 256 * 1024;
/// So much of a bucket is gathered before it is written.
const GATHERED: usize = 4 * 1024;

/// Numbers, some of them equal.
pub(crate) struct Distinct {
    buckets: Vec<Bucket>,
}

struct Bucket {
    file: SpooledTempFile,
    gathered: Vec<u8>,
}

impl Distinct {
    pub(crate) fn new() -> Self {
        let bucket = || Bucket { file: SpooledTempFile::new(BYTES_IN_MEMORY), gathered: Vec::new() };
        Self { buckets: (0..BUCKETS).map(|_| bucket()).collect() }
    }

    pub(crate) fn add(&mut self, msisdn: Msisdn) -> io::Result<()> {
        let bucket = &mut self.buckets[msisdn.shard(BUCKETS)];
        bucket.gathered.extend_from_slice(&msisdn.get().to_le_bytes());
        if bucket.gathered.len() >= GATHERED { bucket.write() } else { Ok(()) }
    }

    /// The numbers, each once, a bucket at a time and rising within it.
    pub(crate) fn buckets(self) -> impl Iterator<Item = io::Result<Vec<Msisdn>>> {
        self.buckets.into_iter().map(Bucket::numbers)
    }
}

impl Bucket {
    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.gathered)?;
        self.gathered.clear();
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
    fn every_number_comes_out_once_however_often_it_went_in() {
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
