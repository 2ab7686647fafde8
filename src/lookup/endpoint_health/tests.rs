//! Failures, suspensions, probes and outages, in paused time.

use super::super::endpoint_state::{FAILURES_IN_A_ROW, FEW_FAILURES, FEW_FAILURES_TIME, FIRST_PAUSE};
use super::*;
use crate::model::Billed;
use crate::telemetry::NoReporter;

const GIVE_UP_AFTER: Duration = Duration::from_secs(600);
const ANSWER: Route = Route { endpoint: 0, purpose: Purpose::Answer };
const PROBE: Route = Route { endpoint: 0, purpose: Purpose::Probe };

fn health(endpoints: usize) -> EndpointHealth {
    let names: Vec<_> = (0..endpoints).map(|n| format!("http://127.0.0.1:{n}")).collect();
    EndpointHealth::new(&names, GIVE_UP_AFTER, StageClock::start(), Arc::new(NoReporter))
}

fn refused() -> Fault {
    Fault { kind: FaultKind::NotConnected("refused".into()), billed: Billed::No, retry_after: None }
}

fn fail_often(health: &EndpointHealth, endpoint: usize) {
    (0..FAILURES_IN_A_ROW).for_each(|_| {
        health.failed(Route { endpoint, purpose: Purpose::Answer }, &refused(), Duration::ZERO);
    });
}

fn answer_from(endpoint: usize) -> Option<Route> {
    Some(Route { endpoint, purpose: Purpose::Answer })
}

fn probe_of(endpoint: usize) -> Option<Route> {
    Some(Route { endpoint, purpose: Purpose::Probe })
}

#[tokio::test(start_paused = true)]
async fn timeouts_do_not_suspend_an_endpoint_that_answers_other_requests() {
    let health = health(1);
    let stalled = || Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None };
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = health.clock.elapsed();
    tokio::time::sleep(Duration::from_millis(1)).await;
    health.answered(ANSWER);
    (0..2 * FAILURES_IN_A_ROW).for_each(|_| health.failed(ANSWER, &stalled(), sent));
    assert_eq!(health.route(None), Some(ANSWER));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let later = health.clock.elapsed();
    (0..FAILURES_IN_A_ROW).for_each(|_| health.failed(ANSWER, &stalled(), later));
    assert_eq!(health.route(None), None, "no request was answered since");
}

#[tokio::test(start_paused = true)]
async fn the_backup_is_used_until_the_primary_answers_a_probe() {
    let health = health(2);
    assert_eq!(health.route(None), answer_from(0));
    fail_often(&health, 0);
    assert_eq!(health.route(None), answer_from(1));
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), probe_of(0));
    assert_eq!(health.route(None), answer_from(1), "one probe at a time");
    health.failed(PROBE, &refused(), Duration::ZERO);
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), answer_from(1), "the pause has doubled");
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), probe_of(0));
    health.answered(ANSWER);
    assert_eq!(health.route(None), answer_from(1), "this request was sent before the suspension");
    health.answered(PROBE);
    assert_eq!(health.route(None), answer_from(0));
}

#[tokio::test(start_paused = true)]
async fn scattered_failures_suspend_nothing() {
    let health = health(2);
    for _ in 0..100 {
        (1..FAILURES_IN_A_ROW).for_each(|_| health.failed(ANSWER, &refused(), Duration::ZERO));
        health.answered(ANSWER);
    }
    assert_eq!(health.route(None), answer_from(0));
}

