//! Which endpoint gets the next request: the first usable one in order of preference.
//!
//! An endpoint that failed several times in a row is suspended, and probed with a single request
//! after a growing pause. When it answers, it is used again. While all are suspended, only probes
//! are sent; if that lasts too long, the run stops.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::StageClock;
use super::endpoint_state::{EndpointState, Purpose, Suspension};
use crate::model::{Fault, FaultKind};
use crate::sync;
use crate::telemetry::{Event, Reporter};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The endpoint, as an index in order of preference.
    pub endpoint: usize,
    /// What the request is for.
    pub purpose: Purpose,
}

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// The stage is closed.
    Closed,
    /// The outage has lasted too long.
    Outage(Outage),
}

/// No endpoint has answered for longer than the run may wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// For how long.
    pub duration: Duration,
    /// The last failure.
    pub last_failure: String,
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
    /// Whether nothing is left but numbers that stalled while others were answered. They say
    /// nothing about the endpoints.
    only_stalled: AtomicBool,
    /// Whether an endpoint has answered since other numbers came after the stalled ones.
    any_answer: AtomicBool,
    /// Whether numbers came after stalled ones. What was known before them says nothing about now.
    round_is_over: AtomicBool,
    /// Whether an endpoint has failed since its last answer. If not, no lock is taken.
    any_failing: AtomicBool,
    changed: Notify,
}

struct Endpoints {
    states: Vec<EndpointState>,
    /// Since when there is no answer, and the last failure. Throttling counts too.
    unanswered: Option<(Duration, String)>,
    closed: bool,
}

