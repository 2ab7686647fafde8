//! The journal: answers in the order in which they came, and how they are folded into their scopes.

use std::sync::atomic::Ordering;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::answer_blocks::Change;
use super::redb_store::Store;
use super::store_fault::StoreFault;
use super::tables::{AnswerBytes, JOURNAL, TEXTS, WRITE_BATCH};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::ledger::packed_answer;
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;

/// The size of a number and its answer.
const RECORD_BYTES: usize = 8 + packed_answer::BYTES;

/// A folding in progress: the answers of the journal that are not in their scopes yet.
pub(in crate::ledger) struct Folding {
    /// By scope, each sorted by number.
    records: ScopeRecords,
    scope: usize,
    /// The sequence number of the first entry that came later.
    up_to: u64,
}

/// How far a folding has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum FoldProgress {
    /// There may be more to fold.
    Unfinished,
    /// All answers are in their scopes and removed from the journal.
    Finished,
}

/// What the journal changes, by the index of the scope.
type ScopeRecords = [Vec<Change>; AnswerScope::ALL.len()];

impl Store {
    /// Commits answers to the journal: when this returns, they are on disk.
    pub(in crate::ledger) fn append(
        &self,
        scope: AnswerScope,
        answers: impl ExactSizeIterator<Item = (Msisdn, PackedAnswer)>,
    ) -> Result<(), LedgerError> {
        let mut entry = Vec::with_capacity(1 + answers.len() * RECORD_BYTES);
        entry.push(scope.index() as u8);
        for (msisdn, packed) in answers {
            entry.extend_from_slice(&msisdn.get().to_le_bytes());
            entry.extend_from_slice(&packed.to_bytes(msisdn));
        }
        self.commit_entry(&entry).map_err(|error| self.failed(FileOperation::Write, error))
    }

    fn commit_entry(&self, entry: &[u8]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        let texts = self.write_texts(&transaction)?;
        {
            let sequence = self.next_sequence.fetch_add(1, Ordering::Relaxed);
            transaction.open_table(JOURNAL)?.insert(sequence, entry)?;
        }
        transaction.commit()?;
        self.stored_texts.store(texts, Ordering::Relaxed);
        Ok(())
    }

    /// Writes the texts that the file does not have yet. Returns how many it will have.
    pub(super) fn write_texts(&self, transaction: &WriteTransaction) -> Result<usize, redb::Error> {
        let stored = self.stored_texts.load(Ordering::Relaxed);
        let new = self.texts.since(stored);
        if !new.is_empty() {
            let mut texts = transaction.open_table(TEXTS)?;
            for (index, text) in (stored..).zip(&new) {
                texts.insert(index as u16, &**text)?;
            }
        }
        Ok(stored + new.len())
    }

    /// Folds the whole journal into the scopes.
    pub(in crate::ledger) fn fold(&self) -> Result<(), LedgerError> {
        let mut folding = self.start_folding()?;
        while self.fold_batch(&mut folding)? == FoldProgress::Unfinished {}
        Ok(())
    }

    /// Reads the journal, to fold it batch by batch. A folding that is cut off is repeated from the
    /// start, with the same result.
    pub(in crate::ledger) fn start_folding(&self) -> Result<Folding, LedgerError> {
        let up_to = self.next_sequence.load(Ordering::Relaxed);
        let records = self.journal()?;
        self.foldings.fetch_add(1, Ordering::AcqRel);
        Ok(Folding { records, scope: 0, up_to })
    }

    /// Writes the next batch into its scope. After the last batch, removes the folded entries from
    /// the journal.
    pub(in crate::ledger) fn fold_batch(&self, folding: &mut Folding) -> Result<FoldProgress, LedgerError> {
        let fold = |folding: &mut Folding| -> Result<FoldProgress, StoreFault> {
            while let Some(records) = folding.records.get_mut(folding.scope) {
                if records.is_empty() {
                    folding.scope += 1;
                    continue;
                }
                // From the end, so that the rest is not moved.
                let batch = records.split_off(records.len().saturating_sub(WRITE_BATCH));
                self.change_scope(AnswerScope::ALL[folding.scope], &batch, |_, _| true)?;
                return Ok(FoldProgress::Unfinished);
            }
            if folding.up_to > 0 {
                let transaction = self.database.begin_write()?;
                transaction.open_table(JOURNAL)?.retain_in(..folding.up_to, |_, _| false)?;
                transaction.commit()?;
            }
            self.update_has_answers()?;
            Ok(FoldProgress::Finished)
        };
        fold(folding).map_err(|fault| fault.at(&self.path, FileOperation::Write))
    }

    /// The answers of the journal by scope, in order of numbers. If a number has two answers, only
    /// the later one.
    fn journal(&self) -> Result<ScopeRecords, LedgerError> {
        let mut records = ScopeRecords::default();
        let mut is_intact = true;
        let read = (|| -> Result<(), redb::Error> {
            let journal = self.database.begin_read()?.open_table(JOURNAL)?;
            if journal.is_empty()? {
                return Ok(());
            }
            for entry in journal.iter()? {
                let (_, entry) = entry?;
                is_intact &= split(entry.value(), &mut records).is_some();
            }
            Ok(())
        })();
        read.map_err(|error| self.failed(FileOperation::Read, error))?;
        if !is_intact {
            return Err(self.corrupt_answer());
        }
        for records in &mut records {
            // The sort is stable, so the later of two answers for a number comes last; it is kept.
            records.sort_by_key(|(number, _)| *number);
            records.dedup_by(|later, earlier| {
                let is_the_same_number = later.0 == earlier.0;
                if is_the_same_number {
                    earlier.1 = later.1;
                }
                is_the_same_number
            });
        }
        Ok(records)
    }
}

/// Splits an entry into its records; `None` if it is damaged.
fn split(entry: &[u8], records: &mut [Vec<Change>]) -> Option<()> {
    let (scope, rest) = entry.split_first()?;
    let scope = records.get_mut(usize::from(*scope))?;
    let chunks = rest.chunks_exact(RECORD_BYTES);
    if !chunks.remainder().is_empty() {
        return None;
    }
    for chunk in chunks {
        let (number, bytes) = chunk.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*number);
        let bytes: AnswerBytes = bytes.try_into().ok()?;
        let packed = PackedAnswer::from_bytes(&bytes, Msisdn::new(number)?)?;
        // An answer that was taken back leaves none.
        scope.push((number, Some(packed).filter(|packed| *packed != PackedAnswer::NONE)));
    }
    Some(())
}
