//! When the service is down: by schedule, or by order.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use super::settings::{Outage, OutageKind};

/// The windows of the settings, and what was ordered in their place.
pub(super) struct Schedule {
    windows: Vec<Outage>,
    ordered: Option<OutageKind>,
}

impl Schedule {
    pub(super) fn new(windows: Vec<Outage>) -> Self {
        Self { windows, ordered: None }
    }

    /// From now on, whatever the windows say; `None` goes back to the windows.
    pub(super) fn order(&mut self, kind: Option<OutageKind>) {
        self.ordered = kind;
    }

    /// What is wrong so long after the start.
    pub(super) fn at(&self, since_start: Duration) -> Option<OutageKind> {
        let window = self.windows.iter().find(|window| window.from <= since_start && since_start < window.to);
        self.ordered.or(window.map(|window| window.kind))
    }

    /// When a window begins or ends next.
    pub(super) fn next_change(&self, since_start: Duration) -> Option<Duration> {
        let edges = self.windows.iter().flat_map(|window| [window.from, window.to]);
        edges.filter(|edge| *edge > since_start).min()
    }
}

/// What is wrong now, for every connection to read.
pub(super) struct Current(AtomicU8);

const KINDS: [OutageKind; 5] =
    [OutageKind::Refuse, OutageKind::Reset, OutageKind::Unavailable, OutageKind::Stall, OutageKind::Nonsense];
const NONE: u8 = KINDS.len() as u8;

impl Current {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(NONE))
    }

    pub(super) fn set(&self, kind: Option<OutageKind>) {
        self.0.store(kind.map_or(NONE, |kind| kind as u8), Relaxed);
    }

    pub(super) fn get(&self) -> Option<OutageKind> {
        KINDS.get(usize::from(self.0.load(Relaxed))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_before_the_windows() {
        let seconds = Duration::from_secs;
        let window = Outage { from: seconds(10), to: seconds(20), kind: OutageKind::Stall };
        let mut schedule = Schedule::new(vec![window]);
        let seen = |schedule: &Schedule| [9, 10, 19, 20].map(|second| schedule.at(seconds(second)));
        assert_eq!(seen(&schedule), [None, Some(OutageKind::Stall), Some(OutageKind::Stall), None]);
        assert_eq!(schedule.next_change(seconds(0)), Some(seconds(10)));
        assert_eq!(schedule.next_change(seconds(10)), Some(seconds(20)));
        assert_eq!(schedule.next_change(seconds(20)), None);
        schedule.order(Some(OutageKind::Refuse));
        assert_eq!(seen(&schedule), [Some(OutageKind::Refuse); 4]);
    }

    #[test]
    fn every_kind_can_be_current() {
        let current = Current::new();
        assert_eq!(current.get(), None);
        for kind in KINDS {
            current.set(Some(kind));
            assert_eq!(current.get(), Some(kind));
        }
    }
}
