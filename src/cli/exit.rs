//! The exit codes, in one place. The documentation's table is tested against this.

use std::process::ExitCode;

use crate::job::JobOutcome;
use crate::lookup::StopReason;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every row has its final word.
    Complete,
    /// Something unexpected happened.
    Unexpected,
    /// The command line, the pipeline file, the list or the output is at fault.
    Usage,
    /// JobReport, and some rows have no answer.
    Gaps,
    /// Stopped on purpose; can be taken up again.
    Stopped,
    /// Another run is at work.
    Busy,
    /// Interrupted; can be taken up again.
    Interrupted,
}

impl Exit {
    /// Every way to end, in the order of the codes.
    pub const ALL: [Self; 7] = [
        Self::Complete,
        Self::Unexpected,
        Self::Usage,
        Self::Gaps,
        Self::Stopped,
        Self::Busy,
        Self::Interrupted,
    ];

    /// The code for the system.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Gaps => 3,
            Self::Stopped => 4,
            Self::Busy => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<&JobOutcome> for Exit {
    fn from(ending: &JobOutcome) -> Self {
        match ending {
            JobOutcome::Complete => Self::Complete,
            JobOutcome::Gaps { .. } => Self::Gaps,
            JobOutcome::Stopped(StopReason::Interrupted) => Self::Interrupted,
            JobOutcome::Stopped(
                StopReason::AccountRefused { .. }
                | StopReason::ServiceDown { .. }
                | StopReason::AccountBlocked { .. }
                | StopReason::CapReached { .. }
                | StopReason::LedgerFailed { .. },
            ) => Self::Stopped,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
