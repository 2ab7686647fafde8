//! What workers do with a number: they send its requests, decide what follows, and settle its
//! outcome.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::mpsc;

use super::dispatcher::{Attempt, DispatcherClosed, RequestDispatcher, RequestSlot};
use super::endpoint_state::Purpose;
use super::pending_lookup::{Held, PendingLookup, RestingAnswer};
use super::queue::{InProgress, LookupQueue, QueuePermit};
use super::range_scheduler::UselessRange;
use super::retry::Step;
use super::retry::budget::RetryBudget;
use super::service_faults::refusals::{AccountState, Refusals, RequestInFlight};
use super::service_faults::surplus_count::SurplusCount;
use super::silence::stalled_numbers::StalledNumbers;
use super::single_flight::{BatchTicket, FlightRole, SingleFlight};
use super::{LookupSettings, RetryPolicy, StopReason, StopSignal, retry};
use crate::ledger::{AnswerRoom, CommitOutcome, Durability, KnownAnswer, Ledger, PaidAnswer, UnsavedAnswers};
use crate::model::{
    Answered, Billed, Fault, FaultKind, LookupResult, Money, Msisdn, Outcome, Product, Source, Unanswered,
    UnansweredReason,
};
use crate::service::Service;
use crate::sync;
use crate::telemetry::{Counters, Event, Reporter};

/// How long a number that has stalled makes way for others while no endpoint answers.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(1);

/// What all workers share.
pub(super) struct Shared<S> {
    pub(super) dispatcher: RequestDispatcher<S>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) single_flight: SingleFlight,
    pub(super) queue: LookupQueue,
    pub(super) stalled: StalledNumbers,
    /// The room for answers that are not on disk yet.
    unsaved: UnsavedAnswers,
    policy: RetryPolicy,
    budget: RetryBudget,
    /// The source of jitter.
    random: Mutex<fastrand::Rng>,
    /// Answers whose connection rests. `None` is the last.
    pub(super) resting: mpsc::UnboundedSender<Option<RestingAnswer>>,
    pub(super) surplus: SurplusCount,
    pub(super) refusals: Arc<Refusals>,
    pub(super) stop: StopSignal,
    pub(super) counters: Arc<Counters>,
    reporter: Arc<dyn Reporter>,
}

impl<S: Service> Shared<S> {
    pub(super) fn new(
        dispatcher: RequestDispatcher<S>,
        ledger: Arc<dyn Ledger>,
        settings: &LookupSettings,
        stop: StopSignal,
        counters: Arc<Counters>,
        reporter: Arc<dyn Reporter>,
        resting: mpsc::UnboundedSender<Option<RestingAnswer>>,
    ) -> Self {
        Self {
            stalled: StalledNumbers::default(),
            unsaved: UnsavedAnswers::new(settings.concurrency.get(), ledger.unsaved_answers()),
            dispatcher,
            ledger,
            single_flight: SingleFlight::default(),
            queue: LookupQueue::new(settings.skip_useless),
            policy: settings.retry.clone(),
            budget: RetryBudget::new(settings.retry.budget),
            random: Mutex::new(fastrand::Rng::with_seed(settings.seed)),
            resting,
            surplus: SurplusCount::default(),
            refusals: Refusals::new(settings.tariff.accepted.clone()),
            stop,
            counters,
            reporter,
        }
    }

