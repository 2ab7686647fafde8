//! What a run stores about itself in the file. Its marker is removed by a clean end; if the next
//! run finds one, it knows how many answers may be lost. A refresh stores when it started.

use std::fmt;

use super::error::LedgerError;
use super::store::Store;
use crate::model::UtcMillis;

/// The marker of a run in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunMarker {
    /// When it started.
    pub(super) started: UtcMillis,
    /// The largest number of its requests in flight.
    pub(super) in_flight: u64,
    /// The largest number of answers in one commit so far.
    pub(super) largest_commit: u64,
}

/// What a run that did not end cleanly leaves in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// When it started.
    pub started: UtcMillis,
    /// How many numbers may have been paid for without keeping their answers: those in flight,
    /// those that waited for a commit, and those in the commit.
    pub at_most: u64,
}

impl RunMarker {
    /// The key of the marker in the file. It never changes.
    pub(super) const KEY: &'static str = "run under way";

    /// The marker of a run that has committed nothing yet.
    pub(super) fn new(started: UtcMillis, in_flight: usize) -> Self {
        let in_flight = in_flight as u64;
        Self { started, in_flight, largest_commit: in_flight }
    }

    /// The marker after a commit with this many answers, if that is the largest so far.
    pub(super) fn grown_to(self, commit: usize) -> Option<Self> {
        let largest_commit = commit as u64;
        (largest_commit > self.largest_commit).then_some(Self { largest_commit, ..self })
    }

    /// What is in doubt if the run with this marker has ended.
    pub(super) fn in_doubt(self) -> InDoubt {
        InDoubt { started: self.started, at_most: self.in_flight + 2 * self.largest_commit }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let started = UtcMillis(i64::try_from(next()?).ok()?);
        Some(Self { started, in_flight: next()?, largest_commit: next()? })
    }
}

impl fmt::Display for RunMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.started.0, self.in_flight, self.largest_commit)
    }
}

/// The key for the start of a job's refresh. It never changes.
pub(super) fn refresh_key(job: &str) -> String {
    format!("refresh {job}")
}

/// How long after its end a refresh with gaps can be continued. Later, the same command starts
/// anew.
const GAPS_CONTINUED_WITHIN: i64 = 12 * 3_600_000;

/// How a job that looks everything up anew has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshEnd {
    /// Every number has an answer: the next run of the job starts anew.
    Complete,
    /// Some numbers have none: for some hours, the same command looks up only these.
    Gaps(UtcMillis),
}

/// The value to store when a refresh ends.
pub(super) fn refresh_value(started: UtcMillis, end: RefreshEnd) -> Option<String> {
    match end {
        RefreshEnd::Complete => None,
        RefreshEnd::Gaps(ended) => Some(format!("{} {}", started.0, ended.0)),
    }
}

/// When a job's refresh started, if it is to be continued.
pub(super) fn refresh_started(
    store: &Store,
    job: &str,
    now: UtcMillis,
) -> Result<Option<UtcMillis>, LedgerError> {
    let Some(value) = store.metadata(&refresh_key(job))? else { return Ok(None) };
    let mut times = value.split(' ').map(|time| time.parse().ok());
    let (started, ended) = (times.next().flatten(), times.next().flatten());
    let is_over = ended.is_some_and(|ended: i64| now.0 - ended > GAPS_CONTINUED_WITHIN);
    Ok(started.filter(|_| !is_over).map(UtcMillis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_back() {
        let started = UtcMillis(1_700_000_000_000);
        let marker = RunMarker { started, in_flight: 256, largest_commit: 900 };
        assert_eq!(RunMarker::parse(&marker.to_string()), Some(marker));
        assert_eq!(RunMarker::parse("yesterday"), None);
        assert_eq!(marker.in_doubt().at_most, 2_056);
    }
}
