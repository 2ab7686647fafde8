//! The counts of a run.
//!
//! Every row that came in is counted in exactly one of six classes, so that at every moment
//! rows = invalid + carried + duplicates + from ledger + answered + unanswered, for the rows that are done.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::breakdown::Breakdown;
use super::latency::Latencies;
use crate::model::{Fault, LookupResult, Money, Status};
use crate::pricing::Charge;
use crate::sync;

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

    /// Makes it this, if it is not.
    pub fn set(&self, count: u64) {
        // Read first: what everybody reads stays in everybody's cache.
        if self.get() != count {
            self.0.store(count, Ordering::Relaxed);
        }
    }

    /// The count now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The count as money, where billionths were counted.
    fn amount(&self) -> Money {
        Money::from_billionths(self.get())
    }
}

/// The counts of a run while it goes on; shared by all who count and by whoever shows progress.
#[derive(Debug, Default)]
pub struct Counters {
    /// Rows that are done.
    pub rows: Count,
    /// Rows of the list that a filter leaves out; they are no part of the others.
    pub filtered: Count,
    /// Rows refused before any money was spent.
    pub invalid: Count,
    /// Rows that kept what an earlier run wrote, because only the others were to be asked about.
    pub carried: Count,
    /// Rows with the answer that another row of this run got for the same number.
    pub duplicates: Count,
    /// Rows whose answer an earlier run paid for.
    pub from_ledger: Count,
    /// Rows for which this run got an answer.
    pub answered: Count,
    /// Rows for which this run got none, each of those that have the same number counted.
    pub unanswered: Count,

    /// Requests sent, every attempt counted.
    pub requests: Count,
    /// Requests that were second or later attempts of their number, throttled ones not counted.
    pub retries: Count,
    /// Requests that the service turned away because too much was asked at once; they cost nothing.
    pub throttled: Count,
    /// Requests that were answered with something that the contract bills.
    pub billed: Count,
    /// Their price together, in billionths.
    pub billed_cost: Count,
    /// Requests that may be billed although they brought no answer.
    pub maybe_billed: Count,
    /// Their price together, in billionths.
    pub maybe_billed_cost: Count,
    /// What the rows would have cost that another row's lookup answered, in billionths.
    pub duplicates_cost: Count,
    /// What the rows would have cost that the ledger answered, in billionths.
    pub from_ledger_cost: Count,
    /// Answers that the ledger could not keep.
    pub not_kept: Count,
    /// Requests that brought an answer of the service, TIMEOUT and its like included.
    pub replies: Count,
    /// The endpoint that was asked last, by its place in the order of preference.
    pub endpoint: Count,
    /// Requests under way.
    pub in_flight: Count,
    /// Numbers that were not asked about because their range answers nothing useful.
    pub skipped: Count,
    /// Numbers that were not asked about because the run stopped before.
    pub never_asked: Count,
    /// Numbers that have no answer, each once.
    pub numbers_unanswered: Count,
    /// Numbers that have their final word, each once.
    pub numbers_done: Count,

    /// Rows by status, in the order of [`Status::ALL`].
    pub by_status: [Count; Status::ALL.len()],
    /// Rows by documented result, in the order of [`LookupResult::DOCUMENTED`]; the last place is for others.
    pub by_result: [Count; LookupResult::DOCUMENTED.len() + 1],
    /// How long answers took.
    pub latency: Latencies,
    /// Rows by the place of their numbers.
    pub breakdown: Breakdown,
    /// Requests that failed, by kind of fault.
    faults: Tally,
    /// Rows refused, by reason.
    refused: Tally,
}

