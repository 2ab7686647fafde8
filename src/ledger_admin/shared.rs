//! Answers that many machines share, between runs.

use std::collections::HashSet;

use super::export::export_shared;
use super::import::{ImportError, ImportSettings, ImportSummary, import_shared};
use super::stats::Stats;
use crate::input::InputSettings;
use crate::ledger::AnswerOrigin;
use crate::model::{Msisdn, UtcMillis};
use crate::output::{StagedOutput, Target, WriteError};
use crate::shared_answers::AnswerStore;
pub use crate::shared_answers::Compacted;
use crate::storage::{Place, Storage, StorageError};

/// A store of answers that many machines share: the place that `--answers` names.
#[derive(Clone, Debug)]
pub struct SharedAnswers(AnswerStore);

impl SharedAnswers {
    /// The store at the URL of an object store, or in a folder. Blocks this thread while credentials
    /// are found.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used, or credentials are missing.
    pub fn open(place: &str, storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self(AnswerStore::open(&Place::of(place)?, storage)?))
    }

    /// Its URL.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Whose answers it holds.
    ///
    /// # Errors
    ///
    /// When this place lacks a store, and when it cannot be read.
    pub async fn origin(&self) -> Result<AnswerOrigin, StorageError> {
        self.0.origin().await
    }

    /// The URLs of its files, each with its size in bytes.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn files(&self) -> Result<Vec<(String, u64)>, StorageError> {
        self.0.file_names().await
    }

    /// Figures about every answer that was ever paid for.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn stats(&self, now: UtcMillis) -> Result<Stats, StorageError> {
        Stats::read_shared(&self.0, now).await
    }

    /// Sorts all answers into large files, beside running jobs if need be.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written. No answer is lost by that.
    pub async fn compact(&self) -> Result<Compacted, StorageError> {
        self.0.origin().await?;
        self.0.compact(&mut |_| true).await
    }

    /// Sorts small files into large ones, and leaves those that are large: at the end of a job, where
    /// [`Self::compact`] would write all answers anew.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written. No answer is lost by that.
    pub async fn compact_parts(&self) -> Result<Compacted, StorageError> {
        self.0.compact_parts().await
    }

    /// Removes answers from before this moment.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn prune(&self, before: UtcMillis) -> Result<Compacted, StorageError> {
        self.0.compact(&mut |entry| entry.answered.checked_at >= before).await
    }

    /// How many answers are from before this moment, and how many there are.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn count_before(&self, before: UtcMillis) -> Result<(u64, u64), StorageError> {
        let (mut older, mut all) = (0, 0);
        let count = |entry: &crate::ledger::Entry| {
            all += 1;
            older += u64::from(entry.answered.checked_at < before);
        };
        self.0.for_each(count).await?;
        Ok((older, all))
    }

    /// Removes all answers to these numbers.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn forget(&self, numbers: &[Msisdn]) -> Result<Compacted, StorageError> {
        let numbers: HashSet<Msisdn> = numbers.iter().copied().collect();
        self.0.compact(&mut |entry| !numbers.contains(&entry.msisdn)).await
    }

    /// Writes every answer by number, newest first.
    ///
    /// # Errors
    ///
    /// If the store cannot be read or the file cannot be written.
    pub async fn export(&self, target: Target) -> Result<Box<dyn StagedOutput>, WriteError> {
        export_shared(self.0.clone(), target).await
    }

    /// Stores the answers of a file. A new store is one of answers of this origin.
    ///
    /// # Errors
    ///
    /// If the file is not an export or an enriched file, or holds answers of another origin than
    /// the store, and when the store fails.
    pub async fn import(
        &self,
        input: &InputSettings,
        settings: &ImportSettings,
    ) -> Result<ImportSummary, ImportError> {
        import_shared(&self.0, input, settings).await
    }
}
