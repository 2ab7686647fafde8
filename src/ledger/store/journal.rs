//! Answers in the order in which they came, and their way to the scopes.

use std::sync::atomic::Ordering;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::{ABOUT, JOURNAL, SLICE, Store, TEXTS, answers};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::LedgerError;
use crate::ledger::packed_answer;
use crate::ledger::packed_answer::PackedAnswer;
use crate::ledger::run_marker::RunMarker;
use crate::model::Msisdn;

/// A number and its answer.
const RECORD: usize = 8 + packed_answer::BYTES;

/// What the journal had, and what of it is not on its scope yet.
pub(in crate::ledger) struct Folding {
    /// By scope, each sorted by number.
    records: [Vec<(u64, Bytes)>; AnswerScope::ALL.len()],
    scope: usize,
    /// The sequence of the first entry that came after.
    up_to: u64,
}

/// How far a folding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum Folded {
    /// There may be more.
    ThisSlice,
    /// All is on its scope, and the journal empty of it.
    Everything,
}

/// An answer as it stands in the file.
type Bytes = [u8; packed_answer::BYTES];

impl Store {
    /// Keeps answers: when this returns, they are on disk.
    pub(in crate::ledger) fn append(
        &self,
        scope: AnswerScope,
        answers: impl ExactSizeIterator<Item = (Msisdn, PackedAnswer)>,
        mark: Option<&RunMarker>,
    ) -> Result<(), LedgerError> {
        let mut entry = Vec::with_capacity(1 + answers.len() * RECORD);
        entry.push(scope.index() as u8);
        for (msisdn, packed) in answers {
            entry.extend_from_slice(&msisdn.get().to_le_bytes());
            entry.extend_from_slice(&packed.to_bytes(msisdn));
        }
        self.commit_entry(&entry, mark).map_err(|fault| self.fault("written", fault))
    }

    fn commit_entry(&self, entry: &[u8], mark: Option<&RunMarker>) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        let texts = self.write_texts(&transaction)?;
        {
            let sequence = self.next_sequence.fetch_add(1, Ordering::Relaxed);
            transaction.open_table(JOURNAL)?.insert(sequence, entry)?;
            if let Some(mark) = mark {
                transaction.open_table(ABOUT)?.insert(RunMarker::WORD, mark.to_string().as_str())?;
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

    /// Brings everything in the journal to its scope.
    pub(in crate::ledger) fn fold(&self) -> Result<(), LedgerError> {
        let mut folding = self.begin_folding()?;
        while self.fold_on(&mut folding)? == Folded::ThisSlice {}
        Ok(())
    }

    /// Reads what is in the journal now, to be brought to its scope slice by slice. Cut off in the middle, it is done
    /// again from the beginning, to the same effect.
    pub(in crate::ledger) fn begin_folding(&self) -> Result<Folding, LedgerError> {
        let up_to = self.next_sequence.load(Ordering::Relaxed);
        let records = self.journal()?;
        self.foldings.fetch_add(1, Ordering::AcqRel);
        Ok(Folding { records, scope: 0, up_to })
    }

    /// Brings the next slice to its scope; when that was the last, the journal forgets what was brought.
    pub(in crate::ledger) fn fold_on(&self, folding: &mut Folding) -> Result<Folded, LedgerError> {
        let fold_on = |folding: &mut Folding| -> Result<Folded, redb::Error> {
            while let Some(records) = folding.records.get_mut(folding.scope) {
                if records.is_empty() {
                    folding.scope += 1;
                    continue;
                }
                // From the end, so that what is left need not be moved.
                let slice = records.split_off(records.len().saturating_sub(SLICE));
                self.shelve(AnswerScope::ALL[folding.scope], &slice)?;
                return Ok(Folded::ThisSlice);
            }
            if folding.up_to > 0 {
                let transaction = self.database.begin_write()?;
                transaction.open_table(JOURNAL)?.retain_in(..folding.up_to, |_, _| false)?;
                transaction.commit()?;
            }
            self.note_filled()?;
            Ok(Folded::Everything)
        };
        fold_on(folding).map_err(|fault| self.fault("written", fault))
    }

    fn shelve(&self, scope: AnswerScope, records: &[(u64, Bytes)]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(answers(scope))?;
            for (number, bytes) in records {
                table.insert(number, bytes)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// What the journal has for each scope, sorted by number; of two answers for a number, the later.
    fn journal(&self) -> Result<[Vec<(u64, Bytes)>; AnswerScope::ALL.len()], LedgerError> {
        let mut records: [Vec<(u64, Bytes)>; AnswerScope::ALL.len()] = Default::default();
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
        for records in &mut records {
            // Stable, so that of two answers for a number the later one comes last, and is the one that stays.
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

/// Takes an entry apart; `None` when it is not as it was written.
fn split(entry: &[u8], records: &mut [Vec<(u64, Bytes)>]) -> Option<()> {
    let (scope, rest) = entry.split_first()?;
    let scope = records.get_mut(usize::from(*scope))?;
    let chunks = rest.chunks_exact(RECORD);
    if !chunks.remainder().is_empty() {
        return None;
    }
    for chunk in chunks {
        let (number, bytes) = chunk.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*number);
        let bytes: Bytes = bytes.try_into().ok()?;
        PackedAnswer::from_bytes(&bytes, Msisdn::new(number)?)?;
        scope.push((number, bytes));
    }
    Some(())
}
