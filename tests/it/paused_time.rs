//! The lookup stage against a service that misbehaves, in paused time: hours pass in milliseconds.
//!
//! Each case follows from a seed, which a failure names. `HLR_SEEDS=5000` tries that many seeds,
//! `HLR_SEED=17` replays one.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use futures::future::join_all;
use futures::{StreamExt, stream};
use hlr_enrich::enrich::{BatchEnricher, EnrichSettings, Only, Order, RowReader, Window};
use hlr_enrich::ledger::MemoryLedger;
use hlr_enrich::lookup::{Caps, Lookup, LookupSettings, Rate, RetryPolicy, StopReason, StopSignal};
use hlr_enrich::model::{
    Answer, Billed, Fault, FaultKind, LookupResult, Msisdn, Outcome, Product, RecordStream, Source,
};
use hlr_enrich::service::Service;
use hlr_enrich::telemetry::{Counters, NoReporter};
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// How the service misbehaves, and what it allows.
#[derive(Clone, Debug)]
struct Conditions {
    seed: u64,
    /// Requests above this number in flight are throttled.
    ongoing_limit: usize,
    /// The percentage of attempts that fail; only the first two of a number can fail.
    failure_percent: u64,
    /// How many kinds of failure there are: the first two are TIMEOUT and HLR_ABORT, the other three are
    /// faults.
    failure_kinds: u64,
    /// When the service cannot be reached.
    outage: Option<(Duration, Duration)>,
    latency: Duration,
    /// Numbers from the first to the second have this latency instead.
    slow: Option<(u64, u64, Duration)>,
}

/// What the service saw; the stage is finished by it.
#[derive(Debug, Default)]
struct Account {
    arrivals: Vec<Duration>,
    ongoing: HashSet<Msisdn>,
    max_ongoing: usize,
    attempts: HashMap<Msisdn, u64>,
    answered: HashMap<Msisdn, u64>,
    sent_twice_at_once: Vec<Msisdn>,
}

struct FakeService {
    conditions: Conditions,
    started: Instant,
    account: Arc<Mutex<Account>>,
    endpoints: Vec<String>,
}

/// A pseudorandom number that follows from its arguments.
fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(0x243F_6A88_85A3_08D3, |state, part| {
        let mixed = (state ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 29)
    })
}

