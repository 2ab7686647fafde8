//! The way from numbers to what is known and young enough.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::Remembered;
use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::index::Index;
use super::max_age::Freshness;
use super::packed_answer::PackedAnswer;
use super::store::Store;
use crate::model::{Msisdn, Source};

/// Reads for a run on one scope, under its rule of freshness.
pub(super) struct Reader {
    pub(super) store: Arc<Store>,
    scope: AnswerScope,
    freshness: Freshness,
    /// How much memory the scopes may take, in bytes.
    memory: u64,
    scopes: [InMemory; AnswerScope::ALL.len()],
}

/// A scope that may come to be held in memory.
#[derive(Default)]
struct InMemory {
    /// How many numbers were looked up on it.
    looked_up: AtomicU64,
    index: OnceLock<Index>,
}

/// A run that has looked up a thirty-second as many numbers as a scope has answers is taken for one that will look up
/// many more, and reads the scope through.
const WORTH_READING_THROUGH: u64 = 32;

impl Reader {
    pub(super) fn new(store: Arc<Store>, scope: AnswerScope, freshness: Freshness, memory: u64) -> Self {
        Self { store, scope, freshness, memory, scopes: Default::default() }
    }

    /// The rule by which answers are taken.
    pub(super) fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Whether there is anything to be found at all.
    pub(super) fn has_any(&self) -> bool {
        self.filled().next().is_some()
    }

    /// The scopes that serve this run and have any answer.
    fn filled(&self) -> impl Iterator<Item = AnswerScope> {
        self.scope.serving().into_iter().filter(|scope| self.store.is_filled(*scope))
    }

    /// What is known of each number and young enough, in their order.
    pub(super) fn look(&self, numbers: &[Msisdn]) -> Result<Vec<Option<Remembered>>, LedgerError> {
        let mut found = Found { reader: self, answers: vec![None; numbers.len()], damaged: false };
        // Neighbours in the tree are read together.
        let mut sorted: Vec<(Msisdn, usize)> = numbers.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        for scope in self.filled() {
            let index = self.index(scope, numbers.len())?;
            if let Some(index) = index {
                index.find(&sorted, |place, packed| found.take(place, packed));
            }
            if index.is_none_or(|index| index.is_behind(&self.store)) {
                self.store.find(scope, &sorted, |place, packed| found.take(place, packed))?;
            }
        }
        if found.damaged { Err(self.store.wrong_sum()) } else { Ok(found.answers) }
    }

    /// The scope in memory, if it is there or it is time to read it; `more` numbers are to be looked up.
    fn index(&self, scope: AnswerScope, more: usize) -> Result<Option<&Index>, LedgerError> {
        let InMemory { looked_up, index } = &self.scopes[scope.index()];
        if let Some(index) = index.get() {
            return Ok(Some(index));
        }
        let before = looked_up.fetch_add(more as u64, Ordering::Relaxed);
        let answers = self.store.count(scope)?;
        let threshold = answers / WORTH_READING_THROUGH;
        // Whoever crosses the threshold reads; the others go on without until it is done.
        let crosses = before <= threshold && threshold < before + more as u64;
        if !crosses || !Index::fits(answers, self.memory / self.filled().count().max(1) as u64) {
            return Ok(None);
        }
        let read = Index::read(&self.store, scope)?;
        Ok(Some(index.get_or_init(|| read)))
    }

    /// The answer, if it is young enough.
    fn remembered(&self, packed: PackedAnswer) -> Result<Option<Remembered>, NoResult> {
        let answered = packed.unpack(self.store.texts()).ok_or(NoResult)?;
        if !self.freshness.allows(&answered.answer.result, answered.checked_at) {
            return Ok(None);
        }
        let is_this_runs = answered.checked_at >= self.freshness.now;
        let source = if is_this_runs { Source::Duplicate } else { Source::Ledger };
        Ok(Some(Remembered { answered, source }))
    }
}

/// What was found so far.
struct Found<'a> {
    reader: &'a Reader,
    answers: Vec<Option<Remembered>>,
    /// Whether an answer cannot be read.
    damaged: bool,
}

impl Found<'_> {
    /// Takes an answer in, if it is young enough and younger than what is there.
    fn take(&mut self, place: usize, packed: PackedAnswer) {
        match self.reader.remembered(packed) {
            Ok(younger) if younger.as_ref().map(moment) > self.answers[place].as_ref().map(moment) => {
                self.answers[place] = younger;
            }
            Ok(_) => {}
            Err(NoResult) => self.damaged = true,
        }
    }
}

/// An answer's result is not among the texts of the file.
struct NoResult;

fn moment(remembered: &Remembered) -> i64 {
    remembered.answered.checked_at.0
}
