//! The lookup stage: batches of numbers in, replies out, workers between them.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;

use super::clock::StageClock;
use super::concurrency::ConcurrencyLimiter;
use super::dispatcher::{Attempt, DispatcherClosed, RequestDispatcher, RequestSlot};
use super::endpoint_health::{EndpointHealth, Purpose};
use super::queue::{InProgress, LookupQueue, PendingLookup, QueuePermit};
use super::range_scheduler::UselessRange;
use super::rate_limit::RateLimiter;
use super::retry::{RetryBudget, RetryPolicy, Step};
use super::single_flight::{BatchTicket, FlightRole, SingleFlight};
use super::spend_limit::SpendLimit;
use super::{LookupSettings, Rate, Reply, StopReason, StopSignal, retry};
use crate::ledger::{Kept, KeptAnswers, Ledger, Paid, Remembered};
use crate::model::{
    Answered, Billed, Fault, FaultKind, LookupResult, Money, Msisdn, Outcome, Product, Source, Unanswered,
    UnansweredReason,
};
use crate::service::Service;
use crate::sync;
use crate::task::AbortOnDrop;
use crate::telemetry::{Counters, Event, Reporter};

/// So many `IMSI_LOOKUP_BLOCKED` with no other answer between them are about the account, not the numbers.
const BLOCKED_IN_A_ROW: u32 = 500;

/// The lookup stage. Dropping it aborts requests under way; [`Lookup::finish`] waits for them.
pub struct Lookup<S> {
    stage: Arc<Stage<S>>,
    workers: Mutex<Vec<AbortOnDrop<()>>>,
    /// Ends when the ledger is closed and everything that was recorded is kept.
    settler: Mutex<Option<AbortOnDrop<()>>>,
    _timekeeper: AbortOnDrop<()>,
    _stopper: AbortOnDrop<()>,
}

struct Stage<S> {
    dispatcher: RequestDispatcher<S>,
    ledger: Arc<dyn Ledger>,
    single_flight: SingleFlight,
    queue: LookupQueue,
    policy: RetryPolicy,
    budget: RetryBudget,
    chance: Mutex<fastrand::Rng>,
    /// How many answers in a row were `IMSI_LOOKUP_BLOCKED`.
    blocked: AtomicU32,
    stop: StopSignal,
    counters: Arc<Counters>,
    reporter: Arc<dyn Reporter>,
}

impl<S: Service> Lookup<S> {
    /// Starts the stage on the current tokio runtime. Nothing is sent before a number is asked for.
    ///
    /// When `stop` is requested, by the caller or by the stage itself, nothing more is asked: what waits is
    /// settled without an answer, what was sent is finished.
    pub fn start(
        service: S,
        ledger: Arc<dyn Ledger>,
        settings: &LookupSettings,
        stop: StopSignal,
        counters: Arc<Counters>,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let clock = StageClock::start();
        let dispatcher = RequestDispatcher {
            tariff: settings.tariff.clone(),
            spend_limit: SpendLimit::new(settings.caps),
            concurrency: ConcurrencyLimiter::new(settings.concurrency.get(), settings.refused_at),
            rate_limit: RateLimiter::new(settings.rate, clock),
            health: EndpointHealth::new(service.endpoints(), settings.give_up_after, clock, reporter.clone()),
            service,
            timeout: settings.timeout,
            clock,
            counters: counters.clone(),
            reporter: reporter.clone(),
        };
        let stage = Arc::new(Stage {
            dispatcher,
            ledger,
            single_flight: SingleFlight::default(),
            queue: LookupQueue::new(settings.skip_useless),
            policy: settings.retry.clone(),
            budget: RetryBudget::new(settings.retry.budget),
            chance: Mutex::new(fastrand::Rng::with_seed(settings.seed)),
            blocked: AtomicU32::new(0),
            stop,
            counters,
            reporter,
        });
        let worker = |_| AbortOnDrop::spawn(stage.clone().work());
        let workers = (0..settings.concurrency.get()).map(worker).collect();
        let timekeeper = AbortOnDrop::spawn({
            let stage = stage.clone();
            async move { stage.queue.keep_time().await }
        });
        let stopper = AbortOnDrop::spawn({
            let stage = stage.clone();
            async move {
                stage.stop.requested().await;
                stage.close();
            }
        });
        let settler = AbortOnDrop::spawn({
            let stage = stage.clone();
            async move {
                while let Some(kept) = stage.ledger.kept().await {
                    stage.show(kept);
                }
            }
        });
        let (workers, settler) = (Mutex::new(workers), Mutex::new(Some(settler)));
        Self { stage, workers, settler, _timekeeper: timekeeper, _stopper: stopper }
    }

