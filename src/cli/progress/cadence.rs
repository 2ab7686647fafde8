//! The time between two lines of progress.

use std::time::Duration;

/// When the next line is due, and the time between lines.
#[derive(Debug)]
pub(super) struct Cadence {
    next: Duration,
    interval: Duration,
}

impl Cadence {
    /// For a log: after two seconds, and then every ten seconds.
    pub(super) const FOR_LOGS: Self =
        Self { next: Duration::from_secs(2), interval: Duration::from_secs(10) };
    /// For programs: immediately, and then every second.
    pub(super) const FOR_PROGRAMS: Self = Self { next: Duration::ZERO, interval: Duration::from_secs(1) };

    /// Whether a line is due now. If it is, the next one is due an interval later.
    pub(super) fn is_due(&mut self, elapsed: Duration) -> bool {
        let is_due = elapsed >= self.next;
        if is_due {
            self.next = elapsed + self.interval;
        }
        is_due
    }
}
