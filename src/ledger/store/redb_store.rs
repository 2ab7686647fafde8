//! An open file: finding answers and reading whole scopes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use redb::{Builder, ReadableTable};

use super::answer_block::AnswerBlock;
use super::answer_blocks;
use super::answer_blocks::{BlockWriter, Change, Totals};
use super::conversion;
use super::creation::{check_unchanged, create_if_missing, open_file, remove_left_copies};
use super::database::Database;
use super::metadata;
use super::metadata::IfMissing;
use super::redb_error::{broken_structure, corrupt_answer, from_redb};
use super::store_fault::StoreFault;
use super::tables::{JOURNAL, TEXTS, TOTALS, blocks};
use super::watched_file::{FileWatch, WatchedFile};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::ledger::packed_answer::{PackedAnswer, ResultTexts};
use crate::model::Msisdn;

/// A file up to this size is checked page by page whenever it is opened. A damaged page can hide
/// the answers on it and behind it, which would then be paid for again.
const CHECKED_UP_TO_BYTES: u64 = 256 << 20;

/// An open file.
pub(in crate::ledger) struct Store {
    pub(super) path: PathBuf,
    pub(super) cache_bytes: usize,
    pub(super) database: Database,
    watch: Arc<FileWatch>,
    pub(super) texts: ResultTexts,
    /// How many of the texts are in the file.
    pub(super) stored_texts: AtomicUsize,
    pub(super) next_sequence: AtomicU64,
    /// How many foldings have started since the file was opened.
    pub(super) foldings: AtomicU64,
    /// Which scopes have answers; most runs need to read only one.
    has_answers: [AtomicBool; AnswerScope::ALL.len()],
}

impl Store {
    /// Opens the file, or creates it, and folds what is left in its journal.
    pub(in crate::ledger) fn open(
        path: &Path,
        missing: IfMissing,
        cache_bytes: usize,
    ) -> Result<Self, LedgerError> {
        // If a file was cut or overwritten, redb may find out only by a failed assertion.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_undamaged(path, missing, cache_bytes)));
        opened.unwrap_or_else(|_| Err(broken_structure(path)))
    }

    fn open_undamaged(path: &Path, missing: IfMissing, cache_bytes: usize) -> Result<Self, LedgerError> {
        if let IfMissing::Create(origin) = missing {
            create_if_missing(path, origin)?;
        }
        check_unchanged(path, missing)?;
        let file = open_file(path)?;
        let bytes =
            file.metadata().map_err(|error| LedgerError::file(path, FileOperation::Open, error))?.len();
        let failed = |error: redb::Error| from_redb(path, FileOperation::Open, error);
        let (storage, watch) = WatchedFile::new(path, file).map_err(failed)?;
        let database = Builder::new()
            .set_cache_size(cache_bytes)
            .set_check_integrity_on_open(bytes <= CHECKED_UP_TO_BYTES)
            .create_with_backend(storage)
            .map_err(|error| failed(error.into()))?;
        let database = Database::new(database);
        metadata::check(&database.begin_read().map_err(|error| failed(error.into()))?, path, missing)?;
        conversion::to_blocks(&database).map_err(|fault| fault.at(path, FileOperation::Open))?;
        let store = Self {
            path: path.to_owned(),
            cache_bytes,
            database,
            watch,
            texts: ResultTexts::default(),
            stored_texts: AtomicUsize::new(0),
            next_sequence: AtomicU64::new(0),
            foldings: AtomicU64::new(0),
            has_answers: Default::default(),
        };
        remove_left_copies(path);
        store.read_texts().map_err(failed)?;
        store.find_last_journal_entry().map_err(failed)?;
        store.fold().map_err(|error| match error {
            LedgerError::File { source, path, .. } => LedgerError::file(path, FileOperation::Open, source),
            error => error,
        })?;
        Ok(store)
    }

    /// New journal entries come after those that a killed run has left.
    fn find_last_journal_entry(&self) -> Result<(), redb::Error> {
        let journal = self.database.begin_read()?.open_table(JOURNAL)?;
        let next = journal.last()?.map_or(0, |(sequence, _)| sequence.value() + 1);
        self.next_sequence.store(next, Ordering::Relaxed);
        Ok(())
    }

