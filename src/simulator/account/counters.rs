//! The running account: a few counters per request, without a lock that requests share.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{LookupResult, Msisdn};
use crate::sync;

use super::arrivals::Arrivals;
use super::numbers::NumberAccounts;
use super::{Account, NumberAccount, arrivals};
use crate::simulator::decision::Finality;
use crate::simulator::request::Detail;
use crate::simulator::settings::{Fault, PerNumberAccount};

const FAULTS: usize = Fault::ALL.len();
const RESULTS: usize = LookupResult::DOCUMENTED.len();
const SLOTS_IN_A_SECOND: usize = 100;

/// What was asked and sent so far.
pub(in crate::simulator) struct AccountCounters {
    started: Instant,
    connections: AtomicU64,
    requests: AtomicU64,
    nocache: AtomicU64,
    by_result: [AtomicU64; RESULTS],
    unrecognised: Mutex<BTreeMap<String, u64>>,
    billed: AtomicU64,
    maybe_billed: AtomicU64,
    rate_limited: AtomicU64,
    unauthorized: AtomicU64,
    met_outage: AtomicU64,
    without_credit: AtomicU64,
    faults: [AtomicU64; FAULTS],
    abandoned: AtomicU64,
    ongoing: AtomicU32,
    most_at_once: AtomicU32,
    arrivals: Arrivals,
    numbers: Option<NumberAccounts>,
}

/// What the provider charges for a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Charge {
    Nothing,
    Billed,
}

impl Charge {
    /// The charge for this result; see [`Account::billed`].
    pub(in crate::simulator) fn of(result: &LookupResult) -> Self {
        match result {
            LookupResult::RequestThrottled
            | LookupResult::ImsiLookupBlocked
            | LookupResult::MandatoryParameterMissing
            | LookupResult::RangeNotAccepted
            | LookupResult::MsisdnInvalid => Self::Nothing,
            _ => Self::Billed,
        }
    }
}

/// Why a request got no answer from a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum NoAnswer {
    RateLimited,
    Unauthorized,
    MetOutage,
    Abandoned,
    NoCredit,
    Fault(Fault),
}