/// Counts by word, for what is rare enough for a lock.
#[derive(Debug, Default)]
struct Tally(Mutex<BTreeMap<Cow<'static, str>, u64>>);

impl Tally {
    fn add(&self, word: Cow<'static, str>, more: u64) {
        *sync::lock(&self.0).entry(word).or_default() += more;
    }

    fn get(&self) -> BTreeMap<String, u64> {
        let tally = sync::lock(&self.0);
        tally.iter().map(|(word, count)| (word.clone().into_owned(), *count)).collect()
    }
}

impl Counters {
    /// Counts a request that failed.
    pub fn count_fault(&self, fault: &Fault) {
        self.faults.add(fault.kind.word(), 1);
    }

    /// Counts what a request added to the bill.
    pub fn count_charge(&self, charge: Charge) {
        match charge {
            Charge::Free => {}
            Charge::Billed(amount) => {
                self.billed.add(1);
                self.billed_cost.add(amount.billionths());
            }
            Charge::Maybe(amount) => {
                self.maybe_billed.add(1);
                self.maybe_billed_cost.add(amount.billionths());
            }
        }
    }

    /// Counts rows that were refused for this reason.
    pub fn count_refused(&self, reason: &'static str, rows: u64) {
        self.refused.add(reason.into(), rows);
    }

    /// Everything as plain numbers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let statuses = Status::ALL.iter().map(|status| status.text());
        let results = LookupResult::DOCUMENTED.iter().map(LookupResult::text);
        Snapshot {
            rows: self.rows.get(),
            filtered: self.filtered.get(),
            invalid: self.invalid.get(),
            carried: self.carried.get(),
            duplicates: self.duplicates.get(),
            from_ledger: self.from_ledger.get(),
            answered: self.answered.get(),
            unanswered: self.unanswered.get(),
            requests: self.requests.get(),
            replies: self.replies.get(),
            retries: self.retries.get(),
            throttled: self.throttled.get(),
            billed: self.billed.get(),
            maybe_billed: self.maybe_billed.get(),
            not_kept: self.not_kept.get(),
            numbers_unanswered: self.numbers_unanswered.get(),
            skipped: self.skipped.get(),
            never_asked: self.never_asked.get(),
            costs: Costs {
                billed: self.billed_cost.amount(),
                maybe_billed: self.maybe_billed_cost.amount(),
                saved_by_duplicates: self.duplicates_cost.amount(),
                saved_by_ledger: self.from_ledger_cost.amount(),
            },
            by_status: nonzero(statuses, &self.by_status),
            by_result: nonzero(results.chain([UNDOCUMENTED]), &self.by_result),
            refused: self.refused.get(),
            faults: self.faults.get(),
        }
    }
}

/// What all results that no document lists are counted under.
const UNDOCUMENTED: &str = "(undocumented)";

fn nonzero<'a>(names: impl Iterator<Item = &'a str>, counts: &[Count]) -> BTreeMap<String, u64> {
    let counted = names.zip(counts).map(|(name, count)| (name.to_owned(), count.get()));
    counted.filter(|(_, count)| *count > 0).collect()
}

/// The counts at one moment; the fields are those of [`Counters`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Snapshot {
    /// Rows that are done.
    pub rows: u64,
    /// Rows of the list that a filter leaves out; they are no part of the others.
    pub filtered: u64,
    /// Rows refused before any money was spent.
    pub invalid: u64,
    /// Rows that kept what an earlier run wrote.
    pub carried: u64,
    /// Rows whose number another row of this run had before.
    pub duplicates: u64,
    /// Rows whose answer an earlier run paid for.
    pub from_ledger: u64,
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
    /// Requests that brought something the contract bills.
    pub billed: u64,
    /// Requests without an answer that may be billed.
    pub maybe_billed: u64,
    /// Answers that the ledger could not keep.
    pub not_kept: u64,
    /// Numbers that were not asked about because their range answers nothing useful.
    pub skipped: u64,
    /// Numbers that have no answer, each once.
    pub numbers_unanswered: u64,
    /// Numbers that were not asked about because the run stopped before.
    pub never_asked: u64,
    /// What all this cost; nothing where no price is known.
    pub costs: Costs,
    /// Rows by status, where there are any.
    pub by_status: BTreeMap<String, u64>,
    /// Rows by result, where there are any.
    pub by_result: BTreeMap<String, u64>,
    /// Rows refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Failed requests by kind.
    pub faults: BTreeMap<String, u64>,
}

/// Money spent, perhaps spent, and not spent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Costs {
    /// For requests that were answered.
    pub billed: Money,
    /// For requests without an answer that may be billed.
    pub maybe_billed: Money,
    /// What the rows would have cost that another row's lookup answered.
    pub saved_by_duplicates: Money,
    /// What the rows would have cost that the ledger answered.
    pub saved_by_ledger: Money,
}

impl Snapshot {
    /// How many rows have this status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> u64 {
        self.by_status.get(status.text()).copied().unwrap_or(0)
    }

    /// Whether every row is in exactly one class.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let done_without_asking = self.invalid + self.carried + self.duplicates + self.from_ledger;
        self.rows == done_without_asking + self.answered + self.unanswered
    }
}
