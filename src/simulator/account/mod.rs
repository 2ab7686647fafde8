//! The account by which a client is judged: what the service was asked, and what it sent.
//!
//! [`Account`] is a snapshot. `counters` keeps the running account, with `numbers` for each number
//! and `arrivals` for each 10 ms.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::Msisdn;

mod arrivals;
mod counters;
mod numbers;

pub(super) use counters::{AccountCounters, Charge, NoAnswer, OngoingGuard};

/// What the simulator was asked and what it sent, up to one moment.
///
/// Every request for a lookup ends in one way:
/// `requests` = the sum of `by_result` + the sum of `faults` + `rate_limited` + `unauthorized` +
/// `met_outage` + `without_credit` + `abandoned` + those that have not ended yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// How long the simulator has been running, in milliseconds.
    pub running_ms: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Requests for a lookup whose head was read, however they ended.
    pub requests: u64,
    /// Those that asked for the provider's cache to be bypassed.
    pub nocache: u64,
    /// Answers sent completely, by the service's text, including throttled ones and the three
    /// sentences.
    pub by_result: BTreeMap<String, u64>,
    /// Answers sent completely that the provider would charge for: every result but
    /// `REQUEST_THROTTLED`, `IMSI_LOOKUP_BLOCKED` and the three sentences.
    pub billed: u64,
    /// Lookups of that kind that were made and not delivered: the provider may charge for them.
    pub maybe_billed: u64,
    /// Answers `REQUEST_THROTTLED`, which are in `by_result` too.
    pub throttled: u64,
    /// Requests above the rate limit.
    pub rate_limited: u64,
    /// Requests with wrong credentials or none.
    pub unauthorized: u64,
    /// Requests that met an outage after a connection had been made.
    pub met_outage: u64,
    /// Requests that got 402 because the account had no credit.
    pub without_credit: u64,
    /// Attempts that met a fault, by its name. A stall that is answered in the end is not counted.
    pub faults: BTreeMap<String, u64>,
    /// Requests whose client was gone before the answer was ready.
    pub abandoned: u64,
    /// Lookups that are ongoing now.
    pub ongoing: u32,
    /// The most that were ongoing at once, including requests that were throttled for it.
    pub most_at_once: u32,
    /// How many different numbers were asked about; 0 when no account of numbers is kept.
    pub distinct_numbers: u64,
    /// The most requests that arrived within one slot of 10 ms.
    pub most_in_10ms: u32,
    /// The most requests that arrived within 100 slots of 10 ms in a row: within any second, to 10
    /// ms.
    pub most_in_a_second: u32,
    /// Requests in each 10 ms since the start, up to the last with one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_10ms: Vec<u32>,
    /// What was asked about each number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "digits_to_account")]
    pub numbers: BTreeMap<Msisdn, NumberAccount>,
}

/// What was asked about one number, and what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NumberAccount {
    /// Requests that named it. Stops at 65,535, like `attempts` and `billed`.
    pub asked: u16,
    /// Requests that led to a lookup: neither rejected by credentials, rate or an outage, nor
    /// throttled.
    pub attempts: u16,
    /// Answers sent completely that the provider would charge for.
    pub billed: u16,
    /// Lookups made and not delivered: maybe billed. Stops at 255, like `settled`.
    pub maybe_billed: u8,
    /// Final answers sent completely. `TIMEOUT` and the like are not final when a later attempt
    /// passes.
    pub settled: u8,
}

impl Account {
    /// How many numbers got their final answer more than once.
    #[must_use]
    pub fn settled_more_than_once(&self) -> usize {
        self.numbers.values().filter(|number| number.settled > 1).count()
    }

    /// How many requests have ended so far; see [`Account`].
    #[must_use]
    pub fn ended(&self) -> u64 {
        let answers: u64 = self.by_result.values().sum();
        let faults: u64 = self.faults.values().sum();
        answers
            + faults
            + self.rate_limited
            + self.unauthorized
            + self.met_outage
            + self.without_credit
            + self.abandoned
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "requests         {} on {} connections", self.requests, self.connections)?;
        writeln!(f, "numbers          {}", self.distinct_numbers)?;
        writeln!(f, "billed           {}, and maybe {} more", self.billed, self.maybe_billed)?;
        writeln!(f, "most at once     {}", self.most_at_once)?;
        writeln!(f, "most in a second {}, in 10 ms {}", self.most_in_a_second, self.most_in_10ms)?;
        for (what, count) in [
            ("rate limited", self.rate_limited),
            ("unauthorized", self.unauthorized),
            ("met an outage", self.met_outage),
            ("without credit", self.without_credit),
            ("abandoned", self.abandoned),
        ] {
            if count > 0 {
                writeln!(f, "{what:<16} {count}")?;
            }
        }
        for (kind, counts) in [("answer", &self.by_result), ("fault", &self.faults)] {
            for (text, count) in counts {
                writeln!(f, "{kind:<16} {count:>9} {text}")?;
            }
        }
        Ok(())
    }
}

/// Whole numbers are written only here, because the caller asked for them.
fn digits_to_account<S: Serializer>(
    numbers: &BTreeMap<Msisdn, NumberAccount>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(numbers.iter().map(|(msisdn, account)| (msisdn.get(), account)))
}
