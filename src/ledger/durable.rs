//! A ledger in a file: what a run has paid for, the next one finds.
//!
//! Answers are kept in groups: a commit a time, not a commit an answer. Until its commit is on disk, an answer is
//! shown to nobody; rows that want the same number meanwhile wait for the same question.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, mpsc, watch};
use tokio::task::spawn_blocking;

use super::answer_scope::AnswerScope;
use super::committer::Committer;
use super::error::LedgerError;
use super::ledger_file::CACHE_BYTES;
use super::max_age::{Freshness, MaxAge};
use super::reader::Reader;
use super::recent::Recent;
use super::run_marker::{InDoubt, RefreshEnd, RunMarker};
use super::store::{AnswersOf, IfMissing, Store, blocking};
use super::{Kept, KeptAnswers, Ledger, Paid, Remembered, run_marker};
use crate::model::{Msisdn, Source, UtcMillis};
use crate::task::AbortOnDrop;

/// How a run uses its ledger.
#[derive(Clone, Debug)]
pub struct DurableSettings {
    /// The file. It is begun when there is none.
    pub path: PathBuf,
    /// Whose answers the run will bring.
    pub answers_of: AnswersOf,
    /// What is asked, and how.
    pub scope: AnswerScope,
    /// How old an answer may be, by its status.
    pub max_age: MaxAge,
    /// The name of the job, when it is to ask everything anew. Answers from before it was first started are not taken
    /// then; those that it had got before it was stopped are.
    pub refresh: Option<String>,
    /// How long answers are gathered before they are committed. What a power cut may cost.
    pub commit_interval: Duration,
    /// How much of the file may be held in memory, in bytes.
    pub memory: usize,
    /// How many requests the run will have in flight at the most; for the count of what may be in doubt after it
    /// has been killed.
    pub in_flight: usize,
}

/// The part of the memory that goes to pages of the file as they are; a scope that is read through may take as much
/// as all of it.
const PAGES_PART: usize = 4;

/// A ledger in a file, opened for one run.
pub struct DurableLedger {
    /// The name of the job, when it asks everything anew.
    refresh: Option<String>,
    reader: Arc<Reader>,
    recent: Arc<Recent>,
    /// A thread for each core reads: more would not be quicker, and each leaves a heap of its own behind.
    readers: Semaphore,
    in_doubt: Option<InDoubt>,
    recorded: mpsc::UnboundedSender<Paid>,
    closing: watch::Sender<bool>,
    kept: AsyncMutex<mpsc::UnboundedReceiver<KeptAnswers>>,
    _committer: AbortOnDrop<()>,
}

impl DurableLedger {
    /// Opens the ledger for a run that starts now, on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// When another process has it, when it is none or damaged, when the file system refuses.
    pub async fn open(settings: DurableSettings, now: UtcMillis) -> Result<Self, LedgerError> {
        let DurableSettings { scope, in_flight, commit_interval, memory, .. } = settings;
        let (refresh, job) = (settings.refresh.clone(), settings.refresh);
        let mark = RunMarker::of_a_run(now, in_flight);
        let opening = spawn_blocking(move || {
            let missing = IfMissing::Begin(settings.answers_of);
            let store = Store::open(&settings.path, missing, memory / PAGES_PART)?;
            let before = store.about(RunMarker::WORD)?.and_then(|text| RunMarker::parse(&text));
            let not_before = job.map(|job| first_started(&store, &job, now)).transpose()?;
            store.note(RunMarker::WORD, Some(&mark.to_string()))?;
            Ok((Arc::new(store), before.map(RunMarker::in_doubt), not_before))
        });
        let (store, in_doubt, not_before) = opening.await.expect("opening does not panic")?;
        let freshness = Freshness { max_age: settings.max_age, not_before, now, product: scope.product };
        let recent = Arc::<Recent>::default();
        let (recorded, waiting) = mpsc::unbounded_channel();
        let (kept, kept_answers) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(false);
        let committer = Committer {
            store: store.clone(),
            recent: recent.clone(),
            scope,
            interval: commit_interval,
            mark,
            waiting,
            closed,
            kept,
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
            kept: AsyncMutex::new(kept_answers),
            _committer: AbortOnDrop::spawn(committer.run()),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.reader.store.path()
    }

    /// What the run before has left in doubt, if it did not end in order.
    #[must_use]
    pub fn in_doubt(&self) -> Option<InDoubt> {
        self.in_doubt
    }

    /// What an earlier run has noted under a word.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn noted(&self, word: &str) -> Result<Option<String>, LedgerError> {
        self.reader.store.about(word)
    }

    /// Notes something for later runs under a word. Only before the ledger is closed.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub async fn note(&self, word: String, text: String) -> Result<(), LedgerError> {
        let store = self.reader.store.clone();
        blocking(&self.reader.store, move || store.note(&word, Some(&text))).await
    }

    /// The job has ended so, and the ledger is closed. Matters only to one that asked everything anew.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub async fn job_has_ended(&self, end: RefreshEnd) -> Result<(), LedgerError> {
        let Some(word) = self.refresh.as_deref().map(run_marker::refresh_word) else { return Ok(()) };
        let started = self.reader.freshness().not_before.expect("a refresh has its beginning");
        let (path, note) = (self.path().to_owned(), run_marker::refresh_note(started, end));
        let noting = move || {
            let store = Store::open(&path, IfMissing::Refuse, CACHE_BYTES)?;
            store.note(&word, note.as_deref())?;
            store.close()
        };
        blocking(&self.reader.store, noting).await
    }

    /// Puts into `found` what this run has recorded lately of these numbers: nothing is younger.
    fn add_recent(&self, numbers: &[Msisdn], found: &mut [Option<Remembered>]) {
        self.recent.find(numbers, |place, packed| {
            let answered = packed.unpack(self.reader.store.texts());
            found[place] = answered.map(|answered| Remembered { answered, source: Source::Duplicate });
        });
    }
}

/// When a job that asks everything anew was first started: now, unless it was stopped before it was done.
fn first_started(store: &Store, job: &str, now: UtcMillis) -> Result<UtcMillis, LedgerError> {
    if let Some(before) = run_marker::refresh_started(store, job, now)? {
        return Ok(before);
    }
    store.note(&run_marker::refresh_word(job), Some(&now.0.to_string()))?;
    Ok(now)
}

impl Ledger for DurableLedger {
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<Remembered>>, LedgerError>> {
        let look_up = async move {
            let mut found = match self.reader.has_any() {
                false => vec![None; numbers.len()],
                true => {
                    // The disk may be slow, and the runtime's threads have requests to attend to.
                    let _turn = self.readers.acquire().await.expect("it is never closed");
                    let (reader, numbers) = (self.reader.clone(), numbers.to_vec());
                    blocking(&self.reader.store, move || reader.look(&numbers)).await?
                }
            };
            self.add_recent(numbers, &mut found);
            Ok(found)
        };
        look_up.boxed()
    }

    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<Remembered>> {
        let mut found = vec![None; numbers.len()];
        self.add_recent(numbers, &mut found);
        found
    }

    fn record(&self, paid: Paid) -> Kept {
        match self.recorded.send(paid) {
            Ok(()) => Kept::Later,
            // The committer is gone only when the ledger is going too; the rows are all that is left to tell.
            Err(unsent) => Kept::Now(unsent.0),
        }
    }

    fn kept(&self) -> BoxFuture<'_, Option<KeptAnswers>> {
        async { self.kept.lock().await.recv().await }.boxed()
    }

    fn close(&self) {
        self.closing.send_replace(true);
    }
}
