//! The way of one request to the service: its price is reserved, it gets a permit, waits for a
//! usable endpoint and for the rate limit, and is sent.
//!
//! Every attempt goes through here, first or tenth, to the primary or to a backup.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::clock::StageClock;
use super::concurrency::{ConcurrencyLimiter, Permit};
use super::endpoint_health::{EndpointHealth, EndpointSign, NoRoute, Outage, Route, sign_of};
use super::endpoint_state::Purpose;
use super::rate_limit::RateLimiter;
use super::request_timeout::within;
use super::settings::AskingRight;
use super::shutdown::StopReason;
use super::spend_limit::{Reservation, SpendLimit};
use crate::model::{Answer, Billed, Fault, FaultKind, LookupResult, Msisdn, UtcMillis};
use crate::pricing::{Charge, Tariff};
use crate::service::{Received, Rest, Service};
use crate::telemetry::{Counters, Event, Reporter};

/// How one request ended.
#[derive(Debug)]
pub struct Attempt {
    /// The answer, or what went wrong.
    pub result: Result<Answer, Fault>,
    /// The endpoint it was sent to.
    pub endpoint: usize,
    /// What the request was for.
    pub purpose: Purpose,
    /// When it ended.
    pub finished_at: UtcMillis,
    /// What it adds to the bill.
    pub charge: Charge,
    /// Why the run must stop now, if it must.
    pub stop: Option<StopReason>,
    /// To be waited for before an answer is used.
    pub rest: Rest,
}

impl Attempt {
    /// Whether the duration of the attempt says something about the number's network.
    #[must_use]
    pub fn measures_latency(&self) -> bool {
        match &self.result {
            Ok(answer) => answer.result != LookupResult::RequestThrottled,
            Err(fault) => fault.kind == FaultKind::Stalled,
        }
    }
}

/// The right to send one request now, whichever number it is for.
#[derive(Debug)]
#[must_use = "reservation and permit are given back on drop"]
pub struct RequestSlot<'a> {
    reservation: Reservation<'a>,
    permit: Permit<'a>,
}

/// No request was sent, and no further one will be.
#[derive(Clone, Debug)]
pub enum DispatcherClosed {
    /// The run is stopping.
    Closed,
    /// The run must stop for this reason.
    Stop(StopReason),
}

/// Sends requests within all limits.
pub struct RequestDispatcher<S> {
    pub(super) service: S,
    pub(super) tariff: Arc<Tariff>,
    pub(super) spend_limit: SpendLimit,
    pub(super) concurrency: ConcurrencyLimiter,
    pub(super) rate_limit: RateLimiter,
    pub(super) health: EndpointHealth,
    pub(super) asking_right: Option<AskingRight>,
    pub(super) timeout: Duration,
    pub(super) late_answer_grace: Duration,
    /// No wait that the service asks for is longer: then the run gives up.
    pub(super) longest_wait: Duration,
    /// Whether a longer wait was reported.
    pub(super) said_long_wait: AtomicBool,
    pub(super) clock: StageClock,
    pub(super) counters: Arc<Counters>,
    pub(super) reporter: Arc<dyn Reporter>,
}

