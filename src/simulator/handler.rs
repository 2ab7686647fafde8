//! Where every request is received: through outage, credentials, rate and gate to a lookup.
//!
//! Nothing here waits or touches a socket; what is to be sent, and when, is handed back.

use std::time::Duration;

use crate::model::{LookupResult, Msisdn};

use super::account::{AccountCounters, Charge, Ending, Place};
use super::decision::{Behaviour, Decision, Deed, Reply};
use super::outage::Current;
use super::page::Page;
use super::rate::RateLimit;
use super::request::{Cache, Credentials, HeadReader, Parameter, Request, Target};
use super::settings::{ConnectionLimits, Fault, OutageKind, RequestLimits, SentenceGuise, SimulatorSettings};

/// One service, shared by its connections.
pub(super) struct Handler {
    pub(super) heads: HeadReader,
    pub(super) books: AccountCounters,
    pub(super) behaviour: Behaviour,
    pub(super) outage: Current,
    pub(super) connections: ConnectionLimits,
    pub(super) sentences: SentenceGuise,
    limits: RequestLimits,
    rate: Option<RateLimit>,
}

/// What is to be done about a request.
pub(super) enum Reception<'d> {
    /// Send this.
    Page(Page),
    /// Send a word of the service that is about no lookup.
    Word(LookupResult),
    /// Make this lookup.
    Lookup(Lookup<'d>),
    /// Reset the connection.
    Reset,
    /// Send nothing, ever.
    Stall,
}

impl Handler {
    pub(super) fn new(settings: &SimulatorSettings) -> Self {
        Self {
            heads: HeadReader::new(&settings.authentication),
            books: AccountCounters::new(settings.per_number_account),
            behaviour: Behaviour::new(settings),
            outage: Current::new(),
            connections: settings.connections,
            sentences: settings.sentences,
            limits: settings.limits,
            rate: settings.limits.per_second.map(RateLimit::new),
        }
    }

    /// Receives a request; every one for a lookup is in the account from here on.
    pub(super) fn receive(&self, request: &Request) -> Reception<'_> {
        let (msisdn, cache) = match request.target {
            Target::Lookup { msisdn, cache } => (msisdn, cache),
            Target::Account { numbers, arrivals } => {
                return Reception::Page(Page::Account(self.books.copy(numbers, arrivals).into()));
            }
            Target::UnknownPath => return Reception::Page(Page::NotFound),
            Target::WrongMethod => return Reception::Page(Page::MethodNotAllowed),
        };
        let now = self.books.elapsed();
        self.books.arrived(now);
        if cache == Cache::Bypassed {
            self.books.asked_without_cache();
        }
        if let Some((ending, reception)) = self.turn_away(request.credentials, now) {
            self.books.ended(ending);
            if let Parameter::Number(msisdn) = msisdn {
                self.books.turned_away(msisdn);
            }
            return reception;
        }
        match msisdn {
            Parameter::Missing => self.word(LookupResult::MandatoryParameterMissing),
            Parameter::Malformed => self.word(LookupResult::MsisdnInvalid),
            Parameter::Number(msisdn) => self.let_in(msisdn),
        }
    }

    /// How a 429 is sent here.
    pub(super) fn too_many_requests(&self) -> Page {
        Page::TooManyRequests(self.limits.retry_after, self.limits.retry_after_wait)
    }

    fn turn_away(&self, credentials: Credentials, now: Duration) -> Option<(Ending, Reception<'static>)> {
        if let Some(kind) = self.outage.get() {
            let reception = match kind {
                OutageKind::Refuse | OutageKind::Reset => Reception::Reset,
                OutageKind::Stall => Reception::Stall,
                OutageKind::Unavailable => Reception::Page(Page::Unavailable),
                OutageKind::Nonsense => Reception::Page(Page::Html),
            };
            return Some((Ending::MetOutage, reception));
        }
        if credentials == Credentials::Wrong {
            return Some((Ending::Unauthorized, Reception::Page(Page::Unauthorized)));
        }
        if self.rate.as_ref().is_some_and(|rate| !rate.allows(now)) {
            return Some((Ending::RateLimited, Reception::Page(self.too_many_requests())));
        }
        None
    }

    fn let_in(&self, msisdn: Msisdn) -> Reception<'_> {
        let place = self.books.enter();
        if self.limits.ongoing.is_some_and(|limit| place.at_once > limit) {
            self.books.turned_away(msisdn);
            return self.word(LookupResult::RequestThrottled);
        }
        let attempt = self.books.attempted(msisdn);
        let decision = self.behaviour.decide(msisdn, attempt);
        Reception::Lookup(Lookup {
            books: &self.books,
            msisdn,
            decision,
            _place: place,
            ending: Ended::NotYet,
        })
    }

    fn word(&self, result: LookupResult) -> Reception<'_> {
        self.books.said(&result);
        Reception::Word(result)
    }
}

/// A lookup that is ongoing. One that is dropped without an ending was abandoned by its client.
pub(super) struct Lookup<'d> {
    books: &'d AccountCounters,
    msisdn: Msisdn,
    decision: Decision,
    _place: Place<'d>,
    ending: Ended,
}

#[derive(PartialEq)]
enum Ended {
    NotYet,
    Recorded,
}

impl<'d> Lookup<'d> {
    /// How long it takes.
    pub(super) fn latency(&self) -> Duration {
        self.decision.latency
    }

    /// What comes of it.
    pub(super) fn deed(&self) -> Deed {
        self.decision.deed.clone()
    }

    /// The answer is ready to be sent: it is in the account, and the lookup no longer ongoing, before the
    /// client can know.
    pub(super) fn answered(mut self, reply: Reply) -> Delivery<'d> {
        self.books.answered(self.msisdn, &reply.answer.result, reply.finality);
        self.ending = Ended::Recorded;
        Delivery { books: self.books, msisdn: self.msisdn, reply }
    }

    /// The attempt met a fault.
    pub(super) fn failed(mut self, fault: Fault) {
        self.books.ended(Ending::Fault(fault));
        if fault.is_looked_up() {
            self.books.undelivered(self.msisdn);
        }
        self.ending = Ended::Recorded;
    }
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if self.ending == Ended::Recorded {
            return;
        }
        self.books.ended(Ending::Abandoned);
        let is_charged = match &self.decision.deed {
            Deed::Answer(reply) => Charge::of(&reply.answer.result) == Charge::Billed,
            Deed::Fault(fault) => fault.is_looked_up(),
        };
        if is_charged {
            self.books.undelivered(self.msisdn);
        }
    }
}

/// An answer on its way.
pub(super) struct Delivery<'d> {
    books: &'d AccountCounters,
    msisdn: Msisdn,
    pub(super) reply: Reply,
}

impl Delivery<'_> {
    /// The client was gone.
    pub(super) fn failed(self) {
        self.books.lost(self.msisdn, &self.reply.answer.result, self.reply.finality);
    }
}