    fn read_texts(&self) -> Result<(), redb::Error> {
        for text in self.database.begin_read()?.open_table(TEXTS)?.iter()? {
            self.texts.push(text?.1.value());
            self.stored_texts.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The texts that the packed answers of this file refer to.
    pub(in crate::ledger) fn texts(&self) -> &ResultTexts {
        &self.texts
    }

    /// The path of the file.
    pub(in crate::ledger) fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says about itself under a key.
    pub(in crate::ledger) fn metadata(&self, key: &str) -> Result<Option<String>, LedgerError> {
        let read = || metadata::read(&self.database.begin_read()?, key);
        read().map_err(|error| self.failed(FileOperation::Read, error))
    }

    /// Whether a scope has answers.
    pub(in crate::ledger) fn has_answers(&self, scope: AnswerScope) -> bool {
        self.has_answers[scope.index()].load(Ordering::Acquire)
    }

    /// How many foldings have started since the file was opened.
    pub(in crate::ledger) fn foldings(&self) -> u64 {
        self.foldings.load(Ordering::Acquire)
    }

    /// Calls `each` with the bytes of every block of a scope, in order of their keys.
    pub(in crate::ledger) fn for_each_block(
        &self,
        scope: AnswerScope,
        mut each: impl FnMut(u64, &[u8]),
    ) -> Result<(), LedgerError> {
        let mut read = || -> Result<(), redb::Error> {
            for entry in self.database.begin_read()?.open_table(blocks(scope))?.iter()? {
                let (key, bytes) = entry?;
                each(key.value(), bytes.value());
            }
            Ok(())
        };
        read().map_err(|error| self.failed(FileOperation::Read, error))
    }

    /// Calls `each` with every answer of a scope, in order of numbers.
    pub(in crate::ledger) fn scan(
        &self,
        scope: AnswerScope,
        mut each: impl FnMut(Msisdn, PackedAnswer),
    ) -> Result<(), LedgerError> {
        let mut is_intact = true;
        self.for_each_block(scope, |_, bytes| match AnswerBlock::read(bytes) {
            Some(block) => {
                let answers =
                    block.entries().filter_map(|(number, packed)| Some((Msisdn::new(number)?, packed)));
                answers.for_each(|(msisdn, packed)| each(msisdn, packed));
            }
            None => is_intact = false,
        })?;
        if is_intact { Ok(()) } else { Err(self.corrupt_answer()) }
    }

    /// Finds numbers in a scope, and calls `found` with each answer and the position of its number.
    /// Fastest if the numbers are in ascending order.
    pub(in crate::ledger) fn find(
        &self,
        scope: AnswerScope,
        numbers: &[(Msisdn, usize)],
        found: impl FnMut(usize, PackedAnswer),
    ) -> Result<(), LedgerError> {
        let find = || -> Result<(), StoreFault> {
            let table = self.database.begin_read()?.open_table(blocks(scope))?;
            answer_blocks::find(&table, numbers, found)
        };
        find().map_err(|fault| fault.at(&self.path, FileOperation::Read))
    }

    /// How many answers a scope has, and how much they take.
    pub(in crate::ledger) fn totals(&self, scope: AnswerScope) -> Result<Totals, LedgerError> {
        let read = || -> Result<Totals, redb::Error> {
            answer_blocks::totals(&self.database.begin_read()?.open_table(TOTALS)?, scope)
        };
        read().map_err(|error| self.failed(FileOperation::Read, error))
    }

    /// Makes those changes of a scope that are `wanted`, in a transaction of its own. Returns how many
    /// were made.
    pub(super) fn change_scope(
        &self,
        scope: AnswerScope,
        changes: &[Change],
        wanted: impl Fn(Option<PackedAnswer>, Option<PackedAnswer>) -> bool,
    ) -> Result<u64, StoreFault> {
        let transaction = self.database.begin_write()?;
        let texts = self.write_texts(&transaction)?;
        let mut writer = BlockWriter::open(&transaction, scope)?;
        let made = writer.change(changes, wanted)?;
        writer.finish()?;
        transaction.commit()?;
        self.stored_texts.store(texts, Ordering::Relaxed);
        Ok(made)
    }

    /// Finds out which scopes have answers, after a change.
    pub(super) fn update_has_answers(&self) -> Result<(), redb::Error> {
        let table = self.database.begin_read()?.open_table(TOTALS)?;
        for scope in AnswerScope::ALL {
            let has_answers = answer_blocks::totals(&table, scope)?.answers > 0;
            self.has_answers[scope.index()].store(has_answers, Ordering::Release);
        }
        Ok(())
    }

    /// Keeps this many bytes of the disk for the last commits.
    pub(in crate::ledger) fn reserve(&self, bytes: u64) -> Result<(), LedgerError> {
        self.watch.reserve(bytes).map_err(|error| LedgerError::file(&self.path, FileOperation::Write, error))
    }

    /// The error, if the disk is full: what was committed is there, but there is no room for much
    /// more.
    pub(in crate::ledger) fn disk_full(&self) -> Option<LedgerError> {
        let fault = self.watch.disk_full()?;
        Some(LedgerError::file(&self.path, FileOperation::Write, fault))
    }

    /// Makes sure that no other program has changed the file. Nothing is written to a file that one
    /// has changed.
    pub(in crate::ledger) fn ensure_unchanged(&self) -> Result<(), LedgerError> {
        match self.watch.foreign_change() {
            None => Ok(()),
            Some(change) => {
                self.watch.freeze();
                Err(LedgerError::Changed { path: self.path.clone(), change })
            }
        }
    }

    /// Closes the file cleanly. After that, nothing can be read or written.
    pub(in crate::ledger) fn close(&self) -> Result<(), LedgerError> {
        let closed = self.database.close().map_err(|error| self.failed(FileOperation::Write, error));
        self.watch.release_reserve();
        closed
    }

    /// The error for work on the file that has panicked: redb may find damage by a failed assertion.
    pub(in crate::ledger) fn broken(&self) -> LedgerError {
        broken_structure(&self.path)
    }

    /// The error for an answer that fails its checksum or has an unknown result.
    pub(in crate::ledger) fn corrupt_answer(&self) -> LedgerError {
        corrupt_answer(&self.path)
    }

    pub(super) fn failed(&self, operation: FileOperation, error: redb::Error) -> LedgerError {
        from_redb(&self.path, operation, error)
    }
}
