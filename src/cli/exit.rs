//! The exit codes. Tests compare the documents and the help with them.

use std::process::ExitCode;

use crate::job::JobOutcome;
use crate::lookup::StopReason;

/// The outcome of a command, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every row has its final status.
    Complete,
    /// Something unexpected happened.
    Unexpected,
    /// An error in the command line, the pipeline file, the list or the output.
    Usage,
    /// The run finished, but some rows have no answer.
    Gaps,
    /// The run stopped on purpose and can be resumed.
    Stopped,
    /// Another run is active.
    Busy,
    /// The run was interrupted and can be resumed.
    Interrupted,
}

impl Exit {
    /// Every outcome, in the order of the codes.
    pub const ALL: [Self; 7] = [
        Self::Complete,
        Self::Unexpected,
        Self::Usage,
        Self::Gaps,
        Self::Stopped,
        Self::Busy,
        Self::Interrupted,
    ];

    /// The code for the operating system.
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
    fn from(outcome: &JobOutcome) -> Self {
        match outcome {
            JobOutcome::Complete => Self::Complete,
            JobOutcome::Gaps { .. } => Self::Gaps,
            JobOutcome::Stopped(StopReason::Interrupted | StopReason::OutputClosed { .. }) => {
                Self::Interrupted
            }
            JobOutcome::Stopped(
                StopReason::AccountRefused { .. }
                | StopReason::ServiceDown { .. }
                | StopReason::AccountBlocked { .. }
                | StopReason::AnswersInDoubt { .. }
                | StopReason::SurplusBytes { .. }
                | StopReason::AskingRightLost
                | StopReason::CapReached { .. }
                | StopReason::LedgerFailed { .. }
                | StopReason::OutputFailed { .. }
                | StopReason::TaskDied { .. },
            ) => Self::Stopped,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
