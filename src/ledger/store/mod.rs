//! The file: the one place that knows which database a ledger is kept in (redb), and how its tables are laid out.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `about` | a word | text: `format`, `answers`, `created`, `program`, and the mark of a run under way |
//! | a [`AnswerScope`]'s | the number, as `u64` | an answer, [`packed_answer::BYTES`] |
//! | `journal` | a rising sequence, `u64` | a scope, then numbers and answers as they came |
//! | `texts` | a place, `u16` | a result that no document lists |
//!
//! Answers go into the journal, a commit at a time, and from there into their scope, many at a time and sorted:
//! a commit of a thousand random numbers would rewrite a thousand pages of the tree, to keep 28 kB.
//! Numbers are kept as they are and not hashed: there are few enough of them to try all.

mod database;
pub(super) mod journal;
mod maintenance;

use std::fs::{File, OpenOptions};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use jiff::Timestamp;
use redb::backends::FileBackend;
use redb::{
    Builder, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
};

use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use self::database::Database;
use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::packed_answer;
use super::packed_answer::{PackedAnswer, ResultTexts};
use crate::model::Msisdn;
use crate::staging::{parent_folder, sync_folder};

/// The format that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;

const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
const TEXTS: TableDefinition<'_, u16, &str> = TableDefinition::new("texts");

/// So many answers go to their scope in one transaction, which holds a page of 4 KiB for each in memory until it
/// is committed.
const SLICE: usize = if cfg!(test) { 50 } else { 8_000 };

type Answers = TableDefinition<'static, u64, &'static [u8; packed_answer::BYTES]>;

const fn answers(scope: AnswerScope) -> Answers {
    TableDefinition::new(scope.table_name())
}

/// Whose answers a ledger holds: simulated and real ones must not mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswersOf {
    /// A provider, somewhere.
    Provider,
    /// A server on this machine, most often a simulator.
    ThisMachine,
}

impl AnswersOf {
    /// As it stands in the file, and in messages.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Provider => "a provider",
            Self::ThisMachine => "this machine",
        }
    }
}

/// A file up to this size is read through and checked, page by page, whenever it is opened. A damaged page may hide
/// the answers that are on it and behind it, which would be paid for again.
const READ_THROUGH: u64 = 256 << 20;

/// What to do when there is no ledger yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Begin one, for these answers.
    Begin(AnswersOf),
    /// It is an error.
    Refuse,
}

/// An open file.
pub(super) struct Store {
    path: PathBuf,
    cache_bytes: usize,
    database: Database,
    texts: ResultTexts,
    /// How many of the texts are in the file.
    texts_kept: AtomicUsize,
    next_sequence: AtomicU64,
    /// How often the journal has been brought to the scopes since the file was opened.
    foldings: AtomicU64,
    /// Which scopes have any answer; most runs need to look on one only.
    filled: [AtomicBool; AnswerScope::ALL.len()],
}

impl Store {
    /// Opens the file, or begins it, and brings what is left in its journal to the scopes.
    pub(super) fn open(path: &Path, missing: IfMissing, cache_bytes: usize) -> Result<Self, LedgerError> {
        // Of a file that was cut or overwritten, redb may find so only by a failed assertion.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_sound(path, missing, cache_bytes)));
        opened.unwrap_or_else(|_| Err(broken_structure(path)))
    }

    fn open_sound(path: &Path, missing: IfMissing, cache_bytes: usize) -> Result<Self, LedgerError> {
        if let IfMissing::Begin(whose) = missing {
            begin_where_there_is_none(path, whose)?;
        }
        look_at(path, missing)?;
        let file = open_file(path)?;
        let bytes = file.metadata().map_err(|fault| refused(path, "opened", fault))?.len();
        let fault = |fault: redb::Error| from_redb(path, "opened", fault);
        let backend = FileBackend::new(file).map_err(|error| fault(error.into()))?;
        let database = Builder::new()
            .set_cache_size(cache_bytes)
            .set_check_integrity_on_open(bytes <= READ_THROUGH)
            .create_with_backend(backend)
            .map_err(|error| fault(error.into()))?;
        let database = Database::new(database);
        check_about(&database.begin_read().map_err(|error| fault(error.into()))?, path, missing)?;
        let store = Self {
            path: path.to_owned(),
            cache_bytes,
            database,
            texts: ResultTexts::default(),
            texts_kept: AtomicUsize::new(0),
            next_sequence: AtomicU64::new(0),
            foldings: AtomicU64::new(0),
            filled: Default::default(),
        };
        store.take_texts_in().map_err(fault)?;
        store.find_last_entry().map_err(fault)?;
        store.fold().map_err(|error| match error {
            LedgerError::File { source, path, .. } => LedgerError::File { source, path, doing: "opened" },
            error => error,
        })?;
        Ok(store)
    }

    /// What the file says of itself under a word.
    pub(super) fn about(&self, word: &str) -> Result<Option<String>, LedgerError> {
        let read = || about(&self.database.begin_read()?, word);
        read().map_err(|fault| self.fault("read", fault))
    }