impl EndpointHealth {
    /// All endpoints are usable at first.
    #[must_use]
    pub fn new(
        names: &[String],
        give_up_after: Duration,
        clock: StageClock,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let states = vec![EndpointState::default(); names.len()];
        Self {
            clock,
            give_up_after,
            names: names.to_vec(),
            reporter,
            endpoints: Mutex::new(Endpoints { states, unanswered: None, closed: false }),
            last_answers: names.iter().map(|_| AtomicU64::new(0)).collect(),
            only_stalled: AtomicBool::new(false),
            any_answer: AtomicBool::new(false),
            round_is_over: AtomicBool::new(false),
            any_failing: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Waits until an endpoint may be used. Reserves nothing: [`EndpointHealth::route`] may still
    /// find none.
    pub async fn any_endpoint(&self) -> Result<(), NoRoute> {
        if !self.any_failing.load(Ordering::Acquire) {
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
                if self.silence_is_of_numbers() {
                    return Ok(());
                }
                let Some(wait) = endpoints.wait(now) else { return Ok(()) };
                self.check_outage(&endpoints, now).map_err(NoRoute::Outage)?;
                wait.min(endpoints.time_left(self.give_up_after, now))
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    /// The endpoint for the next request; `None` if none is usable now. `failed_endpoint` is the
    /// endpoint at which this number failed last: another one is preferred.
    pub fn route(&self, failed_endpoint: Option<usize>) -> Option<Route> {
        if !self.any_failing.load(Ordering::Acquire) && failed_endpoint.is_none() {
            return Some(Route { endpoint: 0, purpose: Purpose::Answer });
        }
        let now = self.clock.elapsed();
        let mut endpoints = self.lock();
        let mut second_choice = None;
        for (endpoint, state) in endpoints.states.iter_mut().enumerate() {
            match state.admit(now) {
                Some(Purpose::Answer) if failed_endpoint == Some(endpoint) => second_choice = Some(endpoint),
                Some(purpose) => return Some(Route { endpoint, purpose }),
                None if self.silence_is_of_numbers() => second_choice = second_choice.or(Some(endpoint)),
                None => {}
            }
        }
        second_choice.map(|endpoint| Route { endpoint, purpose: Purpose::Answer })
    }

    /// Counts an answer.
    pub fn answered(&self, route: Route) {
        let now = self.clock.elapsed().as_nanos() as u64;
        self.last_answers[route.endpoint].store(now, Ordering::Relaxed);
        if !self.any_answer.load(Ordering::Relaxed) {
            self.any_answer.store(true, Ordering::Release);
        }
        if !self.any_failing.load(Ordering::Acquire) {
            return;
        }
        let now = self.clock.elapsed();
        let recovered = {
            let mut endpoints = self.lock();
            endpoints.unanswered = None;
            let recovered = endpoints.states[route.endpoint].recover(route.purpose);
            let all_healthy = endpoints.states.iter().all(EndpointState::is_healthy);
            self.any_failing.store(!all_healthy, Ordering::Release);
            recovered
        };
        self.report_recovery(route, recovered, now);
    }

    /// Counts the failure of a request that was sent at `sent`. A timeout does not count if the
    /// endpoint has answered other requests in the meantime: then the number's network is slow.
    pub fn failed(&self, route: Route, fault: &Fault, sent: Duration) {
        let now = self.clock.elapsed();
        let last_answer = Duration::from_nanos(self.last_answers[route.endpoint].load(Ordering::Relaxed));
        let others_were_answered = route.purpose == Purpose::Answer && last_answer > sent;
        if fault.kind == FaultKind::Stalled && (others_were_answered || self.silence_is_of_numbers()) {
            return;
        }
        let (pause, outage) = {
            let mut endpoints = self.lock();
            self.any_failing.store(true, Ordering::Release);
            endpoints.unanswered.get_or_insert_with(|| (now, String::new())).1 = fault.to_string();
            let pause = endpoints.states[route.endpoint].fail(route.purpose, now);
            (pause, endpoints.states.iter().all(EndpointState::is_suspended))
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

    /// Counts a request that never left this machine. A probe is sent again soon.
    pub fn said_nothing(&self, route: Route) {
        if route.purpose == Purpose::Probe {
            let now = self.clock.elapsed();
            self.lock().states[route.endpoint].end_probe(now);
            self.changed.notify_waiters();
        }
    }

    /// Counts a throttled request. The endpoint works, but if there is no answer for too long, the
    /// run must stop.
    pub fn throttled(&self, route: Route, failure: &str) -> Result<(), Outage> {
        let now = self.clock.elapsed();
        let (recovered, outage) = {
            let mut endpoints = self.lock();
            self.any_failing.store(true, Ordering::Release);
            endpoints.unanswered.get_or_insert_with(|| (now, String::new())).1 = failure.to_owned();
            let recovered = endpoints.states[route.endpoint].recover(route.purpose);
            (recovered, self.check_outage(&endpoints, now))
        };
        self.report_recovery(route, recovered, now);
        outage
    }

    /// Counts numbers whose answers are known from before: the run of a list whose other numbers
    /// never answer continues, and would otherwise wait for them again.
    pub fn others_are_known(&self) {
        if !self.any_answer.load(Ordering::Relaxed) && !self.round_is_over.load(Ordering::Acquire) {
            self.any_answer.store(true, Ordering::Release);
        }
    }

    /// Says whether nothing is left but numbers that have stalled. When others come, their silence
    /// counts from then on.
    pub fn only_stalled_are_left(&self, only_stalled: bool) {
        let mut endpoints = self.lock();
        let was_silent = self.silence_is_of_numbers();
        self.only_stalled.store(only_stalled, Ordering::Release);
        if was_silent && !only_stalled {
            endpoints.unanswered = None;
            endpoints.states.fill(EndpointState::default());
            // If these stay silent too, it is an outage.
            self.any_answer.store(false, Ordering::Release);
            self.round_is_over.store(true, Ordering::Release);
        }
        drop(endpoints);
        self.changed.notify_waiters();
    }

    /// Whether numbers that have stalled should wait for others: no endpoint answers, and a probe
    /// with a number that never answers would find out nothing.
    pub fn prefers_others(&self) -> bool {
        self.any_failing.load(Ordering::Acquire)
            && !self.silence_is_of_numbers()
            && self.lock().states.iter().all(EndpointState::is_suspended)
    }

    /// Whether a missing answer says something about its number only.
    fn silence_is_of_numbers(&self) -> bool {
        self.only_stalled.load(Ordering::Acquire) && self.any_answer.load(Ordering::Acquire)
    }

    /// Gives no further route, and turns the waiters away.
    pub fn close(&self) {
        self.lock().closed = true;
        self.any_failing.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn report_recovery(&self, route: Route, recovered: Option<Suspension>, now: Duration) {
        if let Some(suspension) = recovered {
            self.changed.notify_waiters();
            let endpoint = self.names[route.endpoint].clone();
            let away = now.saturating_sub(suspension.since);
            self.reporter.event(Event::EndpointRecovered { endpoint, away });
        }
    }

    /// `now` was read before the lock was taken, so the recorded time may be later.
    fn check_outage(&self, endpoints: &Endpoints, now: Duration) -> Result<(), Outage> {
        match &endpoints.unanswered {
            Some((since, last_failure)) if now.saturating_sub(*since) >= self.give_up_after => {
                Err(Outage { duration: now.saturating_sub(*since), last_failure: last_failure.clone() })
            }
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Endpoints> {
        sync::lock(&self.endpoints)
    }
}

impl Endpoints {
    /// How long until an endpoint may be used; `None` if one may be used now.
    fn wait(&self, now: Duration) -> Option<Duration> {
        self.states.iter().map(|state| state.wait(now)).min().filter(|wait| !wait.is_zero())
    }

    /// How long until the run gives up.
    fn time_left(&self, give_up_after: Duration, now: Duration) -> Duration {
        self.unanswered
            .as_ref()
            .map_or(give_up_after, |(since, _)| (*since + give_up_after).saturating_sub(now))
    }
}

/// What a fault says about the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointSign {
    /// It fails.
    Fails,
    /// It works, and refuses the request.
    Works,
    /// Nothing: this machine fails.
    None,
}

/// What a fault says about the endpoint.
#[must_use]
pub fn sign_of(fault: &Fault) -> EndpointSign {
    match fault.kind {
        FaultKind::NotConnected(_)
        | FaultKind::ConnectionBroken(_)
        | FaultKind::Surplus
        | FaultKind::Stalled
        | FaultKind::Redirect { .. }
        | FaultKind::HttpStatus(_)
        | FaultKind::NotAnAnswer(_) => EndpointSign::Fails,
        FaultKind::Local(_) => EndpointSign::None,
        FaultKind::Unauthorized
        | FaultKind::PaymentRequired
        | FaultKind::Forbidden
        | FaultKind::TooManyRequests => EndpointSign::Works,
    }
}

#[cfg(test)]
mod tests;
