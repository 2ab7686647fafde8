//! Whether something comes after every answer, or after a few.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// This many answers in a row with something after them are the service's way, and every further
/// number would be paid for in vain.
const SURPLUS_IN_A_ROW: u32 = 20;

/// How often something came after an answer.
#[derive(Debug, Default)]
pub(in crate::lookup) struct SurplusCount {
    in_a_row: AtomicU32,
    in_all: AtomicU64,
    confirmed: AtomicU64,
}

impl SurplusCount {
    /// An answer is certain.
    pub(in crate::lookup) fn confirmed(&self) {
        self.confirmed.fetch_add(1, Ordering::Relaxed);
        self.in_a_row.store(0, Ordering::Relaxed);
    }

    /// An answer is in doubt. Returns after how many in a row the run must stop. At the end of a
    /// list the few numbers are left with which it happens at each attempt: these are not the whole
    /// service.
    pub(in crate::lookup) fn counted(&self) -> Option<u32> {
        let in_all = self.in_all.fetch_add(1, Ordering::Relaxed) + 1;
        let in_a_row = self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        let is_usual = in_all > self.confirmed.load(Ordering::Relaxed);
        (in_a_row >= SURPLUS_IN_A_ROW && is_usual).then_some(in_a_row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_that_always_does_it_stops_the_run() {
        let always = SurplusCount::default();
        assert!((1..20).all(|_| always.counted().is_none()));
        assert_eq!(always.counted(), Some(20));
        let at_the_end = SurplusCount::default();
        (0..100).for_each(|_| at_the_end.confirmed());
        assert!((0..100).all(|_| at_the_end.counted().is_none()));
        assert_eq!(at_the_end.counted(), Some(101));
        let now_and_then = SurplusCount::default();
        for _ in 0..1000 {
            assert!((0..19).all(|_| now_and_then.counted().is_none()));
            now_and_then.confirmed();
        }
    }
}
