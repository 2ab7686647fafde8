//! The way of one request: its price set aside, a permit in flight, an endpoint that is well, a turn in the pace,
//! the wire.
//!
//! Every attempt passes here, the first and the tenth, to the primary and to the backup.

use std::sync::Arc;
use std::time::Duration;

use super::clock::StageClock;
use super::concurrency::{ConcurrencyLimiter, Permit};
use super::endpoint_health;
use super::endpoint_health::{Down, EndpointHealth, NoRoute, Purpose, Route};
use super::rate_limit::RateLimiter;
use super::shutdown::StopReason;
use super::spend_limit::{Reservation, SpendLimit};
use crate::model::{Answer, Billed, Fault, FaultKind, LookupResult, Msisdn, UtcMillis};
use crate::pricing::{Charge, Tariff};
use crate::service::Service;
use crate::telemetry::{Counters, Event, Reporter};

/// What one request brought.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The answer, or what went wrong.
    pub said: Result<Answer, Fault>,
    /// Which endpoint was asked.
    pub endpoint: usize,
    /// What the request was for.
    pub purpose: Purpose,
    /// When it was over.
    pub at: UtcMillis,
    /// What it added to the bill.
    pub charge: Charge,
    /// Why the run must stop now, if it must.
    pub stop: Option<StopReason>,
}

impl Attempt {
    /// Whether the time that it took says something about the number's network.
    #[must_use]
    pub fn tells_how_long_it_takes(&self) -> bool {
        match &self.said {
            Ok(answer) => answer.result != LookupResult::RequestThrottled,
            Err(fault) => fault.kind == FaultKind::Stalled,
        }
    }
}

/// Everything that a request needs, but its number.
#[derive(Debug)]
#[must_use = "what it holds is given back on drop"]
pub struct RequestSlot<'a> {
    reservation: Reservation<'a>,
    permit: Permit<'a>,
}

/// No request was sent, and none will be.
#[derive(Clone, Debug)]
pub enum DispatcherClosed {
    /// The run is being stopped.
    Closed,
    /// The lane itself has a reason to stop the run.
    Stop(StopReason),
}

/// The one way to the service.
pub struct RequestDispatcher<S> {
    pub(super) service: S,
    pub(super) tariff: Arc<Tariff>,
    pub(super) spend_limit: SpendLimit,
    pub(super) concurrency: ConcurrencyLimiter,
    pub(super) rate_limit: RateLimiter,
    pub(super) health: EndpointHealth,
    pub(super) timeout: Duration,
    pub(super) clock: StageClock,
    pub(super) counters: Arc<Counters>,
    pub(super) reporter: Arc<dyn Reporter>,
}

impl<S: Service> RequestDispatcher<S> {
    /// Waits until a request may be sent at once, whichever number it is for.
    pub async fn acquire_slot(&self) -> Result<RequestSlot<'_>, DispatcherClosed> {
        let reservation = self.spend_limit.reserve(self.tariff.max_price()).await;
        let reservation =
            reservation.map_err(|cap| DispatcherClosed::Stop(StopReason::CapReached { cap }))?;
        let permit = self.concurrency.acquire().await.map_err(|_| DispatcherClosed::Closed)?;
        self.permit().await?;
        Ok(RequestSlot { reservation, permit })
    }

    /// How many requests may be in flight now.
    pub fn in_flight_limit(&self) -> usize {
        self.concurrency.limit()
    }

    async fn permit(&self) -> Result<(), DispatcherClosed> {
        self.health.any_endpoint().await.map_err(DispatcherClosed::from)?;
        self.rate_limit.permit().await.map_err(|_| DispatcherClosed::Closed)
    }

    /// Asks once. `not_again` is the endpoint that has just failed this number.
    pub async fn send(
        &self,
        RequestSlot { reservation, permit }: RequestSlot<'_>,
        msisdn: Msisdn,
        not_again: Option<usize>,
    ) -> Result<Attempt, DispatcherClosed> {
        let route = loop {
            if let Some(route) = self.health.route(not_again) {
                break route;
            }
            // The endpoint has gone since the permit was given, which is lost, and that is cheap.
            self.permit().await?;
        };
        self.counters.endpoint.set(route.endpoint as u64);
        self.counters.requests.add(1);
        self.counters.in_flight.add(1);
        let sent = self.clock.elapsed();
        let answer = tokio::time::timeout(self.timeout, self.service.look_up(route.endpoint, msisdn));
        let said = answer.await.unwrap_or_else(|_| Err(stalled()));
        self.counters.in_flight.sub(1);
        let charge = self.tariff.charge(msisdn, &said);
        self.counters.count_charge(charge);
        reservation.spend(charge);
        let stop = self.take_note(&said, route, sent, permit).err().map(StopReason::from);
        let Route { endpoint, purpose } = route;
        Ok(Attempt { said, endpoint, purpose, at: self.clock.utc(), charge, stop })
    }

    /// Turns everybody away who has not sent yet.
    pub fn close(&self) {
        self.concurrency.close();
        self.health.close();
        self.rate_limit.close();
    }

    /// Lets the gate, the pace and the health learn from what was said.
    fn take_note(
        &self,
        said: &Result<Answer, Fault>,
        route: Route,
        sent: Duration,
        permit: Permit<'_>,
    ) -> Result<(), Down> {
        match said {
            Ok(answer) if answer.result == LookupResult::RequestThrottled => {
                self.counters.throttled.add(1);
                self.slow_down(permit);
                self.health.turned_away(route, answer.result.text())?;
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
                    self.slow_down(permit);
                    self.rate_limit.hold(fault.retry_after.unwrap_or_default());
                    self.health.turned_away(route, &fault.to_string())?;
                } else if endpoint_health::speaks_against_the_endpoint(fault) {
                    self.health.failed(route, fault, sent);
                }
            }
        }
        Ok(())
    }

    fn slow_down(&self, permit: Permit<'_>) {
        if let Some(in_flight_limit) = permit.refused() {
            self.reporter.event(Event::Throttled { in_flight_limit });
        }
    }
}

impl From<NoRoute> for DispatcherClosed {
    fn from(no_route: NoRoute) -> Self {
        match no_route {
            NoRoute::Closed => Self::Closed,
            NoRoute::Down(down) => Self::Stop(down.into()),
        }
    }
}

impl From<Down> for StopReason {
    fn from(Down { since, last }: Down) -> Self {
        Self::ServiceDown { since, last }
    }
}

fn stalled() -> Fault {
    Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None }
}
