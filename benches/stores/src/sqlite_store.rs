//! SQLite: one file and its write-ahead log.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension};

use crate::answers::{Answer, unpack};
use crate::store::{Result, Seen, Store};

/// An open SQLite: one connection that writes, and one for each thread that reads.
pub struct Sqlite {
    file: PathBuf,
    settings: String,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Sqlite {
    /// Opens the database, or makes it. `synchronous` is the setting of that name.
    pub fn open(dir: &Path, cache: usize, check: bool, synchronous: &str) -> Result<Self> {
        let file = dir.join("answers.sqlite");
        let settings = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             PRAGMA wal_autocheckpoint = 100000; PRAGMA cache_size = -{};",
            cache / 1024
        );
        let writer = connect(&file, &settings)?;
        if check {
            let verdict: String = writer.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if verdict != "ok" {
                return Err(verdict.into());
            }
        }
        writer.execute_batch(
            "CREATE TABLE IF NOT EXISTS answers (msisdn INTEGER PRIMARY KEY, answer BLOB NOT NULL);
             CREATE TABLE IF NOT EXISTS journal (sequence INTEGER PRIMARY KEY, packed BLOB NOT NULL);",
        )?;
        Ok(Self { file, settings, writer: Mutex::new(writer), readers: Mutex::default() })
    }

    fn with_writer<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        work(&mut self.writer.lock().expect("no writer has panicked"))
    }
}

fn connect(file: &Path, settings: &str) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch(settings)?;
    Ok(connection)
}

fn insert(connection: &Connection, answers: &[Answer]) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO answers VALUES (?1, ?2)")?;
    for (key, value) in answers {
        statement.execute((*key as i64, value.as_slice()))?;
    }
    Ok(())
}

impl Store for Sqlite {
    fn commit(&self, answers: &[Answer]) -> Result<()> {
        self.with_writer(|connection| {
            let transaction = connection.transaction()?;
            insert(&transaction, answers)?;
            Ok(transaction.commit()?)
        })
    }

    fn read(&self, keys: &[u64], seen: Seen) -> Result<()> {
        let reader = self.readers.lock().expect("no reader has panicked").pop();
        let mut reader = reader.map_or_else(|| connect(&self.file, &self.settings), Ok)?;
        let transaction = reader.transaction()?;
        {
            let mut statement = transaction.prepare_cached("SELECT answer FROM answers WHERE msisdn = ?1")?;
            for key in keys {
                let mut rows = statement.query([*key as i64])?;
                match rows.next()? {
                    Some(row) => seen(*key, Some(row.get_ref(0)?.as_blob()?)),
                    None => seen(*key, None),
                }
            }
        }
        transaction.commit()?;
        self.readers.lock().expect("no reader has panicked").push(reader);
        Ok(())
    }

    fn append(&self, sequence: u64, packed: &[u8]) -> Result<()> {
        self.with_writer(|connection| {
            connection
                .prepare_cached("INSERT INTO journal VALUES (?1, ?2)")?
                .execute((sequence as i64, packed))?;
            Ok(())
        })
    }

    fn fold(&self) -> Result<()> {
        self.with_writer(|connection| {
            let transaction = connection.transaction()?;
            let mut answers = Vec::new();
            {
                let mut statement = transaction.prepare_cached("SELECT packed FROM journal")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    answers.extend(unpack(row.get_ref(0)?.as_blob()?));
                }
            }
            answers.sort_unstable_by_key(|answer| answer.0);
            insert(&transaction, &answers)?;
            transaction.execute("DELETE FROM journal", [])?;
            Ok(transaction.commit()?)
        })
    }

    /// The pages of the log have yet to be written into the file.
    fn settle(&self) -> Result<()> {
        self.with_writer(|connection| {
            let busy: Option<i64> =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).optional()?;
            if busy == Some(0) { Ok(()) } else { Err("the checkpoint was busy".into()) }
        })
    }

    fn compact(&mut self) -> Result<()> {
        self.with_writer(|connection| Ok(connection.execute_batch("VACUUM")?))?;
        self.settle()
    }

    fn close(self: Box<Self>) -> Result<()> {
        for reader in self.readers.into_inner().expect("no reader has panicked") {
            reader.close().map_err(|(_, error)| error)?;
        }
        let writer = self.writer.into_inner().expect("no writer has panicked");
        Ok(writer.close().map_err(|(_, error)| error)?)
    }
}
