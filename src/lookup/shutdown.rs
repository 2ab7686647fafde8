//! Why a run stops before its last row, told once to everybody.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::spend_limit::Cap;
use crate::humanize::lasting;
use crate::ledger::LedgerError;
use crate::model::{Fault, with_causes};

/// Why no further number is asked.
#[derive(Clone, Debug)]
pub enum StopReason {
    /// Somebody pressed ctrl-c, or the system asked the process to end.
    Interrupted,
    /// 401 or 403: the account is refused, and every further request would be too.
    AccountRefused {
        /// The endpoint, as people may see it.
        endpoint: String,
        /// What it said.
        fault: Fault,
    },
    /// No endpoint has given an answer for as long as the settings allow.
    ServiceDown {
        /// For how long.
        since: Duration,
        /// The last failure.
        last: String,
    },
    /// The service blocks every lookup: the account may not do this, or no longer.
    AccountBlocked {
        /// How many answers in a row said so.
        in_a_row: u32,
    },
    /// The run has spent what it may.
    CapReached {
        /// What it may spend.
        cap: Cap,
    },
    /// Answers cannot be kept, or not be read: going on would pay for what is lost.
    LedgerFailed {
        /// Why not.
        failure: Arc<LedgerError>,
    },
}

/// A clause for people, without what mends it.
impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::AccountRefused { endpoint, fault } => write!(f, "{endpoint} refuses the account ({fault})"),
            Self::ServiceDown { since, last } => {
                write!(f, "no endpoint has answered for {} ({last})", lasting(*since))
            }
            Self::AccountBlocked { in_a_row } => {
                write!(f, "the last {in_a_row} answers were all IMSI_LOOKUP_BLOCKED, so it is the account")
            }
            Self::CapReached { cap } => write!(f, "the run may spend {cap}, and has"),
            Self::LedgerFailed { failure } => f.write_str(&with_causes(&**failure)),
        }
    }
}

/// The signal to stop. Clones are the same signal; the first reason given stays.
#[derive(Clone, Debug)]
pub struct StopSignal(Arc<watch::Sender<Option<StopReason>>>);

impl Default for StopSignal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl StopSignal {
    /// Gives the signal. Returns whether this was the first time.
    pub fn request(&self, reason: StopReason) -> bool {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            current.get_or_insert(reason);
            first
        })
    }

    /// Why the run stops, if it does.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        self.0.borrow().clone()
    }

    /// Waits for the signal.
    pub async fn requested(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = receiver.wait_for(Option::is_some).await;
    }
}
