//! The counts of a run.
//!
//! Every row that came in is counted in exactly one of five classes, so that at every moment
//! rows = invalid + duplicates + from memory + answered + unanswered, for the rows that are done.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::answer::{Billed, Fault, FaultKind, LookupResult, Status};

/// One count. Relaxed: counts are read for people, and nothing is decided by their order.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to the count.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Takes from the count.
    pub fn sub(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::Relaxed);
    }

    /// The count now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of a run while it goes on; shared by all who count and by whoever shows progress.
#[derive(Debug, Default)]
pub struct Counters {
    /// Rows that are done.
    pub rows: Count,
    /// Rows refused before any money was spent.
    pub invalid: Count,
    /// Rows whose number another row of this run had before.
    pub duplicates: Count,
    /// Rows whose answer an earlier run paid for.
    pub from_memory: Count,
    /// Rows for which this run got an answer.
    pub answered: Count,
    /// Rows for which this run got none.
    pub unanswered: Count,

    /// Requests sent, every attempt counted.
    pub requests: Count,
    /// Requests that were second or later attempts of their number, throttled ones not counted.
    pub retries: Count,
    /// Requests that the service turned away because too much was asked at once; they cost nothing.
    pub throttled: Count,
    /// Requests that may be billed although they brought no answer.
    pub maybe_billed: Count,
    /// Requests that brought an answer of the service, TIMEOUT and its like included.
    pub replies: Count,
    /// Requests under way.
    pub in_flight: Count,
    /// Numbers that have their final word, each once.
    pub numbers_done: Count,

    /// Rows by status, in the order of [`Status::ALL`].
    pub by_status: [Count; Status::ALL.len()],
    /// Rows by documented result, in the order of [`LookupResult::DOCUMENTED`]; the last place is for others.
    pub by_result: [Count; LookupResult::DOCUMENTED.len() + 1],
    /// Requests that failed, by kind of fault.
    faults: [Count; FAULT_KINDS.len()],
    /// Rows refused, by reason.
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

/// The kinds of faults as summaries name them, in the order of [`fault_index`].
const FAULT_KINDS: [&str; 8] = [
    "not_connected",
    "connection_broken",
    "stalled",
    "http_401",
    "http_403",
    "http_429",
    "http_other",
    "not_an_answer",
];

fn fault_index(kind: &FaultKind) -> usize {
    match kind {
        FaultKind::NotConnected(_) => 0,
        FaultKind::Broken(_) => 1,
        FaultKind::Stalled => 2,
        FaultKind::Unauthorized => 3,
        FaultKind::Forbidden => 4,
        FaultKind::TooManyRequests => 5,
        FaultKind::HttpStatus(_) => 6,
        FaultKind::Nonsense(_) => 7,
    }
}

impl Counters {
    /// Counts a request that failed.
    pub fn count_fault(&self, fault: &Fault) {
        self.faults[fault_index(&fault.kind)].add(1);
        if fault.billed == Billed::Maybe {
            self.maybe_billed.add(1);
        }
    }

    /// Counts refused rows by reason.
    pub fn count_refused(&self, reasons: impl IntoIterator<Item = (&'static str, u64)>) {
        let mut refused = self.refused.lock().expect("counting does not panic");
        for (reason, rows) in reasons {
            *refused.entry(reason).or_default() += rows;
        }
    }

    /// Everything as plain numbers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let nonzero = |names: &mut dyn Iterator<Item = (&'static str, u64)>| {
            names.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
        };
        let statuses = Status::ALL.iter().zip(&self.by_status);
        let results = LookupResult::DOCUMENTED.iter().zip(&self.by_result);
        let mut by_result: BTreeMap<String, u64> =
            results.map(|(result, count)| (result.text().to_owned(), count.get())).collect();
        by_result.insert("(undocumented)".into(), self.by_result[LookupResult::DOCUMENTED.len()].get());
        by_result.retain(|_, count| *count > 0);
        Snapshot {
            rows: self.rows.get(),
            invalid: self.invalid.get(),
            duplicates: self.duplicates.get(),
            from_memory: self.from_memory.get(),
            answered: self.answered.get(),
            unanswered: self.unanswered.get(),
            requests: self.requests.get(),
            replies: self.replies.get(),
            retries: self.retries.get(),
            throttled: self.throttled.get(),
            maybe_billed: self.maybe_billed.get(),
            by_status: nonzero(&mut statuses.map(|(status, count)| (status.text(), count.get()))),
            by_result,
            refused: nonzero(
                &mut self.refused.lock().expect("counting does not panic").iter().map(|(k, v)| (*k, *v)),
            ),
            faults: nonzero(&mut FAULT_KINDS.into_iter().zip(&self.faults).map(|(k, v)| (k, v.get()))),
        }
    }
}

/// The counts at one moment; the fields are those of [`Counters`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Snapshot {
    /// Rows that are done.
    pub rows: u64,
    /// Rows refused before any money was spent.
    pub invalid: u64,
    /// Rows whose number another row of this run had before.
    pub duplicates: u64,
    /// Rows whose answer an earlier run paid for.
    pub from_memory: u64,
    /// Rows for which this run got an answer.
    pub answered: u64,
    /// Rows for which this run got none.
    pub unanswered: u64,
    /// Requests sent, every attempt counted.
    pub requests: u64,
    /// Requests that brought an answer of the service.
    pub replies: u64,
    /// Requests that were second or later attempts.
    pub retries: u64,
    /// Requests turned away because too much was asked at once.
    pub throttled: u64,
    /// Requests without an answer that may be billed.
    pub maybe_billed: u64,
    /// Rows by status, where there are any.
    pub by_status: BTreeMap<String, u64>,
    /// Rows by result, where there are any.
    pub by_result: BTreeMap<String, u64>,
    /// Rows refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Failed requests by kind.
    pub faults: BTreeMap<String, u64>,
}

impl Snapshot {
    /// Whether every row is in exactly one class.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows == self.invalid + self.duplicates + self.from_memory + self.answered + self.unanswered
    }
}
