//! Answers that the run has recorded recently, in memory: those that are only in the journal, and
//! for a while those that were just folded into their scope.
//!
//! A number is looked for in its scope first and here second, and its answer may be folded in
//! between. So an answer stays here for one more folding after its own.

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
    /// Only in the journal.
    journal: Table,
    /// On the way into their scope.
    folding: Table,
    /// In their scope.
    folded: Table,
}

impl Recent {
    /// Calls `found` with each answer and the index of its number.
    pub(super) fn find(&self, numbers: &[Msisdn], mut found: impl FnMut(usize, PackedAnswer)) {
        let generations = sync::read(&self.0);
        let Generations { journal, folding, folded } = &*generations;
        if journal.is_empty() && folding.is_empty() && folded.is_empty() {
            return;
        }
        for (index, msisdn) in numbers.iter().enumerate() {
            let packed = [journal, folding, folded].into_iter().find_map(|table| table.get(msisdn));
            if let Some(packed) = packed {
                found(index, *packed);
            }
        }
    }

    /// Adds answers that are in the journal.
    pub(super) fn extend(&self, answers: impl Iterator<Item = (Msisdn, PackedAnswer)>) {
        sync::write(&self.0).journal.extend(answers);
    }

    /// Calls `each` with every answer, the older ones first.
    pub(super) fn for_each(&self, mut each: impl FnMut(Msisdn, PackedAnswer)) {
        let generations = sync::read(&self.0);
        for table in [&generations.folded, &generations.folding, &generations.journal] {
            table.iter().for_each(|(msisdn, packed)| each(*msisdn, *packed));
        }
    }

    /// How many answers are only in the journal.
    pub(super) fn journal_len(&self) -> usize {
        sync::read(&self.0).journal.len()
    }

    /// The answers of the journal are being folded from now on.
    pub(super) fn start_folding(&self) {
        let mut generations = sync::write(&self.0);
        generations.folding = std::mem::take(&mut generations.journal);
    }

    /// The folding has ended.
    pub(super) fn finish_folding(&self) {
        let mut generations = sync::write(&self.0);
        generations.folded = std::mem::take(&mut generations.folding);
    }
}
