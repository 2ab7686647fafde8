//! A ledger whose answers are shared: found in the store as well as in the machine's own ledger, and
//! given to their rows when they are stored.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::answer_store::AnswerStore;
use super::part_writer::part_of;
use super::reader::SharedReader;
use crate::ledger::{
    AnswerRoom, AnswerScope, CommitOutcome, Commits, Durability, Entry, KnownAnswer, Ledger, LedgerError,
    PaidAnswer,
};
use crate::model::{Answer, Answered, LookupResult, Msisdn, Source, UtcMillis, WITHDRAWN};
use crate::storage::{StorageError, StorageErrorKind};
use crate::sync;
use crate::task::AbortOnDrop;
use crate::worker_threads::{WorkerThreads, cores};

/// A part is stored before its time when it has this many answers.
const FULL_PART: usize = 5_000;
/// How long to wait after a part could not be stored, before it is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How answers are shared.
#[derive(Clone, Debug)]
pub(crate) struct SharedLedgerSettings {
    /// What is looked up, and how.
    pub(crate) scope: AnswerScope,
    /// The name of the run, for the names of its parts.
    pub(crate) run_id: String,
    /// How long answers are gathered before they are stored.
    pub(crate) interval: Duration,
    /// How long a store that is down is waited for. Then the run stops.
    pub(crate) give_up_after: Duration,
    /// How many answers may wait for the store, besides those of the requests in flight.
    pub(crate) unstored_answers: usize,
}

/// A ledger of this machine, and a store beside it.
pub(crate) struct SharedLedger {
    local: Arc<dyn Ledger>,
    reader: Arc<SharedReader>,
    unstored: Arc<Unstored>,
    /// One for each core reads, and one writes parts.
    threads: Arc<WorkerThreads>,
    settings: SharedLedgerSettings,
    /// To the task that stores parts. Taken by [`Ledger::close`].
    to_store: Mutex<Option<mpsc::UnboundedSender<CommitOutcome>>>,
    /// Until they are taken.
    commits: Mutex<Option<Commits>>,
    storing: Mutex<Option<AbortOnDrop<()>>>,
}

/// Answers that are paid for and not stored, with their room.
#[derive(Default)]
struct Unstored(Mutex<HashMap<Msisdn, AnswerRoom>>);

impl SharedLedger {
    /// Starts the task that stores parts, on the current tokio runtime. Fails if the system has no
    /// threads for it.
    pub(crate) fn start(
        local: Arc<dyn Ledger>,
        store: AnswerStore,
        reader: SharedReader,
        settings: SharedLedgerSettings,
    ) -> io::Result<Self> {
        let threads = Arc::new(WorkerThreads::start("ledger", cores() + 1)?);
        let unstored: Arc<Unstored> = Arc::default();
        let (to_store, from_stage) = mpsc::unbounded_channel();
        let (stored, commits) = mpsc::unbounded_channel();
        let storing = PartStorer {
            store,
            settings: settings.clone(),
            unstored: unstored.clone(),
            threads: threads.clone(),
            stored,
            part: 0,
            failure: None,
        };
        let local_commits = local.take_commits();
        let storing = AbortOnDrop::spawn(storing.run(local_commits, from_stage));
        Ok(Self {
            local,
            reader: Arc::new(reader),
            unstored,
            threads,
            settings,
            to_store: Mutex::new(Some(to_store)),
            commits: Mutex::new(Some(commits)),
            storing: Mutex::new(Some(storing)),
        })
    }

    /// Waits until everything is stored, or given up. After [`Ledger::close`].
    pub(crate) async fn finish(&self) {
        let storing = sync::lock(&self.storing).take();
        if let Some(storing) = storing {
            let _ = storing.await;
        }
    }

    /// Whether every answer is stored.
    pub(crate) fn is_stored(&self) -> bool {
        sync::lock(&self.unstored.0).is_empty()
    }

    /// Answers that are not stored reach no row: whoever asks about their numbers waits for them.
    fn without_unstored(&self, numbers: &[Msisdn], known: &mut [Option<KnownAnswer>]) {
        let unstored = sync::lock(&self.unstored.0);
        if unstored.is_empty() {
            return;
        }
        for (msisdn, known) in numbers.iter().zip(known) {
            if unstored.contains_key(msisdn) {
                *known = None;
            }
        }
    }
}

impl Ledger for SharedLedger {
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<KnownAnswer>>, LedgerError>> {
        async move {
            let mut known = self.local.find(numbers).await?;
            let (reader, wanted) = (self.reader.clone(), numbers.to_vec());
            let shared =
                self.threads.run(move || reader.find(&wanted)).await.unwrap_or_else(|| Err(panicked()));
            for (known, shared) in known.iter_mut().zip(shared.map_err(LedgerError::Shared)?) {
                let Some(shared) = shared else { continue };
                let is_newer =
                    known.as_ref().is_none_or(|known| known.answered.checked_at < shared.checked_at);
                if is_newer {
                    *known = Some(KnownAnswer { answered: shared, source: Source::Ledger });
                }
            }
            self.without_unstored(numbers, &mut known);
            Ok(known)
        }
        .boxed()
    }

    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>> {
        let mut known = self.local.find_recent(numbers);
        self.without_unstored(numbers, &mut known);
        known
    }

