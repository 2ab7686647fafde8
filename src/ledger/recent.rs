//! The answers that a run has recorded lately, in memory: those that are not on their scope yet, and, for a
//! while, those that have just come there.
//!
//! A number is looked for on the scope first and here after, and meanwhile its answer may move from here to there.
//! So an answer stays here for one more folding after the one that moved it.

use std::collections::HashMap;
use std::sync::RwLock;

use foldhash::fast::FixedState;

use super::packed_answer::PackedAnswer;
use crate::model::Msisdn;
use crate::sync;

type Table = HashMap<Msisdn, PackedAnswer, FixedState>;

#[derive(Debug, Default)]
pub(super) struct Recent(RwLock<Generations>);

#[derive(Debug, Default)]
struct Generations {
    /// In the journal only.
    journalled: Table,
    /// On the way to their scope.
    folding: Table,
    /// On their scope.
    folded: Table,
}

impl Recent {
    /// Hands out the answers to these numbers, where there are any, each with the place of its number.
    pub(super) fn find(&self, numbers: &[Msisdn], mut found: impl FnMut(usize, PackedAnswer)) {
        let generations = sync::read(&self.0);
        let Generations { journalled, folding, folded } = &*generations;
        if journalled.is_empty() && folding.is_empty() && folded.is_empty() {
            return;
        }
        for (place, msisdn) in numbers.iter().enumerate() {
            let packed = [journalled, folding, folded].into_iter().find_map(|table| table.get(msisdn));
            if let Some(packed) = packed {
                found(place, *packed);
            }
        }
    }

    /// Takes in answers that are on disk.
    pub(super) fn take_in(&self, answers: impl Iterator<Item = (Msisdn, PackedAnswer)>) {
        sync::write(&self.0).journalled.extend(answers);
    }

    /// How many are in the journal only.
    pub(super) fn journalled(&self) -> usize {
        sync::read(&self.0).journalled.len()
    }

    /// All that was taken in so far goes to its scope now.
    pub(super) fn begin_folding(&self) {
        let mut generations = sync::write(&self.0);
        generations.folding = std::mem::take(&mut generations.journalled);
    }

    /// It is there.
    pub(super) fn folded(&self) {
        let mut generations = sync::write(&self.0);
        generations.folded = std::mem::take(&mut generations.folding);
    }
}
