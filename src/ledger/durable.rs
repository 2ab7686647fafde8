//! A ledger in a file: later runs find the answers that this run paid for.
//!
//! Answers are committed in groups, not one by one. Nobody sees an answer before its commit is on
//! disk; rows that need the same number in the meantime wait for the same lookup.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

use super::answer_scope::AnswerScope;
use super::answer_store::{Commits, Durability, KnownAnswer, Ledger, PaidAnswer};
use super::clock_doubt::ClockDoubt;
use super::commit_queue::CommitQueue;
use super::committer::Committer;
use super::error::LedgerError;
use super::ledger_file::CACHE_BYTES;
use super::max_age::{Freshness, MaxAge};
use super::reader::Reader;
use super::recent::Recent;
use super::rescue::Rescued;
use super::run_marker;
use super::run_marker::{InDoubt, RefreshEnd, RunMarker};
use super::store::{AnswerOrigin, IfMissing, Store};
use super::unsaved_answers::AnswerRoom;
#[cfg(feature = "cloud")]
use crate::model::Answered;
use crate::model::{AcceptedResults, Msisdn, Source, UtcMillis};
use crate::sync;
use crate::worker_threads::{WorkerThreads, cores};

/// How a run uses its ledger.
#[derive(Clone, Debug)]
pub struct DurableSettings {
    /// The file. It is created if it does not exist.
    pub path: PathBuf,
    /// Where the answers of the run come from.
    pub origin: AnswerOrigin,
    /// What is looked up, and how.
    pub scope: AnswerScope,
    /// How old an answer may be, by its status.
    pub max_age: MaxAge,
    /// The undocumented results that later runs use.
    pub accepted: AcceptedResults,
    /// The name of the job, if it looks everything up anew. Then no answer from before the job's
    /// first start is used; answers that the job got before it was stopped are.
    pub refresh: Option<String>,
    /// The shortest time between two commits, in which answers are gathered: what a power cut may cost.
    pub commit_interval: Duration,
    /// How much of the file may be held in memory, in bytes.
    pub memory: usize,
    /// The largest number of requests in flight, for the count of numbers in doubt if the run is
    /// killed.
    pub in_flight: usize,
    /// How many answers may wait for the disk, besides those of the requests in flight.
    pub unsaved_answers: usize,
}

/// One part in this many of the memory caches pages of the file. A scope that is read into memory
/// may take all of it in addition.
const PAGE_CACHE_PART: usize = 4;

/// Disk space that is kept for the last commits: what a few of them take, however small.
const RESERVE_BYTES: u64 = 2 << 20;
/// The same for each answer that may wait for the disk.
const RESERVE_BYTES_OF_ANSWER: u64 = 128;

/// A ledger in a file, opened for one run.
pub struct DurableLedger {
    /// The name of the job, if it looks everything up anew.
    refresh: Option<String>,
    reader: Arc<Reader>,
    recent: Arc<Recent>,
    /// One for each core: more are not faster, and each read uses memory of its own.
    threads: WorkerThreads,
    in_doubt: Option<InDoubt>,
    clock_doubt: Option<ClockDoubt>,
    /// Why no disk space is kept for the last commits, if none is.
    no_reserve: Option<LedgerError>,
    unsaved_answers: usize,
    queue: Arc<CommitQueue>,
    rescued: Arc<Mutex<Option<Rescued>>>,
    /// Until they are taken.
    commits: Mutex<Option<Commits>>,
}

/// What is known after the file is opened.
struct Opening {
    store: Arc<Store>,
    in_doubt: Option<InDoubt>,
    clock_doubt: Option<ClockDoubt>,
    not_before: Option<UtcMillis>,
    no_reserve: Option<LedgerError>,
}