#[tokio::test(start_paused = true)]
async fn a_few_failures_over_a_while_are_enough() {
    let health = health(1);
    for _ in 0..FEW_FAILURES {
        assert_eq!(health.route(None), answer_from(0));
        health.failed(ANSWER, &refused(), Duration::ZERO);
        tokio::time::advance(FEW_FAILURES_TIME / 2).await;
    }
    assert_eq!(health.route(None), probe_of(0));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_failed_goes_to_the_other_endpoint() {
    let health = health(2);
    health.failed(ANSWER, &refused(), Duration::ZERO);
    assert_eq!(health.route(Some(0)), answer_from(1));
    assert_eq!(health.route(Some(1)), answer_from(0));
    fail_often(&health, 1);
    assert_eq!(health.route(Some(0)), answer_from(0), "the other one is suspended");
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_only_probes_are_sent() {
    let health = health(1);
    fail_often(&health, 0);
    assert_eq!(health.route(None), None);
    health.any_endpoint().await.unwrap();
    assert_eq!(health.clock.elapsed(), FIRST_PAUSE);
    assert_eq!(health.route(None), probe_of(0));
    let (waited, ()) = tokio::join!(health.any_endpoint(), async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        health.answered(PROBE);
    });
    assert_eq!(waited, Ok(()));
    assert_eq!(health.clock.elapsed(), FIRST_PAUSE + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_stops_the_run() {
    let health = health(2);
    fail_often(&health, 0);
    fail_often(&health, 1);
    let mut probes = 0;
    let outage = loop {
        match health.any_endpoint().await {
            Ok(()) => {
                let route = health.route(None).expect("a probe is due");
                assert_eq!(route.purpose, Purpose::Probe);
                health.failed(route, &refused(), Duration::ZERO);
                probes += 1;
            }
            Err(outage) => break outage,
        }
    };
    let expected = Outage { duration: GIVE_UP_AFTER, last_failure: "no connection: refused".into() };
    assert_eq!(outage, NoRoute::Outage(expected));
    assert!((20..60).contains(&probes), "{probes} probes in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn long_throttling_stops_the_run_too() {
    let health = health(1);
    for _ in 0..60 {
        assert_eq!(health.throttled(ANSWER, "REQUEST_THROTTLED"), Ok(()));
        tokio::time::advance(GIVE_UP_AFTER / 60).await;
    }
    assert!(health.throttled(ANSWER, "REQUEST_THROTTLED").is_err());
    health.answered(ANSWER);
    assert_eq!(health.throttled(ANSWER, "REQUEST_THROTTLED"), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_time_earlier_than_the_recorded_one_does_not_panic() {
    let health = health(1);
    tokio::time::advance(Duration::from_secs(5)).await;
    health.failed(ANSWER, &refused(), Duration::ZERO);
    let earlier = Duration::from_secs(4);
    assert_eq!(health.check_outage(&health.lock(), earlier), Ok(()));
    let mut state = health.lock().states[0].clone();
    (0..5).for_each(|_| assert_eq!(state.fail(Purpose::Answer, earlier), None));
}

#[tokio::test(start_paused = true)]
async fn closing_turns_waiters_away() {
    let health = health(1);
    fail_often(&health, 0);
    let (waited, ()) = tokio::join!(health.any_endpoint(), async { health.close() });
    assert_eq!(waited, Err(NoRoute::Closed));
}

#[tokio::test(start_paused = true)]
async fn numbers_that_never_answer_are_no_outage_when_nothing_else_is_left() {
    let health = health(1);
    let stalled = || Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None };
    let stall_often = || {
        let sent = health.clock.elapsed() + Duration::from_secs(1);
        (0..FAILURES_IN_A_ROW).for_each(|_| health.failed(ANSWER, &stalled(), sent));
    };
    stall_often();
    health.only_stalled_are_left(true);
    assert_eq!(health.route(None), None, "nobody was ever answered");
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), probe_of(0));
    health.answered(PROBE);
    tokio::time::advance(Duration::from_secs(1)).await;
    stall_often();
    tokio::time::advance(2 * GIVE_UP_AFTER).await;
    assert_eq!(health.any_endpoint().await, Ok(()));
    assert_eq!(health.route(Some(0)), answer_from(0));
    health.only_stalled_are_left(false);
    assert_eq!(health.any_endpoint().await, Ok(()), "new numbers have their own time to be answered");
    stall_often();
    assert_eq!(health.route(None), None);
    tokio::time::advance(GIVE_UP_AFTER).await;
    assert_eq!(health.route(None), probe_of(0));
    health.failed(PROBE, &stalled(), health.clock.elapsed());
    assert!(matches!(health.any_endpoint().await, Err(NoRoute::Outage(_))));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_never_left_this_machine_is_sent_again() {
    let health = health(1);
    fail_often(&health, 0);
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), probe_of(0));
    health.said_nothing(PROBE);
    assert_eq!(health.route(None), None, "not at once");
    tokio::time::advance(FIRST_PAUSE).await;
    assert_eq!(health.route(None), probe_of(0));
}

#[test]
fn a_refusal_shows_that_an_endpoint_works() {
    let sign = |kind| sign_of(&Fault { kind, billed: Billed::No, retry_after: None });
    for kind in [FaultKind::Forbidden, FaultKind::PaymentRequired, FaultKind::TooManyRequests] {
        assert_eq!(sign(kind), EndpointSign::Works);
    }
    assert_eq!(sign(FaultKind::Local("no port".into())), EndpointSign::None);
    assert_eq!(sign(FaultKind::Redirect { status: 301, location: "/".into() }), EndpointSign::Fails);
}
