//! One run of the lookup stage with the fake service.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use hlr_enrich::internals::ledger::MemoryLedger;
use hlr_enrich::internals::lookup::{
    Caps, Lookup, LookupSettings, Rate, RetryPolicy, StopReason, StopSignal,
};
use hlr_enrich::internals::model::{Msisdn, Outcome, Source};
use hlr_enrich::internals::telemetry::{Counters, NoReporter};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::fake_service::{Account, Conditions, FakeService, number};

/// One run: several batches at a time, with duplicates within and between them.
pub struct Run {
    pub conditions: Conditions,
    pub settings: LookupSettings,
    pub batches: Vec<Vec<Msisdn>>,
}

/// The result of a run.
pub struct Finished {
    pub account: Account,
    pub counters: Arc<Counters>,
    pub replies: Vec<(Msisdn, Outcome, Source)>,
    pub stopped: Option<StopReason>,
    pub took: Duration,
}

impl Run {
    /// A run whose size, conditions and settings follow from the seed.
    pub fn with_seed(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let distinct = dice.u64(1..2_000);
        let batches = (0..dice.usize(1..8))
            .map(|_| (0..dice.usize(0..400)).map(|_| number(dice.u64(0..distinct))).collect())
            .collect();
        let rate = dice.bool().then(|| Rate::per_second(dice.u32(5..2_000).into()).unwrap());
        let outage = dice.bool().then(|| {
            let from = Duration::from_millis(dice.u64(0..2_000));
            (from, from + Duration::from_secs(dice.u64(1..400)))
        });
        let conditions = Conditions {
            seed,
            ongoing_limit: dice.usize(3..200),
            failure_percent: dice.u64(0..60),
            failure_kinds: 5,
            outage,
            latency: Duration::from_millis(dice.u64(1..400)),
            slow: None,
        };
        let retry = RetryPolicy { attempts: 8, budget: 10.0, ..RetryPolicy::default() };
        Self { conditions, settings: settings(rate, dice.usize(1..300), retry, seed), batches }
    }

    pub fn run(self) -> Finished {
        paused_runtime().block_on(self.run_in_paused_time(StopSignal::default()))
    }

    /// Starts the stage. Returns it with its counters and the account of its service.
    pub fn start(&self, stop: StopSignal) -> (Lookup<FakeService>, Arc<Counters>, Arc<Mutex<Account>>) {
        let account = Arc::new(Mutex::new(Account::default()));
        let counters = Arc::new(Counters::default());
        let service = FakeService {
            conditions: self.conditions.clone(),
            started: Instant::now(),
            account: account.clone(),
            endpoints: vec!["http://127.0.0.1:1".into()],
        };
        let ledger = Arc::new(MemoryLedger::default());
        let lookup =
            Lookup::start(service, ledger, &self.settings, stop, counters.clone(), Arc::new(NoReporter));
        (lookup, counters, account)
    }

    pub async fn run_in_paused_time(self, stop: StopSignal) -> Finished {
        let started = Instant::now();
        let (lookup, counters, account) = self.start(stop.clone());
        let answered = join_all(self.batches.iter().map(|batch| lookup.answer_all(batch))).await;
        lookup.finish().await;
        let replies = self.batches.iter().zip(answered).flat_map(|(numbers, replies)| {
            assert_eq!(numbers.len(), replies.len());
            numbers.iter().copied().zip(replies).map(|(n, reply)| (n, reply.outcome, reply.source))
        });
        Finished {
            replies: replies.collect(),
            account: std::mem::take(&mut *account.lock().unwrap()),
            counters,
            stopped: stop.reason(),
            took: started.elapsed(),
        }
    }
}

pub fn paused_runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

pub fn settings(rate: Option<Rate>, concurrency: usize, retry: RetryPolicy, seed: u64) -> LookupSettings {
    LookupSettings {
        rate,
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
        refused_at: None,
        timeout: Duration::from_secs(10),
        late_answer_grace: Duration::ZERO,
        retry,
        give_up_after: Duration::from_secs(600),
        skip_useless: false,
        tariff: Arc::default(),
        caps: Caps::default(),
        asking_right: None,
        seed,
    }
}

pub fn max_in_one_second(arrivals: &[Duration]) -> usize {
    let mut end = 0;
    let in_second_from = |(start, time): (usize, &Duration)| {
        while end < arrivals.len() && arrivals[end] < *time + Duration::from_secs(1) {
            end += 1;
        }
        end - start
    };
    arrivals.iter().enumerate().map(in_second_from).max().unwrap_or_default()
}
