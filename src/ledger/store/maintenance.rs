//! Administration of a whole file: paging through it, merging and removing answers, giving disk
//! space back.

use std::fs;
use std::sync::atomic::Ordering;

use redb::{ReadableTable, ReadableTableMetadata};

use super::creation::{BEING_COPIED, staged_file};
use super::metadata::{AnswerOrigin, IfMissing};
use super::redb_store::Store;
use super::tables::{METADATA, TEXTS, WRITE_BATCH, answers, read_answer};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;
use crate::staging::{parent_folder, sync_folder};

impl Store {
    /// How many answers a scope has.
    pub(in crate::ledger) fn count(&self, scope: AnswerScope) -> Result<u64, LedgerError> {
        let count = || -> Result<_, redb::Error> {
            Ok(self.database.begin_read()?.open_table(answers(scope))?.len()?)
        };
        count().map_err(|error| self.failed(FileOperation::Read, error))
    }

    /// The size of the file, in bytes.
    pub(in crate::ledger) fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// At most `limit` answers of a scope after this number, in order of numbers.
    pub(in crate::ledger) fn page(
        &self,
        scope: AnswerScope,
        after: Option<Msisdn>,
        limit: usize,
    ) -> Result<Vec<(Msisdn, PackedAnswer)>, LedgerError> {
        let mut page = Vec::new();
        let mut is_intact = true;
        let read = (|| -> Result<(), redb::Error> {
            let table = self.database.begin_read()?.open_table(answers(scope))?;
            let first = after.map_or(0, |msisdn| msisdn.get() + 1);
            for entry in table.range(first..)?.take(limit) {
                let (number, bytes) = entry?;
                let answer = read_answer(number.value(), bytes.value());
                is_intact &= answer.is_some();
                page.extend(answer);
            }
            Ok(())
        })();
        read.map_err(|error| self.failed(FileOperation::Read, error))?;
        if is_intact { Ok(page) } else { Err(self.corrupt_answer()) }
    }

    /// Inserts answers into a scope if it has none for the number, or an older one. Returns how
    /// many were inserted.
    pub(in crate::ledger) fn insert_newer(
        &self,
        scope: AnswerScope,
        mut given: Vec<(Msisdn, PackedAnswer)>,
    ) -> Result<u64, LedgerError> {
        given.sort_by_key(|(msisdn, packed)| (*msisdn, packed.checked_at()));
        let insert = || -> Result<u64, redb::Error> {
            let mut inserted = 0;
            for batch in given.chunks(WRITE_BATCH) {
                let transaction = self.database.begin_write()?;
                let texts = self.write_texts(&transaction)?;
                {
                    let mut table = transaction.open_table(answers(scope))?;
                    for &(msisdn, packed) in batch {
                        let known = table.get(msisdn.get())?;
                        let known = known.and_then(|bytes| PackedAnswer::from_bytes(bytes.value(), msisdn));
                        if known.is_none_or(|known| known.checked_at() < packed.checked_at()) {
                            table.insert(msisdn.get(), &packed.to_bytes(msisdn))?;
                            inserted += 1;
                        }
                    }
                }
                transaction.commit()?;
                self.stored_texts.store(texts, Ordering::Relaxed);
            }
            self.update_has_answers()?;
            Ok(inserted)
        };
        insert().map_err(|error| self.failed(FileOperation::Write, error))
    }

    /// Removes the answers of these numbers from all scopes. Returns how many there were.
    pub(in crate::ledger) fn remove(&self, numbers: &[Msisdn]) -> Result<u64, LedgerError> {
        let remove = || -> Result<u64, redb::Error> {
            let mut removed = 0;
            let transaction = self.database.begin_write()?;
            for scope in AnswerScope::ALL {
                let mut table = transaction.open_table(answers(scope))?;
                for msisdn in numbers {
                    removed += u64::from(table.remove(msisdn.get())?.is_some());
                }
            }
            transaction.commit()?;
            self.update_has_answers()?;
            Ok(removed)
        };
        remove().map_err(|error| self.failed(FileOperation::Write, error))
    }

