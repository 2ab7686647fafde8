//! Answers in the order in which they came, and their way to the shelves.

use std::sync::atomic::Ordering;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::{ABOUT, JOURNAL, SLICE, Store, TEXTS, answers};
use crate::ledger::error::LedgerError;
use crate::ledger::mark::RunMark;
use crate::ledger::packed::{self, Packed};
use crate::ledger::shelf::Shelf;
use crate::msisdn::Msisdn;

/// A number and its answer.
const RECORD: usize = 8 + packed::BYTES;

/// An answer as it stands in the file.
type Bytes = [u8; packed::BYTES];

impl Store {
    /// Keeps answers: when this returns, they are on disk.
    pub(in crate::ledger) fn append(
        &self,
        shelf: Shelf,
        answers: impl ExactSizeIterator<Item = (Msisdn, Packed)>,
        mark: Option<&RunMark>,
    ) -> Result<(), LedgerError> {
        let mut entry = Vec::with_capacity(1 + answers.len() * RECORD);
        entry.push(shelf.index() as u8);
        for (msisdn, packed) in answers {
            entry.extend_from_slice(&msisdn.get().to_le_bytes());
            entry.extend_from_slice(&packed.to_bytes(msisdn));
        }
        self.commit_entry(&entry, mark).map_err(|fault| self.fault("written", fault))
    }

    fn commit_entry(&self, entry: &[u8], mark: Option<&RunMark>) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        let texts = self.write_texts(&transaction)?;
        {
            let sequence = self.next_sequence.fetch_add(1, Ordering::Relaxed);
            transaction.open_table(JOURNAL)?.insert(sequence, entry)?;
            if let Some(mark) = mark {
                transaction.open_table(ABOUT)?.insert(RunMark::WORD, mark.to_string().as_str())?;
            }
        }
        transaction.commit()?;
        self.texts_kept.store(texts, Ordering::Relaxed);
        Ok(())
    }

    /// Writes the texts that the file does not have yet. Gives how many it will have.
    pub(super) fn write_texts(&self, transaction: &WriteTransaction) -> Result<usize, redb::Error> {
        let kept = self.texts_kept.load(Ordering::Relaxed);
        let new = self.texts.since(kept);
        if !new.is_empty() {
            let mut texts = transaction.open_table(TEXTS)?;
            for (place, text) in (kept..).zip(&new) {
                texts.insert(place as u16, &**text)?;
            }
        }
        Ok(kept + new.len())
    }

    /// Brings everything in the journal to its shelf. Cut off in the middle, it is done again from the beginning,
    /// to the same effect.
    pub(in crate::ledger) fn fold(&self) -> Result<(), LedgerError> {
        let records = self.journal()?;
        let folded = (|| -> Result<(), redb::Error> {
            if records.iter().any(|records| !records.is_empty()) {
                self.foldings.fetch_add(1, Ordering::AcqRel);
                for (shelf, records) in Shelf::ALL.into_iter().zip(&records) {
                    for slice in records.chunks(SLICE) {
                        self.shelve(shelf, slice)?;
                    }
                }
                let transaction = self.database.begin_write()?;
                transaction.delete_table(JOURNAL)?;
                transaction.open_table(JOURNAL)?;
                transaction.commit()?;
            }
            self.note_filled()
        })();
        folded.map_err(|fault| self.fault("written", fault))
    }

    fn shelve(&self, shelf: Shelf, records: &[(u64, Bytes)]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(answers(shelf))?;
            for (number, bytes) in records {
                table.insert(number, bytes)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// What the journal has for each shelf, sorted by number; the later of two answers last.
    fn journal(&self) -> Result<[Vec<(u64, Bytes)>; Shelf::ALL.len()], LedgerError> {
        let mut records: [Vec<(u64, Bytes)>; Shelf::ALL.len()] = Default::default();
        let mut sound = true;
        let read = (|| -> Result<(), redb::Error> {
            let journal = self.database.begin_read()?.open_table(JOURNAL)?;
            if journal.is_empty()? {
                return Ok(());
            }
            for entry in journal.iter()? {
                let (_, entry) = entry?;
                sound &= split(entry.value(), &mut records).is_some();
            }
            Ok(())
        })();
        read.map_err(|fault| self.fault("read", fault))?;
        if !sound {
            return Err(self.wrong_sum());
        }
        // Stable, so that of two answers for a number the later one comes last and stays.
        records.iter_mut().for_each(|records| records.sort_by_key(|(number, _)| *number));
        Ok(records)
    }
}

/// Takes an entry apart; `None` when it is not as it was written.
fn split(entry: &[u8], records: &mut [Vec<(u64, Bytes)>]) -> Option<()> {
    let (shelf, rest) = entry.split_first()?;
    let shelf = records.get_mut(usize::from(*shelf))?;
    let chunks = rest.chunks_exact(RECORD);
    if !chunks.remainder().is_empty() {
        return None;
    }
    for chunk in chunks {
        let (number, bytes) = chunk.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*number);
        let bytes: Bytes = bytes.try_into().ok()?;
        Packed::from_bytes(&bytes, Msisdn::new(number)?)?;
        shelf.push((number, bytes));
    }
    Some(())
}