    /// The answers that the ledger has. If it cannot be read, the run stops, because its answers
    /// would be paid for again.
    pub(super) async fn find_known(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>> {
        self.ledger.find(numbers).await.unwrap_or_else(|failure| {
            self.stop_run(StopReason::LedgerFailed { failure: Arc::new(failure) });
            vec![None; numbers.len()]
        })
    }

    /// Starts or joins a lookup for each number that is not known.
    pub(super) fn look_up_unknown(
        &self,
        numbers: &[Msisdn],
        known: Vec<Option<KnownAnswer>>,
        ticket: &Arc<BatchTicket>,
    ) {
        let mut unknown = Vec::new();
        for (index, known) in known.into_iter().enumerate() {
            match known {
                Some(known) => ticket.fill(index, known.into()),
                None if self.single_flight.join(numbers[index], ticket, index) == FlightRole::Leader => {
                    unknown.push(numbers[index]);
                }
                None => {}
            }
        }
        self.enqueue_still_unknown(unknown);
    }

    /// Another batch may have got an answer after the ledger was read and before its number was
    /// joined. So the ledger is asked again, this time for recent answers only.
    fn enqueue_still_unknown(&self, mut numbers: Vec<Msisdn>) {
        let mut recent = self.ledger.find_recent(&numbers).into_iter();
        numbers.retain(|&msisdn| match recent.next().flatten() {
            Some(known) => {
                let outcome = Outcome::Answered(known.answered);
                self.single_flight.settle(msisdn, outcome, known.source, Money::ZERO);
                false
            }
            None => true,
        });
        self.budget.grant(numbers.len() as u64);
        if self.stalled.add_new(numbers.len()) {
            self.dispatcher.health.only_stalled_are_left(false);
        }
        if let Err(lookups) = self.queue.push(&numbers) {
            lookups.into_iter().for_each(|lookup| self.give_up(lookup));
        }
    }

    /// The loop of one worker, until the queue is closed.
    pub(super) async fn work(self: Arc<Self>) {
        while let Some(permit) = self.queue.acquire().await {
            // Before anything is sent: an answer must find its place in the ledger.
            let Some(room) = self.unsaved.room().await else { continue };
            let (slot, in_flight) = match self.begin_request().await {
                Ok(begun) => begun,
                // The queue is closed too, and whoever closed it has settled what waited there.
                Err(DispatcherClosed::Closed) => continue,
                Err(DispatcherClosed::Stop(reason)) => {
                    self.stop_run(reason);
                    continue;
                }
            };
            let Some((lookup, in_progress)) = self.take(permit) else { continue };
            let msisdn = lookup.msisdn;
            let attempt = AssertUnwindSafe(self.attempt(slot, Held { room, in_flight }, lookup, in_progress));
            if attempt.catch_unwind().await.is_err() {
                self.queue.finish(in_progress, false, None);
                self.settle_after_panic(msisdn);
            }
        }
    }

    /// Waits until a request may be sent. While refusals in a row are counted, a turn may be given
    /// back.
    async fn begin_request(&self) -> Result<(RequestSlot<'_>, RequestInFlight), DispatcherClosed> {
        loop {
            let slot = self.dispatcher.acquire_slot().await?;
            if let Some(in_flight) = self.refusals.begin() {
                return Ok((slot, in_flight));
            }
            drop(slot);
            self.refusals.changed().await;
        }
    }

    /// The next lookup that somebody waits for. Those that nobody waits for take no turn at the
    /// rate.
    fn take_wanted(&self, mut permit: QueuePermit) -> Option<(PendingLookup, InProgress)> {
        loop {
            let (lookup, in_progress) = self.queue.take(permit, self.dispatcher.in_flight_limit())?;
            let is_unwanted = self.single_flight.withdraw_if_unwanted(lookup.msisdn);
            if !is_unwanted && !self.waits_for_others(&lookup) {
                return Some((lookup, in_progress));
            }
            self.queue.finish(in_progress, false, None);
            if is_unwanted {
                self.number_ends(&lookup);
            } else if let Err(lookup) = self.queue.schedule_retry(lookup, WAIT_FOR_OTHERS) {
                self.give_up(lookup);
            }
            permit = self.queue.try_acquire()?;
        }
    }

    /// The next lookup, unless it is skipped. A skipped one has its turn at the rate all the same:
    /// if a network recovers after some seconds, this is noticed before all its numbers are
    /// skipped.
    fn take(&self, permit: QueuePermit) -> Option<(PendingLookup, InProgress)> {
        let (lookup, in_progress) = self.take_wanted(permit)?;
        if in_progress.is_skipped() {
            self.queue.finish(in_progress, false, None);
            self.settle_without_answer(lookup, UnansweredReason::Skipped);
            return None;
        }
        Some((lookup, in_progress))
    }

    /// One attempt, and what follows from it.
    async fn attempt(
        &self,
        slot: RequestSlot<'_>,
        held: Held,
        lookup: PendingLookup,
        in_progress: InProgress,
    ) {
        let attempt = self.dispatcher.send(slot, lookup.msisdn, lookup.failed_endpoint).await;
        self.end_turn(&lookup, in_progress, attempt.as_ref().ok());
        match attempt {
            Ok(mut attempt) => match attempt.stop.take() {
                Some(reason) => {
                    self.stop_run(reason);
                    self.give_up(lookup.after(attempt));
                }
                None if attempt.rest.is_over() => self.take_step(lookup, attempt, held),
                None => self.wait_for_rest(lookup, attempt, held),
            },
            Err(DispatcherClosed::Closed) => self.give_up(lookup),
            Err(DispatcherClosed::Stop(reason)) => {
                self.stop_run(reason);
                self.give_up(lookup);
            }
        }
    }

    /// Lets the queue learn from an attempt. A range with hundreds of useless answers in a row is
    /// reported, because each of them may be billed.
    fn end_turn(&self, lookup: &PendingLookup, in_progress: InProgress, attempt: Option<&Attempt>) {
        let measures_latency = attempt.is_some_and(Attempt::measures_latency);
        // Faults and throttling say nothing about a network.
        let result = attempt.and_then(|attempt| attempt.result.as_ref().ok()).map(|answer| &answer.result);
        let result = result.filter(|result| **result != LookupResult::RequestThrottled);
        let is_useful = result.map(|result| !result.status(Product::default()).lacks_verdict());
        // A number counts once as useless, but every useful answer counts.
        let counted = is_useful.filter(|is_useful| lookup.attempts == 0 || *is_useful);
        let useless = self.queue.finish(in_progress, measures_latency, counted);
        if let (Some(UselessRange { range, in_a_row, is_skipped }), Some(last)) = (useless, result) {
            let last = last.clone();
            self.reporter.event(Event::RangeUseless { range, in_a_row, last, is_skipped });
        }
    }

    pub(super) fn take_step(&self, mut lookup: PendingLookup, attempt: Attempt, held: Held) {
        if lookup.attempts > 0 {
            self.counters.retries.add(1);
        }
        // A probe tests the endpoint, so its failure costs the number no attempt. A timeout does:
        // the number's network may be silent, and other numbers must get to probe.
        let is_free_probe = attempt.purpose == Purpose::Probe
            && attempt.result.as_ref().is_err_and(|fault| fault.kind != FaultKind::Stalled);
        lookup.attempts += u16::from(!is_free_probe);
        lookup.cost += attempt.charge.amount();
        let chance = if settles_at_once(&attempt) { 0.0 } else { self.random() };
        let step = retry::next_step(&attempt.result, lookup.attempts, &self.policy, &self.budget, chance);
        if self.judge_account(lookup.msisdn, &attempt) == AccountState::Blocked {
            return self.give_up(lookup.after(attempt));
        }
        match (step, &attempt.result) {
            (Step::Settle, Ok(_)) => self.record(lookup, attempt, held.room),
            (Step::Retry(wait), _) => self.retry(lookup, attempt, wait),
            (Step::RetryUncounted(wait), _) => {
                lookup.attempts -= u16::from(!is_free_probe);
                self.retry(lookup, attempt, wait);
            }
            (Step::StopRun, Err(fault)) => {
                let endpoint = self.dispatcher.service.endpoints()[attempt.endpoint].clone();
                self.stop_run(StopReason::AccountRefused { endpoint, fault: fault.clone(), in_a_row: 1 });
                self.give_up(lookup.after(attempt));
            }
            (Step::GiveUp | Step::Settle | Step::StopRun, _) => {
                if let Some(retries) = self.budget.newly_exhausted() {
                    self.reporter.event(Event::RetryBudgetSpent { retries });
                }
                self.give_up(lookup.after(attempt));
            }
        }
    }

    fn record(&self, lookup: PendingLookup, attempt: Attempt, room: AnswerRoom) {
        self.number_ends(&lookup);
        let answer = attempt.result.expect("only an answer is settled");
        let answered = Answered { answer, checked_at: attempt.finished_at, attempts: lookup.attempts };
        let paid = PaidAnswer { msisdn: lookup.msisdn, answered, cost: lookup.cost };
        match self.ledger.record(paid, room) {
            Durability::Immediate(paid) => self.settle(paid),
            Durability::AfterCommit => {}
            Durability::Never(paid) => {
                self.counters.not_kept.add(1);
                self.task_died("the ledger's commits");
                self.settle(paid);
            }
        }
    }

    fn settle(&self, PaidAnswer { msisdn, answered, cost }: PaidAnswer) {
        self.counters.numbers_done.add(1);
        self.single_flight.settle(msisdn, Outcome::Answered(answered), Source::Live, cost);
    }

    /// Gives answers to their rows after a commit. If the commit failed, their rows are the only
    /// place left that can keep them.
    pub(super) fn settle_commit(&self, CommitOutcome { answers, is_kept, failure }: CommitOutcome) {
        if !is_kept {
            self.counters.not_kept.add(answers.len() as u64);
        }
        match failure {
            Some(failure) => self.stop_run(StopReason::LedgerFailed { failure }),
            None if !is_kept => self.task_died("the ledger's commits"),
            None => {}
        }
        answers.into_iter().for_each(|paid| self.settle(paid));
    }

    /// A bug must not leave rows waiting for ever: the number gets no answer, and may be billed.
    pub(super) fn settle_after_panic(&self, msisdn: Msisdn) {
        let cause = "internal error: a task panicked; please report this";
        let kind = FaultKind::ConnectionBroken(cause.into());
        let fault = Fault { kind, billed: Billed::Maybe, retry_after: None };
        let last = Some(Box::new((UnansweredReason::Fault(fault), self.dispatcher.clock.utc())));
        // How it counted is not known any more; then a long silence is an outage.
        self.give_up(PendingLookup { last, has_stalled: true, ..PendingLookup::new(msisdn) });
    }

    fn retry(&self, mut lookup: PendingLookup, attempt: Attempt, wait: Duration) {
        self.number_waits_again(&mut lookup, &attempt);
        if let Err(lookup) = self.queue.schedule_retry(lookup.after(attempt), wait) {
            self.give_up(lookup);
        }
    }

    pub(super) fn give_up(&self, lookup: PendingLookup) {
        self.settle_without_answer(lookup, UnansweredReason::NeverAsked);
    }

    /// `without_attempt` is the reason for a number without attempts.
    fn settle_without_answer(&self, lookup: PendingLookup, without_attempt: UnansweredReason) {
        self.number_ends(&lookup);
        let (last, checked_at) = match lookup.last {
            Some(last) => (last.0, Some(last.1)),
            None => (without_attempt, None),
        };
        match last {
            UnansweredReason::NeverAsked => self.counters.never_asked.add(1),
            UnansweredReason::Skipped => self.counters.skipped.add(1),
            UnansweredReason::Result(_) | UnansweredReason::Fault(_) => {}
        }
        self.counters.numbers_unanswered.add(1);
        self.counters.numbers_done.add(1);
        let unanswered = Unanswered { last, attempts: lookup.attempts, checked_at };
        let outcome = Outcome::Unanswered(Box::new(unanswered));
        self.single_flight.settle(lookup.msisdn, outcome, Source::Live, lookup.cost);
    }

    /// Stops the run after a panic: what follows could not be relied on.
    pub(super) fn task_died(&self, task: &'static str) {
        self.stop_run(StopReason::TaskDied { task });
    }

    pub(super) fn stop_run(&self, reason: StopReason) {
        self.stop.request(reason);
        self.close();
    }

    /// Sends nothing more, and settles everything that waits.
    pub(super) fn close(&self) {
        self.unsaved.close();
        self.dispatcher.close();
        self.queue.close().into_iter().for_each(|lookup| self.give_up(lookup));
    }

    fn random(&self) -> f64 {
        sync::lock(&self.random).f64()
    }
}

/// Whether the next step does not depend on chance. Most attempts end here, without the lock.
fn settles_at_once(attempt: &Attempt) -> bool {
    attempt.result.as_ref().is_ok_and(|answer| answer.result == LookupResult::Ok)
}