    /// Copies everything into a new file, which replaces the old one. So no trace of removed
    /// answers is left: a tree keeps numbers as separators after their answers are gone.
    pub(in crate::ledger) fn rewrite(self) -> Result<Self, LedgerError> {
        let (path, cache_bytes) = (self.path.clone(), self.cache_bytes);
        let origin = match self.metadata("answers")?.as_deref() == Some(AnswerOrigin::Provider.text()) {
            true => AnswerOrigin::Provider,
            false => AnswerOrigin::ThisMachine,
        };
        let refused = |error| LedgerError::file(&path, FileOperation::Write, error);
        let folder = parent_folder(&path);
        let staged = staged_file(&path, BEING_COPIED).map_err(refused)?.into_temp_path();
        let new = Self::open(&staged, IfMissing::Create(origin), cache_bytes)?;
        self.copy_to(&new).map_err(|error| self.failed(FileOperation::Write, error))?;
        new.close()?;
        // The old file stays open and locked until the new one has its name, so that no other
        // process writes to it. Where an open file cannot be replaced, it is closed first.
        if !cfg!(unix) {
            self.close()?;
        }
        staged.persist(&path).map_err(|error| refused(error.error))?;
        sync_folder(folder);
        if cfg!(unix) {
            self.close()?;
        }
        Self::open(&path, IfMissing::Refuse, cache_bytes)
    }

    fn copy_to(&self, new: &Self) -> Result<(), redb::Error> {
        let (from, to) = (self.database.begin_read()?, new.database.begin_write()?);
        for entry in from.open_table(METADATA)?.iter()? {
            let (key, text) = entry?;
            to.open_table(METADATA)?.insert(key.value(), text.value())?;
        }
        for entry in from.open_table(TEXTS)?.iter()? {
            let (index, text) = entry?;
            to.open_table(TEXTS)?.insert(index.value(), text.value())?;
        }
        to.commit()?;
        for scope in AnswerScope::ALL {
            let table = from.open_table(answers(scope))?;
            let mut left = table.iter()?.peekable();
            while left.peek().is_some() {
                let to = new.database.begin_write()?;
                {
                    let mut table = to.open_table(answers(scope))?;
                    for entry in left.by_ref().take(WRITE_BATCH) {
                        let (number, bytes) = entry?;
                        table.insert(number.value(), bytes.value())?;
                    }
                }
                to.commit()?;
            }
        }
        Ok(())
    }

    /// Removes the answers that `keep` rejects. Returns how many there were.
    pub(in crate::ledger) fn retain(&self, keep: impl Fn(PackedAnswer) -> bool) -> Result<u64, LedgerError> {
        let retain = || -> Result<u64, redb::Error> {
            let mut removed = 0;
            let transaction = self.database.begin_write()?;
            for scope in AnswerScope::ALL {
                let mut table = transaction.open_table(answers(scope))?;
                let before = table.len()?;
                table.retain(|number, bytes| {
                    // What cannot be read is not thrown away unasked.
                    read_answer(number, bytes).is_none_or(|(_, packed)| keep(packed))
                })?;
                removed += before - table.len()?;
            }
            transaction.commit()?;
            self.update_has_answers()?;
            Ok(removed)
        };
        retain().map_err(|error| self.failed(FileOperation::Write, error))
    }

    /// Gives unused space back to the disk.
    pub(in crate::ledger) fn compact(&mut self) -> Result<(), LedgerError> {
        match self.database.compact() {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed(FileOperation::Write, error)),
        }
    }

    /// Stores a text under a key of the metadata, or removes the key.
    pub(in crate::ledger) fn set_metadata(&self, key: &str, text: Option<&str>) -> Result<(), LedgerError> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut metadata = transaction.open_table(METADATA)?;
                match text {
                    Some(text) => metadata.insert(key, text)?,
                    None => metadata.remove(key)?,
                };
            }
            transaction.commit()?;
            Ok(())
        };
        write().map_err(|error| self.failed(FileOperation::Write, error))
    }
}