impl DurableLedger {
    /// Opens the ledger for a run that starts now, on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If another process uses the file, if it is not a ledger or damaged, if the file system
    /// fails, or if the system has no thread for the commits.
    pub async fn open(settings: DurableSettings, now: UtcMillis) -> Result<Self, LedgerError> {
        let DurableSettings { scope, commit_interval, memory, unsaved_answers, .. } = settings;
        let refresh = settings.refresh.clone();
        let (path, max_age) = (settings.path.clone(), settings.max_age.clone());
        let accepted = settings.accepted.clone();
        let no_thread = |source| LedgerError::NoThread { path: path.clone(), source };
        let threads = WorkerThreads::start("ledger", cores()).map_err(no_thread)?;
        let opening = threads.run(move || open_store(settings, now)).await;
        let Opening { store, in_doubt, clock_doubt, not_before, no_reserve } =
            opening.expect("opening does not panic")?;
        let freshness = Freshness { max_age, not_before, now, product: scope.product, accepted };
        let (recent, rescued) = (Arc::<Recent>::default(), Arc::default());
        // Half of what may wait is committed at once, so that the other half can come meanwhile.
        let queue = Arc::new(CommitQueue::new(unsaved_answers / 2));
        let (commit_sender, commits) = mpsc::unbounded_channel();
        let committer = Committer {
            store: store.clone(),
            recent: recent.clone(),
            scope,
            started: now,
            interval: commit_interval,
            queue: queue.clone(),
            commits: commit_sender,
            folding: None,
            failure: None,
            not_kept: Vec::new(),
            rescued: Arc::clone(&rescued),
        };
        committer.start().map_err(no_thread)?;
        Ok(Self {
            refresh,
            reader: Arc::new(match clock_doubt.is_some_and(|doubt| doubt.is_behind()) {
                true => Reader::with_clock_behind(store, scope, freshness, memory as u64),
                false => Reader::new(store, scope, freshness, memory as u64),
            }),
            recent,
            threads,
            in_doubt,
            clock_doubt,
            no_reserve,
            unsaved_answers,
            queue,
            rescued,
            commits: Mutex::new(Some(commits)),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.reader.store.path()
    }

    /// What the previous run left in doubt, if it did not end cleanly.
    #[must_use]
    pub fn in_doubt(&self) -> Option<InDoubt> {
        self.in_doubt
    }

    /// Whether the clock of this machine does not agree with the ledger.
    #[must_use]
    pub fn clock_doubt(&self) -> Option<ClockDoubt> {
        self.clock_doubt
    }

    /// Why no disk space is kept for the last commits, if none is.
    #[must_use]
    pub fn no_reserve(&self) -> Option<&LedgerError> {
        self.no_reserve.as_ref()
    }

    /// The file with answers that the ledger could not keep, if there are any. Known after the end
    /// of the commits.
    #[must_use]
    pub fn rescued(&self) -> Option<Rescued> {
        sync::lock(&self.rescued).clone()
    }

    /// What an earlier run stored under a key.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn metadata(&self, key: &str) -> Result<Option<String>, LedgerError> {
        self.reader.store.metadata(key)
    }

    /// Stores a text under a key for later runs. Only before the ledger is closed.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn set_metadata(&self, key: String, text: String) -> Result<(), LedgerError> {
        let store = self.reader.store.clone();
        self.on_disk_thread(move || store.set_metadata(&key, Some(&text))).await
    }

    /// Stores how a job that looks everything up anew has ended; does nothing for other jobs. Only
    /// after the ledger is closed.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub async fn end_refresh(&self, end: RefreshEnd) -> Result<(), LedgerError> {
        let Some(key) = self.refresh.as_deref().map(run_marker::refresh_key) else { return Ok(()) };
        let started = self.reader.freshness().not_before.expect("a refresh has a start");
        self.set_when_closed(key, run_marker::refresh_value(started, end)).await
    }

    /// Which answers the run uses.
    #[cfg(feature = "cloud")]
    pub(crate) fn freshness(&self) -> &Freshness {
        self.reader.freshness()
    }

    /// The answers of the run's scope that were given at this time or later. Before anything is
    /// recorded.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    #[cfg(feature = "cloud")]
    pub(crate) async fn answers_since(
        &self,
        since: UtcMillis,
    ) -> Result<Vec<(Msisdn, Answered)>, LedgerError> {
        let reader = self.reader.clone();
        self.on_disk_thread(move || {
            let mut answers = Vec::new();
            reader.store.scan(reader.scope(), |msisdn, packed| {
                if packed.checked_at() >= since
                    && let Some(answered) = packed.unpack(reader.store.texts())
                {
                    answers.push((msisdn, answered));
                }
            })?;
            Ok(answers)
        })
        .await
    }

    /// Removes the text under a key. Only after the ledger is closed.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    #[cfg(feature = "cloud")]
    pub(crate) async fn forget_metadata(&self, key: String) -> Result<(), LedgerError> {
        self.set_when_closed(key, None).await
    }

    /// Changes a file that was closed.
    async fn set_when_closed(&self, key: String, value: Option<String>) -> Result<(), LedgerError> {
        let path = self.path().to_owned();
        let write = move || {
            let store = Store::open(&path, IfMissing::Refuse, CACHE_BYTES)?;
            store.set_metadata(&key, value.as_deref())?;
            store.close()
        };
        self.on_disk_thread(write).await
    }

    /// Does work that may wait for the disk.
    async fn on_disk_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.threads.run(work).await.unwrap_or_else(|| Err(self.reader.store.broken()))
    }

    /// Adds the recent answers of this run to `known`. They are the youngest.
    fn add_recent(&self, numbers: &[Msisdn], known: &mut [Option<KnownAnswer>]) {
        self.recent.find(numbers, |index, packed| {
            let answered = packed.unpack(self.reader.store.texts());
            known[index] = answered.map(|answered| KnownAnswer { answered, source: Source::Duplicate });
        });
    }
}

