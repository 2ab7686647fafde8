//! redb: one file, a copy-on-write B+tree.

use std::path::Path;

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use crate::answers::{Answer, unpack};
use crate::store::{Result, Seen, Store};

const ANSWERS: TableDefinition<u64, &[u8; 20]> = TableDefinition::new("answers");
const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");

/// An open redb.
pub struct Redb {
    database: Database,
    quick_repair: bool,
}

impl Redb {
    /// Opens the database, or makes it.
    pub fn open(dir: &Path, cache: usize, check: bool, quick_repair: bool) -> Result<Self> {
        let mut builder = Builder::new();
        builder.set_cache_size(cache).set_check_integrity_on_open(check);
        Ok(Self { database: builder.create(dir.join("answers.redb"))?, quick_repair })
    }

    fn write(&self) -> Result<WriteTransaction> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(self.quick_repair);
        Ok(transaction)
    }
}

fn insert(transaction: &WriteTransaction, answers: &[Answer]) -> Result<()> {
    let mut table = transaction.open_table(ANSWERS)?;
    for (key, value) in answers {
        table.insert(key, value)?;
    }
    Ok(())
}

impl Store for Redb {
    fn commit(&self, answers: &[Answer]) -> Result<()> {
        let transaction = self.write()?;
        insert(&transaction, answers)?;
        Ok(transaction.commit()?)
    }

    fn read(&self, keys: &[u64], seen: Seen) -> Result<()> {
        let table = self.database.begin_read()?.open_table(ANSWERS)?;
        for key in keys {
            let found = table.get(key)?;
            seen(*key, found.as_ref().map(|value| value.value().as_slice()));
        }
        Ok(())
    }

    fn append(&self, sequence: u64, packed: &[u8]) -> Result<()> {
        let transaction = self.write()?;
        transaction.open_table(JOURNAL)?.insert(sequence, packed)?;
        Ok(transaction.commit()?)
    }

    fn fold(&self) -> Result<()> {
        let transaction = self.write()?;
        let mut answers = Vec::new();
        for entry in transaction.open_table(JOURNAL)?.iter()? {
            answers.extend(unpack(entry?.1.value()));
        }
        answers.sort_unstable_by_key(|answer| answer.0);
        insert(&transaction, &answers)?;
        transaction.delete_table(JOURNAL)?;
        Ok(transaction.commit()?)
    }

    fn compact(&mut self) -> Result<()> {
        self.database.compact()?;
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(self.database.close()?)
    }
}
