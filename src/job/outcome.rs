//! How a started run ends.

use crate::lookup::StopReason;

/// How a run has ended.
#[derive(Clone, Debug)]
pub enum JobOutcome {
    /// Every row has its final word.
    Complete,
    /// Every row is written, but some have no answer; another run may get it.
    Gaps {
        /// How many rows have no answer.
        unanswered: u64,
    },
    /// The run stopped before its last row, and can be resumed.
    Stopped(StopReason),
}

impl JobOutcome {
    /// The outcome of a run with this reason to stop, if any, and this number of rows without an
    /// answer.
    #[must_use]
    pub fn of(stopped: Option<StopReason>, unanswered: u64) -> Self {
        match stopped {
            Some(reason) => Self::Stopped(reason),
            None if unanswered > 0 => Self::Gaps { unanswered },
            None => Self::Complete,
        }
    }

    /// Why the run stopped before its last row, if it did.
    #[must_use]
    pub const fn reason(&self) -> Option<&StopReason> {
        match self {
            Self::Stopped(reason) => Some(reason),
            Self::Complete | Self::Gaps { .. } => None,
        }
    }

    /// The word in the summary file.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Gaps { .. } => "gaps",
            Self::Stopped(StopReason::Interrupted | StopReason::OutputClosed { .. }) => "interrupted",
            Self::Stopped(_) => "stopped",
        }
    }
}
