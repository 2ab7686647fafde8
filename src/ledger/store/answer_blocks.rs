//! The table of a scope: blocks of answers, and how answers are found in them and changed.
//!
//! The key of a block is the first number that may be in it; it has the numbers up to the key of the
//! next one. So a number is in the last block whose key is not above it, if it is anywhere.

use redb::{ReadOnlyTable, ReadableTable, Table, WriteTransaction};

use super::answer_block::{AnswerBlock, Entry, MOST_ANSWERS, encode};
use super::store_fault::StoreFault;
use super::tables::{TOTALS, blocks};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;

/// How many answers a new block has at most, so that a few more fit into it later.
const NEW_BLOCK_ANSWERS: usize = MOST_ANSWERS * 3 / 4;

/// A number and its new answer; `None` if it is to have none.
pub(super) type Change = (u64, Option<PackedAnswer>);

/// How many answers a scope has, and how many bytes they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Totals {
    pub(in crate::ledger) answers: u64,
    pub(in crate::ledger) blocks: u64,
    pub(in crate::ledger) bytes: u64,
}

impl Totals {
    fn of(stored: (u64, u64, u64)) -> Self {
        let (answers, blocks, bytes) = stored;
        Self { answers, blocks, bytes }
    }

    /// A block was there, or is there now.
    fn block(entries: usize, bytes: usize) -> Self {
        Self { answers: entries as u64, blocks: 1, bytes: bytes as u64 }
    }

    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }

    /// Wrong totals are not an error: they only help to plan.
    fn subtract(&mut self, other: Self) {
        self.answers = self.answers.saturating_sub(other.answers);
        self.blocks = self.blocks.saturating_sub(other.blocks);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// Reads the totals of a scope.
pub(super) fn totals(
    table: &impl ReadableTable<u8, (u64, u64, u64)>,
    scope: AnswerScope,
) -> Result<Totals, redb::Error> {
    let stored = table.get(scope.index() as u8)?;
    Ok(stored.map_or_else(Totals::default, |stored| Totals::of(stored.value())))
}

/// Finds numbers, and calls `found` with each answer and the position of its number. Fastest if the
/// numbers are in ascending order.
pub(super) fn find(
    table: &ReadOnlyTable<u64, &'static [u8]>,
    numbers: &[(Msisdn, usize)],
    mut found: impl FnMut(usize, PackedAnswer),
) -> Result<(), StoreFault> {
    let mut left = numbers;
    while let Some((msisdn, _)) = left.first() {
        let Some(entry) = table.range(..=msisdn.get())?.next_back() else {
            left = &left[1..];
            continue;
        };
        let (_, bytes) = entry?;
        let block = AnswerBlock::read(bytes.value()).ok_or(StoreFault::Damaged)?;
        let of_block = left.partition_point(|(msisdn, _)| msisdn.get() <= block.last()).max(1);
        let (here, after) = left.split_at(of_block);
        block.find_all(here, &mut found);
        left = after;
    }
    Ok(())
}

/// Changes the answers of a scope, in a transaction.
pub(super) struct BlockWriter<'txn> {
    table: Table<'txn, u64, &'static [u8]>,
    totals_table: Table<'txn, u8, (u64, u64, u64)>,
    scope: AnswerScope,
    totals: Totals,
}

impl<'txn> BlockWriter<'txn> {
    pub(super) fn open(transaction: &'txn WriteTransaction, scope: AnswerScope) -> Result<Self, redb::Error> {
        let totals_table = transaction.open_table(TOTALS)?;
        let totals = totals(&totals_table, scope)?;
        Ok(Self { table: transaction.open_table(blocks(scope))?, totals_table, scope, totals })
    }

    /// Makes those of the changes that are `wanted` after a look at what is there. The changes are
    /// in ascending order of numbers; several of one number are made one after the other. Returns how
    /// many were made.
    pub(super) fn change(
        &mut self,
        changes: &[Change],
        wanted: impl Fn(Option<PackedAnswer>, Option<PackedAnswer>) -> bool,
    ) -> Result<u64, StoreFault> {
        let mut made = 0;
        let mut left = changes;
        while let Some((number, _)) = left.first() {
            let (key, known, size) = self.block_of(*number)?;
            let next = self.next_key(number + 1)?;
            let of_block = left.partition_point(|(number, _)| next.is_none_or(|next| *number < next));
            let (here, after) = left.split_at(of_block);
            let (merged, count) = merge(&known, here, &wanted);
            if count > 0 {
                self.replace(key, size, &merged)?;
            }
            made += count;
            left = after;
        }
        Ok(made)
    }

