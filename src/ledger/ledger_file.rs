//! A ledger between runs: reading all of it, merging answers into it, pruning it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::answer_scope::AnswerScope;
use super::clock_doubt::ClockDoubt;
use super::error::LedgerError;
use super::max_age::Freshness;
use super::packed_answer::PackedAnswer;
use super::reader::Reader;
use super::run_marker;
use super::store::{IfMissing, Store};
use crate::model::{Answered, Msisdn, UtcMillis};

/// An answer in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was looked up, and how.
    pub scope: AnswerScope,
    /// The number.
    pub msisdn: Msisdn,
    /// The answer, with when and how it was obtained.
    pub answered: Answered,
}

/// A ledger, opened for administration. Nothing here sends a request.
pub struct LedgerFile {
    store: Store,
}

/// How much of the file is cached in memory.
pub(super) const CACHE_BYTES: usize = 64 << 20;
/// How many answers are read at a time.
const PAGE: usize = 50_000;
/// How much memory a [`LedgerFileReader`] may take, in bytes.
const READER_MEMORY: u64 = 256 << 20;

impl LedgerFile {
    /// Opens the ledger.
    ///
    /// # Errors
    ///
    /// If it does not exist and may not be created, if another process uses it, or if it is
    /// damaged.
    pub fn open(path: &Path, missing: IfMissing) -> Result<Self, LedgerError> {
        Ok(Self { store: Store::open(path, missing, CACHE_BYTES)? })
    }

    /// How many answers there are.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn count(&self) -> Result<u64, LedgerError> {
        AnswerScope::ALL.into_iter().map(|scope| self.store.count(scope)).sum()
    }

    /// The size of the file, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes()
    }

    /// What the file says about itself under a key: `format`, `answers`, `created`, `program`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn metadata(&self, key: &str) -> Result<Option<String>, LedgerError> {
        self.store.metadata(key)
    }

    /// When a job's refresh started, if a run would continue it now.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn refresh_started(&self, job: &str, now: UtcMillis) -> Result<Option<UtcMillis>, LedgerError> {
        run_marker::refresh_started(&self.store, job, now)
    }

    /// Whether the clock does not agree with the ledger.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn clock_doubt(&self, now: UtcMillis) -> Result<Option<ClockDoubt>, LedgerError> {
        ClockDoubt::of(&self.store, now)
    }

    /// At most `limit` answers after this one, by scope and number. Empty only at the end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn entries(&self, after: Option<&Entry>, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let first = after.map_or(0, |entry| entry.scope.index());
        for scope in AnswerScope::ALL.into_iter().skip(first) {
            let after = after.filter(|entry| entry.scope == scope).map(|entry| entry.msisdn);
            let page = self.store.page(scope, after, limit)?;
            if !page.is_empty() {
                return page.into_iter().map(|answer| self.entry(scope, answer)).collect();
            }
        }
        Ok(Vec::new())
    }

    /// Every answer to these numbers, of whatever age, by scope and number.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is damaged.
    pub fn find(&self, numbers: &[Msisdn]) -> Result<Vec<Entry>, LedgerError> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut found = Vec::new();
        for scope in AnswerScope::ALL {
            for &msisdn in &sorted {
                let before = msisdn.get().checked_sub(1).and_then(Msisdn::new);
                let next = self.store.page(scope, before, 1)?;
                for answer in next.into_iter().filter(|(number, _)| *number == msisdn) {
                    found.push(self.entry(scope, answer)?);
                }
            }
        }
        Ok(found)
    }

    /// Calls `each` with every answer, by scope and number.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is damaged.
    pub fn for_each_entry(&self, mut each: impl FnMut(&Entry)) -> Result<(), LedgerError> {
        let mut page = self.entries(None, PAGE)?;
        while let Some(last) = page.last() {
            page.iter().for_each(&mut each);
            page = self.entries(Some(last), PAGE)?;
        }
        Ok(())
    }

    fn entry(
        &self,
        scope: AnswerScope,
        (msisdn, packed): (Msisdn, PackedAnswer),
    ) -> Result<Entry, LedgerError> {
        let answered = packed.unpack(self.store.texts()).ok_or_else(|| self.store.corrupt_answer())?;
        Ok(Entry { scope, msisdn, answered })
    }

    /// Merges answers in. An answer that is there and as young stays. Returns how many were merged.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn merge(&self, entries: &[Entry]) -> Result<u64, LedgerError> {
        let texts = self.store.texts();
        let mut merged = 0;
        for scope in AnswerScope::ALL {
            let of_scope = entries.iter().filter(|entry| entry.scope == scope);
            let packed: Vec<_> =
                of_scope.map(|entry| (entry.msisdn, PackedAnswer::pack(&entry.answered, texts))).collect();
            if !packed.is_empty() {
                merged += self.store.insert_newer(scope, packed)?;
            }
        }
        Ok(merged)
    }

    /// Removes answers older than this, and rewrites the file so that no trace of them is left.
    /// Returns how many there were, and the new ledger.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn prune(self, older_than: Duration, now: UtcMillis) -> Result<(u64, Self), LedgerError> {
        let limit = before(now, older_than);
        let removed = self.store.retain(|packed| packed.checked_at() >= limit)?;
        let mut store = self.store;
        if removed > 0 {
            store = store.rewrite()?;
        }
        store.compact()?;
        Ok((removed, Self { store }))
    }

    /// How many answers are older than this.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn count_older(&self, older_than: Duration, now: UtcMillis) -> Result<u64, LedgerError> {
        let limit = before(now, older_than);
        let mut count = 0;
        self.for_each_entry(|entry| count += u64::from(entry.answered.checked_at < limit))?;
        Ok(count)
    }

    /// Removes everything about these numbers, and rewrites the file so that no trace of them is
    /// left. Returns how many answers there were, and the new ledger.
    ///
    /// # Errors
    ///
    /// If the file cannot be written. Then it is unchanged, or the answers are gone but not their
    /// traces.
    pub fn forget(self, numbers: &[Msisdn]) -> Result<(u64, Self), LedgerError> {
        let removed = self.store.remove(numbers)?;
        Ok((removed, Self { store: self.store.rewrite()? }))
    }

    /// A reader that finds numbers as a run would, and changes nothing.
    #[must_use]
    pub fn reader(self, scope: AnswerScope, freshness: Freshness) -> LedgerFileReader {
        LedgerFileReader(Reader::new(Arc::new(self.store), scope, freshness, READER_MEMORY))
    }
}

/// The time that is `age` before `now`.
fn before(now: UtcMillis, age: Duration) -> UtcMillis {
    UtcMillis(now.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
}

/// Reads a ledger as a run on a scope would.
pub struct LedgerFileReader(Reader);

impl LedgerFileReader {
    /// Whether each of these numbers has an answer that is young enough, in order.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn knows(&self, numbers: &[Msisdn]) -> Result<Vec<bool>, LedgerError> {
        Ok(self.0.find(numbers)?.iter().map(Option::is_some).collect())
    }
}
