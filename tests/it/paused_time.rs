//! The lookup stage against a service that misbehaves, in paused time: hours pass in milliseconds.
//!
//! Each case follows from a seed, which a failure names. `HLR_SEEDS=5000` tries that many seeds,
//! `HLR_SEED=17` replays one.

mod fake_service;
mod rows;
mod run;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use hlr_enrich::internals::ledger::MemoryLedger;
use hlr_enrich::internals::lookup::{Lookup, Rate, RetryPolicy, StopReason, StopSignal};
use hlr_enrich::internals::model::{Answer, Fault, LookupResult, Msisdn, Outcome, Source};
use hlr_enrich::internals::service::{Received, Service};
use hlr_enrich::internals::telemetry::{Counters, NoReporter};

use self::fake_service::{Conditions, number, truth};
use self::run::{Finished, Run, max_in_one_second, paused_runtime, settings};

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

/// A night and a day: 260,000 numbers at three per second; a tenth of them fail at first, there is
/// an outage of two hours, and the account has a limit of ongoing requests that is not known.
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

/// One number in twenty is on a network that takes eight seconds, and these numbers are together,
/// as in a sorted list. They need 200 permits over the whole run, so 300 are enough if they come
/// first; if they come in the middle, half the time is left, and they need more.
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

/// The account allows 100 ongoing requests, which is not known, and an answer takes 200 ms. So at
/// best 500 are answered per second.
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

    async fn look_up(&self, _: usize, msisdn: Msisdn) -> Result<Received, Fault> {
        assert_ne!(msisdn, number(7), "a bug");
        Ok(Answer::bare(LookupResult::Ok).into())
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
    let finished = paused_runtime().block_on(async {
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
