//! A whole scope in memory, for runs that look up a large part of it.
//!
//! Reading a scope through costs a tenth, an answer, of looking it up alone. So a run that has looked up enough of
//! it reads it through and goes on from here, if there is memory for it. Answers lie side by side in the order of
//! their numbers, as they come from the file: a hash table would be quicker to look up in, and slower to fill by
//! more than that.

use super::answer_scope::AnswerScope;
use super::error::LedgerError;
use super::packed_answer::PackedAnswer;
use super::store::Store;
use crate::model::Msisdn;

/// What an answer takes: its number, its two words, and its part of the directory.
const BYTES_AN_ANSWER: u64 = 25;
/// Of so many numbers the first stands in the directory, which fits a processor's cache.
const STRIDE: usize = 32;

/// So many numbers are looked up side by side, so that the processor waits for the memory of all of them at once.
const SIDE_BY_SIDE: usize = 16;
/// What stands where there is no answer, behind the last one: no number is so large.
const NOBODY: (u64, PackedAnswer) = (u64::MAX, PackedAnswer::NOTHING);

/// The answers of a scope as it was at one moment.
pub(super) struct Index {
    /// By number; the last block is filled up with [`NOBODY`].
    answers: Vec<(u64, PackedAnswer)>,
    directory: Vec<u64>,
    /// How often the scopes had been added to before.
    foldings: u64,
}

impl Index {
    /// Whether so many answers fit into so many bytes.
    pub(super) fn fits(answers: u64, bytes: u64) -> bool {
        answers.saturating_mul(BYTES_AN_ANSWER) <= bytes
    }

    /// Reads a scope through.
    pub(super) fn read(store: &Store, scope: AnswerScope) -> Result<Self, LedgerError> {
        // Before the reading begins: what is added meanwhile counts as added after.
        let foldings = store.foldings();
        let count = store.count(scope)? as usize;
        let mut answers = Vec::with_capacity(count.next_multiple_of(STRIDE));
        store.read_through(scope, |msisdn, packed| answers.push((msisdn.get(), packed)))?;
        Ok(Self::of(answers, foldings))
    }

    fn of(mut answers: Vec<(u64, PackedAnswer)>, foldings: u64) -> Self {
        answers.resize(answers.len().next_multiple_of(STRIDE), NOBODY);
        let directory = answers.iter().step_by(STRIDE).map(|(number, _)| *number).collect();
        Self { answers, directory, foldings }
    }

    /// Whether the scope may have answers that are not here.
    pub(super) fn is_behind(&self, store: &Store) -> bool {
        self.foldings != store.foldings()
    }

    /// Looks numbers up that are in rising order, and hands each answer out with the place of its number.
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
                    let is_further = self.answers[*at + half].0 <= msisdn.get();
                    *at += half * usize::from(is_further);
                }
                half /= 2;
            }
            for (at, (msisdn, place)) in at.into_iter().zip(group) {
                let (number, packed) = self.answers[at];
                if number == msisdn.get() {
                    found(*place, packed);
                }
            }
        }
    }

    /// How many blocks further than this one a number is, which is not before it: in doubling steps, since it is
    /// not far as a rule.
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

    /// An answer that says which number it belongs to.
    fn answer(n: usize) -> PackedAnswer {
        let answer = Answer::bare(LookupResult::Ok);
        PackedAnswer::pack(
            &Answered { answer, checked_at: UtcMillis(n as i64), attempts: 1 },
            &ResultTexts::default(),
        )
    }

    #[test]
    fn exactly_the_numbers_that_are_there_are_found() {
        let mut random = fastrand::Rng::with_seed(11);
        for size in [1, 2, STRIDE - 1, STRIDE, STRIDE + 1, 1_000] {
            // Every third number has an answer.
            let index = Index::of((0..size).map(|n| (number(3 * n).get(), answer(3 * n))).collect(), 0);
            let mut asked: Vec<usize> = (0..500).map(|_| random.usize(0..3 * size + 50)).collect();
            asked.sort_unstable();
            let numbers: Vec<_> = asked.iter().map(|n| (number(*n), *n)).collect();
            let mut found = Vec::new();
            index.find(&numbers, |place, packed| found.push((place, packed)));
            let known = |n: &usize| n.is_multiple_of(3) && *n < 3 * size;
            let expected: Vec<_> = asked.into_iter().filter(known).map(|n| (n, answer(n))).collect();
            assert_eq!(found, expected, "{size}");
        }
    }
}
