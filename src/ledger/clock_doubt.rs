//! Whether the clock of this machine agrees with the ledger.
//!
//! A clock that is wrong makes all answers too old, or puts them into the future. Either way they
//! would be paid for again, so this is reported before.

use std::fmt;

use super::error::LedgerError;
use super::run_marker::RunMarker;
use super::store::Store;
use crate::model::UtcMillis;

/// The key for the time of the last clean end of a run. It never changes.
const LAST_USED: &str = "last used";

/// Clocks of different machines may differ by this much.
const USUAL_SKEW: i64 = 5 * 60_000;
/// A ledger is seldom used again after so long a time.
const LONG_UNUSED: i64 = 366 * DAY;
const DAY: i64 = 24 * 3_600_000;

/// The clock and the ledger do not agree. Displays as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    now: UtcMillis,
    last_used: UtcMillis,
}

impl ClockDoubt {
    /// Compares the clock with what the file says about its last use.
    pub(super) fn of(store: &Store, now: UtcMillis) -> Result<Option<Self>, LedgerError> {
        let ended = store.metadata(LAST_USED)?.and_then(|text| text.parse().ok()).map(UtcMillis);
        let started = store.metadata(RunMarker::KEY)?.and_then(|text| RunMarker::parse(&text));
        let last_used = ended.max(started.map(|marker| marker.started));
        Ok(last_used.map(|last_used| Self { now, last_used }).filter(Self::is_doubtful))
    }

    fn is_doubtful(&self) -> bool {
        self.is_behind() || self.now.0.saturating_sub(self.last_used.0) > LONG_UNUSED
    }

    /// Whether the clock is behind the ledger. Then its answers cannot be distinguished from those
    /// of this run by their time.
    pub(super) fn is_behind(&self) -> bool {
        self.last_used.0.saturating_sub(self.now.0) > USUAL_SKEW
    }
}

/// Records the end of a run. If this fails, the next run compares with an earlier one.
pub(super) fn note_use(store: &Store, now: UtcMillis) {
    let _ = store.set_metadata(LAST_USED, Some(&now.0.to_string()));
}

impl fmt::Display for ClockDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now, last_used } = self;
        if self.is_behind() {
            return write!(
                f,
                "the clock of this machine says {now}, but the ledger was used at {last_used}: answers from more \
                 than a day ahead of the clock are looked up again, and paid for again; stop the run and set the \
                 clock if it is wrong"
            );
        }
        let days = self.now.0.saturating_sub(self.last_used.0) / DAY;
        write!(
            f,
            "the ledger was last used at {last_used}, {days} days ago by the clock of this machine ({now}): answers \
             older than max_age are looked up again, and paid for again; stop the run and set the clock if it is wrong"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_doubted_minutes_behind_and_a_year_ahead() {
        let now = UtcMillis(1_700_000_000_000);
        for (hours, doubted) in
            [(0, false), (-1, false), (-365 * 24, false), (-367 * 24, true), (1, true), (24 * 365 * 50, true)]
        {
            let doubt = ClockDoubt { now, last_used: UtcMillis(now.0 + hours * 3_600_000) };
            assert_eq!(doubt.is_doubtful(), doubted, "{hours} h");
            assert_eq!(doubt.is_behind(), hours > 0);
        }
        let minutes = ClockDoubt { now, last_used: UtcMillis(now.0 + 4 * 60_000) };
        assert!(!minutes.is_doubtful());
        let extreme = ClockDoubt { now: UtcMillis(i64::MIN), last_used: UtcMillis(i64::MAX) };
        assert!(extreme.is_behind());
    }
}
