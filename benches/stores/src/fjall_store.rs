//! fjall: a directory, a log-structured merge tree.

use std::path::Path;
use std::time::Duration;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

use crate::answers::Answer;
use crate::store::{Result, Seen, Store};

/// An open fjall.
pub struct Fjall {
    database: Database,
    answers: Keyspace,
}

impl Fjall {
    /// Opens the database, or makes it.
    pub fn open(dir: &Path, cache: usize) -> Result<Self> {
        let database = Database::builder(dir.join("answers.fjall")).cache_size(cache as u64).open()?;
        let answers = database.keyspace("answers", KeyspaceCreateOptions::default)?;
        Ok(Self { database, answers })
    }

    fn is_busy(&self) -> bool {
        self.database.outstanding_flushes() > 0 || self.database.active_compactions() > 0
    }
}

impl Store for Fjall {
    fn commit(&self, answers: &[Answer]) -> Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (key, value) in answers {
            batch.insert(&self.answers, key.to_be_bytes(), *value);
        }
        Ok(batch.commit()?)
    }

    fn load(&self, answers: &[Answer]) -> Result<()> {
        let mut ingestion = self.answers.start_ingestion()?;
        for (key, value) in answers {
            ingestion.write(key.to_be_bytes(), *value)?;
        }
        Ok(ingestion.finish()?)
    }

    fn read(&self, keys: &[u64], seen: Seen) -> Result<()> {
        let snapshot = self.database.snapshot();
        for key in keys {
            let found = snapshot.get(&self.answers, key.to_be_bytes())?;
            seen(*key, found.as_deref());
        }
        Ok(())
    }

    /// Writes what is in memory, and waits for the merging behind the writes, a minute at most.
    fn settle(&self) -> Result<()> {
        self.answers.rotate_memtable_and_wait()?;
        let mut quiet = 0;
        for _ in 0..600 {
            quiet = if self.is_busy() { 0 } else { quiet + 1 };
            if quiet == 5 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn compact(&mut self) -> Result<()> {
        self.answers.rotate_memtable_and_wait()?;
        Ok(self.answers.major_compact()?)
    }

    /// fjall closes when it is dropped; what its commits wrote is durable already.
    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
