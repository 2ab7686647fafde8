//! A ledger between runs: read through, taken in, pruned.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::max_age::Freshness;
use super::packed_answer::PackedAnswer;
use super::reader::Reader;
use super::run_marker;
use super::store::{IfMissing, Store};
use crate::model::{Answered, Msisdn, UtcMillis};

/// An answer as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was asked, and how.
    pub scope: AnswerScope,
    /// The number.
    pub msisdn: Msisdn,
    /// The answer, with when and after how many attempts it came.
    pub answered: Answered,
}

/// A ledger, opened to be kept in order. Nothing here asks anybody.
pub struct LedgerFile {
    store: Store,
}

/// How much of a file is held in memory while it is read through.
pub(super) const CACHE_BYTES: usize = 64 << 20;
/// How many answers are read at a time.
const PAGE: usize = 50_000;
/// How much of it may be held in memory to be looked up in.
const MEMORY: u64 = 256 << 20;

impl LedgerFile {
    /// Opens the ledger.
    ///
    /// # Errors
    ///
    /// When there is none and it may not be begun, when another process has it, when it is damaged.
    pub fn open(path: &Path, missing: IfMissing) -> Result<Self, LedgerError> {
        Ok(Self { store: Store::open(path, missing, CACHE_BYTES)? })
    }

    /// How many answers there are.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn count(&self) -> Result<u64, LedgerError> {
        AnswerScope::ALL.into_iter().map(|scope| self.store.count(scope)).sum()
    }

    /// How large the file is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes()
    }

    /// What the file says of itself: `format`, `answers`, `created`, `program`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn about(&self, word: &str) -> Result<Option<String>, LedgerError> {
        self.store.about(word)
    }

    /// When a job that asks everything anew was first started, if it would be taken up again now.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn refresh_started(&self, job: &str, now: UtcMillis) -> Result<Option<UtcMillis>, LedgerError> {
        run_marker::refresh_started(&self.store, job, now)
    }

    /// The answers after this one, scope by scope and by number; at most so many, and none only at the end.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn entries(&self, after: Option<&Entry>, most: usize) -> Result<Vec<Entry>, LedgerError> {
        let first = after.map_or(0, |entry| entry.scope.index());
        for scope in AnswerScope::ALL.into_iter().skip(first) {
            let after = after.filter(|entry| entry.scope == scope).map(|entry| entry.msisdn);
            let page = self.store.page(scope, after, most)?;
            if !page.is_empty() {
                return page.into_iter().map(|answer| self.entry(scope, answer)).collect();
            }
        }
        Ok(Vec::new())
    }

    /// Hands every answer out, scope by scope and by number.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is damaged.
    pub fn read_through(&self, mut each: impl FnMut(&Entry)) -> Result<(), LedgerError> {
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
        let answered = packed.unpack(self.store.texts()).ok_or_else(|| self.store.wrong_sum())?;
        Ok(Entry { scope, msisdn, answered })
    }

    /// Takes answers in, each unless a younger one for its number is there. Gives how many it took.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn take_in(&self, entries: &[Entry]) -> Result<u64, LedgerError> {
        let texts = self.store.texts();
        let mut taken = 0;
        for scope in AnswerScope::ALL {
            let of_scope = entries.iter().filter(|entry| entry.scope == scope);
            let packed: Vec<_> =
                of_scope.map(|entry| (entry.msisdn, PackedAnswer::pack(&entry.answered, texts))).collect();
            if !packed.is_empty() {
                taken += self.store.put_newer(scope, packed)?;
            }
        }
        Ok(taken)
    }

    /// Throws answers away that are older than this, and writes the file anew, so that nothing is left of them. Gives how many
    /// there were, and the ledger without them.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
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
    /// When the file cannot be read.
    pub fn count_older(&self, older_than: Duration, now: UtcMillis) -> Result<u64, LedgerError> {
        let limit = before(now, older_than);
        let mut count = 0;
        self.read_through(|entry| count += u64::from(entry.answered.checked_at < limit))?;
        Ok(count)
    }

    /// Forgets everything about these numbers, and leaves no trace of them in the file, which is written anew. Gives how
    /// many answers there were, and the ledger without them.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. It is as it was then, or without the answers and not yet without their traces.
    pub fn forget(self, numbers: &[Msisdn]) -> Result<(u64, Self), LedgerError> {
        let removed = self.store.remove(numbers)?;
        Ok((removed, Self { store: self.store.rewrite()? }))
    }

    /// Looks numbers up as a run would, and changes nothing.
    #[must_use]
    pub fn reader(self, scope: AnswerScope, freshness: Freshness) -> LedgerFileReader {
        LedgerFileReader(Reader::new(Arc::new(self.store), scope, freshness, MEMORY))
    }
}

/// The moment so long before another.
fn before(now: UtcMillis, age: Duration) -> UtcMillis {
    UtcMillis(now.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
}

/// Reads a ledger as a run on a scope would.
pub struct LedgerFileReader(Reader);

impl LedgerFileReader {
    /// Whether each of these numbers has an answer that is young enough, in their order.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn knows(&self, numbers: &[Msisdn]) -> Result<Vec<bool>, LedgerError> {
        Ok(self.0.look(numbers)?.iter().map(Option::is_some).collect())
    }
}
