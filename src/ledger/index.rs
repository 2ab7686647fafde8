//! A copy of a whole scope, for runs that look for a large part of it.
//!
//! Reading a whole scope costs a hundredth, per answer, of finding answers one by one. So a run that
//! has looked for enough numbers copies the blocks of the scope: into memory if they fit, or else into a
//! temporary file, where each is read without a search through the tree. The directory, in which block
//! a number is, stays in memory.

use std::io;
use std::ops::Range;

use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::store::{AnswerBlock, Store, Totals};
use crate::model::Msisdn;
use crate::spill_file::SpillFile;

/// What the directory takes for each block, in bytes.
const DIRECTORY_BYTES: u64 = 16;
/// This many numbers are searched side by side, so that the processor waits for the memory of all
/// of them at once.
const SIDE_BY_SIDE: usize = 16;

/// A snapshot of the answers of a scope.
pub(super) struct Index {
    directory: Directory,
    blocks: Blocks,
}

/// Which block a number is in, and where the blocks are.
struct Directory {
    /// The keys of the blocks.
    keys: Vec<u64>,
    /// Where each block begins, and where the last one ends.
    starts: Vec<usize>,
    /// How many foldings the store had before the snapshot.
    foldings: u64,
}

/// The blocks, one after the other.
enum Blocks {
    Memory(Vec<u8>),
    File(SpillFile),
}

/// How much is written to a file at once.
const WRITTEN_AT_ONCE: usize = 1 << 20;

impl Index {
    /// Copies a whole scope, if its directory fits into this many bytes and the disk has room for what
    /// does not.
    pub(super) fn read(store: &Store, scope: AnswerScope, bytes: u64) -> Result<Option<Self>, LedgerError> {
        let totals = store.totals(scope)?;
        let directory = totals.blocks.saturating_mul(DIRECTORY_BYTES);
        if totals.bytes.saturating_add(directory) <= bytes {
            Self::in_memory(store, scope, totals).map(Some)
        } else if directory <= bytes {
            Self::in_file(store, scope, totals)
        } else {
            Ok(None)
        }
    }

    fn in_memory(store: &Store, scope: AnswerScope, totals: Totals) -> Result<Self, LedgerError> {
        let mut blocks = Vec::with_capacity(totals.bytes as usize);
        let directory = Directory::read(store, scope, totals, |block| blocks.extend_from_slice(block))?;
        Ok(Self { directory, blocks: Blocks::Memory(blocks) })
    }

    /// `None` if the file cannot be written.
    fn in_file(store: &Store, scope: AnswerScope, totals: Totals) -> Result<Option<Self>, LedgerError> {
        let Ok(file) = SpillFile::create() else { return Ok(None) };
        let (mut waiting, mut is_written) = (Vec::with_capacity(WRITTEN_AT_ONCE), true);
        let directory = Directory::read(store, scope, totals, |block| {
            waiting.extend_from_slice(block);
            if waiting.len() >= WRITTEN_AT_ONCE {
                is_written = is_written && file.append(&waiting).is_ok();
                waiting.clear();
            }
        })?;
        is_written = is_written && file.append(&waiting).is_ok();
        Ok(is_written.then_some(Self { directory, blocks: Blocks::File(file) }))
    }

    /// Whether the scope may have newer answers.
    pub(super) fn is_outdated(&self, store: &Store) -> bool {
        self.directory.foldings != store.foldings()
    }

    /// Finds numbers in ascending order. Calls `found` with each answer and the position of its
    /// number.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be read.
    pub(super) fn find(
        &self,
        numbers: &[(Msisdn, usize)],
        found: impl FnMut(usize, PackedAnswer),
    ) -> io::Result<()> {
        match &self.blocks {
            Blocks::Memory(blocks) => {
                self.directory.find_in_memory(blocks, numbers, found);
                Ok(())
            }
            Blocks::File(file) => self.directory.find_in_file(file, numbers, found),
        }
    }
}

impl Directory {
    /// Reads a whole scope, and hands each block over.
    fn read(
        store: &Store,
        scope: AnswerScope,
        totals: Totals,
        mut each: impl FnMut(&[u8]),
    ) -> Result<Self, LedgerError> {
        let blocks = totals.blocks as usize;
        let mut directory = Self {
            keys: Vec::with_capacity(blocks),
            starts: Vec::with_capacity(blocks + 1),
            // Read first, so that answers that are folded in the meantime count as newer.
            foldings: store.foldings(),
        };
        let (mut length, mut is_intact) = (0, true);
        store.for_each_block(scope, |key, bytes| {
            is_intact &= AnswerBlock::read(bytes).is_some();
            directory.keys.push(key);
            directory.starts.push(length);
            length += bytes.len();
            each(bytes);
        })?;
        directory.starts.push(length);
        if is_intact { Ok(directory) } else { Err(store.corrupt_answer()) }
    }

