//! Commits answers: gathers them for a while, writes them to disk, and reports each commit.
//!
//! The committer has a thread of its own, taken when the ledger is opened, so that every answer can
//! be recorded for as long as requests are sent. If the thread dies all the same, what it leaves is
//! reported as not kept, and the run stops.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::answer_scope::AnswerScope;
use super::answer_store::{CommitOutcome, PaidAnswer};
use super::clock_doubt;
use super::commit_queue::{CommitQueue, Waiting};
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::recent::Recent;
use super::rescue;
use super::rescue::Rescued;
use super::run_marker::RunMarker;
use super::store::{FoldProgress, Folding, Store};
use crate::model::{Msisdn, UtcMillis};
use crate::sync;

/// The journal is folded when it has this many answers. More answers mean fewer rewritten pages per
/// answer, and 80 bytes of memory each until then.
const FOLDED_AT: usize = if cfg!(test) { 200 } else { 300_000 };

/// Commits recorded answers in groups.
pub(super) struct Committer {
    pub(super) store: Arc<Store>,
    pub(super) recent: Arc<Recent>,
    pub(super) scope: AnswerScope,
    /// When the run started.
    pub(super) started: UtcMillis,
    /// The shortest time between two groups.
    pub(super) interval: Duration,
    pub(super) queue: Arc<CommitQueue>,
    pub(super) commits: mpsc::UnboundedSender<CommitOutcome>,
    /// The folding in progress.
    pub(super) folding: Option<Folding>,
    /// Why nothing can be committed any more.
    pub(super) failure: Option<Arc<LedgerError>>,
    /// Answers that could not be committed.
    pub(super) not_kept: Vec<(Msisdn, PackedAnswer)>,
    /// Where answers that the file cannot keep were written.
    pub(super) rescued: Arc<Mutex<Option<Rescued>>>,
}

impl Committer {
    /// Starts the thread.
    pub(super) fn start(self) -> io::Result<()> {
        let end = EndOfThread { queue: self.queue.clone(), commits: self.commits.clone() };
        let mut committer = self;
        thread::Builder::new().name("commits".into()).spawn(move || {
            let _end = end;
            committer.run();
        })?;
        Ok(())
    }

    /// Runs until the ledger is closed and everything is committed.
    fn run(&mut self) {
        while let Some(group) = self.queue.next_group(self.interval) {
            self.commit_and_report(group.answers);
            self.withdraw(&group.withdrawn);
            // One batch between two commits, so that no answer waits longer than that.
            self.fold_batch();
        }
        self.close();
        self.rescue();
    }

    /// The room of the answers is free again when they are on disk, or will never be.
    fn commit_and_report(&mut self, group: Vec<Waiting>) {
        let (answers, rooms): (Vec<PaidAnswer>, Vec<_>) = group.into_iter().unzip();
        let texts = self.store.texts();
        let packed: Vec<(Msisdn, PackedAnswer)> =
            answers.iter().map(|paid| (paid.msisdn, PackedAnswer::pack(&paid.answered, texts))).collect();
        let is_kept = self.failure.is_none() && self.try_to(|committer| committer.commit(&packed));
        if !is_kept {
            self.not_kept.extend(packed);
        }
        drop(rooms);
        // The reserve still has room for what is in flight, but not for more.
        let failure = self.failure.clone().or_else(|| self.store.disk_full().map(Arc::new));
        // It fails if the run was dropped; then nobody waits for the answers.
        let _ = self.commits.send(CommitOutcome { answers, is_kept, failure });
    }

    /// Takes answers back that may belong to other numbers.
    fn withdraw(&mut self, numbers: &[Msisdn]) {
        let withdrawn: Vec<_> = numbers.iter().map(|msisdn| (*msisdn, PackedAnswer::NONE)).collect();
        self.not_kept.retain(|(msisdn, _)| !numbers.contains(msisdn));
        if !withdrawn.is_empty() && self.failure.is_none() {
            self.try_to(|committer| committer.commit(&withdrawn));
        }
    }

    fn commit(&mut self, packed: &[(Msisdn, PackedAnswer)]) -> Result<(), LedgerError> {
        self.store.ensure_unchanged()?;
        self.store.append(self.scope, packed.iter().copied())?;
        self.store.ensure_unchanged()?;
        self.recent.extend(packed.iter().copied());
        Ok(())
    }

