//! The answers of many files in the order of their numbers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

use super::number_key::NumberKey;
use super::part_file::{AnswerFile, KeyedAnswer};
use crate::ledger::{Entry, PackedAnswer, ResultTexts};
use crate::storage::StorageError;

/// Merges files. A file is read when its first number is reached, one row group at a time.
pub(super) struct Merge<'a> {
    runs: Vec<Run<'a>>,
    /// The next key of each run, or a key that is not larger.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    texts: ResultTexts,
    same: Vec<PackedAnswer>,
}

struct Run<'a> {
    file: &'a AnswerFile,
    groups: Vec<RangeInclusive<NumberKey>>,
    next_group: usize,
    answers: Vec<KeyedAnswer>,
    at: usize,
}

impl<'a> Merge<'a> {
    /// The files may hold the same answers.
    pub(super) fn of(files: &'a [AnswerFile]) -> Result<Self, StorageError> {
        let (mut runs, mut next) = (Vec::with_capacity(files.len()), BinaryHeap::new());
        for file in files {
            let groups = file.groups()?;
            if let Some(first) = groups.first() {
                next.push(Reverse((first.start().first(), runs.len())));
                runs.push(Run { file, groups, next_group: 0, answers: Vec::new(), at: 0 });
            }
        }
        Ok(Self { runs, next, texts: ResultTexts::default(), same: Vec::new() })
    }

    /// The answers of the next number and scope, newest first, each once; none at the end.
    pub(super) fn next_number(&mut self, entries: &mut Vec<Entry>) -> Result<bool, StorageError> {
        entries.clear();
        self.same.clear();
        let mut current = None;
        while let Some(Reverse((key, run))) = self.next.peek().copied() {
            if current.is_some_and(|current| key > current) {
                break;
            }
            self.next.pop();
            match self.runs[run].peek(&self.texts)? {
                // It was a key before its first one.
                Some((actual, _)) if actual > key => self.next.push(Reverse((actual, run))),
                Some((actual, packed)) => {
                    current = Some(actual);
                    self.same.push(packed);
                    self.runs[run].at += 1;
                    self.next.push(Reverse((actual, run)));
                }
                None => {}
            }
        }
        let Some(key) = current else { return Ok(false) };
        self.same.sort_unstable_by_key(|packed| (Reverse(packed.checked_at()), packed.words()));
        self.same.dedup();
        let (number, scope) = NumberKey::split(key);
        let Some(msisdn) = number.msisdn() else { return Ok(true) };
        let texts = &self.texts;
        let unpacked = self.same.iter().filter_map(|packed| packed.unpack(texts));
        entries.extend(unpacked.map(|answered| Entry { scope, msisdn, answered }));
        Ok(true)
    }
}

impl Run<'_> {
    /// The next answer, which is not taken.
    fn peek(&mut self, texts: &ResultTexts) -> Result<Option<KeyedAnswer>, StorageError> {
        while self.at == self.answers.len() {
            if self.next_group == self.groups.len() {
                // Its memory is for the other files.
                self.answers = Vec::new();
                self.at = 0;
                return Ok(None);
            }
            self.file.read_answers(self.next_group, texts, &mut self.answers)?;
            (self.at, self.next_group) = (0, self.next_group + 1);
        }
        Ok(Some(self.answers[self.at]))
    }
}