    fn find_in_memory(
        &self,
        blocks: &[u8],
        numbers: &[(Msisdn, usize)],
        mut found: impl FnMut(usize, PackedAnswer),
    ) {
        let mut nth = 0;
        for group in numbers.chunks(SIDE_BY_SIDE) {
            let mut of_numbers = [None; SIDE_BY_SIDE];
            for (block, (msisdn, _)) in of_numbers.iter_mut().zip(group) {
                nth += self.blocks_ahead(nth, msisdn.get());
                *block = self.place(nth).and_then(|place| AnswerBlock::of_intact(blocks.get(place)?));
            }
            let mut answers = [None; SIDE_BY_SIDE];
            for ((answer, block), (msisdn, _)) in answers.iter_mut().zip(&of_numbers).zip(group) {
                *answer = block.as_ref().and_then(|block| Some((block, block.position(*msisdn)?)));
            }
            for (answer, (_, position)) in answers.iter().zip(group) {
                if let Some((block, at)) = answer {
                    found(*position, block.answer(*at));
                }
            }
        }
    }

    fn find_in_file(
        &self,
        file: &SpillFile,
        numbers: &[(Msisdn, usize)],
        mut found: impl FnMut(usize, PackedAnswer),
    ) -> io::Result<()> {
        let (mut nth, mut bytes, mut left) = (0, Vec::new(), numbers);
        while let Some((msisdn, _)) = left.first() {
            nth += self.blocks_ahead(nth, msisdn.get());
            let Some(place) = self.place(nth) else { break };
            let next = self.keys.get(nth + 1);
            let of_block = left.partition_point(|(msisdn, _)| next.is_none_or(|next| msisdn.get() < *next));
            let (here, after) = left.split_at(of_block);
            bytes.resize(place.len(), 0);
            file.read(place.start as u64, &mut bytes)?;
            AnswerBlock::read(&bytes).ok_or(io::ErrorKind::InvalidData)?.find_all(here, &mut found);
            left = after;
        }
        Ok(())
    }

    /// Where a block is.
    fn place(&self, nth: usize) -> Option<Range<usize>> {
        Some(*self.starts.get(nth)?..*self.starts.get(nth + 1)?)
    }

    /// How many blocks ahead of this one a number is; it is never behind. Searches in doubling
    /// steps, because the number is near as a rule.
    fn blocks_ahead(&self, nth: usize, number: u64) -> usize {
        let ahead = &self.keys[nth.min(self.keys.len())..];
        let mut step = 1;
        while step < ahead.len() && ahead[step] <= number {
            step *= 2;
        }
        let (from, to) = (step / 2, step.min(ahead.len()));
        from + ahead[from.min(to)..to].partition_point(|first| *first <= number).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::store::encode_block;

    /// An answer that tells its number.
    fn packed(n: u64) -> PackedAnswer {
        PackedAnswer::of_parts(n, (1, n % 5))
    }

    fn number(n: u64) -> u64 {
        46_700_000_000 + n
    }

    #[test]
    fn exactly_the_numbers_with_answers_are_found() {
        let mut random = fastrand::Rng::with_seed(11);
        for size in [0, 1, 2, 7, 8, 9, 1_000] {
            // Every third number has an answer.
            let entries: Vec<_> = (0..size).map(|n| (number(3 * n), packed(3 * n))).collect();
            let (mut keys, mut starts, mut blocks) = (vec![], vec![], vec![]);
            for (nth, block) in entries.chunks(8).enumerate() {
                keys.push(if nth == 0 { 0 } else { block[0].0 });
                starts.push(blocks.len());
                blocks.extend_from_slice(&encode_block(block));
            }
            starts.push(blocks.len());
            let file = SpillFile::create().unwrap();
            file.append(&blocks).unwrap();
            let directory = || Directory { keys: keys.clone(), starts: starts.clone(), foldings: 0 };
            let in_file = Index { directory: directory(), blocks: Blocks::File(file) };
            let in_memory = Index { directory: directory(), blocks: Blocks::Memory(blocks) };
            let mut asked: Vec<u64> = (0..500).map(|_| random.u64(0..3 * size + 50)).collect();
            asked.sort_unstable();
            let numbers: Vec<_> =
                asked.iter().map(|n| (Msisdn::new(number(*n)).unwrap(), *n as usize)).collect();
            let known = |n: &u64| n.is_multiple_of(3) && *n < 3 * size;
            let expected: Vec<_> = asked.into_iter().filter(known).map(|n| (n as usize, packed(n))).collect();
            for index in [in_memory, in_file] {
                let mut found = Vec::new();
                index.find(&numbers, |position, packed| found.push((position, packed))).unwrap();
                assert_eq!(found, expected, "{size}");
            }
        }
    }
}