    /// Folds the next batch, or starts a folding if it is time. If that fails, the answers are
    /// still in the journal; but a file that failed once is not used again.
    fn fold_batch(&mut self) {
        let is_due = self.folding.is_some() || self.recent.journal_len() >= FOLDED_AT;
        if self.failure.is_some() || !is_due || self.store.disk_full().is_some() {
            return;
        }
        self.try_to(|committer| {
            let store = &committer.store;
            let mut folding = match committer.folding.take() {
                Some(folding) => folding,
                None => {
                    committer.recent.start_folding();
                    store.start_folding()?
                }
            };
            match store.fold_batch(&mut folding)? {
                FoldProgress::Unfinished => committer.folding = Some(folding),
                FoldProgress::Finished => committer.recent.finish_folding(),
            }
            Ok(())
        });
    }

    /// The end of a run. If it is a clean one and the marker stays all the same, the next run
    /// reports more numbers in doubt than there are. A file that is gone has nothing that was paid
    /// for, so that is reported.
    fn close(&mut self) {
        let is_clean = self.queue.ends_cleanly();
        if self.failure.is_some() || !self.try_to(|committer| committer.remove_marker(is_clean)) {
            let failure = self.failure.clone();
            let _ = self.commits.send(CommitOutcome { answers: Vec::new(), is_kept: false, failure });
        }
        if !self.is_file_lost() {
            let _ = catch_unwind(AssertUnwindSafe(|| self.store.close()));
        }
    }

    fn remove_marker(&self, is_clean: bool) -> Result<(), LedgerError> {
        self.store.ensure_unchanged()?;
        if is_clean {
            clock_doubt::note_use(&self.store, UtcMillis::now());
            // If it cannot be removed, no answer is lost.
            let _ = self.store.set_metadata(RunMarker::KEY, None);
        }
        self.store.ensure_unchanged()
    }

    /// Whether the file does not have the answers of this run any more.
    fn is_file_lost(&self) -> bool {
        matches!(self.failure.as_deref(), Some(LedgerError::Changed { .. }))
    }

    /// Writes what the file does not have to a file beside it.
    fn rescue(&mut self) {
        let is_lost = self.is_file_lost();
        let mut answers = if is_lost { self.paid_in_this_run() } else { Vec::new() };
        answers.append(&mut self.not_kept);
        if let Some(rescued) = rescue::write(&self.store, self.scope, &answers) {
            *sync::lock(&self.rescued) = Some(rescued);
        }
        if is_lost {
            // The database is not closed, because that would write to a file of somebody else.
            let _ = catch_unwind(AssertUnwindSafe(|| self.store.close()));
        }
    }

    /// The answers of this run: those in memory, and those that the open file still has.
    fn paid_in_this_run(&self) -> Vec<(Msisdn, PackedAnswer)> {
        let mut answers = Vec::new();
        let mut add = |msisdn, packed: PackedAnswer| {
            if packed.checked_at() >= self.started {
                answers.push((msisdn, packed));
            }
        };
        // What was cut or overwritten cannot be read.
        let _ = catch_unwind(AssertUnwindSafe(|| self.store.scan(self.scope, &mut add)));
        self.recent.for_each(add);
        answers
    }

    /// Does something with the file. Whether it was done; a failure is kept.
    fn try_to(&mut self, work: impl FnOnce(&mut Self) -> Result<(), LedgerError>) -> bool {
        let done = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| Err(self.store.broken()));
        match done {
            Ok(()) => true,
            Err(failure) => {
                self.failure = Some(Arc::new(failure));
                false
            }
        }
    }
}

/// Reports what the thread leaves when it ends, however it ends.
struct EndOfThread {
    queue: Arc<CommitQueue>,
    commits: mpsc::UnboundedSender<CommitOutcome>,
}

impl Drop for EndOfThread {
    fn drop(&mut self) {
        let answers: Vec<PaidAnswer> = self.queue.end().into_iter().map(|(paid, _)| paid).collect();
        if !answers.is_empty() {
            let _ = self.commits.send(CommitOutcome { answers, is_kept: false, failure: None });
        }
    }
}
