//! The task that keeps answers: it gathers them for a while, commits them, and gives them back to be shown.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::recent::Recent;
use super::run_marker::RunMarker;
use super::store::journal::{Folded, Folding};
use super::store::{Store, blocking};
use super::{KeptAnswers, Paid};
use crate::model::Msisdn;

/// So many answers go from the journal to their scope at a time. More rewrite fewer pages each, and take 80 bytes
/// of memory each until then.
const FOLDED_AT: usize = if cfg!(test) { 200 } else { 300_000 };

/// Keeps what is recorded, in groups.
pub(super) struct Committer {
    pub(super) store: Arc<Store>,
    pub(super) recent: Arc<Recent>,
    pub(super) scope: AnswerScope,
    /// How long a group is gathered.
    pub(super) interval: Duration,
    pub(super) mark: RunMarker,
    pub(super) waiting: mpsc::UnboundedReceiver<Paid>,
    pub(super) closed: watch::Receiver<bool>,
    pub(super) kept: mpsc::UnboundedSender<KeptAnswers>,
    /// What is on its way to the scopes.
    pub(super) folding: Option<Folding>,
    /// Why nothing can be kept any more.
    pub(super) failure: Option<Arc<LedgerError>>,
}

impl Committer {
    /// Works until the ledger is closed and everything is kept.
    pub(super) async fn run(mut self) {
        while let Some(group) = self.next_group().await {
            self.keep(group).await;
            // One slice between two commits, so that no answer waits for more than that.
            self.fold_a_slice().await;
        }
        self.take_mark_back().await;
    }

    /// The answers of the next interval; `None` when there will be no more.
    async fn next_group(&mut self) -> Option<Vec<Paid>> {
        let first = tokio::select! {
            first = self.waiting.recv() => first,
            _ = self.closed.wait_for(|closed| *closed) => self.waiting.try_recv().ok(),
        };
        let mut group = vec![first?];
        tokio::select! {
            () = sleep(self.interval) => {}
            _ = self.closed.wait_for(|closed| *closed) => {}
        }
        while let Ok(paid) = self.waiting.try_recv() {
            group.push(paid);
        }
        Some(group)
    }

    async fn keep(&mut self, answers: Vec<Paid>) {
        if self.failure.is_none()
            && let Err(failure) = self.commit(&answers).await
        {
            self.failure = Some(Arc::new(failure));
        }
        // Nobody waits any more when the run was dropped.
        let _ = self.kept.send(KeptAnswers { answers, failure: self.failure.clone() });
    }

    async fn commit(&mut self, answers: &[Paid]) -> Result<(), LedgerError> {
        let texts = self.store.texts();
        let packed: Arc<[(Msisdn, PackedAnswer)]> =
            answers.iter().map(|paid| (paid.msisdn, PackedAnswer::pack(&paid.answered, texts))).collect();
        let larger = self.mark.grown_to(packed.len());
        let (store, scope, group) = (self.store.clone(), self.scope, packed.clone());
        blocking(&self.store, move || store.append(scope, group.iter().copied(), larger.as_ref())).await?;
        self.mark = larger.unwrap_or(self.mark);
        self.recent.take_in(packed.iter().copied());
        Ok(())
    }

    /// Goes on with the folding, or begins one when it is time. What fails here is safe in the journal; but a file that
    /// refuses once will refuse again.
    async fn fold_a_slice(&mut self) {
        let is_due = self.folding.is_some() || self.recent.journalled() >= FOLDED_AT;
        if self.failure.is_some() || !is_due {
            return;
        }
        let (store, begun) = (self.store.clone(), self.folding.take());
        if begun.is_none() {
            self.recent.begin_folding();
        }
        let folded = blocking(&self.store, move || {
            let mut folding = begun.map_or_else(|| store.begin_folding(), Ok)?;
            Ok((store.fold_on(&mut folding)?, folding))
        });
        match folded.await {
            Ok((Folded::ThisSlice, folding)) => self.folding = Some(folding),
            Ok((Folded::Everything, _)) => self.recent.folded(),
            Err(failure) => self.failure = Some(Arc::new(failure)),
        }
    }

    /// The run ends in order. A file that refuses this keeps its mark, and the next run counts too much as doubtful.
    async fn take_mark_back(self) {
        let (store, failed) = (self.store.clone(), self.failure.is_some());
        let ending = move || {
            let taken_back = if failed { Ok(()) } else { store.note(RunMarker::WORD, None) };
            taken_back.and(store.close())
        };
        let _ = blocking(&self.store, ending).await;
    }
}
