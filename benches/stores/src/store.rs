//! What a measurement needs of a store, and the stores by name.

use std::path::Path;

use crate::answers::Answer;
use crate::{fjall_store, lmdb_store, redb_store, sqlite_store};

/// The result of anything that may fail: a reading is worthless after an error, so its kind is not kept.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a batch read calls for each number: the number, and its answer if there is one.
pub type Seen<'a> = &'a mut dyn FnMut(u64, Option<&[u8]>);

/// A store of answers. Every slice of answers or numbers it is given is sorted.
pub trait Store: Send + Sync {
    /// Writes one durable commit.
    fn commit(&self, answers: &[Answer]) -> Result<()>;

    /// Writes a large part of the first contents in the quickest way.
    fn load(&self, answers: &[Answer]) -> Result<()> {
        self.commit(answers)
    }

    /// Reads a batch in one read transaction.
    fn read(&self, keys: &[u64], seen: Seen) -> Result<()>;

    /// Appends one journal entry in one durable commit.
    fn append(&self, _sequence: u64, _packed: &[u8]) -> Result<()> {
        Err("this store has no journal here".into())
    }

    /// Moves all journal entries into the answers in one durable commit.
    fn fold(&self) -> Result<()> {
        Err("this store has no journal here".into())
    }

    /// Ends all work that is put off, so that a reading includes what its commits cost later.
    fn settle(&self) -> Result<()> {
        Ok(())
    }

    /// Makes the files as small as the store can.
    fn compact(&mut self) -> Result<()>;

    /// Closes the store in the orderly way.
    fn close(self: Box<Self>) -> Result<()>;
}

/// A store with its settings: one column of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// redb as it comes.
    Redb,
    /// redb that saves what a quick repair needs with each commit.
    RedbQuick,
    /// SQLite that does not wait for the disk at a commit.
    Sqlite,
    /// SQLite that does.
    SqliteFull,
    /// fjall.
    Fjall,
    /// LMDB with numbers as eight bytes in order.
    Lmdb,
    /// LMDB with numbers as machine integers.
    LmdbInteger,
}

impl Kind {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 7] = [
        Self::Redb,
        Self::RedbQuick,
        Self::Sqlite,
        Self::SqliteFull,
        Self::Fjall,
        Self::Lmdb,
        Self::LmdbInteger,
    ];

    /// The name of the column, and of the store in a child's arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::RedbQuick => "redb-quick",
            Self::Sqlite => "sqlite",
            Self::SqliteFull => "sqlite-full",
            Self::Fjall => "fjall",
            Self::Lmdb => "lmdb",
            Self::LmdbInteger => "lmdb-integer",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that shares this one's files, if it is only another setting of them.
    pub fn setting_of(self) -> Option<Self> {
        match self {
            Self::RedbQuick => Some(Self::Redb),
            Self::SqliteFull => Some(Self::Sqlite),
            _ => None,
        }
    }

    /// Whether the store can check all it holds when it is opened.
    pub fn has_check(self) -> bool {
        matches!(self, Self::Redb | Self::RedbQuick | Self::Sqlite | Self::SqliteFull)
    }

    /// Whether the journal is measured with the store.
    pub fn has_journal(self) -> bool {
        self.has_check()
    }

    /// Whether `--store` with this word asks for the kind.
    pub fn is_asked_for(self, word: &str) -> bool {
        word == "all" || self.name() == word || self.name().split('-').next() == Some(word)
    }

    /// Opens the store, or makes it, with a cache of `cache` bytes. With `check`, the whole store is checked
    /// first where the store can do that.
    pub fn open(self, dir: &Path, cache: usize, check: bool) -> Result<Box<dyn Store>> {
        std::fs::create_dir_all(dir)?;
        Ok(match self {
            Self::Redb => Box::new(redb_store::Redb::open(dir, cache, check, false)?),
            Self::RedbQuick => Box::new(redb_store::Redb::open(dir, cache, check, true)?),
            Self::Sqlite => Box::new(sqlite_store::Sqlite::open(dir, cache, check, "NORMAL")?),
            Self::SqliteFull => Box::new(sqlite_store::Sqlite::open(dir, cache, check, "FULL")?),
            Self::Fjall => Box::new(fjall_store::Fjall::open(dir, cache)?),
            Self::Lmdb => Box::new(lmdb_store::Lmdb::open(dir, false)?),
            Self::LmdbInteger => Box::new(lmdb_store::Lmdb::open(dir, true)?),
        })
    }
}