    fn record(&self, paid: PaidAnswer, room: AnswerRoom) -> Durability {
        let msisdn = paid.msisdn;
        sync::lock(&self.unstored.0).insert(msisdn, room);
        match self.local.record(paid, AnswerRoom::default()) {
            Durability::AfterCommit => Durability::AfterCommit,
            Durability::Immediate(paid) | Durability::Never(paid) => {
                let outcome = CommitOutcome { answers: vec![paid], is_kept: true, failure: None };
                let sender = sync::lock(&self.to_store);
                match sender.as_ref().map(|sender| sender.send(outcome)) {
                    Some(Ok(())) => Durability::AfterCommit,
                    Some(Err(mpsc::error::SendError(mut outcome))) => {
                        Durability::Never(outcome.answers.remove(0))
                    }
                    None => unreachable!("nothing is recorded after the ledger was closed"),
                }
            }
        }
    }

    fn unsaved_answers(&self) -> Option<usize> {
        Some(self.settings.unstored_answers)
    }

    fn withdraw(&self, numbers: &[Msisdn]) {
        self.local.withdraw(numbers);
        let withdrawn = numbers.iter().map(|msisdn| PaidAnswer {
            msisdn: *msisdn,
            answered: Answered {
                answer: Answer::bare(LookupResult::from_text(WITHDRAWN)),
                checked_at: UtcMillis::now(),
                attempts: 0,
            },
            cost: crate::model::Money::ZERO,
        });
        let outcome = CommitOutcome { answers: withdrawn.collect(), is_kept: true, failure: None };
        if let Some(sender) = &*sync::lock(&self.to_store) {
            // It fails if nothing can be stored any more.
            let _ = sender.send(outcome);
        }
    }

    fn take_commits(&self) -> Option<Commits> {
        let commits = sync::lock(&self.commits).take();
        Some(commits.expect("a ledger serves one lookup stage"))
    }

    fn close(&self) {
        self.local.close();
        *sync::lock(&self.to_store) = None;
    }
}

/// Gathers answers, stores them as parts, and hands them on.
struct PartStorer {
    store: AnswerStore,
    settings: SharedLedgerSettings,
    unstored: Arc<Unstored>,
    threads: Arc<WorkerThreads>,
    stored: mpsc::UnboundedSender<CommitOutcome>,
    /// The number of the next part.
    part: u64,
    /// Why nothing can be stored any more.
    failure: Option<Arc<LedgerError>>,
}

impl PartStorer {
    /// Until the local ledger and the stage have nothing more.
    async fn run(
        mut self,
        mut local: Option<Commits>,
        mut from_stage: mpsc::UnboundedReceiver<CommitOutcome>,
    ) {
        let (mut waiting, mut since) = (Vec::new(), Instant::now());
        let (mut stage_is_open, mut answers) = (true, 0);
        while local.is_some() || stage_is_open {
            let due = since + self.settings.interval;
            let outcome = tokio::select! {
                outcome = next_of(&mut local), if local.is_some() => {
                    if outcome.is_none() {
                        local = None;
                    }
                    outcome
                }
                outcome = from_stage.recv(), if stage_is_open => {
                    stage_is_open = outcome.is_some();
                    outcome
                }
                () = tokio::time::sleep_until(due), if !waiting.is_empty() => None,
            };
            if let Some(outcome) = outcome {
                if waiting.is_empty() {
                    since = Instant::now();
                }
                answers += outcome.answers.len();
                waiting.push(outcome);
            }
            let ends = local.is_none() && !stage_is_open;
            let is_due = answers >= FULL_PART || ends || since.elapsed() >= self.settings.interval;
            if !waiting.is_empty() && is_due {
                self.store_and_report(std::mem::take(&mut waiting)).await;
                answers = 0;
            }
        }
    }

    async fn store_and_report(&mut self, outcomes: Vec<CommitOutcome>) {
        let paid: Vec<&PaidAnswer> = outcomes.iter().flat_map(|outcome| &outcome.answers).collect();
        if self.failure.is_none() && !paid.is_empty() {
            let entries = paid.iter().map(|paid| Entry {
                scope: self.settings.scope,
                msisdn: paid.msisdn,
                answered: paid.answered.clone(),
            });
            let entries = entries.collect();
            if let Err(error) = self.store_part(entries).await {
                self.failure = Some(Arc::new(LedgerError::Shared(error)));
            } else {
                let mut unstored = sync::lock(&self.unstored.0);
                for paid in &paid {
                    unstored.remove(&paid.msisdn);
                }
            }
        }
        for outcome in outcomes {
            let failure = outcome.failure.or_else(|| self.failure.clone());
            // It fails if the run was dropped; then nobody waits for the answers.
            let _ = self.stored.send(CommitOutcome { failure, ..outcome });
        }
    }

    /// Stores a part, for as long as a store that is down is waited for.
    async fn store_part(&mut self, entries: Vec<Entry>) -> Result<(), StorageError> {
        let content = self.threads.run(move || part_of(entries)).await.ok_or_else(panicked)?;
        let content = bytes::Bytes::from(
            content.map_err(|fault| failed("a part cannot be written").with_source(fault))?,
        );
        self.part += 1;
        let began = Instant::now();
        loop {
            let error = match self.store.put_part(&self.settings.run_id, self.part, content.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if began.elapsed() + TRY_AGAIN_AFTER > self.settings.give_up_after {
                return Err(error);
            }
            tokio::time::sleep(TRY_AGAIN_AFTER).await;
        }
    }
}

async fn next_of(commits: &mut Option<Commits>) -> Option<CommitOutcome> {
    match commits {
        Some(commits) => commits.recv().await,
        None => None,
    }
}

fn panicked() -> StorageError {
    failed("internal error: a task panicked; please report this")
}

fn failed(reason: &str) -> StorageError {
    StorageError::new("shared answers", StorageErrorKind::Failed).because(reason)
}
