//! The marks that a run leaves in the file while it goes on: that it has not ended in order, by which the next one
//! knows how many answers may have been paid for in vain; and when it first began to ask everything anew.

use std::fmt;

use super::error::LedgerError;
use super::store::Store;
use crate::model::UtcMillis;

/// A run under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunMarker {
    /// When it started.
    pub(super) started: UtcMillis,
    /// How many requests it has in flight at the most.
    pub(super) in_flight: u64,
    /// The most answers that were kept by one commit so far.
    pub(super) commit: u64,
}

/// A run that did not end in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// When it started.
    pub started: UtcMillis,
    /// How many numbers may have been paid for without their answers being kept: what was in flight, what waited
    /// for its commit, and what was being committed.
    pub at_most: u64,
}

impl RunMarker {
    /// The word under which it stands.
    pub(super) const WORD: &'static str = "run under way";

    /// The mark of a run that has kept nothing yet.
    pub(super) fn of_a_run(started: UtcMillis, in_flight: usize) -> Self {
        let in_flight = in_flight as u64;
        Self { started, in_flight, commit: in_flight }
    }

    /// The mark with a larger commit, if this one is larger.
    pub(super) fn grown_to(self, commit: usize) -> Option<Self> {
        let commit = commit as u64;
        (commit > self.commit).then_some(Self { commit, ..self })
    }

    /// What is in doubt if the run that left this mark has ended.
    pub(super) fn in_doubt(self) -> InDoubt {
        InDoubt { started: self.started, at_most: self.in_flight + 2 * self.commit }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(|number| number.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let started = UtcMillis(i64::try_from(next()?).ok()?);
        Some(Self { started, in_flight: next()?, commit: next()? })
    }
}

impl fmt::Display for RunMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.started.0, self.in_flight, self.commit)
    }
}

/// The word under which stands when a job began to ask everything anew.
pub(super) fn refresh_word(job: &str) -> String {
    format!("refresh {job}")
}

/// How long after its end a job that left gaps is taken up again; later, the same command begins anew.
const GAPS_ARE_CLOSED_WITHIN: i64 = 12 * 3_600_000;

/// How a job that asks everything anew has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshEnd {
    /// Everything has its answer: the next one of its name begins anew.
    Complete,
    /// Some numbers have none: the same command asks about these, for some hours.
    Gaps(UtcMillis),
}

/// What is noted of a job that began then, and has ended so.
pub(super) fn refresh_note(started: UtcMillis, end: RefreshEnd) -> Option<String> {
    match end {
        RefreshEnd::Complete => None,
        RefreshEnd::Gaps(ended) => Some(format!("{} {}", started.0, ended.0)),
    }
}

/// When a job began to ask everything anew, if it is to be taken up again.
pub(super) fn refresh_started(
    store: &Store,
    job: &str,
    now: UtcMillis,
) -> Result<Option<UtcMillis>, LedgerError> {
    let Some(note) = store.about(&refresh_word(job))? else { return Ok(None) };
    let mut moments = note.split(' ').map(|moment| moment.parse().ok());
    let (started, ended) = (moments.next().flatten(), moments.next().flatten());
    let is_over = ended.is_some_and(|ended: i64| now.0 - ended > GAPS_ARE_CLOSED_WITHIN);
    Ok(started.filter(|_| !is_over).map(UtcMillis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back() {
        let mark = RunMarker { started: UtcMillis(1_700_000_000_000), in_flight: 256, commit: 900 };
        assert_eq!(RunMarker::parse(&mark.to_string()), Some(mark));
        assert_eq!(RunMarker::parse("yesterday"), None);
        assert_eq!(mark.in_doubt().at_most, 2_056);
    }
}
