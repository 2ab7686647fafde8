//! The way of one request: its price set aside, a place in flight, an endpoint that is well, a turn in the pace,
//! the wire.
//!
//! Every attempt passes here, the first and the tenth, to the primary and to the backup.

use std::sync::Arc;
use std::time::Duration;

use crate::lookup::allowance::{Allowance, SetAside};
use crate::lookup::clock::StageClock;
use crate::lookup::gate::{Gate, Place};
use crate::lookup::health;
use crate::lookup::health::{Down, Health, NoRoute, Purpose, Route};
use crate::lookup::pace::Pace;
use crate::lookup::stop::StopReason;
use crate::model::{Answer, Billed, Fault, FaultKind, LookupResult, Msisdn, UtcMillis};
use crate::pricing::{Charge, Tariff};
use crate::report::{Counters, Event, Reporter};
use crate::service::Service;

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
pub struct Entered<'a> {
    set_aside: SetAside<'a>,
    place: Place<'a>,
}

/// No request was sent, and none will be.
#[derive(Clone, Debug)]
pub enum LaneClosed {
    /// The run is being stopped.
    Closed,
    /// The lane itself has a reason to stop the run.
    Stop(StopReason),
}

/// The one way to the service.
pub struct Lane<S> {
    pub(super) service: S,
    pub(super) tariff: Arc<Tariff>,
    pub(super) allowance: Allowance,
    pub(super) gate: Gate,
    pub(super) pace: Pace,
    pub(super) health: Health,
    pub(super) timeout: Duration,
    pub(super) clock: StageClock,
    pub(super) counters: Arc<Counters>,
    pub(super) reporter: Arc<dyn Reporter>,
}

impl<S: Service> Lane<S> {
    /// Waits until a request may be sent at once, whichever number it is for.
    pub async fn enter(&self) -> Result<Entered<'_>, LaneClosed> {
        let set_aside = self.allowance.set_aside(self.tariff.most()).await;
        let set_aside = set_aside.map_err(|cap| LaneClosed::Stop(StopReason::CapReached { cap }))?;
        let place = self.gate.enter().await.map_err(|_| LaneClosed::Closed)?;
        self.permit().await?;
        Ok(Entered { set_aside, place })
    }

    /// How many requests may be in flight now.
    pub fn in_flight_limit(&self) -> usize {
        self.gate.limit()
    }

    async fn permit(&self) -> Result<(), LaneClosed> {
        self.health.any_endpoint().await.map_err(LaneClosed::from)?;
        self.pace.permit().await.map_err(|_| LaneClosed::Closed)
    }

    /// Asks once. `not_again` is the endpoint that has just failed this number.
    pub async fn ask(
        &self,
        Entered { set_aside, place }: Entered<'_>,
        msisdn: Msisdn,
        not_again: Option<usize>,
    ) -> Result<Attempt, LaneClosed> {
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
        set_aside.spend(charge);
        let stop = self.take_note(&said, route, sent, place).err().map(StopReason::from);
        let Route { endpoint, purpose } = route;
        Ok(Attempt { said, endpoint, purpose, at: self.clock.utc(), charge, stop })
    }

    /// Turns everybody away who has not sent yet.
    pub fn close(&self) {
        self.gate.close();
        self.health.close();
        self.pace.close();
    }

    /// Lets the gate, the pace and the health learn from what was said.
    fn take_note(
        &self,
        said: &Result<Answer, Fault>,
        route: Route,
        sent: Duration,
        place: Place<'_>,
    ) -> Result<(), Down> {
        match said {
            Ok(answer) if answer.result == LookupResult::RequestThrottled => {
                self.counters.throttled.add(1);
                self.slow_down(place);
                self.health.turned_away(route, answer.result.text())?;
            }
            Ok(_) => {
                self.counters.latency.record(self.clock.elapsed().saturating_sub(sent));
                self.counters.replies.add(1);
                self.health.answered(route);
                place.answered();
            }
            Err(fault) => {
                self.counters.count_fault(fault);
                if fault.kind == FaultKind::TooManyRequests {
                    self.counters.throttled.add(1);
                    self.slow_down(place);
                    self.pace.hold(fault.retry_after.unwrap_or_default());
                    self.health.turned_away(route, &fault.to_string())?;
                } else if health::speaks_against_the_endpoint(fault) {
                    self.health.failed(route, fault, sent);
                }
            }
        }
        Ok(())
    }

    fn slow_down(&self, place: Place<'_>) {
        if let Some(in_flight_limit) = place.refused() {
            self.reporter.event(Event::Throttled { in_flight_limit });
        }
    }
}

impl From<NoRoute> for LaneClosed {
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
