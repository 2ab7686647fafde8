//! LMDB: one file, a copy-on-write B+tree that is read through a memory map.

use std::path::{Path, PathBuf};

use heed::byteorder::{BigEndian, NativeEndian};
use heed::types::{Bytes, U64};
use heed::{CommitOrAbort, CompactionOption, Database, Env, EnvOpenOptions, IntegerComparator};

use crate::answers::Answer;
use crate::store::{Result, Seen, Store};

/// The address space of the map, which bounds the file.
const MAP: usize = 64 << 30;

/// The name of the table.
const NAME: &str = "answers";

/// The answers, under either kind of number.
#[derive(Clone, Copy)]
enum Table {
    Ordered(Database<'static, U64<BigEndian>, Bytes>),
    Integer(Database<'static, U64<NativeEndian>, Bytes, IntegerComparator>),
}

/// An open LMDB.
pub struct Lmdb {
    dir: PathBuf,
    env: Env,
    table: Table,
}

impl Lmdb {
    /// Opens the database, or makes it.
    pub fn open(dir: &Path, integer: bool) -> Result<Self> {
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP).max_dbs(1);
        // The project could not write this line: it forbids unsafe code.
        #[expect(unsafe_code, reason = "nothing else changes the file while the map is open")]
        let env = unsafe { options.open(dir)? };
        let transaction = env.write_txn()?;
        let table = if integer {
            let made = env.create_databases_and_commit(transaction, |opener, transaction| {
                let options = opener.database_options().types().key_comparator::<IntegerComparator>();
                { options }.name(NAME).create(transaction).map(CommitOrAbort::<_, ()>::Commit)
            })?;
            made.commit().map(Table::Integer)
        } else {
            let made = env.create_databases_and_commit(transaction, |opener, transaction| {
                opener.create_database(transaction, Some(NAME)).map(CommitOrAbort::<_, ()>::Commit)
            })?;
            made.commit().map(Table::Ordered)
        };
        let table = table.ok_or("the table was not made")?;
        Ok(Self { dir: dir.to_owned(), env, table })
    }
}

impl Store for Lmdb {
    fn commit(&self, answers: &[Answer]) -> Result<()> {
        let mut transaction = self.env.write_txn()?;
        for (key, value) in answers {
            match self.table {
                Table::Ordered(table) => table.put(&mut transaction, key, value)?,
                Table::Integer(table) => table.put(&mut transaction, key, value)?,
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&self, keys: &[u64], seen: Seen) -> Result<()> {
        let transaction = self.env.read_txn()?;
        for key in keys {
            let found = match self.table {
                Table::Ordered(table) => table.get(&transaction, key)?,
                Table::Integer(table) => table.get(&transaction, key)?,
            };
            seen(*key, found);
        }
        Ok(())
    }

    /// LMDB compacts into a copy, which takes the file's place.
    fn compact(&mut self) -> Result<()> {
        let copy = self.dir.join("copy.mdb");
        self.env.copy_to_path(&copy, CompactionOption::Enabled)?;
        Ok(std::fs::rename(copy, self.dir.join("data.mdb"))?)
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.env.prepare_for_closing().wait();
        Ok(())
    }
}