    /// What became of each of these numbers, in their order. Waits for all of them.
    pub async fn answer_all(&self, numbers: &[Msisdn]) -> Vec<Reply> {
        let found = self.stage.remembered(numbers).await;
        if found.iter().all(Option::is_some) {
            return found.into_iter().flatten().map(Reply::from).collect();
        }
        let ticket = BatchTicket::new(numbers.len());
        self.stage.ask_what_is_unknown(numbers, found, &ticket);
        ticket.complete().await
    }

    /// How many requests were in flight when the service last refused one, if it ever has.
    #[must_use]
    pub fn refused_at(&self) -> Option<usize> {
        self.stage.dispatcher.concurrency.refused_at()
    }

    /// Changes how many requests may start in a second, from the next one on; `None` for as many as can be carried.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.stage.dispatcher.rate_limit.set_rate(rate);
    }

    /// The signal that the run stops, given by whoever has a reason first.
    #[must_use]
    pub fn stop_signal(&self) -> StopSignal {
        self.stage.stop.clone()
    }

    /// Waits until every request that was sent is over, and its answer recorded and kept. No further number can be
    /// asked.
    pub async fn finish(&self) {
        self.stage.close();
        let workers = std::mem::take(&mut *sync::lock(&self.workers));
        for worker in workers {
            // Workers end when the queue is closed; one that could not has nothing more to say.
            let _ = worker.await;
        }
        self.stage.ledger.close();
        let settler = sync::lock(&self.settler).take();
        if let Some(settler) = settler {
            let _ = settler.await;
        }
    }
}

impl<S: Service> Stage<S> {
    /// What the ledger has. One that cannot be read ends the run, since what it has would be paid for again.
    async fn remembered(&self, numbers: &[Msisdn]) -> Vec<Option<Remembered>> {
        self.ledger.find(numbers).await.unwrap_or_else(|failure| {
            self.stop_run(StopReason::LedgerFailed { failure: Arc::new(failure) });
            vec![None; numbers.len()]
        })
    }

    fn ask_what_is_unknown(
        &self,
        numbers: &[Msisdn],
        found: Vec<Option<Remembered>>,
        ticket: &Arc<BatchTicket>,
    ) {
        let mut unknown = Vec::new();
        for (place, found) in found.into_iter().enumerate() {
            match found {
                Some(found) => ticket.fill(place, found.into()),
                None if self.single_flight.join(numbers[place], ticket, place) == FlightRole::Leader => {
                    unknown.push(numbers[place]);
                }
                None => {}
            }
        }
        self.ask_what_is_still_unknown(unknown);
    }

    /// Between the look into the ledger and the joining, another batch may have got the answer: so the
    /// ledger is asked again, for what came lately, about those that only this batch wants.
    fn ask_what_is_still_unknown(&self, mut numbers: Vec<Msisdn>) {
        let mut found = self.ledger.find_recent(&numbers).into_iter();
        numbers.retain(|&msisdn| match found.next().flatten() {
            Some(found) => {
                let outcome = Outcome::Answered(found.answered);
                self.single_flight.settle(msisdn, outcome, found.source, Money::ZERO);
                false
            }
            None => true,
        });
        self.budget.grant(numbers.len() as u64);
        if let Err(questions) = self.queue.ask(&numbers) {
            questions.into_iter().for_each(|question| self.give_up(question));
        }
    }

    async fn work(self: Arc<Self>) {
        while let Some(turn) = self.queue.turn().await {
            let entered = match self.dispatcher.acquire_slot().await {
                Ok(entered) => entered,
                // The queue is closed too, and whoever closed it has what waited there.
                Err(DispatcherClosed::Closed) => continue,
                Err(DispatcherClosed::Stop(reason)) => {
                    self.stop_run(reason);
                    continue;
                }
            };
            let Some((question, asked)) = self.take(turn) else { continue };
            let msisdn = question.msisdn;
            if AssertUnwindSafe(self.ask(entered, question, asked)).catch_unwind().await.is_err() {
                self.queue.over(asked, false, None);
                self.settle_after_a_bug(msisdn);
            }
        }
    }

