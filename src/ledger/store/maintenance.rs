//! Administration of a whole file: paging through it, merging and removing answers, giving disk
//! space back.

use std::fs;

use redb::ReadableTable;

use super::answer_block::{AnswerBlock, MOST_ANSWERS};
use super::answer_blocks::{BlockWriter, Change};
use super::creation::{BEING_COPIED, staged_file};
use super::metadata::{AnswerOrigin, IfMissing};
use super::redb_store::Store;
use super::store_fault::StoreFault;
use super::tables::{METADATA, TEXTS, WRITE_BATCH, blocks};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;
use crate::staging::{parent_folder, sync_folder};

impl Store {
    /// How many answers a scope has.
    pub(in crate::ledger) fn count(&self, scope: AnswerScope) -> Result<u64, LedgerError> {
        Ok(self.totals(scope)?.answers)
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
        let first = after.map_or(0, |msisdn| msisdn.get() + 1);
        let mut read = || -> Result<(), StoreFault> {
            let table = self.database.begin_read()?.open_table(blocks(scope))?;
            // The block before may have numbers after the first one, too.
            let key = table.range(..=first)?.next_back().transpose()?.map_or(0, |(key, _)| key.value());
            for entry in table.range(key..)? {
                let (_, bytes) = entry?;
                let block = AnswerBlock::read(bytes.value()).ok_or(StoreFault::Damaged)?;
                let answers = block.entries().skip_while(|(number, _)| *number < first);
                page.extend(answers.filter_map(|(number, packed)| Some((Msisdn::new(number)?, packed))));
                if page.len() >= limit {
                    page.truncate(limit);
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|fault| fault.at(&self.path, FileOperation::Read))?;
        Ok(page)
    }

    /// Inserts answers into a scope if it has none for the number, or an older one. Returns how
    /// many were inserted.
    pub(in crate::ledger) fn insert_newer(
        &self,
        scope: AnswerScope,
        mut given: Vec<(Msisdn, PackedAnswer)>,
    ) -> Result<u64, LedgerError> {
        given.sort_by_key(|(msisdn, packed)| (*msisdn, packed.checked_at()));
        let changes: Vec<Change> =
            given.into_iter().map(|(msisdn, packed)| (msisdn.get(), Some(packed))).collect();
        let insert = || -> Result<u64, StoreFault> {
            let mut inserted = 0;
            for batch in changes.chunks(WRITE_BATCH) {
                inserted += self.change_scope(scope, batch, |known, given| {
                    known.is_none_or(|known| {
                        given.is_some_and(|given| known.checked_at() < given.checked_at())
                    })
                })?;
            }
            self.update_has_answers()?;
            Ok(inserted)
        };
        insert().map_err(|fault| fault.at(&self.path, FileOperation::Write))
    }

    /// Removes the answers of these numbers from all scopes. Returns how many there were.
    pub(in crate::ledger) fn remove(&self, numbers: &[Msisdn]) -> Result<u64, LedgerError> {
        let mut changes: Vec<Change> = numbers.iter().map(|msisdn| (msisdn.get(), None)).collect();
        changes.sort_unstable_by_key(|(number, _)| *number);
        self.change_all(|writer| writer.change(&changes, |known, _| known.is_some()))
    }

    /// Changes all scopes in one transaction. Returns how many answers were changed.
    fn change_all(
        &self,
        change: impl Fn(&mut BlockWriter<'_>) -> Result<u64, StoreFault>,
    ) -> Result<u64, LedgerError> {
        let change = || -> Result<u64, StoreFault> {
            let mut changed = 0;
            let transaction = self.database.begin_write()?;
            for scope in AnswerScope::ALL {
                let mut writer = BlockWriter::open(&transaction, scope)?;
                changed += change(&mut writer)?;
                writer.finish()?;
            }
            transaction.commit()?;
            self.update_has_answers()?;
            Ok(changed)
        };
        change().map_err(|fault| fault.at(&self.path, FileOperation::Write))
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
        self.copy_to(&new).map_err(|fault| fault.at(&self.path, FileOperation::Write))?;
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

    /// Blocks are made anew, so that none keeps a removed number as its key.
    fn copy_to(&self, new: &Self) -> Result<(), StoreFault> {
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
            let table = from.open_table(blocks(scope))?;
            let mut left = table.iter()?.peekable();
            while left.peek().is_some() {
                let mut answers: Vec<Change> = Vec::new();
                for entry in left.by_ref().take(WRITE_BATCH / MOST_ANSWERS + 1) {
                    let (_, bytes) = entry?;
                    let block = AnswerBlock::read(bytes.value()).ok_or(StoreFault::Damaged)?;
                    answers.extend(block.entries().map(|(number, packed)| (number, Some(packed))));
                }
                new.change_scope(scope, &answers, |_, _| true)?;
            }
        }
        Ok(())
    }

    /// Removes the answers that `keep` rejects. Returns how many there were.
    pub(in crate::ledger) fn retain(&self, keep: impl Fn(PackedAnswer) -> bool) -> Result<u64, LedgerError> {
        self.change_all(|writer| writer.retain(&keep))
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
