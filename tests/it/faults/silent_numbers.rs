//! Numbers that never answer, at the end of a list and elsewhere, and services that fall silent.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hlr_enrich::internals::ledger::{AnswerRoom, Ledger, MemoryLedger, PaidAnswer};
use hlr_enrich::internals::lookup::{
    Caps, Lookup, LookupSettings, Rate, RetryPolicy, StopReason, StopSignal,
};
use hlr_enrich::internals::model::{
    Answer, Answered, Fault, FaultKind, LookupResult, Money, Msisdn, Outcome, UnansweredReason, UtcMillis,
};
use hlr_enrich::internals::service::{Received, Service};
use hlr_enrich::internals::telemetry::{Counters, NoReporter};

use crate::harness::nth_number;

/// Answers after 100 ms, except for some numbers, and for no number after so many answers.
struct Silent {
    endpoints: Vec<String>,
    is_silent: fn(u64) -> bool,
    dies_after: u64,
    answers: AtomicU64,
}

impl Service for Silent {
    fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    async fn look_up(&self, _: usize, msisdn: Msisdn) -> Result<Received, Fault> {
        let n = msisdn.get() - nth_number(0).get();
        tokio::time::sleep(Duration::from_millis(100)).await;
        if (self.is_silent)(n) || self.answers.fetch_add(1, Ordering::Relaxed) >= self.dies_after {
            std::future::pending::<()>().await;
        }
        Ok(Answer::bare(LookupResult::Ok).into())
    }
}

/// Which numbers of a list never answer.
type IsSilent = fn(u64) -> bool;

/// Looks up a list in batches of 64, of which the first so many numbers are known. Returns how many numbers have stalled with all their attempts,
/// how many are answered, and why the run stopped, if it did.
fn look_up(
    (known, count): (u64, u64),
    give_up_after: Duration,
    dies_after: u64,
    is_silent: IsSilent,
) -> (usize, usize, Option<StopReason>) {
    let settings = LookupSettings {
        rate: Some(Rate::per_second(10.0).unwrap()),
        concurrency: NonZeroUsize::new(10).unwrap(),
        refused_at: None,
        timeout: Duration::from_secs(10),
        late_answer_grace: Duration::ZERO,
        retry: RetryPolicy::default(),
        give_up_after,
        skip_useless: false,
        tariff: Arc::default(),
        caps: Caps::default(),
        asking_right: None,
        seed: 7,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let endpoints = vec!["http://127.0.0.1:1".into()];
        let service = Silent { endpoints, is_silent, dies_after, answers: AtomicU64::new(0) };
        let stop = StopSignal::default();
        let ledger = Arc::new(MemoryLedger::default());
        for n in 0..known {
            let answer = Answer::bare(LookupResult::Ok);
            let answered = Answered { answer, checked_at: UtcMillis(0), attempts: 1 };
            let paid = PaidAnswer { msisdn: nth_number(n), answered, cost: Money::ZERO };
            let _ = ledger.record(paid, AnswerRoom::default());
        }
        let counters = Arc::new(Counters::default());
        let lookup =
            Lookup::start(service, ledger, &settings, stop.clone(), counters, Arc::new(NoReporter));
        let numbers: Vec<Msisdn> = (0..count).map(nth_number).collect();
        // Four batches at a time, as a window of rows would have it.
        let batches = futures::StreamExt::buffered(
            futures::stream::iter(numbers.chunks(64).map(|batch| lookup.answer_all(batch))),
            4,
        );
        let replies: Vec<_> = futures::StreamExt::collect::<Vec<_>>(batches).await.into_iter().flatten().collect();
        lookup.finish().await;
        let is_stalled = |outcome: &Outcome| match outcome {
            Outcome::Unanswered(unanswered) => {
                unanswered.attempts == 4
                    && matches!(&unanswered.last, UnansweredReason::Fault(fault) if fault.kind == FaultKind::Stalled)
            }
            Outcome::Answered(_) => false,
        };
        let stalled = replies.iter().filter(|reply| is_stalled(&reply.outcome)).count();
        let answered = replies.iter().filter(|reply| matches!(reply.outcome, Outcome::Answered(_))).count();
        (stalled, answered, stop.reason())
    })
}

#[test]
fn the_last_numbers_of_a_list_may_stay_silent() {
    const TEN_MINUTES: Duration = Duration::from_secs(600);
    let lists: [(u64, Duration, IsSilent); 7] = [
        (315, TEN_MINUTES, |n| n >= 300),
        (502, Duration::from_secs(5), |n| n >= 500),
        (502, Duration::from_secs(5), |n| n == 501),
        (315, TEN_MINUTES, |n| n < 15),
        (400, TEN_MINUTES, |n| n % 20 == 19),
        (600, TEN_MINUTES, |n| (300..320).contains(&n) || n >= 590),
        (40, TEN_MINUTES, |n| n >= 25),
    ];
    for (nth, (count, give_up_after, is_silent)) in lists.into_iter().enumerate() {
        let silent = (0..count).filter(|n| is_silent(*n)).count();
        let (stalled, answered, stopped) = look_up((0, count), give_up_after, u64::MAX, is_silent);
        assert!(stopped.is_none(), "list {nth}: {stopped:?}");
        assert_eq!((stalled, answered), (silent, count as usize - silent), "list {nth}");
    }
}

#[test]
fn the_same_command_again_ends_too_when_only_silent_numbers_are_left() {
    let (stalled, answered, stopped) = look_up((300, 315), Duration::from_secs(600), 0, |_| true);
    assert!(stopped.is_none(), "{stopped:?}");
    assert_eq!((stalled, answered), (15, 300));
}

#[test]
fn a_service_that_falls_silent_is_an_outage_while_numbers_wait() {
    for dies_after in [0, 1, 100, 280] {
        let (_, answered, stopped) = look_up((0, 400), Duration::from_secs(600), dies_after, |_| false);
        assert!(matches!(stopped, Some(StopReason::ServiceDown { .. })), "{dies_after}: {stopped:?}");
        assert_eq!(answered as u64, dies_after);
    }
}
