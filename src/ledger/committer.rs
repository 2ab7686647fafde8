//! The task that commits answers: it gathers them for a while, writes them to disk, and reports
//! each commit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::answer_scope::AnswerScope;
use super::answer_store::{CommitOutcome, PaidAnswer};
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::recent::Recent;
use super::run_marker::RunMarker;
use super::store::{FoldProgress, Folding, Store, blocking};
use crate::model::Msisdn;

/// The journal is folded when it has this many answers. More answers mean fewer rewritten pages per
/// answer, and 80 bytes of memory each until then.
const FOLDED_AT: usize = if cfg!(test) { 200 } else { 300_000 };

/// Commits recorded answers in groups.
pub(super) struct Committer {
    pub(super) store: Arc<Store>,
    pub(super) recent: Arc<Recent>,
    pub(super) scope: AnswerScope,
    /// How long a group is gathered.
    pub(super) interval: Duration,
    pub(super) marker: RunMarker,
    pub(super) recorded: mpsc::UnboundedReceiver<PaidAnswer>,
    pub(super) closed: watch::Receiver<bool>,
    pub(super) commits: mpsc::UnboundedSender<CommitOutcome>,
    /// The folding in progress.
    pub(super) folding: Option<Folding>,
    /// Why nothing can be committed any more.
    pub(super) failure: Option<Arc<LedgerError>>,
}

impl Committer {
    /// Runs until the ledger is closed and everything is committed.
    pub(super) async fn run(mut self) {
        while let Some(group) = self.next_group().await {
            self.commit_and_report(group).await;
            // One batch between two commits, so that no answer waits longer than that.
            self.fold_batch().await;
        }
        self.remove_marker_and_close().await;
    }

    /// The answers of the next interval; `None` if there will be no more.
    async fn next_group(&mut self) -> Option<Vec<PaidAnswer>> {
        let first = tokio::select! {
            first = self.recorded.recv() => first,
            _ = self.closed.wait_for(|closed| *closed) => self.recorded.try_recv().ok(),
        };
        let mut group = vec![first?];
        tokio::select! {
            () = sleep(self.interval) => {}
            _ = self.closed.wait_for(|closed| *closed) => {}
        }
        while let Ok(paid) = self.recorded.try_recv() {
            group.push(paid);
        }
        Some(group)
    }

    async fn commit_and_report(&mut self, answers: Vec<PaidAnswer>) {
        if self.failure.is_none()
            && let Err(failure) = self.commit(&answers).await
        {
            self.failure = Some(Arc::new(failure));
        }
        // It fails if the run was dropped; then nobody waits for the answers.
        let _ = self.commits.send(CommitOutcome { answers, failure: self.failure.clone() });
    }

    async fn commit(&mut self, answers: &[PaidAnswer]) -> Result<(), LedgerError> {
        let texts = self.store.texts();
        let packed: Arc<[(Msisdn, PackedAnswer)]> =
            answers.iter().map(|paid| (paid.msisdn, PackedAnswer::pack(&paid.answered, texts))).collect();
        let larger_marker = self.marker.grown_to(packed.len());
        let (store, scope, group) = (self.store.clone(), self.scope, packed.clone());
        blocking(&self.store, move || store.append(scope, group.iter().copied(), larger_marker.as_ref()))
            .await?;
        self.marker = larger_marker.unwrap_or(self.marker);
        self.recent.extend(packed.iter().copied());
        Ok(())
    }

    /// Folds the next batch, or starts a folding if it is time. If that fails, the answers are
    /// still in the journal; but a file that failed once is not used again.
    async fn fold_batch(&mut self) {
        let is_due = self.folding.is_some() || self.recent.journal_len() >= FOLDED_AT;
        if self.failure.is_some() || !is_due {
            return;
        }
        let (store, started) = (self.store.clone(), self.folding.take());
        if started.is_none() {
            self.recent.start_folding();
        }
        let folded = blocking(&self.store, move || {
            let mut folding = started.map_or_else(|| store.start_folding(), Ok)?;
            Ok((store.fold_batch(&mut folding)?, folding))
        });
        match folded.await {
            Ok((FoldProgress::Unfinished, folding)) => self.folding = Some(folding),
            Ok((FoldProgress::Finished, _)) => self.recent.finish_folding(),
            Err(failure) => self.failure = Some(Arc::new(failure)),
        }
    }

    /// The clean end of a run. If it fails, the marker stays, and the next run reports more numbers
    /// in doubt than there are.
    async fn remove_marker_and_close(self) {
        let (store, failed) = (self.store.clone(), self.failure.is_some());
        let close = move || {
            let removed = if failed { Ok(()) } else { store.set_metadata(RunMarker::KEY, None) };
            removed.and(store.close())
        };
        let _ = blocking(&self.store, close).await;
    }
}