/// The final answer of a number.
fn truth(seed: u64, msisdn: Msisdn) -> LookupResult {
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

    async fn look_up(&self, _: usize, msisdn: Msisdn) -> Result<Answer, Fault> {
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
                return Ok(Answer::bare(LookupResult::RequestThrottled));
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
        result
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

/// One run: several batches at a time, with duplicates within and between them.
struct Run {
    conditions: Conditions,
    settings: LookupSettings,
    batches: Vec<Vec<Msisdn>>,
}

/// The result of a run.
struct Finished {
    account: Account,
    counters: Arc<Counters>,
    replies: Vec<(Msisdn, Outcome, Source)>,
    stopped: Option<StopReason>,
    took: Duration,
}

fn number(n: u64) -> Msisdn {
    Msisdn::new(46_700_000_000 + n).unwrap()
}

impl Run {
    /// A run whose size, conditions and settings follow from the seed.
    fn with_seed(seed: u64) -> Self {
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

    fn run(self) -> Finished {
        paused_runtime().block_on(self.run_in_paused_time(StopSignal::default()))
    }

    /// Starts the stage. Returns it with its counters and the account of its service.
    fn start(&self, stop: StopSignal) -> (Lookup<FakeService>, Arc<Counters>, Arc<Mutex<Account>>) {
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

    async fn run_in_paused_time(self, stop: StopSignal) -> Finished {
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

fn paused_runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn settings(rate: Option<Rate>, concurrency: usize, retry: RetryPolicy, seed: u64) -> LookupSettings {
    LookupSettings {
        rate,
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
        refused_at: None,
        timeout: Duration::from_secs(10),
        retry,
        give_up_after: Duration::from_secs(600),
        skip_useless: false,
        tariff: Arc::default(),
        caps: Caps::default(),
        seed,
    }
}

fn max_in_one_second(arrivals: &[Duration]) -> usize {
    let mut end = 0;
    let in_second_from = |(start, time): (usize, &Duration)| {
        while end < arrivals.len() && arrivals[end] < *time + Duration::from_secs(1) {
            end += 1;
        }
        end - start
    };
    arrivals.iter().enumerate().map(in_second_from).max().unwrap_or_default()
}

fn check_answers(seed: u64) {
    let run = Run::with_seed(seed);
    let (settings, conditions) = (run.settings.clone(), run.conditions.clone());
    let distinct: HashSet<_> = run.batches.iter().flatten().copied().collect();
    let Finished { account, counters, replies, stopped, .. } = run.run();
    assert!(stopped.is_none(), "seed {seed}: {stopped:?}");
    for (msisdn, outcome, _) in &replies {
        let Outcome::Answered(answered) = outcome else { panic!("seed {seed}: {msisdn:?} {outcome:?}") };
        assert_eq!(answered.answer.result, truth(conditions.seed, *msisdn), "seed {seed}: {msisdn:?}");
    }
    let live = replies.iter().filter(|(.., source)| *source == Source::Live).count();
    assert_eq!(live, distinct.len(), "seed {seed}: one row of each number is live");
    assert!(account.sent_twice_at_once.is_empty(), "seed {seed}: {:?}", account.sent_twice_at_once);
    let paid_twice: Vec<_> = account.answered.iter().filter(|(_, times)| **times > 1).collect();
    assert!(paid_twice.is_empty(), "seed {seed}: {paid_twice:?}");
    assert_eq!(account.answered.len(), distinct.len(), "seed {seed}");
    assert!(account.max_ongoing <= settings.concurrency.get(), "seed {seed}: {}", account.max_ongoing);
    assert_eq!(account.arrivals.len() as u64, counters.requests.get(), "seed {seed}");
    if let Some(rate) = settings.rate {
        let max = max_in_one_second(&account.arrivals);
        let allowed = (rate.get() * 1.01).max(rate.get() + 1.0);
        assert!(max as f64 <= allowed, "seed {seed}: {max} in a second at {}", rate.get());
    }
}

#[test]
fn under_all_conditions_every_number_is_answered_once_and_no_limit_is_exceeded() {
    if let Ok(seed) = std::env::var("HLR_SEED") {
        return check_answers(seed.parse().unwrap());
    }
    let seeds = std::env::var("HLR_SEEDS").map_or(1_000, |seeds| seeds.parse().unwrap());
    (0..seeds).for_each(check_answers);
}

/// The rows of a list with some invalid numbers, in batches. `held` counts rows that were read and not
/// yet written.
fn list_of(batches: &[Vec<Msisdn>], held: &Arc<AtomicUsize>, max_held: &Arc<AtomicUsize>) -> RecordStream {
    let batches: Vec<_> = batches
        .iter()
        .flat_map(|numbers| numbers.chunks(BATCH_ROWS))
        .map(|numbers| {
            let cells = numbers
                .iter()
                .map(|n| if n.get() % 7 == 0 { "call the office".into() } else { n.get().to_string() });
            let column: ArrayRef = Arc::new(StringArray::from_iter_values(cells));
            RecordBatch::try_from_iter([("phone", column)]).unwrap()
        })
        .collect();
    let schema = Arc::new(Schema::new(vec![Field::new("phone", DataType::Utf8, false)]));
    let (held, max_held) = (held.clone(), max_held.clone());
    let counted = stream::iter(batches).map(move |batch: RecordBatch| {
        let now = held.fetch_add(batch.num_rows(), Ordering::Relaxed) + batch.num_rows();
        max_held.fetch_max(now, Ordering::Relaxed);
        Ok(batch)
    });
    RecordStream::new(schema, counted)
}

const BATCH_ROWS: usize = 50;

/// The same conditions for whole rows: every row comes out, in order, the counts add up, and no more rows
/// are held than the window allows.
fn check_rows(seed: u64) {
    let run = Run::with_seed(seed);
    let batches = run.batches.clone();
    let rows_in: usize = batches.iter().map(Vec::len).sum();
    let window = Window { rows: 200, ..Window::default() };
    let settings = EnrichSettings {
        column: None,
        region: None,
        product: Product::RealTime,
        prefix: "hlr_".into(),
        order: Order::Input,
        window,
        only: Only::All,
        tariff: Arc::default(),
        cost_column: false,
    };
    let (held, max_held) = (Arc::default(), Arc::default());
    let runtime = paused_runtime();
    let (out, snapshot) = runtime.block_on(async {
        let (lookup, counters, _) = run.start(StopSignal::default());
        let list = list_of(&batches, &held, &max_held);
        let reader = RowReader::new(&list.schema(), &settings).unwrap();
        let lookup = Arc::new(lookup);
        let mut rows = BatchEnricher::new(lookup.clone(), reader, settings, counters.clone()).enrich(list);
        let mut out = Vec::new();
        while let Some(batch) = rows.next().await {
            let batch = batch.unwrap();
            held.fetch_sub(batch.num_rows(), Ordering::Relaxed);
            out.push(batch);
        }
        drop(rows);
        lookup.finish().await;
        (out, counters.snapshot())
    });
    assert_eq!(out.iter().map(RecordBatch::num_rows).sum::<usize>(), rows_in, "seed {seed}");
    let cells = |name: &str| -> Vec<String> {
        let columns = out.iter().map(|batch| batch.column_by_name(name).unwrap().as_string::<i32>().clone());
        columns
            .flat_map(|column| {
                column.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect::<Vec<_>>()
            })
            .collect()
    };
    let statuses = cells("hlr_status");
    for (row, (msisdn, digits)) in batches.iter().flatten().zip(cells("hlr_msisdn")).enumerate() {
        let refused = msisdn.get() % 7 == 0;
        assert_eq!(
            digits,
            if refused { String::new() } else { msisdn.get().to_string() },
            "seed {seed}, row {row}"
        );
        let truth = if refused { "invalid" } else { truth(seed, *msisdn).status(Product::RealTime).text() };
        assert_eq!(statuses[row], truth, "seed {seed}, row {row}");
    }
    assert!(snapshot.adds_up(), "seed {seed}: {snapshot:?}");
    assert_eq!(snapshot.rows as usize, rows_in, "seed {seed}");
    let ended = snapshot.replies + snapshot.throttled + snapshot.faults.values().sum::<u64>();
    assert_eq!(snapshot.requests, ended, "seed {seed}: {snapshot:?}");
    // One batch waits before the window, and one has just left it.
    let max_held = max_held.load(Ordering::Relaxed);
    assert!(max_held <= window.rows + 2 * BATCH_ROWS, "seed {seed}: {max_held} rows held");
}

#[test]
fn under_all_conditions_every_row_comes_out_with_its_answer_and_the_window_holds() {
    if let Ok(seed) = std::env::var("HLR_SEED") {
        return check_rows(seed.parse().unwrap());
    }
    let seeds = std::env::var("HLR_SEEDS").map_or(1_000, |seeds| seeds.parse().unwrap());
    (0..seeds).for_each(check_rows);
}

/// A night and a day: 260,000 numbers at three per second; a tenth of them fail at first, there is an
/// outage of two hours, and the account has a limit of ongoing requests that is not known.
#[test]
fn after_a_long_day_every_number_has_its_answer() {
    let mut run = calm(Some(3.0), RetryPolicy { attempts: 6, budget: 2.0, ..RetryPolicy::default() });
    run.conditions.failure_percent = 10;
    run.conditions.failure_kinds = 5;
    run.conditions.ongoing_limit = 12;
    run.conditions.latency = Duration::from_secs(2);
    run.conditions.outage = Some((Duration::from_secs(6 * 3_600), Duration::from_secs(8 * 3_600)));
    run.settings.give_up_after = Duration::from_secs(3 * 3_600);
    run.batches = (0..65).map(|batch| (batch * 4_000..(batch + 1) * 4_000).map(number).collect()).collect();
    let finished = run.run();
    assert!(finished.stopped.is_none());
    assert!(finished.replies.iter().all(|(_, outcome, _)| matches!(outcome, Outcome::Answered(_))));
    assert!(finished.account.sent_twice_at_once.is_empty());
    assert!(finished.account.answered.values().all(|times| *times == 1));
    assert!(max_in_one_second(&finished.account.arrivals) <= 4);
    assert!(finished.took > Duration::from_secs(24 * 3_600), "{:?}", finished.took);
    // Two hours of outage, and about one request in twenty is repeated.
    assert!(finished.took < Duration::from_secs(31 * 3_600), "{:?}", finished.took);
}

/// A service without failures, and 10,000 numbers.
fn calm(rate: Option<f64>, retry: RetryPolicy) -> Run {
    let conditions = Conditions {
        seed: 1,
        ongoing_limit: usize::MAX,
        failure_percent: 0,
        failure_kinds: 2,
        outage: None,
        latency: Duration::from_millis(100),
        slow: None,
    };
    let rate = rate.map(|rate| Rate::per_second(rate).unwrap());
    Run {
        conditions,
        settings: settings(rate, 200, retry, 1),
        batches: vec![(0..10_000).map(number).collect()],
    }
}

#[test]
fn the_rate_is_used_in_full() {
    let finished = calm(Some(500.0), RetryPolicy::default()).run();
    let achieved = 10_000.0 / finished.took.as_secs_f64();
    assert!(achieved > 0.99 * 500.0, "{achieved} per second");
}

/// One number in twenty is on a network that takes eight seconds, and these numbers are together, as in a
/// sorted list. They need 200 permits over the whole run, so 300 are enough if they come first; if they
/// come in the middle, half the time is left, and they need more.
#[test]
fn a_slow_network_does_not_hold_up_the_others() {
    const NUMBERS: u64 = 60_000;
    for (nth, permits) in [(0, 300), (8, 500)] {
        let mut run = calm(Some(500.0), RetryPolicy::default());
        run.settings.concurrency = NonZeroUsize::new(permits).unwrap();
        run.settings.timeout = Duration::from_secs(30);
        // Twenty ranges; one is slow.
        let of_range = NUMBERS / 20;
        run.conditions.slow = Some((nth * 1_000_000, (nth + 1) * 1_000_000, Duration::from_secs(8)));
        let listed = |n: u64| number(n / of_range * 1_000_000 + n % of_range);
        run.batches = vec![(0..NUMBERS).map(listed).collect()];
        let finished = run.run();
        assert_eq!(finished.replies.len() as u64, NUMBERS);
        let last = *finished.account.arrivals.last().unwrap();
        let achieved = NUMBERS as f64 / last.as_secs_f64();
        assert!(achieved > 0.95 * 500.0, "{achieved} per second, the slow range is number {nth}");
        assert!(max_in_one_second(&finished.account.arrivals) <= 505);
    }
}

#[test]
fn an_unknown_limit_of_ongoing_requests_is_found() {
    let mut run = calm(None, RetryPolicy::default());
    run.conditions.ongoing_limit = 50;
    let finished = run.run();
    let throttled = finished.counters.throttled.get();
    assert!(throttled < 500, "{throttled} of {} were throttled", finished.counters.requests.get());
    assert!(
        finished
            .replies
            .iter()
            .all(|(_, outcome, _)| matches!(outcome, Outcome::Answered(a) if a.attempts == 1))
    );
}

/// The account allows 100 ongoing requests, which is not known, and an answer takes 200 ms. So at best 500
/// are answered per second.
#[test]
fn most_of_an_unknown_limit_is_used_and_little_is_refused() {
    for seed in 0..5 {
        let mut run = calm(None, RetryPolicy::default());
        run.conditions.seed = seed;
        run.conditions.ongoing_limit = 100;
        run.conditions.latency = Duration::from_millis(200);
        run.settings.concurrency = NonZeroUsize::new(1_000).unwrap();
        run.batches = vec![(0..60_000).map(number).collect()];
        let finished = run.run();
        let (throttled, requests) = (finished.counters.throttled.get(), finished.counters.requests.get());
        assert!(throttled as f64 <= 0.005 * requests as f64, "seed {seed}: {throttled} of {requests}");
        let after = Duration::from_secs(5);
        let answered = finished.account.arrivals.iter().filter(|at| **at > after).count() as f64;
        let achieved = answered / (finished.took - after).as_secs_f64();
        assert!(achieved > 0.95 * 500.0, "seed {seed}: {achieved} per second");
    }
}

#[test]
fn numbers_that_never_answer_are_given_up_after_their_attempts() {
    let mut run = calm(None, RetryPolicy { attempts: 2, ..RetryPolicy::default() });
    run.conditions.failure_percent = 100;
    run.batches = vec![(0..100).map(number).collect(), (0..100).map(number).collect()];
    let finished = run.run();
    assert_eq!(finished.replies.len(), 200);
    assert!(
        finished
            .replies
            .iter()
            .all(|(_, outcome, _)| matches!(outcome, Outcome::Unanswered(u) if u.attempts == 2))
    );
    assert_eq!(finished.counters.requests.get(), 200, "a duplicate does not repeat the attempts");
}

/// Trouble at operators lasts longer than the quick attempts, and ends some minutes later.
#[test]
fn a_second_pass_gets_what_the_first_did_not() {
    let rest = Duration::from_secs(300);
    let mut run = calm(Some(500.0), RetryPolicy { attempts: 2, ..RetryPolicy::default() });
    run.conditions.failure_percent = 100;
    run.batches = vec![(0..500).map(number).collect()];
    run.settings.retry.second_pass = Some(rest);
    let finished = run.run();
    // Every number gets TIMEOUT or HLR_ABORT twice.
    assert_eq!(finished.counters.requests.get(), 1_500);
    let third =
        |(_, outcome, _): &(_, Outcome, _)| matches!(outcome, Outcome::Answered(a) if a.attempts == 3);
    assert!(finished.replies.iter().all(third));
    assert!((rest..rest * 3 / 2).contains(&finished.took), "{:?}", finished.took);
    assert!(max_in_one_second(&finished.account.arrivals) <= 505, "the second pass keeps to the rate too");
}

#[test]
fn a_run_waits_for_the_end_of_an_outage_which_costs_no_attempts() {
    let mut run = calm(None, RetryPolicy { attempts: 3, ..RetryPolicy::default() });
    run.conditions.outage = Some((Duration::from_millis(500), Duration::from_secs(400)));
    let finished = run.run();
    assert!(finished.stopped.is_none());
    let unanswered =
        finished.replies.iter().find(|(_, outcome, _)| matches!(outcome, Outcome::Unanswered(_)));
    assert!(unanswered.is_none(), "{unanswered:?}");
    let in_outage = finished.account.arrivals.iter().filter(|at| (500..400_000).contains(&at.as_millis()));
    let asked = in_outage.count();
    assert!(asked < 500, "{asked} requests into an outage");
}

#[test]
fn a_long_outage_stops_the_run() {
    let mut run = calm(None, RetryPolicy::default());
    run.conditions.outage = Some((Duration::from_millis(500), Duration::MAX));
    let finished = run.run();
    assert!(matches!(finished.stopped, Some(StopReason::ServiceDown { .. })), "{:?}", finished.stopped);
    assert!((600..700).contains(&finished.took.as_secs()), "{:?}", finished.took);
    assert_eq!(finished.replies.len(), 10_000);
}

/// Answers every number but one, for which it panics.
struct PanickingService(Vec<String>);

impl Service for PanickingService {
    fn endpoints(&self) -> &[String] {
        &self.0
    }

    async fn look_up(&self, _: usize, msisdn: Msisdn) -> Result<Answer, Fault> {
        assert_ne!(msisdn, number(7), "a bug");
        Ok(Answer::bare(LookupResult::Ok))
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_no_row_waiting() {
    let service = PanickingService(vec!["http://127.0.0.1:1".into()]);
    let settings = settings(None, 4, RetryPolicy::default(), 1);
    let (ledger, counters) = (Arc::new(MemoryLedger::default()), Arc::new(Counters::default()));
    let lookup =
        Lookup::start(service, ledger, &settings, StopSignal::default(), counters, Arc::new(NoReporter));
    let numbers: Vec<_> = (0..100).map(number).collect();
    let replies = lookup.answer_all(&numbers).await;
    let unanswered = replies.iter().position(|reply| matches!(reply.outcome, Outcome::Unanswered(_)));
    assert_eq!(unanswered, Some(7));
    lookup.finish().await;
}

#[test]
fn after_a_stop_nothing_is_sent_and_requests_in_flight_are_finished() {
    let run = calm(None, RetryPolicy::default());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let finished = runtime.block_on(async {
        let stop = StopSignal::default();
        let (finished, ()) = tokio::join!(run.run_in_paused_time(stop.clone()), async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            stop.request(StopReason::Interrupted);
        });
        finished
    });
    assert_eq!(finished.replies.len(), 10_000);
    let answered = finished.replies.iter().filter(|(_, outcome, _)| matches!(outcome, Outcome::Answered(_)));
    assert_eq!(answered.count() as u64, finished.counters.requests.get(), "every request has its row");
    assert!(finished.account.arrivals.iter().all(|at| at.as_secs_f64() < 2.1));
    assert!(finished.took < Duration::from_secs(3), "{:?}", finished.took);
}
