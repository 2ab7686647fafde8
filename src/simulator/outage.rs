//! When the service is down: by schedule or by command.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use super::settings::{Outage, OutageKind};

/// The outages of the settings, and the command that overrides them.
pub(super) struct OutageSchedule {
    windows: Vec<Outage>,
    override_kind: Option<OutageKind>,
}

impl OutageSchedule {
    pub(super) fn new(windows: Vec<Outage>) -> Self {
        Self { windows, override_kind: None }
    }

    /// Overrides the schedule from now on; `None` goes back to it.
    pub(super) fn set_override(&mut self, kind: Option<OutageKind>) {
        self.override_kind = kind;
    }

    /// The outage at this time since the start.
    pub(super) fn at(&self, since_start: Duration) -> Option<OutageKind> {
        let window = self.windows.iter().find(|window| window.from <= since_start && since_start < window.to);
        self.override_kind.or(window.map(|window| window.kind))
    }

    /// When the next outage of the schedule begins or ends.
    pub(super) fn next_change(&self, since_start: Duration) -> Option<Duration> {
        let edges = self.windows.iter().flat_map(|window| [window.from, window.to]);
        edges.filter(|edge| *edge > since_start).min()
    }
}

/// The outage of this moment, for every connection to read.
pub(super) struct CurrentOutage(AtomicU8);

const KINDS: [OutageKind; 5] =
    [OutageKind::Refuse, OutageKind::Reset, OutageKind::Unavailable, OutageKind::Stall, OutageKind::Nonsense];
const NONE: u8 = KINDS.len() as u8;

impl CurrentOutage {
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
    fn a_command_overrides_the_schedule() {
        let seconds = Duration::from_secs;
        let window = Outage { from: seconds(10), to: seconds(20), kind: OutageKind::Stall };
        let mut schedule = OutageSchedule::new(vec![window]);
        let seen = |schedule: &OutageSchedule| [9, 10, 19, 20].map(|second| schedule.at(seconds(second)));
        assert_eq!(seen(&schedule), [None, Some(OutageKind::Stall), Some(OutageKind::Stall), None]);
        assert_eq!(schedule.next_change(seconds(0)), Some(seconds(10)));
        assert_eq!(schedule.next_change(seconds(10)), Some(seconds(20)));
        assert_eq!(schedule.next_change(seconds(20)), None);
        schedule.set_override(Some(OutageKind::Refuse));
        assert_eq!(seen(&schedule), [Some(OutageKind::Refuse); 4]);
    }

    #[test]
    fn every_kind_can_be_current() {
        let current = CurrentOutage::new();
        assert_eq!(current.get(), None);
        for kind in KINDS {
            current.set(Some(kind));
            assert_eq!(current.get(), Some(kind));
        }
    }
}
