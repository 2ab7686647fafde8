//! The way of every request: through outage, credentials, rate and concurrency limit to a lookup.
//!
//! Nothing here waits or touches a socket; the caller learns what to send, and when.

use std::time::Duration;

use crate::model::{LookupResult, Msisdn};

use super::account::{AccountCounters, Charge, NoAnswer, OngoingGuard};
use super::decision::{AttemptOutcome, Behaviour, Decision, Reply};
use super::outage::CurrentOutage;
use super::page::Page;
use super::rate::RateLimit;
use super::request::{Cache, Credentials, HeadReader, Parameter, Request, Target};
use super::settings::{
    ConnectionLimits, Fault, OutageKind, RequestLimits, SentenceFormat, SimulatorSettings,
};

/// One service, shared by its connections.
pub(super) struct Handler {
    pub(super) heads: HeadReader,
    pub(super) account: AccountCounters,
    pub(super) behaviour: Behaviour,
    pub(super) outage: CurrentOutage,
    pub(super) connections: ConnectionLimits,
    pub(super) sentences: SentenceFormat,
    limits: RequestLimits,
    rate: Option<RateLimit>,
    forbidden: Vec<String>,
    without_credit: String,
}

/// The text in the settings for a 402 when the credit is used up.
const PAYMENT_REQUIRED: &str = "402";

/// What to do about a request.
pub(super) enum Action<'d> {
    /// Send this page.
    Page(Page),
    /// Send a result without a lookup.
    Result(LookupResult),
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
            account: AccountCounters::new(settings.per_number_account),
            behaviour: Behaviour::new(settings),
            outage: CurrentOutage::new(),
            connections: settings.connections,
            sentences: settings.sentences,
            limits: settings.limits,
            rate: settings.limits.per_second.map(RateLimit::new),
            forbidden: settings.forbidden_prefixes.clone(),
            without_credit: settings.without_credit.clone(),
        }
    }

    /// Decides about a request, and records every request for a lookup.
    pub(super) fn handle(&self, request: &Request) -> Action<'_> {
        let (msisdn, cache) = match request.target {
            Target::Lookup { msisdn, cache } => (msisdn, cache),
            Target::Account { numbers, arrivals } => {
                return Action::Page(Page::Account(self.account.snapshot(numbers, arrivals).into()));
            }
            Target::UnknownPath => return Action::Page(Page::NotFound),
            Target::WrongMethod => return Action::Page(Page::MethodNotAllowed),
        };
        let now = self.account.elapsed();
        self.account.arrived(now);
        if cache == Cache::Bypassed {
            self.account.asked_without_cache();
        }
        if let Some((reason, action)) = self.rejection(request.credentials, now) {
            self.account.unanswered(reason);
            if let Parameter::Number(msisdn) = msisdn {
                self.account.rejected(msisdn);
            }
            return action;
        }
        match msisdn {
            Parameter::Missing => self.bare_result(LookupResult::MandatoryParameterMissing),
            Parameter::Malformed => self.bare_result(LookupResult::MsisdnInvalid),
            Parameter::Number(msisdn) => self.admit(msisdn),
        }
    }

    /// A 429 as the settings want it.
    pub(super) fn too_many_requests(&self) -> Page {
        Page::TooManyRequests(self.limits.retry_after, self.limits.retry_after_wait)
    }

    fn rejection(&self, credentials: Credentials, now: Duration) -> Option<(NoAnswer, Action<'static>)> {
        if let Some(kind) = self.outage.get() {
            let action = match kind {
                OutageKind::Refuse | OutageKind::Reset => Action::Reset,
                OutageKind::Stall => Action::Stall,
                OutageKind::Unavailable => Action::Page(Page::Unavailable),
                OutageKind::Nonsense => Action::Page(Page::Html),
            };
            return Some((NoAnswer::MetOutage, action));
        }
        if credentials == Credentials::Wrong {
            return Some((NoAnswer::Unauthorized, Action::Page(Page::Unauthorized)));
        }
        if self.rate.as_ref().is_some_and(|rate| !rate.allows(now)) {
            return Some((NoAnswer::RateLimited, Action::Page(self.too_many_requests())));
        }
        None
    }

    fn admit(&self, msisdn: Msisdn) -> Action<'_> {
        if self.forbidden.iter().any(|prefix| msisdn.digits().starts_with(prefix.as_str())) {
            self.account.rejected(msisdn);
            self.account.unanswered(NoAnswer::Fault(Fault::Forbidden));
            return Action::Page(Page::Forbidden);
        }
        if self.limits.credit.is_some_and(|credit| self.account.billed() >= credit) {
            self.account.rejected(msisdn);
            return match self.without_credit.as_str() {
                PAYMENT_REQUIRED => {
                    self.account.unanswered(NoAnswer::NoCredit);
                    Action::Page(Page::PaymentRequired)
                }
                word => self.bare_result(LookupResult::from_text(word)),
            };
        }
        let ongoing = self.account.begin_request();
        if self.limits.ongoing.is_some_and(|limit| ongoing.at_once > limit) {
            self.account.rejected(msisdn);
            return self.bare_result(LookupResult::RequestThrottled);
        }
        let attempt = self.account.attempted(msisdn);
        let decision = self.behaviour.decide(msisdn, attempt);
        Action::Lookup(Lookup {
            account: &self.account,
            msisdn,
            decision,
            _ongoing: ongoing,
            recording: Recording::Pending,
        })
    }

    fn bare_result(&self, result: LookupResult) -> Action<'_> {
        self.account.result_sent(&result);
        Action::Result(result)
    }
}