    /// The question that is next, if it is worth its price. One that is not goes to its rows, and takes its turn in the pace
    /// all the same: a network that is back after some seconds is found out before its numbers are all gone.
    fn take(&self, turn: QueuePermit) -> Option<(PendingLookup, InProgress)> {
        let (question, asked) = self.queue.take(turn, self.dispatcher.in_flight_limit())?;
        if asked.is_skipped() {
            self.queue.over(asked, false, None);
            self.settle_without_answer(question, UnansweredReason::Skipped);
            return None;
        }
        Some((question, asked))
    }

    /// One attempt at a question, and what follows from it.
    async fn ask(&self, entered: RequestSlot<'_>, question: PendingLookup, asked: InProgress) {
        let attempt = self.dispatcher.send(entered, question.msisdn, question.failed_at).await;
        self.end_turn(&question, asked, attempt.as_ref().ok());
        match attempt {
            Ok(mut attempt) => match attempt.stop.take() {
                Some(reason) => {
                    self.stop_run(reason);
                    self.give_up(question.after(attempt));
                }
                None => self.take_step(question, attempt),
            },
            Err(DispatcherClosed::Closed) => self.give_up(question),
            Err(DispatcherClosed::Stop(reason)) => {
                self.stop_run(reason);
                self.give_up(question);
            }
        }
    }

    /// Lets the queue learn from an attempt. A network that answers nothing useful to hundreds of numbers is not covered, or
    /// down: worth a word, since each of them may be billed.
    fn end_turn(&self, question: &PendingLookup, asked: InProgress, attempt: Option<&Attempt>) {
        let answered = attempt.is_some_and(Attempt::tells_how_long_it_takes);
        // Faults and throttling say nothing about a network.
        let said = attempt.and_then(|attempt| attempt.said.as_ref().ok()).map(|answer| &answer.result);
        let said = said.filter(|result| **result != LookupResult::RequestThrottled);
        let is_useful = said.map(|result| !result.status(Product::default()).lacks_verdict());
        // Each number counts once, but help is help.
        let counts = is_useful.filter(|is_useful| question.attempts == 0 || *is_useful);
        let useless = self.queue.over(asked, answered, counts);
        if let (Some(UselessRange { prefix, in_a_row, is_skipped }), Some(last)) = (useless, said) {
            let last = last.clone();
            self.reporter.event(Event::RangeUseless { prefix, in_a_row, last, is_skipped });
        }
    }

    fn take_step(&self, mut question: PendingLookup, attempt: Attempt) {
        if question.attempts > 0 {
            self.counters.retries.add(1);
        }
        // A probe tries the endpoint, not the number: its failure costs the number no attempt. But where no answer comes in
        // its time, it may be the number's network that is silent, and others must get to try.
        let lent = attempt.purpose == Purpose::Probe
            && attempt.said.as_ref().is_err_and(|fault| fault.kind != FaultKind::Stalled);
        question.attempts += u16::from(!lent);
        question.cost += attempt.charge.amount();
        let chance = if settles_at_once(&attempt) { 0.0 } else { self.roll() };
        let step = retry::next_step(&attempt.said, question.attempts, &self.policy, &self.budget, chance);
        if let Ok(answer) = &attempt.said {
            self.count_blocked(&answer.result);
        }
        match (step, &attempt.said) {
            (Step::Settle, Ok(_)) => self.record(question, attempt),
            (Step::AskAgain(wait), _) => self.put_off(question, attempt, wait),
            (Step::AskAgainForFree(wait), _) => {
                question.attempts -= u16::from(!lent);
                self.put_off(question, attempt, wait);
            }
            (Step::StopRun, Err(fault)) => {
                let endpoint = self.dispatcher.service.endpoints()[attempt.endpoint].clone();
                self.stop_run(StopReason::AccountRefused { endpoint, fault: fault.clone() });
                self.give_up(question.after(attempt));
            }
            (Step::GiveUp | Step::Settle | Step::StopRun, _) => {
                if let Some(retries) = self.budget.newly_exhausted() {
                    self.reporter.event(Event::RetryBudgetSpent { retries });
                }
                self.give_up(question.after(attempt));
            }
        }
    }

