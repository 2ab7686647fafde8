//! How a run that was started has ended.

use crate::lookup::{StopReason, StopSignal};

/// How a run has ended.
#[derive(Clone, Debug)]
pub enum JobOutcome {
    /// Every row has its final word.
    Complete,
    /// Every row is there, and some have no answer: another run may get it.
    Gaps {
        /// How many have none.
        unanswered: u64,
    },
    /// The run stopped before its last row, and can be taken up again.
    Stopped(StopReason),
}

impl JobOutcome {
    /// How a run ends: `all_there` is whether every row came out. A stop that came after the last answer has stopped
    /// nothing.
    pub(crate) fn of(all_there: bool, stop: &StopSignal, unanswered: u64) -> Self {
        match stop.reason() {
            // Answers that are in no ledger would be paid for again, however complete the rows are.
            Some(reason @ StopReason::LedgerFailed { .. }) => Self::Stopped(reason),
            Some(reason) if !all_there || unanswered > 0 => Self::Stopped(reason),
            None if unanswered > 0 => Self::Gaps { unanswered },
            _ => Self::Complete,
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
            Self::Stopped(StopReason::Interrupted) => "interrupted",
            Self::Stopped(_) => "stopped",
        }
    }
}
