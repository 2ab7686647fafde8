//! A whole scope in memory, for runs that look for a large part of it.
//!
//! Reading a whole scope costs a tenth, per answer, of finding answers one by one. So a run that
//! has looked for enough numbers reads the scope into memory, if it fits. Answers are stored in the
//! order of their numbers, as they come from the file. Finding one in a hash table would be faster,
//! but filling the table would cost more than that saves.

use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::store::Store;
use crate::model::Msisdn;

/// The memory of an answer: its number, its two words, and its part of the directory.
const BYTES_PER_ANSWER: u64 = 25;
/// The directory has the first of this many numbers, so that it fits a processor's cache.
const STRIDE: usize = 32;
/// This many numbers are searched side by side, so that the processor waits for the memory of all
/// of them at once.
const SIDE_BY_SIDE: usize = 16;
/// Padding behind the last answer: no number is this large.
const PADDING: (u64, PackedAnswer) = (u64::MAX, PackedAnswer::NONE);

/// A snapshot of the answers of a scope.
pub(super) struct Index {
    /// In order of their numbers; the last block is filled with [`PADDING`].
    answers: Vec<(u64, PackedAnswer)>,
    directory: Vec<u64>,
    /// How many foldings the store had before the snapshot.
    foldings: u64,
}

impl Index {
    /// Whether this many answers fit into this many bytes.
    pub(super) fn fits(answers: u64, bytes: u64) -> bool {
        answers.saturating_mul(BYTES_PER_ANSWER) <= bytes
    }

    /// Reads a whole scope.
    pub(super) fn read(store: &Store, scope: AnswerScope) -> Result<Self, LedgerError> {
        // Read first, so that answers that are folded in the meantime count as newer.
        let foldings = store.foldings();
        let count = store.count(scope)? as usize;
        let mut answers = Vec::with_capacity(count.next_multiple_of(STRIDE));
        store.scan(scope, |msisdn, packed| answers.push((msisdn.get(), packed)))?;
        Ok(Self::of(answers, foldings))
    }

    fn of(mut answers: Vec<(u64, PackedAnswer)>, foldings: u64) -> Self {
        answers.resize(answers.len().next_multiple_of(STRIDE), PADDING);
        let directory = answers.iter().step_by(STRIDE).map(|(number, _)| *number).collect();
        Self { answers, directory, foldings }
    }

    /// Whether the scope may have newer answers.
    pub(super) fn is_outdated(&self, store: &Store) -> bool {
        self.foldings != store.foldings()
    }

    /// Finds numbers in ascending order. Calls `found` with each answer and the position of its
    /// number.
    pub(super) fn find(&self, numbers: &[(Msisdn, usize)], mut found: impl FnMut(usize, PackedAnswer)) {
        let mut block = 0;
        for group in numbers.chunks(SIDE_BY_SIDE) {
            let mut at = [0; SIDE_BY_SIDE];
            for (at, (msisdn, _)) in at.iter_mut().zip(group) {
                block += self.blocks_ahead(block, msisdn.get());
                *at = block * STRIDE;
            }
            let mut half = STRIDE / 2;
            while half > 0 {
                for (at, (msisdn, _)) in at.iter_mut().zip(group) {
                    let is_in_upper_half = self.answers[*at + half].0 <= msisdn.get();
                    *at += half * usize::from(is_in_upper_half);
                }
                half /= 2;
            }
            for (at, (msisdn, position)) in at.into_iter().zip(group) {
                let (number, packed) = self.answers[at];
                if number == msisdn.get() {
                    found(*position, packed);
                }
            }
        }
    }

    /// How many blocks ahead of this one a number is; it is never behind. Searches in doubling
    /// steps, because the number is near as a rule.
    fn blocks_ahead(&self, block: usize, number: u64) -> usize {
        let ahead = &self.directory[block..];
        let mut step = 1;
        while step < ahead.len() && ahead[step] <= number {
            step *= 2;
        }
        let (from, to) = (step / 2, step.min(ahead.len()));
        from + ahead[from..to].partition_point(|first| *first <= number).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::packed_answer::ResultTexts;
    use crate::model::{Answer, Answered, LookupResult, UtcMillis};

    fn number(n: usize) -> Msisdn {
        Msisdn::new(46_700_000_000 + n as u64).unwrap()
    }

    /// An answer that tells its number.
    fn answer(n: usize) -> PackedAnswer {
        let answer = Answer::bare(LookupResult::Ok);
        PackedAnswer::pack(
            &Answered { answer, checked_at: UtcMillis(n as i64), attempts: 1 },
            &ResultTexts::default(),
        )
    }

    #[test]
    fn exactly_the_numbers_with_answers_are_found() {
        let mut random = fastrand::Rng::with_seed(11);
        for size in [1, 2, STRIDE - 1, STRIDE, STRIDE + 1, 1_000] {
            // Every third number has an answer.
            let index = Index::of((0..size).map(|n| (number(3 * n).get(), answer(3 * n))).collect(), 0);
            let mut asked: Vec<usize> = (0..500).map(|_| random.usize(0..3 * size + 50)).collect();
            asked.sort_unstable();
            let numbers: Vec<_> = asked.iter().map(|n| (number(*n), *n)).collect();
            let mut found = Vec::new();
            index.find(&numbers, |position, packed| found.push((position, packed)));
            let known = |n: &usize| n.is_multiple_of(3) && *n < 3 * size;
            let expected: Vec<_> = asked.into_iter().filter(known).map(|n| (n, answer(n))).collect();
            assert_eq!(found, expected, "{size}");
        }
    }
}