    /// Removes the answers that `keep` rejects. Returns how many there were. What cannot be read is
    /// not thrown away unasked.
    pub(super) fn retain(&mut self, keep: impl Fn(PackedAnswer) -> bool) -> Result<u64, StoreFault> {
        let (mut removed, mut next) = (0, Some(0));
        while let Some(from) = next {
            let Some(key) = self.next_key(from)? else { break };
            next = key.checked_add(1);
            let (_, entries, size) = match self.block_of(key) {
                Err(StoreFault::Damaged) => continue,
                block => block?,
            };
            let kept: Vec<Entry> = entries.iter().copied().filter(|(_, packed)| keep(*packed)).collect();
            if kept.len() < entries.len() {
                removed += (entries.len() - kept.len()) as u64;
                self.replace(key, size, &kept)?;
            }
        }
        Ok(removed)
    }

    /// Stores the new totals. To be called before the transaction is committed.
    pub(super) fn finish(mut self) -> Result<(), redb::Error> {
        let Totals { answers, blocks, bytes } = self.totals;
        self.totals_table.insert(self.scope.index() as u8, (answers, blocks, bytes))?;
        Ok(())
    }

    /// The key, the answers and the size of the block that has the number, or would have it.
    fn block_of(&self, number: u64) -> Result<(u64, Vec<Entry>, Totals), StoreFault> {
        let Some(entry) = self.table.range(..=number)?.next_back() else {
            return Ok((0, Vec::new(), Totals::default()));
        };
        let (key, bytes) = entry?;
        let bytes = bytes.value();
        let block = AnswerBlock::read(bytes).ok_or(StoreFault::Damaged)?;
        Ok((key.value(), block.entries().collect(), Totals::block(block.len(), bytes.len())))
    }

    /// The key of the first block from this one on.
    fn next_key(&self, from: u64) -> Result<Option<u64>, StoreFault> {
        Ok(self.table.range(from..)?.next().transpose()?.map(|(key, _)| key.value()))
    }

    /// Replaces a block by one or more that have these answers.
    fn replace(&mut self, key: u64, before: Totals, entries: &[Entry]) -> Result<(), StoreFault> {
        self.totals.subtract(before);
        if entries.is_empty() {
            self.table.remove(key)?;
            return Ok(());
        }
        let blocks =
            if entries.len() <= MOST_ANSWERS { 1 } else { entries.len().div_ceil(NEW_BLOCK_ANSWERS) };
        for (nth, entries) in entries.chunks(entries.len().div_ceil(blocks)).enumerate() {
            // The first one keeps the numbers before its first answer.
            let key = if nth == 0 { key } else { entries[0].0 };
            let bytes = encode(entries);
            self.table.insert(key, bytes.as_slice())?;
            self.totals.add(Totals::block(entries.len(), bytes.len()));
        }
        Ok(())
    }
}

/// The answers with the wanted ones of the changes, and how many these are.
fn merge(
    known: &[Entry],
    changes: &[Change],
    wanted: impl Fn(Option<PackedAnswer>, Option<PackedAnswer>) -> bool,
) -> (Vec<Entry>, u64) {
    let mut merged = Vec::with_capacity(known.len() + changes.len());
    let (mut left, mut made) = (known, 0);
    for (number, given) in changes {
        let before = left.partition_point(|(known, _)| known < number);
        merged.extend_from_slice(&left[..before]);
        left = &left[before..];
        if let Some((first, rest)) = left.split_first().filter(|(first, _)| first.0 == *number) {
            merged.push(*first);
            left = rest;
        }
        let there = merged.pop_if(|(known, _)| known == number).map(|(_, packed)| packed);
        let is_made = wanted(there, *given);
        made += u64::from(is_made);
        let kept = if is_made { *given } else { there };
        merged.extend(kept.map(|packed| (*number, packed)));
    }
    merged.extend_from_slice(left);
    (merged, made)
}
