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
    /// The largest number of its answers that may wait for the disk, those in a commit included.
    pub(super) unsaved: u64,
}

/// What a run that did not end cleanly leaves in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// When it started.
    pub started: UtcMillis,
    /// How many numbers may have been paid for without keeping their answers: those in flight
    /// and those that waited for the disk.
    pub at_most: u64,
}

impl RunMarker {
    /// The key of the marker in the file. It never changes.
    pub(super) const KEY: &'static str = "run under way";

    /// The marker of a run with these limits.
    pub(super) fn new(started: UtcMillis, in_flight: usize, unsaved: usize) -> Self {
        Self { started, in_flight: in_flight as u64, unsaved: unsaved as u64 }
    }

    /// What is in doubt if the run with this marker has ended.
    pub(super) fn in_doubt(self) -> InDoubt {
        InDoubt { started: self.started, at_most: self.in_flight.saturating_add(self.unsaved) }
    }

    /// Reads the text of this version, or that of older ones, which has no fourth number: they noted
    /// their largest commit, and another as large could wait behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let started = UtcMillis(i64::try_from(next()?).ok()?);
        let (in_flight, largest_commit) = (next()?, next()?);
        let unsaved = next().unwrap_or_else(|| largest_commit.saturating_mul(2));
        Some(Self { started, in_flight, unsaved })
    }
}

/// The third number is for older versions, which count it twice.
impl fmt::Display for RunMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { started, in_flight, unsaved } = self;
        write!(f, "{} {in_flight} {} {unsaved}", started.0, unsaved.div_ceil(2))
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
        let marker = RunMarker { started, in_flight: 256, unsaved: 2_001 };
        assert_eq!(RunMarker::parse(&marker.to_string()), Some(marker));
        assert_eq!(RunMarker::parse("yesterday"), None);
        assert_eq!(marker.in_doubt().at_most, 2_257);
    }

    #[test]
    fn versions_read_the_markers_of_each_other() {
        let of_older = RunMarker::parse("1700000000000 256 900").unwrap();
        assert_eq!(of_older.in_doubt().at_most, 256 + 2 * 900);
        let text = RunMarker::new(UtcMillis(1_700_000_000_000), 256, 2_001).to_string();
        assert!(text.starts_with("1700000000000 256 1001 "), "an older version reads 2,258 at most");
    }
}