/// An ongoing lookup. One that is dropped before its end is recorded was abandoned by its client.
pub(super) struct Lookup<'d> {
    account: &'d AccountCounters,
    msisdn: Msisdn,
    decision: Decision,
    _ongoing: OngoingGuard<'d>,
    recording: Recording,
}

/// Whether the account has the end of a lookup.
#[derive(PartialEq)]
enum Recording {
    Pending,
    Done,
}

impl<'d> Lookup<'d> {
    /// How long it takes.
    pub(super) fn latency(&self) -> Duration {
        self.decision.latency
    }

    pub(super) fn msisdn(&self) -> Msisdn {
        self.msisdn
    }

    /// How it ends.
    pub(super) fn outcome(&self) -> AttemptOutcome {
        self.decision.outcome.clone()
    }

    /// The answer is ready to be sent. It is recorded, and the lookup is no longer ongoing, before
    /// the client can see it.
    pub(super) fn answered(mut self, reply: Reply) -> Delivery<'d> {
        self.account.answered(self.msisdn, &reply.answer.result, reply.finality);
        self.recording = Recording::Done;
        Delivery { account: self.account, msisdn: self.msisdn, reply }
    }

    /// The attempt met a fault.
    pub(super) fn failed(mut self, fault: Fault) {
        self.account.unanswered(NoAnswer::Fault(fault));
        if fault.is_looked_up() {
            self.account.undelivered(self.msisdn);
        }
        self.recording = Recording::Done;
    }
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if self.recording == Recording::Done {
            return;
        }
        self.account.unanswered(NoAnswer::Abandoned);
        let is_charged = match &self.decision.outcome {
            AttemptOutcome::Answer(reply) | AttemptOutcome::Misdelivered(reply, _) => {
                Charge::of(&reply.answer.result) == Charge::Billed
            }
            AttemptOutcome::Fault(fault) => fault.is_looked_up(),
        };
        if is_charged {
            self.account.undelivered(self.msisdn);
        }
    }
}

/// An answer on its way.
pub(super) struct Delivery<'d> {
    account: &'d AccountCounters,
    msisdn: Msisdn,
    pub(super) reply: Reply,
}

impl Delivery<'_> {
    /// The client was gone.
    pub(super) fn failed(self) {
        self.account.lost(self.msisdn, &self.reply.answer.result, self.reply.finality);
    }
}
