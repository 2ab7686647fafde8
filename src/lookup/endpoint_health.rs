//! Which endpoint is asked.
//!
//! The first endpoint in order of preference that is well. One that failed several times in a row is
//! left alone, and probed with a single request after a growing pause; when it answers, it is used
//! again. When none is well, nobody is asked but by probes; when that lasts too long, the run stops.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::StageClock;
use crate::model::{Fault, FaultKind};
use crate::sync;
use crate::telemetry::{Event, Reporter};

/// So many failures in a row, with no answer between them, are the endpoint's own. At 5 % of stray faults
/// a healthy endpoint is suspected once in ten million million requests.
const FAILURES_IN_A_ROW: u32 = 10;
/// So many are enough when they took [`LONG_ENOUGH`], as at the end of a run, when few are asked.
const FAILURES_IN_A_WHILE: u32 = 3;
/// See [`FAILURES_IN_A_WHILE`].
const LONG_ENOUGH: Duration = Duration::from_secs(2);
/// The pause before the first probe; it doubles with each probe that fails.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To get an answer.
    Answer,
    /// To find out whether an endpoint is well again; the number is lent for it, at no cost to its attempts.
    Probe,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The endpoint, by its place in the order of preference.
    pub endpoint: usize,
    /// What the request is for.
    pub purpose: Purpose,
}

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// The stage was closed.
    Closed,
    /// The run has waited long enough.
    Down(Down),
}

/// No endpoint has been well for longer than the run may wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// For how long.
    pub since: Duration,
    /// The last failure.
    pub last: String,
}

impl From<Down> for NoRoute {
    fn from(down: Down) -> Self {
        Self::Down(down)
    }
}

/// The health of all endpoints.
pub struct EndpointHealth {
    clock: StageClock,
    give_up_after: Duration,
    names: Vec<String>,
    reporter: Arc<dyn Reporter>,
    endpoints: Mutex<Endpoints>,
    /// When each endpoint gave its last answer, in nanoseconds of the clock.
    last_answers: Vec<AtomicU64>,
    /// Whether any endpoint has failed since its last answer; saves the lock when none has.
    troubled: AtomicBool,
    changed: Notify,
}

struct Endpoints {
    states: Vec<State>,
    /// Since when nothing has been answered, and how; for throttling without end too.
    dry: Option<(Duration, String)>,
    closed: bool,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    /// When the first of them was.
    failing_since: Duration,
    away: Option<Away>,
}

#[derive(Clone, Debug)]
struct Away {
    since: Duration,
    pause: Duration,
    next_probe: Duration,
    probing: bool,
}

