//! The lookup stage as its users see it: batches of numbers in, replies out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use tokio::sync::mpsc;

use super::clock::StageClock;
use super::concurrency::ConcurrencyLimiter;
use super::dispatcher::RequestDispatcher;
use super::endpoint_health::EndpointHealth;
use super::rate_limit::RateLimiter;
use super::single_flight::BatchTicket;
use super::spend_limit::SpendLimit;
use super::worker::Shared;
use super::{LookupSettings, Rate, Reply, StopSignal};
use crate::ledger::Ledger;
use crate::model::Msisdn;
use crate::service::Service;
use crate::sync;
use crate::task::AbortOnDrop;
use crate::telemetry::{Counters, Reporter};

/// The lookup stage. Dropping it aborts requests in flight; [`Lookup::finish`] waits for them.
pub struct Lookup<S> {
    shared: Arc<Shared<S>>,
    workers: Mutex<Vec<AbortOnDrop<()>>>,
    /// Gives committed answers to their rows. Ends when the ledger is closed and has committed
    /// everything. `None` if the ledger needs no commits.
    settler: Mutex<Option<AbortOnDrop<()>>>,
    /// Goes on with answers when their connections have rested.
    confirmer: Mutex<Option<AbortOnDrop<()>>>,
    _retry_timer: AbortOnDrop<()>,
    _stop_watcher: AbortOnDrop<()>,
}

impl<S: Service> Lookup<S> {
    /// Starts the stage on the current tokio runtime. Nothing is sent before a number is asked for.
    ///
    /// When `stop` is requested, by the caller or by the stage itself, nothing more is sent:
    /// numbers that wait get no answer, requests in flight are finished.
    ///
    /// # Panics
    ///
    /// If another stage already uses the ledger.
    pub fn start(
        service: S,
        ledger: Arc<dyn Ledger>,
        settings: &LookupSettings,
        stop: StopSignal,
        counters: Arc<Counters>,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let committed = ledger.take_commits();
        let dispatcher = dispatcher(service, settings, counters.clone(), reporter.clone());
        let (resting, to_confirm) = mpsc::unbounded_channel();
        let shared = Shared::new(dispatcher, ledger, settings, stop, counters, reporter, resting);
        let shared = Arc::new(shared);
        let confirmer = shared.clone();
        let confirmer = async move { confirmer.confirm_answers(to_confirm).await };
        let confirmer = AbortOnDrop::spawn(guarded(&shared, "the confirmation of answers", confirmer));
        let worker = |_| AbortOnDrop::spawn(guarded(&shared, "a worker", shared.clone().work()));
        let workers = (0..settings.concurrency.get()).map(worker).collect();
        let timer = shared.clone();
        let timer = async move { timer.queue.run_timer().await };
        let retry_timer = AbortOnDrop::spawn(guarded(&shared, "the retry timer", timer));
        let watcher = shared.clone();
        let watcher = async move {
            watcher.stop.requested().await;
            watcher.close();
        };
        let stop_watcher = AbortOnDrop::spawn(guarded(&shared, "the stop watcher", watcher));
        let settler = committed.map(|mut commits| {
            let shared = shared.clone();
            AbortOnDrop::spawn(async move {
                while let Some(commit) = commits.recv().await {
                    if catch_unwind(AssertUnwindSafe(|| shared.settle_commit(commit))).is_err() {
                        shared.task_died("the settling of answers");
                    }
                }
            })
        });
        let (workers, settler) = (Mutex::new(workers), Mutex::new(settler));
        let confirmer = Mutex::new(Some(confirmer));
        Self { shared, workers, confirmer, settler, _retry_timer: retry_timer, _stop_watcher: stop_watcher }
    }

    /// The outcome of each of these numbers, in order. Waits for all of them. If the waiting is
    /// dropped, numbers that nobody else waits for and that were not sent yet are not looked up.
    pub async fn answer_all(&self, numbers: &[Msisdn]) -> Vec<Reply> {
        let known = self.shared.find_known(numbers).await;
        if known.iter().all(Option::is_some) {
            if !known.is_empty() {
                self.shared.dispatcher.health.others_are_known();
            }
            return known.into_iter().flatten().map(Reply::from).collect();
        }
        if known.iter().any(Option::is_some) {
            self.shared.dispatcher.health.others_are_known();
        }
        let ticket = BatchTicket::new(numbers.len());
        let _watched = self.shared.single_flight.abandon_on_drop(&ticket);
        self.shared.look_up_unknown(numbers, known, &ticket);
        ticket.complete().await
    }

    /// How many requests were in flight when the service last throttled one, if it did.
    #[must_use]
    pub fn refused_at(&self) -> Option<usize> {
        self.shared.dispatcher.concurrency.refused_at()
    }

    /// Changes the rate, from the next request on; `None` for no limit.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.shared.dispatcher.rate_limit.set_rate(rate);
    }

    /// The signal that stops the run, given by whoever has a reason first.
    #[must_use]
    pub fn stop_signal(&self) -> StopSignal {
        self.shared.stop.clone()
    }

    /// Waits until every request in flight has ended and its answer is committed. No further number
    /// can be looked up.
    pub async fn finish(&self) {
        self.shared.close();
        let workers = std::mem::take(&mut *sync::lock(&self.workers));
        for worker in workers {
            // Workers end when the queue is closed. If one panicked, its number is settled already.
            let _ = worker.await;
        }
        self.shared.end_rests();
        let confirmer = sync::lock(&self.confirmer).take();
        if let Some(confirmer) = confirmer {
            let _ = confirmer.await;
        }
        // After the last answer: what arrived on connections that rest in the pool.
        self.shared.dispatcher.service.close_idle().await;
        self.shared.take_doubts();
        self.shared.ledger.close();
        let settler = sync::lock(&self.settler).take();
        if let Some(settler) = settler {
            let _ = settler.await;
        }
    }
}

/// A task of the stage. If it panics, the run stops, because nothing could be relied on any more.
fn guarded<S: Service>(
    shared: &Arc<Shared<S>>,
    task: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let shared = shared.clone();
    async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            shared.task_died(task);
        }
    }
}

fn dispatcher<S: Service>(
    service: S,
    settings: &LookupSettings,
    counters: Arc<Counters>,
    reporter: Arc<dyn Reporter>,
) -> RequestDispatcher<S> {
    let clock = StageClock::start();
    RequestDispatcher {
        tariff: settings.tariff.clone(),
        spend_limit: SpendLimit::new(settings.caps),
        concurrency: ConcurrencyLimiter::new(settings.concurrency.get(), settings.refused_at),
        rate_limit: RateLimiter::new(settings.rate, clock),
        health: EndpointHealth::new(service.endpoints(), settings.give_up_after, clock, reporter.clone()),
        service,
        asking_right: settings.asking_right.clone(),
        timeout: settings.timeout,
        late_answer_grace: settings.late_answer_grace,
        longest_wait: settings.give_up_after,
        said_long_wait: AtomicBool::new(false),
        clock,
        counters,
        reporter,
    }
}