    /// A long unbroken run of refusals is the account's, and would make the whole list worthless.
    fn count_blocked(&self, result: &LookupResult) {
        if *result == LookupResult::ImsiLookupBlocked {
            let in_a_row = self.blocked.fetch_add(1, Ordering::Relaxed) + 1;
            if in_a_row >= BLOCKED_IN_A_ROW {
                self.stop_run(StopReason::AccountBlocked { in_a_row });
            }
        } else if *result != LookupResult::RequestThrottled && self.blocked.load(Ordering::Relaxed) > 0 {
            self.blocked.store(0, Ordering::Relaxed);
        }
    }

    fn record(&self, question: PendingLookup, attempt: Attempt) {
        let answer = attempt.said.expect("only an answer settles");
        let answered = Answered { answer, checked_at: attempt.at, attempts: question.attempts };
        let paid = Paid { msisdn: question.msisdn, answered, cost: question.cost };
        if let Kept::Now(paid) = self.ledger.record(paid) {
            self.settle(paid);
        }
    }

    fn settle(&self, Paid { msisdn, answered, cost }: Paid) {
        self.counters.numbers_done.add(1);
        self.single_flight.settle(msisdn, Outcome::Answered(answered), Source::Live, cost);
    }

    /// Gives answers to their rows, now that they are kept; or, where the ledger fails, because nothing else is left
    /// that could keep them.
    fn show(&self, KeptAnswers { answers, failure }: KeptAnswers) {
        if let Some(failure) = failure {
            self.counters.not_kept.add(answers.len() as u64);
            self.stop_run(StopReason::LedgerFailed { failure });
        }
        answers.into_iter().for_each(|paid| self.settle(paid));
    }

    /// A bug must not leave rows waiting for ever: the number is said to have no answer, and maybe a bill.
    fn settle_after_a_bug(&self, msisdn: Msisdn) {
        let kind = FaultKind::ConnectionBroken("the program failed while asking; please report this".into());
        let fault = Fault { kind, billed: Billed::Maybe, retry_after: None };
        let last = Some(Box::new((UnansweredReason::Fault(fault), self.dispatcher.clock.utc())));
        self.give_up(PendingLookup { last, ..PendingLookup::new(msisdn) });
    }

    fn put_off(&self, question: PendingLookup, attempt: Attempt, wait: Duration) {
        if let Err(question) = self.queue.put_off(question.after(attempt), wait) {
            self.give_up(question);
        }
    }

    fn give_up(&self, question: PendingLookup) {
        self.settle_without_answer(question, UnansweredReason::NeverAsked);
    }

    /// `otherwise` is what is said of a number that was never asked.
    fn settle_without_answer(&self, question: PendingLookup, otherwise: UnansweredReason) {
        let (last, checked_at) = match question.last {
            Some(last) => (last.0, Some(last.1)),
            None => (otherwise, None),
        };
        match last {
            UnansweredReason::NeverAsked => self.counters.never_asked.add(1),
            UnansweredReason::Skipped => self.counters.skipped.add(1),
            UnansweredReason::Result(_) | UnansweredReason::Fault(_) => {}
        }
        self.counters.numbers_unanswered.add(1);
        self.counters.numbers_done.add(1);
        let unanswered = Unanswered { last, attempts: question.attempts, checked_at };
        let outcome = Outcome::Unanswered(Box::new(unanswered));
        self.single_flight.settle(question.msisdn, outcome, Source::Live, question.cost);
    }

    fn stop_run(&self, reason: StopReason) {
        self.stop.request(reason);
        self.close();
    }

    fn close(&self) {
        self.dispatcher.close();
        self.queue.close().into_iter().for_each(|question| self.give_up(question));
    }

    fn roll(&self) -> f64 {
        sync::lock(&self.chance).f64()
    }
}

impl PendingLookup {
    /// The question with what its last attempt brought.
    fn after(mut self, attempt: Attempt) -> Self {
        self.failed_at = attempt.said.is_err().then_some(attempt.endpoint);
        let last = match attempt.said {
            Ok(answer) => UnansweredReason::Result(answer.result),
            Err(fault) => UnansweredReason::Fault(fault),
        };
        self.last = Some(Box::new((last, attempt.at)));
        self
    }
}

/// Whether chance has no part in what follows; most attempts end here, without the lock round the dice.
fn settles_at_once(attempt: &Attempt) -> bool {
    attempt.said.as_ref().is_ok_and(|answer| answer.result == LookupResult::Ok)
}