impl AccountCounters {
    pub(in crate::simulator) fn new(per_number: PerNumberAccount) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            started: Instant::now(),
            connections: zero(),
            requests: zero(),
            nocache: zero(),
            by_result: std::array::from_fn(|_| zero()),
            unrecognised: Mutex::new(BTreeMap::new()),
            billed: zero(),
            maybe_billed: zero(),
            rate_limited: zero(),
            unauthorized: zero(),
            met_outage: zero(),
            without_credit: zero(),
            faults: std::array::from_fn(|_| zero()),
            abandoned: zero(),
            ongoing: AtomicU32::new(0),
            most_at_once: AtomicU32::new(0),
            arrivals: Arrivals::new(),
            numbers: (per_number == PerNumberAccount::Kept).then(NumberAccounts::new),
        }
    }

    /// The time since the start.
    pub(in crate::simulator) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(in crate::simulator) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// A request for a lookup arrived, this long after the start.
    pub(in crate::simulator) fn arrived(&self, since_start: Duration) {
        self.requests.fetch_add(1, Relaxed);
        self.arrivals.record(since_start);
    }

    pub(in crate::simulator) fn asked_without_cache(&self) {
        self.nocache.fetch_add(1, Relaxed);
    }

    /// A number was named in a request that was rejected before a lookup.
    pub(in crate::simulator) fn rejected(&self, msisdn: Msisdn) {
        self.update(msisdn, |number| number.asked = number.asked.saturating_add(1));
    }

    /// A number is looked up. Returns which attempt of the number this is, from 1.
    pub(in crate::simulator) fn attempted(&self, msisdn: Msisdn) -> u16 {
        let attempt = self.update(msisdn, |number| {
            number.asked = number.asked.saturating_add(1);
            number.attempts = number.attempts.saturating_add(1);
            number.attempts
        });
        attempt.unwrap_or(1)
    }

    /// An answer about this number was sent completely.
    pub(in crate::simulator) fn answered(&self, msisdn: Msisdn, result: &LookupResult, finality: Finality) {
        let charge = Charge::of(result);
        self.result_sent(result);
        if charge == Charge::Billed {
            self.billed.fetch_add(1, Relaxed);
        }
        self.update(msisdn, |number| {
            number.billed = number.billed.saturating_add(u16::from(charge == Charge::Billed));
            number.settled = number.settled.saturating_add(u8::from(finality == Finality::Final));
        });
    }

    /// An answer that [`Self::answered`] recorded could not be sent after all.
    pub(in crate::simulator) fn lost(&self, msisdn: Msisdn, result: &LookupResult, finality: Finality) {
        match self.by_result.get(result.index()) {
            Some(count) => {
                count.fetch_sub(1, Relaxed);
            }
            None => self.change_unrecognised(result, |count| *count -= 1),
        }
        self.unanswered(NoAnswer::Abandoned);
        let charge = Charge::of(result);
        if charge == Charge::Billed {
            self.billed.fetch_sub(1, Relaxed);
            self.undelivered(msisdn);
        }
        self.update(msisdn, |number| {
            number.billed = number.billed.saturating_sub(u16::from(charge == Charge::Billed));
            number.settled = number.settled.saturating_sub(u8::from(finality == Finality::Final));
        });
    }

    /// How many lookups were billed.
    pub(in crate::simulator) fn billed(&self) -> u64 {
        self.billed.load(Relaxed)
    }

    /// A lookup of this number was made, and its answer was not delivered.
    pub(in crate::simulator) fn undelivered(&self, msisdn: Msisdn) {
        self.maybe_billed.fetch_add(1, Relaxed);
        self.update(msisdn, |number| number.maybe_billed = number.maybe_billed.saturating_add(1));
    }

    /// This result was sent completely, about any number or none.
    pub(in crate::simulator) fn result_sent(&self, result: &LookupResult) {
        match self.by_result.get(result.index()) {
            Some(count) => {
                count.fetch_add(1, Relaxed);
            }
            None => self.change_unrecognised(result, |count| *count += 1),
        }
    }

    /// A request ended without an answer from a lookup.
    pub(in crate::simulator) fn unanswered(&self, reason: NoAnswer) {
        let count = match reason {
            NoAnswer::RateLimited => &self.rate_limited,
            NoAnswer::Unauthorized => &self.unauthorized,
            NoAnswer::MetOutage => &self.met_outage,
            NoAnswer::Abandoned => &self.abandoned,
            NoAnswer::NoCredit => &self.without_credit,
            NoAnswer::Fault(fault) => &self.faults[fault as usize],
        };
        count.fetch_add(1, Relaxed);
    }

    /// Counts a request as ongoing until the guard is dropped.
    pub(in crate::simulator) fn begin_request(&self) -> OngoingGuard<'_> {
        let at_once = self.ongoing.fetch_add(1, Relaxed) + 1;
        if at_once > self.most_at_once.load(Relaxed) {
            self.most_at_once.fetch_max(at_once, Relaxed);
        }
        OngoingGuard { ongoing: &self.ongoing, at_once }
    }

    /// The account at this moment, with the details that are wanted.
    pub(in crate::simulator) fn snapshot(&self, numbers: Detail, arrivals: Detail) -> Account {
        let counts = self.arrivals.counts();
        Account {
            running_ms: self.elapsed().as_millis() as u64,
            connections: self.connections.load(Relaxed),
            requests: self.requests.load(Relaxed),
            nocache: self.nocache.load(Relaxed),
            by_result: self.results(),
            billed: self.billed.load(Relaxed),
            maybe_billed: self.maybe_billed.load(Relaxed),
            throttled: self.by_result[LookupResult::RequestThrottled.index()].load(Relaxed),
            rate_limited: self.rate_limited.load(Relaxed),
            unauthorized: self.unauthorized.load(Relaxed),
            met_outage: self.met_outage.load(Relaxed),
            without_credit: self.without_credit.load(Relaxed),
            faults: by_name(Fault::ALL.iter().map(|fault| fault.text()), &self.faults),
            abandoned: self.abandoned.load(Relaxed),
            ongoing: self.ongoing.load(Relaxed),
            most_at_once: self.most_at_once.load(Relaxed),
            distinct_numbers: self.numbers.as_ref().map_or(0, NumberAccounts::len),
            most_in_10ms: arrivals::max_in_window(1, &counts),
            most_in_a_second: arrivals::max_in_window(SLOTS_IN_A_SECOND, &counts),
            per_10ms: if arrivals == Detail::Wanted { counts } else { Vec::new() },
            numbers: match (&self.numbers, numbers) {
                (Some(kept), Detail::Wanted) => kept.snapshot(),
                _ => BTreeMap::new(),
            },
        }
    }

    fn change_unrecognised(&self, result: &LookupResult, change: impl FnOnce(&mut u64)) {
        let mut counts = sync::lock(&self.unrecognised);
        change(counts.entry(result.text().to_owned()).or_default());
    }

    fn results(&self) -> BTreeMap<String, u64> {
        let mut results = by_name(LookupResult::DOCUMENTED.iter().map(LookupResult::text), &self.by_result);
        let unrecognised = sync::lock(&self.unrecognised);
        results.extend(unrecognised.iter().map(|(text, count)| (text.clone(), *count)));
        results
    }

    fn update<T>(&self, msisdn: Msisdn, change: impl FnOnce(&mut NumberAccount) -> T) -> Option<T> {
        self.numbers.as_ref().map(|numbers| numbers.update(msisdn, change))
    }
}

/// The counts above zero, by name.
fn by_name<'a>(names: impl Iterator<Item = &'a str>, counts: &[AtomicU64]) -> BTreeMap<String, u64> {
    let counts = counts.iter().map(|count| count.load(Relaxed));
    names.zip(counts).filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
}

/// One ongoing request, until it is dropped.
pub(in crate::simulator) struct OngoingGuard<'a> {
    ongoing: &'a AtomicU32,
    /// How many were ongoing when this one began, itself included.
    pub(in crate::simulator) at_once: u32,
}

impl Drop for OngoingGuard<'_> {
    fn drop(&mut self) {
        self.ongoing.fetch_sub(1, Relaxed);
    }
}
