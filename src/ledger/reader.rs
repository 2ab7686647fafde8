//! Finds the answers to numbers that are young enough for a run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::answer_scope::AnswerScope;
use super::answer_store::KnownAnswer;
use super::error::{FileOperation, LedgerError};
use super::index::Index;
use super::max_age::Freshness;
use super::packed_answer::PackedAnswer;
use super::store::Store;
use crate::model::{Msisdn, Source};

/// Reads for a run on one scope.
pub(super) struct Reader {
    pub(super) store: Arc<Store>,
    scope: AnswerScope,
    freshness: Freshness,
    /// How much memory the scopes may take, in bytes.
    memory: u64,
    scopes: [ScopeCache; AnswerScope::ALL.len()],
    /// Whether earlier runs may seem to come later than this one.
    is_clock_behind: bool,
}

/// A scope that may be copied.
#[derive(Default)]
struct ScopeCache {
    /// How many numbers were looked for in the scope.
    looked_up: AtomicU64,
    index: OnceLock<Index>,
}

/// When a run has looked for one number per this many answers of a scope, it will probably look for
/// many more. Then the scope is copied.
const INDEXED_AFTER_ONE_IN: u64 = 256;

impl Reader {
    pub(super) fn new(store: Arc<Store>, scope: AnswerScope, freshness: Freshness, memory: u64) -> Self {
        Self { store, scope, freshness, memory, scopes: Default::default(), is_clock_behind: false }
    }

    /// The same, where the clock is behind the ledger: which answers are of this run is not known
    /// by their time.
    pub(super) fn with_clock_behind(
        store: Arc<Store>,
        scope: AnswerScope,
        freshness: Freshness,
        memory: u64,
    ) -> Self {
        Self { is_clock_behind: true, ..Self::new(store, scope, freshness, memory) }
    }

    /// What the run looks up, and how.
    #[cfg(feature = "cloud")]
    pub(super) fn scope(&self) -> AnswerScope {
        self.scope
    }

    /// Which answers the run uses.
    pub(super) fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Whether there are any answers for the run.
    pub(super) fn has_answers(&self) -> bool {
        self.scopes_with_answers().next().is_some()
    }

    fn scopes_with_answers(&self) -> impl Iterator<Item = AnswerScope> {
        self.scope.serving().into_iter().filter(|scope| self.store.has_answers(*scope))
    }

    /// The answer to each number that is young enough, in order.
    pub(super) fn find(&self, numbers: &[Msisdn]) -> Result<Vec<Option<KnownAnswer>>, LedgerError> {
        let mut found = Found { reader: self, answers: vec![None; numbers.len()], is_damaged: false };
        // Neighbours in the tree are read together.
        let mut sorted: Vec<(Msisdn, usize)> = numbers.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        for scope in self.scopes_with_answers() {
            let index = self.index(scope, numbers.len())?;
            if let Some(index) = index {
                let found = index.find(&sorted, |position, packed| found.add(position, packed));
                found.map_err(|fault| LedgerError::file(self.store.path(), FileOperation::Read, fault))?;
            }
            if index.is_none_or(|index| index.is_outdated(&self.store)) {
                self.store.find(scope, &sorted, |position, packed| found.add(position, packed))?;
            }
        }
        if found.is_damaged { Err(self.store.corrupt_answer()) } else { Ok(found.answers) }
    }

    /// The scope in memory, if it is there or should be read now. `count` numbers are looked for.
    fn index(&self, scope: AnswerScope, count: usize) -> Result<Option<&Index>, LedgerError> {
        let ScopeCache { looked_up, index } = &self.scopes[scope.index()];
        if let Some(index) = index.get() {
            return Ok(Some(index));
        }
        let before = looked_up.fetch_add(count as u64, Ordering::Relaxed);
        let totals = self.store.totals(scope)?;
        let threshold = totals.answers / INDEXED_AFTER_ONE_IN;
        // Whoever crosses the threshold reads the scope; the others use the file until it is done.
        let crosses = before <= threshold && threshold < before + count as u64;
        let memory_for_each = || self.memory / self.scopes_with_answers().count().max(1) as u64;
        if !crosses {
            return Ok(None);
        }
        let read = Index::read(&self.store, scope, memory_for_each())?;
        Ok(read.map(|read| index.get_or_init(|| read)))
    }

    /// The answer, if it is young enough.
    fn known(&self, packed: PackedAnswer) -> Result<Option<KnownAnswer>, UnknownResult> {
        let answered = packed.unpack(self.store.texts()).ok_or(UnknownResult)?;
        if !self.freshness.allows(&answered.answer.result, answered.checked_at) {
            return Ok(None);
        }
        let is_of_this_run = answered.checked_at >= self.freshness.now && !self.is_clock_behind;
        let source = if is_of_this_run { Source::Duplicate } else { Source::Ledger };
        Ok(Some(KnownAnswer { answered, source }))
    }
}

/// The answers found so far.
struct Found<'a> {
    reader: &'a Reader,
    answers: Vec<Option<KnownAnswer>>,
    /// Whether an answer cannot be read.
    is_damaged: bool,
}

impl Found<'_> {
    /// Adds an answer, if it is young enough and younger than the one that is there.
    fn add(&mut self, position: usize, packed: PackedAnswer) {
        match self.reader.known(packed) {
            Ok(known) if known.as_ref().map(checked_at) > self.answers[position].as_ref().map(checked_at) => {
                self.answers[position] = known;
            }
            Ok(_) => {}
            Err(UnknownResult) => self.is_damaged = true,
        }
    }
}

/// The result of an answer is not among the texts of the file.
struct UnknownResult;

fn checked_at(known: &KnownAnswer) -> i64 {
    known.answered.checked_at.0
}