impl<S: Service> RequestDispatcher<S> {
    /// Waits until a request may be sent, whichever number it is for.
    pub async fn acquire_slot(&self) -> Result<RequestSlot<'_>, DispatcherClosed> {
        let reservation = self.spend_limit.reserve(self.tariff.max_price()).await;
        let reservation =
            reservation.map_err(|cap| DispatcherClosed::Stop(StopReason::CapReached { cap }))?;
        let permit = self.concurrency.acquire().await.map_err(|_| DispatcherClosed::Closed)?;
        self.wait_for_endpoint_and_rate().await?;
        Ok(RequestSlot { reservation, permit })
    }

    /// How many requests may be in flight now.
    pub fn in_flight_limit(&self) -> usize {
        self.concurrency.limit()
    }

    async fn wait_for_endpoint_and_rate(&self) -> Result<(), DispatcherClosed> {
        self.health.any_endpoint().await.map_err(DispatcherClosed::from)?;
        self.rate_limit.acquire().await.map_err(|_| DispatcherClosed::Closed)
    }

    /// Sends one request. `failed_endpoint` is the endpoint at which this number failed last.
    pub async fn send(
        &self,
        RequestSlot { reservation, permit }: RequestSlot<'_>,
        msisdn: Msisdn,
        failed_endpoint: Option<usize>,
    ) -> Result<Attempt, DispatcherClosed> {
        let route = loop {
            if let Some(route) = self.health.route(failed_endpoint) {
                break route;
            }
            // The endpoint failed after the slot was acquired. The turn at the rate is lost, which
            // costs little.
            self.wait_for_endpoint_and_rate().await?;
        };
        // As late as possible: the process may have been frozen since its turn.
        if self.asking_right.as_ref().is_some_and(|right| !right.is_held()) {
            return Err(DispatcherClosed::Stop(StopReason::AskingRightLost));
        }
        self.counters.endpoint.set(route.endpoint as u64);
        self.counters.requests.add(1);
        self.counters.in_flight.add(1);
        let sent = self.clock.elapsed();
        let (result, rest) = match self.response(route, msisdn, sent).await {
            Ok(Received { answer, rest }) => (Ok(answer), rest),
            Err(fault) => (Err(self.with_bounded_wait(fault, route)), Rest::none()),
        };
        self.counters.in_flight.sub(1);
        let charge = self.tariff.charge(msisdn, &result);
        self.counters.count_charge(charge);
        reservation.spend(charge);
        let stop = self.learn_from(&result, route, sent, permit).err().map(StopReason::from);
        let Route { endpoint, purpose } = route;
        Ok(Attempt { result, endpoint, purpose, finished_at: self.clock.utc(), charge, stop, rest })
    }

    /// What the service says within the timeout, or in the grace after it. A request that has timed
    /// out keeps its permit, because the service is still busy with it, and its late answer is paid
    /// for. This holds when the run stops, too.
    async fn response(&self, route: Route, msisdn: Msisdn, sent: Duration) -> Result<Received, Fault> {
        let mut response = pin!(self.service.look_up(route.endpoint, msisdn));
        if let Some(response) = within(self.timeout, response.as_mut()).await {
            return response;
        }
        self.health.failed(route, &stalled(), sent);
        within(self.late_answer_grace, response).await.unwrap_or_else(|| Err(stalled()))
    }

    /// The fault, with no longer wait than the run waits for a service that is down.
    fn with_bounded_wait(&self, fault: Fault, route: Route) -> Fault {
        let Some(asked) = fault.retry_after.filter(|asked| *asked > self.longest_wait) else { return fault };
        if !self.said_long_wait.swap(true, Ordering::Relaxed) {
            let endpoint = self.service.endpoints()[route.endpoint].clone();
            self.reporter.event(Event::LongWait { endpoint, asked, waits: self.longest_wait });
        }
        Fault { retry_after: Some(self.longest_wait), ..fault }
    }

    /// Turns away everybody who has not sent yet.
    pub fn close(&self) {
        self.concurrency.close();
        self.health.close();
        self.rate_limit.close();
    }

    /// Adapts the limits and the health of the endpoint to the result of a request.
    fn learn_from(
        &self,
        result: &Result<Answer, Fault>,
        route: Route,
        sent: Duration,
        permit: Permit<'_>,
    ) -> Result<(), Outage> {
        match result {
            Ok(answer) if answer.result == LookupResult::RequestThrottled => {
                self.counters.throttled.add(1);
                self.lower_concurrency(permit);
                self.health.throttled(route, &answer.result.shown().to_string())?;
            }
            Ok(_) => {
                self.counters.latency.record(self.clock.elapsed().saturating_sub(sent));
                self.counters.replies.add(1);
                self.health.answered(route);
                permit.answered();
            }
            Err(fault) => {
                self.counters.count_fault(fault);
                if fault.kind == FaultKind::TooManyRequests {
                    self.counters.throttled.add(1);
                    self.lower_concurrency(permit);
                    self.rate_limit.pause_for(fault.retry_after.unwrap_or_default());
                    self.health.throttled(route, &fault.to_string())?;
                } else if fault.kind != FaultKind::Stalled {
                    match sign_of(fault) {
                        EndpointSign::Fails => self.health.failed(route, fault, sent),
                        EndpointSign::Works => self.health.answered(route),
                        EndpointSign::None => self.health.said_nothing(route),
                    }
                }
            }
        }
        Ok(())
    }

    fn lower_concurrency(&self, permit: Permit<'_>) {
        if let Some(in_flight_limit) = permit.refused() {
            self.reporter.event(Event::Throttled { in_flight_limit });
        }
    }
}

impl From<NoRoute> for DispatcherClosed {
    fn from(no_route: NoRoute) -> Self {
        match no_route {
            NoRoute::Closed => Self::Closed,
            NoRoute::Outage(outage) => Self::Stop(outage.into()),
        }
    }
}

impl From<Outage> for StopReason {
    fn from(Outage { duration, last_failure }: Outage) -> Self {
        Self::ServiceDown { duration, last_failure }
    }
}

fn stalled() -> Fault {
    Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None }
}
