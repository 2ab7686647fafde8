//! What is counted with: one number that many tasks add to, and counts by word.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::Money;
use crate::sync;

/// One count. Its order relative to other counts is relaxed: people read it, and no decision
/// depends on it.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to the count.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Subtracts from the count.
    pub fn sub(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::Relaxed);
    }

    /// Sets the count.
    pub fn set(&self, count: u64) {
        // A read first: a cache line that nobody writes stays in the cache of every core.
        if self.get() != count {
            self.0.store(count, Ordering::Relaxed);
        }
    }

    /// The count now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The count as money, where billionths are counted.
    pub(super) fn amount(&self) -> Money {
        Money::from_billionths(self.get())
    }
}

/// The counts that are not zero, by name.
pub(super) fn by_name<'a>(names: impl Iterator<Item = &'a str>, counts: &[Count]) -> BTreeMap<String, u64> {
    let counts = names.zip(counts).map(|(name, count)| (name.to_owned(), count.get()));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// Counts by word, for what is rare enough for a lock.
#[derive(Debug, Default)]
pub(super) struct WordCounts(Mutex<BTreeMap<Cow<'static, str>, u64>>);

impl WordCounts {
    pub(super) fn add(&self, word: Cow<'static, str>, more: u64) {
        *sync::lock(&self.0).entry(word).or_default() += more;
    }

    pub(super) fn get(&self) -> BTreeMap<String, u64> {
        let counts = sync::lock(&self.0);
        counts.iter().map(|(word, count)| (word.clone().into_owned(), *count)).collect()
    }
}