    /// What a run that was cut off has left in the journal comes before anything new.
    fn find_last_entry(&self) -> Result<(), redb::Error> {
        let journal = self.database.begin_read()?.open_table(JOURNAL)?;
        let next = journal.last()?.map_or(0, |(sequence, _)| sequence.value() + 1);
        self.next_sequence.store(next, Ordering::Relaxed);
        Ok(())
    }

    fn take_texts_in(&self) -> Result<(), redb::Error> {
        for text in self.database.begin_read()?.open_table(TEXTS)?.iter()? {
            self.texts.push(text?.1.value());
            self.texts_kept.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The texts that packed answers of this file refer to.
    pub(super) fn texts(&self) -> &ResultTexts {
        &self.texts
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a scope has any answer.
    pub(super) fn is_filled(&self, scope: AnswerScope) -> bool {
        self.filled[scope.index()].load(Ordering::Acquire)
    }

    /// How often the scopes have been added to since the file was opened.
    pub(super) fn foldings(&self) -> u64 {
        self.foldings.load(Ordering::Acquire)
    }

    /// Reads a whole scope through, in rising order.
    pub(super) fn read_through(
        &self,
        scope: AnswerScope,
        mut each: impl FnMut(Msisdn, PackedAnswer),
    ) -> Result<(), LedgerError> {
        let mut sound = true;
        let read = (|| -> Result<(), redb::Error> {
            for entry in self.database.begin_read()?.open_table(answers(scope))?.iter()? {
                let (number, bytes) = entry?;
                match answer_of(number.value(), bytes.value()) {
                    Some((msisdn, packed)) => each(msisdn, packed),
                    None => sound = false,
                }
            }
            Ok(())
        })();
        read.map_err(|fault| self.fault("read", fault))?;
        if sound { Ok(()) } else { Err(self.wrong_sum()) }
    }

    /// Looks numbers up on a scope, and hands each answer out with the place that came with its number. Quickest
    /// with the numbers in rising order.
    pub(super) fn find(
        &self,
        scope: AnswerScope,
        numbers: &[(Msisdn, usize)],
        mut found: impl FnMut(usize, PackedAnswer),
    ) -> Result<(), LedgerError> {
        let fault = |fault: redb::Error| self.fault("read", fault);
        let table = self.database.begin_read().map_err(|error| fault(error.into()))?;
        let table = table.open_table(answers(scope)).map_err(|error| fault(error.into()))?;
        for &(msisdn, place) in numbers {
            if let Some(bytes) = table.get(msisdn.get()).map_err(|error| fault(error.into()))? {
                let packed =
                    PackedAnswer::from_bytes(bytes.value(), msisdn).ok_or_else(|| self.wrong_sum())?;
                found(place, packed);
            }
        }
        Ok(())
    }

    fn note_filled(&self) -> Result<(), redb::Error> {
        let transaction = self.database.begin_read()?;
        for scope in AnswerScope::ALL {
            let filled = !transaction.open_table(answers(scope))?.is_empty()?;
            self.filled[scope.index()].store(filled, Ordering::Release);
        }
        Ok(())
    }

    /// Leaves the file in order, for whoever opens it next. Nothing more can be read or written then.
    pub(super) fn close(&self) -> Result<(), LedgerError> {
        self.database.close().map_err(|fault| self.fault("written", fault))
    }

    /// The database found the file so broken that it gave up.
    fn broken_structure(&self) -> LedgerError {
        broken_structure(&self.path)
    }

    /// An answer is there that nobody has written.
    pub(super) fn wrong_sum(&self) -> LedgerError {
        LedgerError::Damaged { path: self.path.clone(), what: "an answer is not what was written".into() }
    }

    fn fault(&self, doing: &'static str, fault: redb::Error) -> LedgerError {
        from_redb(&self.path, doing, fault)
    }
}

/// Begins a ledger, unless there is something already. It gets its name when it is whole: of one that is cut off in
/// its first moments, by a full disk for one, nothing is left.
fn begin_where_there_is_none(path: &Path, whose: AnswersOf) -> Result<(), LedgerError> {
    let refused = |fault| refused(path, "begun", fault);
    match path.metadata() {
        // An empty file has a name and a lock already.
        Ok(there) if there.len() == 0 && there.is_file() => return begin(open_file(path)?, path, whose),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    let folder = parent_folder(path);
    let aside = aside_in(folder).map_err(refused)?;
    begin(aside.reopen().map_err(refused)?, path, whose)?;
    match aside.persist_noclobber(path) {
        // Another run was quicker.
        Err(fault) if fault.error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        persisted => persisted.map_err(|fault| refused(fault.error))?,
    };
    sync_folder(folder);
    Ok(())
}

/// A new file, its owner's alone: numbers are personal data, and nobody else's business.
fn aside_in(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".ledger.").suffix(".part").tempfile_in(folder)
}

fn begin(file: File, path: &Path, whose: AnswersOf) -> Result<(), LedgerError> {
    let write = || -> Result<(), redb::Error> {
        let database = Builder::new().create_with_backend(FileBackend::new(file)?)?;
        let transaction = database.begin_write()?;
        {
            let mut about = transaction.open_table(ABOUT)?;
            about.insert("format", FORMAT.to_string().as_str())?;
            about.insert("answers", whose.text())?;
            about.insert("created", Timestamp::now().to_string().as_str())?;
            about.insert("program", concat!("hlr-enrich ", env!("CARGO_PKG_VERSION")))?;
            transaction.open_table(JOURNAL)?;
            transaction.open_table(TEXTS)?;
            for scope in AnswerScope::ALL {
                transaction.open_table(answers(scope))?;
            }
        }
        transaction.commit()?;
        Ok(database.close()?)
    };
    write().map_err(|fault| from_redb(path, "begun", fault))
}

/// Looks whether a file is a ledger for this run before it is opened to be written, which changes it. What cannot be
/// found out in this way, because a run was killed or something is damaged, is found out then.
fn look_at(path: &Path, missing: IfMissing) -> Result<(), LedgerError> {
    let file = open_file(path)?;
    if file.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    let read = || -> Result<_, redb::Error> {
        Ok(Builder::new().open_read_only_with_backend(FileBackend::new(file)?)?.begin_read()?)
    };
    read().map_or(Ok(()), |transaction| check_about(&transaction, path, missing))
}

fn check_about(transaction: &ReadTransaction, path: &Path, missing: IfMissing) -> Result<(), LedgerError> {
    let path = path.to_owned();
    let Ok(Some(format)) = about(transaction, "format") else { return Err(LedgerError::NotALedger { path }) };
    match format.parse::<u32>() {
        Ok(FORMAT) => {}
        Ok(newer) if newer > FORMAT => {
            return Err(LedgerError::NewerFormat { path, found: format, known: FORMAT });
        }
        _ => return Err(LedgerError::NotALedger { path }),
    }
    let found = about(transaction, "answers").map_err(|fault| from_redb(&path, "read", fault))?;
    let found = found.unwrap_or_default();
    match missing {
        IfMissing::Begin(whose) if found != whose.text() => {
            Err(LedgerError::OtherAnswers { path, found, asked: whose.text() })
        }
        _ => Ok(()),
    }
}

/// What a file says of itself under a word.
fn about(transaction: &ReadTransaction, word: &str) -> Result<Option<String>, redb::Error> {
    let about = transaction.open_table(ABOUT)?;
    Ok(about.get(word)?.map(|text| text.value().to_owned()))
}

fn open_file(path: &Path) -> Result<File, LedgerError> {
    if path.is_dir() {
        return Err(refused(path, "opened", io::Error::other("this is a folder; name a file in it")));
    }
    OpenOptions::new().read(true).write(true).open(path).map_err(|fault| not_opened(path, fault))
}

fn not_opened(path: &Path, fault: io::Error) -> LedgerError {
    match fault.kind() {
        io::ErrorKind::NotFound => LedgerError::Missing { path: path.to_owned() },
        _ => refused(path, "opened", fault),
    }
}

/// Work on a store's file, on a thread that may wait for the disk.
pub(super) async fn blocking<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(store.broken_structure()))
}

/// An answer as a table has it; `None` when it is not what was written.
fn answer_of(number: u64, bytes: &[u8; packed_answer::BYTES]) -> Option<(Msisdn, PackedAnswer)> {
    let msisdn = Msisdn::new(number)?;
    Some((msisdn, PackedAnswer::from_bytes(bytes, msisdn)?))
}

fn broken_structure(path: &Path) -> LedgerError {
    LedgerError::Damaged { path: path.to_owned(), what: "its inner structure is broken".into() }
}

fn refused(path: &Path, doing: &'static str, source: io::Error) -> LedgerError {
    LedgerError::File { path: path.to_owned(), doing, source }
}

fn from_redb(path: &Path, doing: &'static str, fault: redb::Error) -> LedgerError {
    let path = path.to_owned();
    match fault {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => LedgerError::InUse { path },
        redb::Error::Io(fault) if fault.kind() == io::ErrorKind::InvalidData => {
            LedgerError::NotALedger { path }
        }
        redb::Error::Io(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => {
            LedgerError::Damaged { path, what: "the file ends too early".into() }
        }
        redb::Error::Io(source) => LedgerError::File { path, doing, source },
        redb::Error::PreviousIo => {
            LedgerError::File { path, doing, source: io::Error::other("an earlier write failed") }
        }
        redb::Error::TableTypeMismatch { .. } | redb::Error::TableDoesNotExist(_) => {
            LedgerError::NotALedger { path }
        }
        redb::Error::Corrupted(what) => LedgerError::Damaged { path, what },
        other => LedgerError::Damaged { path, what: other.to_string() },
    }
}