impl EndpointHealth {
    /// All endpoints are well until they fail.
    #[must_use]
    pub fn new(
        names: &[String],
        give_up_after: Duration,
        clock: StageClock,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let endpoints = Endpoints { states: vec![State::default(); names.len()], dry: None, closed: false };
        Self {
            clock,
            give_up_after,
            names: names.to_vec(),
            reporter,
            endpoints: Mutex::new(endpoints),
            last_answers: names.iter().map(|_| AtomicU64::new(0)).collect(),
            troubled: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Waits until an endpoint may be asked. Takes nothing: [`EndpointHealth::route`] may still find it gone.
    pub async fn any_endpoint(&self) -> Result<(), NoRoute> {
        if !self.troubled.load(Ordering::Acquire) {
            return Ok(());
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = self.clock.elapsed();
            let wait = {
                let endpoints = self.lock();
                if endpoints.closed {
                    return Err(NoRoute::Closed);
                }
                let Some(wait) = endpoints.wait(now) else { return Ok(()) };
                self.check_patience(&endpoints, now)?;
                wait.min(endpoints.patience_left(self.give_up_after, now))
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    /// The endpoint for the next request, or `None` when there is none right now. `not_again` is the
    /// endpoint that has just failed this number: another one is taken where one is well.
    pub fn route(&self, not_again: Option<usize>) -> Option<Route> {
        if !self.troubled.load(Ordering::Acquire) && not_again.is_none() {
            return Some(Route { endpoint: 0, purpose: Purpose::Answer });
        }
        let now = self.clock.elapsed();
        let mut endpoints = self.lock();
        let mut second_choice = None;
        for (endpoint, state) in endpoints.states.iter_mut().enumerate() {
            match &mut state.away {
                None if not_again == Some(endpoint) => second_choice = Some(endpoint),
                None => return Some(Route { endpoint, purpose: Purpose::Answer }),
                Some(away) if away.may_be_probed(now) => {
                    away.probing = true;
                    return Some(Route { endpoint, purpose: Purpose::Probe });
                }
                Some(_) => {}
            }
        }
        second_choice.map(|endpoint| Route { endpoint, purpose: Purpose::Answer })
    }

    /// Takes note that a request brought an answer.
    pub fn answered(&self, route: Route) {
        let now = self.clock.elapsed().as_nanos() as u64;
        self.last_answers[route.endpoint].store(now, Ordering::Relaxed);
        if !self.troubled.load(Ordering::Acquire) {
            return;
        }
        let now = self.clock.elapsed();
        let recovered = {
            let mut endpoints = self.lock();
            endpoints.dry = None;
            let recovered = endpoints.states[route.endpoint].recover(route.purpose);
            let well = |state: &State| state.failures == 0 && state.away.is_none();
            self.troubled.store(!endpoints.states.iter().all(well), Ordering::Release);
            recovered
        };
        self.tell_recovery(route, recovered, now);
    }

    /// Takes note that a request failed that was sent at `sent`. One that got no answer in its time says nothing against an
    /// endpoint that has answered others meanwhile: its number's network is slow.
    pub fn failed(&self, route: Route, fault: &Fault, sent: Duration) {
        let now = self.clock.elapsed();
        let last_answer = Duration::from_nanos(self.last_answers[route.endpoint].load(Ordering::Relaxed));
        if fault.kind == FaultKind::Stalled && route.purpose == Purpose::Answer && last_answer > sent {
            return;
        }
        let (pause, outage) = {
            let mut endpoints = self.lock();
            self.troubled.store(true, Ordering::Release);
            endpoints.dry.get_or_insert_with(|| (now, String::new())).1 = fault.to_string();
            let pause = endpoints.states[route.endpoint].fail(route.purpose, now);
            (pause, endpoints.states.iter().all(|state| state.away.is_some()))
        };
        self.changed.notify_waiters();
        if let Some(pause) = pause {
            let endpoint = self.names[route.endpoint].clone();
            self.reporter.event(Event::EndpointFailed { endpoint, fault: fault.clone(), pause });
            if outage {
                self.reporter.event(Event::OutageBegan { fault: fault.clone() });
            }
        }
    }

    /// Takes note that a request was turned away because too much is asked. The endpoint is well, but when
    /// nothing else is heard for too long the run must stop.
    pub fn turned_away(&self, route: Route, said: &str) -> Result<(), Down> {
        let now = self.clock.elapsed();
        let (recovered, patience) = {
            let mut endpoints = self.lock();
            self.troubled.store(true, Ordering::Release);
            endpoints.dry.get_or_insert_with(|| (now, String::new())).1 = said.to_owned();
            let recovered = endpoints.states[route.endpoint].recover(route.purpose);
            (recovered, self.check_patience(&endpoints, now))
        };
        self.tell_recovery(route, recovered, now);
        patience
    }

    /// Gives no route any more; whoever waits is turned away.
    pub fn close(&self) {
        self.lock().closed = true;
        self.troubled.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn tell_recovery(&self, route: Route, recovered: Option<Away>, now: Duration) {
        if let Some(away) = recovered {
            self.changed.notify_waiters();
            let endpoint = self.names[route.endpoint].clone();
            self.reporter.event(Event::EndpointRecovered { endpoint, away: now.saturating_sub(away.since) });
        }
    }

    /// `now` was read before the lock was taken, so another's moment may be later.
    fn check_patience(&self, endpoints: &Endpoints, now: Duration) -> Result<(), Down> {
        match &endpoints.dry {
            Some((began, last)) if now.saturating_sub(*began) >= self.give_up_after => {
                Err(Down { since: now.saturating_sub(*began), last: last.clone() })
            }
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Endpoints> {
        sync::lock(&self.endpoints)
    }
}

impl Endpoints {
    /// How long until an endpoint may be asked; `None` when one may be asked now.
    fn wait(&self, now: Duration) -> Option<Duration> {
        let wait = |state: &State| match &state.away {
            Some(away) if !away.may_be_probed(now) => away.wait(now),
            _ => Duration::ZERO,
        };
        self.states.iter().map(wait).min().filter(|wait| !wait.is_zero())
    }

    fn patience_left(&self, patience: Duration, now: Duration) -> Duration {
        self.dry.as_ref().map_or(patience, |(began, _)| (*began + patience).saturating_sub(now))
    }
}

impl State {
    /// Counts a failure. Returns the pause when this one sent the endpoint away.
    fn fail(&mut self, purpose: Purpose, now: Duration) -> Option<Duration> {
        if self.failures == 0 {
            self.failing_since = now;
        }
        self.failures += 1;
        let enough = self.failures >= FAILURES_IN_A_ROW
            || self.failures >= FAILURES_IN_A_WHILE && now.saturating_sub(self.failing_since) >= LONG_ENOUGH;
        match &mut self.away {
            Some(away) if purpose == Purpose::Probe => {
                let pause = (away.pause * 2).min(LONGEST_PAUSE);
                *away = Away { since: away.since, pause, next_probe: now + pause, probing: false };
                None
            }
            // A request that was under way when the endpoint was sent away says nothing new.
            Some(_) => None,
            None if !enough => None,
            None => {
                let next_probe = now + FIRST_PAUSE;
                self.away = Some(Away { since: now, pause: FIRST_PAUSE, next_probe, probing: false });
                Some(FIRST_PAUSE)
            }
        }
    }

    /// Takes note of a sign of life. One that was under way when the endpoint was sent away is from the
    /// time before, so only a probe brings it back. Returns its absence when it does.
    fn recover(&mut self, purpose: Purpose) -> Option<Away> {
        if self.away.is_some() && purpose == Purpose::Answer {
            return None;
        }
        self.failures = 0;
        self.away.take()
    }
}

impl Away {
    fn may_be_probed(&self, now: Duration) -> bool {
        !self.probing && now >= self.next_probe
    }

    /// How long until the next probe. While one is under way its end is waited for, and told.
    fn wait(&self, now: Duration) -> Duration {
        if self.probing { LONGEST_PAUSE } else { self.next_probe.saturating_sub(now) }
    }
}

/// Whether a fault speaks against the endpoint, rather than for its being alive.
#[must_use]
pub fn speaks_against_the_endpoint(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::NotConnected(_)
        | FaultKind::ConnectionBroken(_)
        | FaultKind::Stalled
        | FaultKind::NotAnAnswer(_) => true,
        FaultKind::HttpStatus(_) => true,
        FaultKind::Unauthorized | FaultKind::Forbidden | FaultKind::TooManyRequests => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Billed;
    use crate::telemetry::NoReporter;

    const PATIENCE: Duration = Duration::from_secs(600);
    const ANSWER: Route = Route { endpoint: 0, purpose: Purpose::Answer };
    const PROBE: Route = Route { endpoint: 0, purpose: Purpose::Probe };

    fn health(endpoints: usize) -> EndpointHealth {
        let names: Vec<_> = (0..endpoints).map(|n| format!("http://127.0.0.1:{n}")).collect();
        EndpointHealth::new(&names, PATIENCE, StageClock::start(), Arc::new(NoReporter))
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
    async fn who_answers_others_meanwhile_is_not_away_because_one_network_is_silent() {
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
        assert_eq!(health.route(None), None, "nobody was answered since");
    }

    #[tokio::test(start_paused = true)]
    async fn the_backup_takes_over_and_hands_back() {
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
        assert_eq!(health.route(None), answer_from(1), "an answer from before proves nothing");
        health.answered(PROBE);
        assert_eq!(health.route(None), answer_from(0));
    }

    #[tokio::test(start_paused = true)]
    async fn stray_failures_send_nobody_away() {
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
        for _ in 0..FAILURES_IN_A_WHILE {
            assert_eq!(health.route(None), answer_from(0));
            health.failed(ANSWER, &refused(), Duration::ZERO);
            tokio::time::advance(LONG_ENOUGH / 2).await;
        }
        assert_eq!(health.route(None), probe_of(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_number_that_failed_tries_the_other_endpoint() {
        let health = health(2);
        health.failed(ANSWER, &refused(), Duration::ZERO);
        assert_eq!(health.route(Some(0)), answer_from(1));
        assert_eq!(health.route(Some(1)), answer_from(0));
        fail_often(&health, 1);
        assert_eq!(health.route(Some(0)), answer_from(0), "there is no other that is well");
    }

    #[tokio::test(start_paused = true)]
    async fn in_an_outage_everybody_waits_but_one() {
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
    async fn an_outage_without_end_ends_the_run() {
        let health = health(2);
        fail_often(&health, 0);
        fail_often(&health, 1);
        let mut probes = 0;
        let down = loop {
            match health.any_endpoint().await {
                Ok(()) => {
                    let route = health.route(None).expect("an endpoint is due");
                    assert_eq!(route.purpose, Purpose::Probe);
                    health.failed(route, &refused(), Duration::ZERO);
                    probes += 1;
                }
                Err(down) => break down,
            }
        };
        assert_eq!(down, Down { since: PATIENCE, last: "no connection: refused".into() }.into());
        assert!((20..60).contains(&probes), "{probes} probes in ten minutes");
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_without_end_ends_the_run_too() {
        let health = health(1);
        for _ in 0..60 {
            assert_eq!(health.turned_away(ANSWER, "REQUEST_THROTTLED"), Ok(()));
            tokio::time::advance(PATIENCE / 60).await;
        }
        assert!(health.turned_away(ANSWER, "REQUEST_THROTTLED").is_err());
        health.answered(ANSWER);
        assert_eq!(health.turned_away(ANSWER, "REQUEST_THROTTLED"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_that_was_read_before_anothers_is_no_reason_to_panic() {
        let health = health(1);
        tokio::time::advance(Duration::from_secs(5)).await;
        health.failed(ANSWER, &refused(), Duration::ZERO);
        let earlier = Duration::from_secs(4);
        assert_eq!(health.check_patience(&health.lock(), earlier), Ok(()));
        let mut state = health.lock().states[0].clone();
        (0..5).for_each(|_| assert_eq!(state.fail(Purpose::Answer, earlier), None));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_turns_the_waiting_away() {
        let health = health(1);
        fail_often(&health, 0);
        let (waited, ()) = tokio::join!(health.any_endpoint(), async { health.close() });
        assert_eq!(waited, Err(NoRoute::Closed));
    }
}
