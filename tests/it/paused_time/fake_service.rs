//! A service whose misbehaviour follows from a seed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hlr_enrich::internals::model::{Answer, Billed, Fault, FaultKind, LookupResult, Msisdn};
use hlr_enrich::internals::service::{Received, Service};
use tokio::time::Instant;

/// How the service misbehaves, and what it allows.
#[derive(Clone, Debug)]
pub struct Conditions {
    pub seed: u64,
    /// Requests above this number in flight are throttled.
    pub ongoing_limit: usize,
    /// The percentage of attempts that fail; only the first two of a number can fail.
    pub failure_percent: u64,
    /// How many kinds of failure there are: the first two are TIMEOUT and HLR_ABORT, the other
    /// three are faults.
    pub failure_kinds: u64,
    /// When the service cannot be reached.
    pub outage: Option<(Duration, Duration)>,
    pub latency: Duration,
    /// Numbers from the first to the second have this latency instead.
    pub slow: Option<(u64, u64, Duration)>,
}

/// What the service saw; the stage is judged by it.
#[derive(Debug, Default)]
pub struct Account {
    pub arrivals: Vec<Duration>,
    pub ongoing: HashSet<Msisdn>,
    pub max_ongoing: usize,
    pub attempts: HashMap<Msisdn, u64>,
    pub answered: HashMap<Msisdn, u64>,
    pub sent_twice_at_once: Vec<Msisdn>,
}

pub struct FakeService {
    pub conditions: Conditions,
    pub started: Instant,
    pub account: Arc<Mutex<Account>>,
    pub endpoints: Vec<String>,
}

pub fn number(n: u64) -> Msisdn {
    Msisdn::new(46_700_000_000 + n).unwrap()
}

/// A pseudorandom number that follows from its arguments.
fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(0x243F_6A88_85A3_08D3, |state, part| {
        let mixed = (state ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 29)
    })
}

/// The final answer of a number.
pub fn truth(seed: u64, msisdn: Msisdn) -> LookupResult {
    match hash(&[seed, msisdn.get()]) % 10 {
        0 => LookupResult::UnknownSubscriber,
        1 => LookupResult::AbsentSubscriberSm,
        _ => LookupResult::Ok,
    }
}

impl Service for FakeService {
    fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    async fn look_up(&self, _: usize, msisdn: Msisdn) -> Result<Received, Fault> {
        let now = self.started.elapsed();
        let attempt = {
            let mut account = self.account.lock().unwrap();
            account.arrivals.push(now);
            if !account.ongoing.insert(msisdn) {
                account.sent_twice_at_once.push(msisdn);
            }
            account.max_ongoing = account.max_ongoing.max(account.ongoing.len());
            if account.ongoing.len() > self.conditions.ongoing_limit {
                account.ongoing.remove(&msisdn);
                return Ok(Answer::bare(LookupResult::RequestThrottled).into());
            }
            let attempt = account.attempts.entry(msisdn).or_default();
            *attempt += 1;
            *attempt
        };
        let result = self.answer(msisdn, attempt, now).await;
        let mut account = self.account.lock().unwrap();
        account.ongoing.remove(&msisdn);
        if result.as_ref().is_ok_and(|answer| answer.result == truth(self.conditions.seed, msisdn)) {
            *account.answered.entry(msisdn).or_default() += 1;
        }
        result.map(Received::from)
    }
}

impl FakeService {
    async fn answer(&self, msisdn: Msisdn, attempt: u64, now: Duration) -> Result<Answer, Fault> {
        let fault = |kind, billed| Err(Fault { kind, billed, retry_after: None });
        if self.conditions.outage.is_some_and(|(from, to)| (from..to).contains(&now)) {
            return fault(FaultKind::NotConnected("refused".into()), Billed::No);
        }
        let dice = hash(&[self.conditions.seed, msisdn.get(), attempt, 1]);
        let is_slow = |(from, to, _): &(u64, u64, Duration)| (number(*from)..number(*to)).contains(&msisdn);
        let latency = self.conditions.slow.filter(is_slow).map_or(self.conditions.latency, |slow| slow.2);
        let spread = Duration::from_micros(dice % 1000) * (latency.as_millis() as u32);
        tokio::time::sleep(latency / 2 + spread).await;
        if attempt > 2 || dice % 100 >= self.conditions.failure_percent {
            return Ok(Answer::bare(truth(self.conditions.seed, msisdn)));
        }
        match dice / 100 % self.conditions.failure_kinds {
            0 => Ok(Answer::bare(LookupResult::Timeout)),
            1 => Ok(Answer::bare(LookupResult::HlrAbort)),
            2 => fault(FaultKind::ConnectionBroken("reset".into()), Billed::Maybe),
            3 => fault(FaultKind::HttpStatus(503), Billed::No),
            _ => fault(FaultKind::NotAnAnswer("<html>".into()), Billed::Maybe),
        }
    }
}
