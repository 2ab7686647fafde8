//! The way from numbers to what is known and young enough.

use std::sync::Arc;

use super::Remembered;
use super::error::LedgerError;
use super::max_age::Freshness;
use super::packed::Packed;
use super::shelf::Shelf;
use super::store::Store;
use crate::answer::Source;
use crate::msisdn::Msisdn;

/// Reads for a run on one shelf, under its rule of freshness.
pub(super) struct Reader {
    pub(super) store: Arc<Store>,
    pub(super) shelf: Shelf,
    pub(super) freshness: Freshness,
}

impl Reader {
    /// Whether there is anything to be found at all.
    pub(super) fn has_any(&self) -> bool {
        self.shelf.serving().into_iter().any(|shelf| self.store.is_filled(shelf))
    }

    /// What is known of each number and young enough, in their order.
    pub(super) fn look(&self, numbers: &[Msisdn]) -> Result<Vec<Option<Remembered>>, LedgerError> {
        let mut found = vec![None; numbers.len()];
        // Neighbours in the tree are read together.
        let mut sorted: Vec<(Msisdn, u32)> = numbers.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut damaged = false;
        for shelf in self.shelf.serving().into_iter().filter(|shelf| self.store.is_filled(*shelf)) {
            self.store.find(shelf, &sorted, |place, packed| {
                let place = &mut found[place as usize];
                match self.remembered(packed) {
                    Ok(younger) if younger.as_ref().map(moment) > place.as_ref().map(moment) => {
                        *place = younger;
                    }
                    Ok(_) => {}
                    Err(NoResult) => damaged = true,
                }
            })?;
        }
        if damaged { Err(self.store.wrong_sum()) } else { Ok(found) }
    }

    /// The answer, if it is young enough.
    fn remembered(&self, packed: Packed) -> Result<Option<Remembered>, NoResult> {
        let answered = packed.unpack(self.store.texts()).ok_or(NoResult)?;
        if !self.freshness.allows(&answered.answer.result, answered.checked_at) {
            return Ok(None);
        }
        let is_this_runs = answered.checked_at >= self.freshness.now;
        let source = if is_this_runs { Source::Duplicate } else { Source::Ledger };
        Ok(Some(Remembered { answered, source }))
    }
}

/// An answer's result is not among the texts of the file.
struct NoResult;

fn moment(remembered: &Remembered) -> i64 {
    remembered.answered.checked_at.0
}
