//! Whether nothing is left but numbers that have stalled.
//!
//! Some numbers never answer, and lists may end with them. Silence then says nothing about the
//! service: these numbers spend their attempts. While a number waits that was not asked, or that
//! failed otherwise, silence may be an outage.

use std::sync::atomic::{AtomicI64, Ordering};

use super::super::pending_lookup::PendingLookup;

/// Counts the numbers that wait or are in flight.
#[derive(Debug, Default)]
pub struct StalledNumbers {
    /// Those whose last attempt has stalled.
    stalled: AtomicI64,
    /// Those that were not asked yet, or whose last attempt has ended otherwise.
    others: AtomicI64,
}

impl StalledNumbers {
    /// Adds new numbers. Returns whether there were no others.
    pub fn add_new(&self, count: usize) -> bool {
        count > 0 && self.others.fetch_add(count as i64, Ordering::AcqRel) == 0
    }

    /// Whether there are numbers that have not stalled.
    pub fn has_others(&self) -> bool {
        self.others.load(Ordering::Acquire) > 0
    }

    /// A number ends, with or without an answer. Returns whether only stalled ones are left.
    pub fn ends(&self, lookup: &PendingLookup) -> bool {
        if lookup.has_stalled {
            self.stalled.fetch_sub(1, Ordering::AcqRel);
            return false;
        }
        self.remove_other()
    }

    /// A number waits for another attempt after one that has stalled, or not. Returns what changes,
    /// if anything does: whether only stalled ones are left.
    pub fn waits_again(&self, lookup: &mut PendingLookup, has_stalled: bool) -> Option<bool> {
        let before = std::mem::replace(&mut lookup.has_stalled, has_stalled);
        match (before, has_stalled) {
            (false, true) => {
                self.stalled.fetch_add(1, Ordering::AcqRel);
                self.remove_other().then_some(true)
            }
            (true, false) => {
                self.stalled.fetch_sub(1, Ordering::AcqRel);
                (self.others.fetch_add(1, Ordering::AcqRel) == 0).then_some(false)
            }
            _ => None,
        }
    }

    fn remove_other(&self) -> bool {
        self.others.fetch_sub(1, Ordering::AcqRel) == 1 && self.stalled.load(Ordering::Acquire) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Msisdn;

    #[test]
    fn only_stalled_numbers_are_left_when_all_others_have_ended() {
        let numbers = StalledNumbers::default();
        let [answered, mut silent] =
            [1, 2].map(|n| PendingLookup::new(Msisdn::new(46_700_000_000 + n).unwrap()));
        assert!(numbers.add_new(2), "there were none");
        assert_eq!(numbers.waits_again(&mut silent, true), None);
        assert!(numbers.ends(&answered));
        assert_eq!(numbers.waits_again(&mut silent, true), None);
        assert_eq!(numbers.waits_again(&mut silent, false), Some(false), "it failed otherwise");
        assert_eq!(numbers.waits_again(&mut silent, true), Some(true));
        assert!(numbers.add_new(1));
        assert!(!numbers.ends(&silent));
        assert!(!numbers.ends(&answered), "nothing is left");
    }
}
