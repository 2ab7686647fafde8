//! A ledger in a file: later runs find the answers that this run paid for.
//!
//! Answers are committed in groups, not one by one. Nobody sees an answer before its commit is on
//! disk; rows that need the same number in the meantime wait for the same lookup.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::spawn_blocking;

use super::answer_scope::AnswerScope;
use super::answer_store::{Commits, Durability, KnownAnswer, Ledger, PaidAnswer};
use super::committer::Committer;
use super::error::LedgerError;
use super::ledger_file::CACHE_BYTES;
use super::max_age::{Freshness, MaxAge};
use super::reader::Reader;
use super::recent::Recent;
use super::run_marker;
use super::run_marker::{InDoubt, RefreshEnd, RunMarker};
use super::store::{AnswerOrigin, IfMissing, Store, blocking};
use crate::model::{Msisdn, Source, UtcMillis};
use crate::sync;
use crate::task::AbortOnDrop;

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
    /// The name of the job, if it looks everything up anew. Then no answer from before the job's
    /// first start is used; answers that the job got before it was stopped are.
    pub refresh: Option<String>,
    /// How long answers are gathered before they are committed: what a power cut may cost.
    pub commit_interval: Duration,
    /// How much of the file may be held in memory, in bytes.
    pub memory: usize,
    /// The largest number of requests in flight, for the count of numbers in doubt if the run is
    /// killed.
    pub in_flight: usize,
}

/// One part in this many of the memory caches pages of the file. A scope that is read into memory
/// may take all of it in addition.
const PAGE_CACHE_PART: usize = 4;

/// A ledger in a file, opened for one run.
pub struct DurableLedger {
    /// The name of the job, if it looks everything up anew.
    refresh: Option<String>,
    reader: Arc<Reader>,
    recent: Arc<Recent>,
    /// Limits reads to one thread per core: more are not faster, and each uses memory of its own.
    readers: Semaphore,
    in_doubt: Option<InDoubt>,
    recorded: mpsc::UnboundedSender<PaidAnswer>,
    closing: watch::Sender<bool>,
    /// Until they are taken.
    commits: Mutex<Option<Commits>>,
    _committer: AbortOnDrop<()>,
}

impl DurableLedger {
    /// Opens the ledger for a run that starts now, on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If another process uses the file, if it is not a ledger or damaged, or if the file system
    /// fails.
    pub async fn open(settings: DurableSettings, now: UtcMillis) -> Result<Self, LedgerError> {
        let DurableSettings { scope, in_flight, commit_interval, memory, .. } = settings;
        let (refresh, job) = (settings.refresh.clone(), settings.refresh);
        let marker = RunMarker::new(now, in_flight);
        let opening = spawn_blocking(move || {
            let missing = IfMissing::Create(settings.origin);
            let store = Store::open(&settings.path, missing, memory / PAGE_CACHE_PART)?;
            let previous = store.metadata(RunMarker::KEY)?.and_then(|text| RunMarker::parse(&text));
            let not_before = job.map(|job| first_start(&store, &job, now)).transpose()?;
            store.set_metadata(RunMarker::KEY, Some(&marker.to_string()))?;
            Ok((Arc::new(store), previous.map(RunMarker::in_doubt), not_before))
        });
        let (store, in_doubt, not_before) = opening.await.expect("opening does not panic")?;
        let freshness = Freshness { max_age: settings.max_age, not_before, now, product: scope.product };
        let recent = Arc::<Recent>::default();
        let (recorded, to_commit) = mpsc::unbounded_channel();
        let (commit_sender, commits) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(false);
        let committer = Committer {
            store: store.clone(),
            recent: recent.clone(),
            scope,
            interval: commit_interval,
            marker,
            recorded: to_commit,
            closed,
            commits: commit_sender,
            folding: None,
            failure: None,
        };
        Ok(Self {
            refresh,
            reader: Arc::new(Reader::new(store, scope, freshness, memory as u64)),
            recent,
            readers: Semaphore::new(std::thread::available_parallelism().map_or(2, NonZeroUsize::get)),
            in_doubt,
            recorded,
            closing,
            commits: Mutex::new(Some(commits)),
            _committer: AbortOnDrop::spawn(committer.run()),
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
        blocking(&self.reader.store, move || store.set_metadata(&key, Some(&text))).await
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
        let (path, value) = (self.path().to_owned(), run_marker::refresh_value(started, end));
        let write = move || {
            let store = Store::open(&path, IfMissing::Refuse, CACHE_BYTES)?;
            store.set_metadata(&key, value.as_deref())?;
            store.close()
        };
        blocking(&self.reader.store, write).await
    }

    /// Adds the recent answers of this run to `known`. They are the youngest.
    fn add_recent(&self, numbers: &[Msisdn], known: &mut [Option<KnownAnswer>]) {
        self.recent.find(numbers, |index, packed| {
            let answered = packed.unpack(self.reader.store.texts());
            known[index] = answered.map(|answered| KnownAnswer { answered, source: Source::Duplicate });
        });
    }
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
                    let _permit = self.readers.acquire().await.expect("the semaphore is never closed");
                    let (reader, numbers) = (self.reader.clone(), numbers.to_vec());
                    blocking(&self.reader.store, move || reader.find(&numbers)).await?
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

    fn record(&self, paid: PaidAnswer) -> Durability {
        match self.recorded.send(paid) {
            Ok(()) => Durability::AfterCommit,
            // The committer has ended, so only the rows can keep the answer.
            Err(unsent) => Durability::Immediate(unsent.0),
        }
    }

    fn take_commits(&self) -> Option<Commits> {
        let commits = sync::lock(&self.commits).take();
        Some(commits.expect("a ledger serves one lookup stage"))
    }

    fn close(&self) {
        self.closing.send_replace(true);
    }
}