/// Opens the file and marks it as used by a run.
fn open_store(settings: DurableSettings, now: UtcMillis) -> Result<Opening, LedgerError> {
    let DurableSettings { path, origin, refresh, memory, in_flight, unsaved_answers, .. } = settings;
    let store = Store::open(&path, IfMissing::Create(origin), memory / PAGE_CACHE_PART)?;
    let previous = store.metadata(RunMarker::KEY)?.and_then(|text| RunMarker::parse(&text));
    let clock_doubt = ClockDoubt::of(&store, now)?;
    let not_before = refresh.map(|job| first_start(&store, &job, now)).transpose()?;
    let marker = RunMarker::new(now, in_flight, unsaved_answers);
    store.set_metadata(RunMarker::KEY, Some(&marker.to_string()))?;
    let answers = in_flight.saturating_add(unsaved_answers) as u64;
    let reserve = RESERVE_BYTES.saturating_add(answers.saturating_mul(RESERVE_BYTES_OF_ANSWER));
    let no_reserve = store.reserve(reserve).err();
    Ok(Opening {
        store: Arc::new(store),
        in_doubt: previous.map(RunMarker::in_doubt),
        clock_doubt,
        not_before,
        no_reserve,
    })
}

/// When a job that looks everything up anew was first started: now, unless it was stopped before
/// its end.
fn first_start(store: &Store, job: &str, now: UtcMillis) -> Result<UtcMillis, LedgerError> {
    if let Some(earlier) = run_marker::refresh_started(store, job, now)? {
        return Ok(earlier);
    }
    store.set_metadata(&run_marker::refresh_key(job), Some(&now.0.to_string()))?;
    Ok(now)
}

impl Ledger for DurableLedger {
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<KnownAnswer>>, LedgerError>> {
        let find = async move {
            let mut known = match self.reader.has_answers() {
                false => vec![None; numbers.len()],
                true => {
                    // The disk may be slow, and the runtime's threads have requests to serve.
                    let (reader, numbers) = (self.reader.clone(), numbers.to_vec());
                    self.on_disk_thread(move || reader.find(&numbers)).await?
                }
            };
            self.add_recent(numbers, &mut known);
            Ok(known)
        };
        find.boxed()
    }

    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>> {
        let mut known = vec![None; numbers.len()];
        self.add_recent(numbers, &mut known);
        known
    }

    fn record(&self, paid: PaidAnswer, room: AnswerRoom) -> Durability {
        match self.queue.push(paid, room) {
            Ok(()) => Durability::AfterCommit,
            // The committer has ended, so only the rows can keep the answer.
            Err(paid) => Durability::Never(paid),
        }
    }

    fn withdraw(&self, numbers: &[Msisdn]) {
        self.queue.withdraw(numbers);
    }

    fn unsaved_answers(&self) -> Option<usize> {
        Some(self.unsaved_answers)
    }

    fn take_commits(&self) -> Option<Commits> {
        let commits = sync::lock(&self.commits).take();
        Some(commits.expect("a ledger serves one lookup stage"))
    }

    fn close(&self) {
        self.queue.close(true);
    }
}

/// Without [`Ledger::close`], what was recorded is committed, and the marker stays: the run may
/// have requests in flight.
impl Drop for DurableLedger {
    fn drop(&mut self) {
        self.queue.close(false);
    }
}
