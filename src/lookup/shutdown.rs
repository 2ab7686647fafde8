//! Why a run stops before its last row, and the signal that everybody waits for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use miette::Diagnostic;
use tokio::sync::watch;

use super::spend_limit::Cap;
use crate::humanize::{counted, lasting};
use crate::ledger::LedgerError;
use crate::model::{Fault, FaultKind, LookupResult, UtcMillis, with_causes};

/// Why no further number is looked up. Displays as a clause; its help says what to do.
#[derive(Clone, Debug)]
pub enum StopReason {
    /// The user pressed ctrl-c, or the system asked the process to end.
    Interrupted,
    /// Nobody reads the output any more.
    OutputClosed {
        /// The output, in the form that messages show.
        output: String,
    },
    /// 401, 402, or many 403: the account is refused, and every further request would be refused
    /// too.
    AccountRefused {
        /// The endpoint, in the form that messages show.
        endpoint: String,
        /// What it answered.
        fault: Fault,
        /// How many requests in a row.
        in_a_row: u32,
    },
    /// No endpoint has answered for as long as the settings allow.
    ServiceDown {
        /// For how long.
        duration: Duration,
        /// The last failure.
        last_failure: String,
    },
    /// The service has nothing but refusals, or results that nobody knows: the account lacks
    /// permission or credit.
    AccountBlocked {
        /// How many answers in a row.
        in_a_row: usize,
        /// The last of them.
        last: LookupResult,
    },
    /// Something arrived after answers, which therefore may belong to other numbers.
    AnswersInDoubt {
        /// The endpoint, in the form that messages show.
        endpoint: String,
        /// How many numbers have such an answer in their rows.
        numbers: usize,
        /// When the first of these answers came.
        since: UtcMillis,
    },
    /// Something arrives after every answer, so that none is certain.
    SurplusBytes {
        /// The endpoint, in the form that messages show.
        endpoint: String,
        /// After how many answers in a row.
        in_a_row: u32,
    },
    /// Another run may ask on the contract now: this one could not renew its lease in time.
    AskingRightLost,
    /// The run has spent what it may spend.
    CapReached {
        /// The cap that is reached.
        cap: Cap,
    },
    /// The ledger cannot be read or written, so further answers would be paid for and lost.
    LedgerFailed {
        /// What is wrong with the ledger.
        failure: Arc<LedgerError>,
    },
    /// The output cannot be written, so further rows would be lost.
    OutputFailed {
        /// What is wrong with it.
        failure: String,
        /// What to do about it, where that is known.
        help: Option<String>,
    },
    /// A part of the program has panicked.
    TaskDied {
        /// Which part.
        task: &'static str,
    },
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::OutputClosed { output } => write!(f, "nobody reads {output} any more"),
            Self::AccountRefused { endpoint, fault, in_a_row: 1 } => {
                write!(f, "{endpoint} refuses the account ({fault})")
            }
            Self::AccountRefused { endpoint, fault, in_a_row } => {
                write!(f, "{endpoint} refused {in_a_row} numbers in a row ({fault})")
            }
            Self::ServiceDown { duration, last_failure } => {
                write!(f, "no endpoint has answered for {} ({last_failure})", lasting(*duration))
            }
            Self::AccountBlocked { in_a_row, last } => {
                let last = last.shown();
                write!(
                    f,
                    "the account is blocked: the last {in_a_row} answers were all refusals such as {last}"
                )
            }
            Self::AskingRightLost => f.write_str(
                "the right to ask was not renewed in time, so another run may be asking on this contract",
            ),
            Self::SurplusBytes { endpoint, in_a_row } => {
                write!(
                    f,
                    "{endpoint} sent something after each of the last {in_a_row} answers, so none can be relied on"
                )
            }
            Self::AnswersInDoubt { endpoint, numbers, since } => {
                let numbers = counted(*numbers as u64, "number");
                write!(
                    f,
                    "{endpoint} sent bytes that nobody had asked for: the answers of {numbers}, given since \
                    {since}, may belong to others"
                )
            }
            Self::CapReached { cap } => write!(f, "the {cap} is reached"),
            Self::LedgerFailed { failure } => f.write_str(&with_causes(&**failure)),
            Self::OutputFailed { failure, .. } => f.write_str(failure),
            Self::TaskDied { task } => write!(f, "internal error: {task} panicked"),
        }
    }
}

impl std::error::Error for StopReason {}

impl Diagnostic for StopReason {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = match self {
            Self::Interrupted | Self::OutputClosed { .. } | Self::CapReached { .. } => return None,
            Self::AccountRefused { fault, .. } if fault.kind == FaultKind::PaymentRequired => {
                "add credit to the account, then run again"
            }
            Self::AccountRefused { in_a_row: 2.., .. } => {
                "ask the provider what the account may look up, then run again"
            }
            Self::AccountRefused { .. } => "check HLR_USERNAME and HLR_PASSWORD, or --credentials-file",
            Self::ServiceDown { .. } => "to wait longer, raise --give-up-after",
            Self::AccountBlocked { last, .. } => {
                let help = format!(
                    "ask the provider about the account's credit and permissions, then run again: these numbers are \
                     looked up again. If the result is about numbers, run with --accept-results '{}'",
                    last.shown()
                );
                return Some(Box::new(help));
            }
            Self::AnswersInDoubt { .. } => {
                "these answers were taken out of the ledger; run again to ask about the numbers again, and tell the \
                 provider, or whoever runs the proxy or gateway in between"
            }
            Self::SurplusBytes { .. } => {
                "tell the provider, or whoever runs the proxy or gateway in between: a request has one answer"
            }
            Self::AskingRightLost => {
                "check the connection to the store of answers and whether this machine was suspended, then run again"
            }
            Self::LedgerFailed { failure } => return failure.help(),
            Self::OutputFailed { help, .. } => return help.as_ref().map(|help| Box::new(help) as _),
            Self::TaskDied { .. } => "please report this",
        };
        Some(Box::new(help))
    }
}

/// The signal to stop. Clones are the same signal; the first reason is kept.
#[derive(Clone, Debug)]
pub struct StopSignal(Arc<watch::Sender<Option<StopReason>>>);

impl Default for StopSignal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl StopSignal {
    /// Gives the signal. Returns whether this is the first reason. Doubt about answers replaces any
    /// other reason.
    pub fn request(&self, reason: StopReason) -> bool {
        self.0.send_if_modified(|current| {
            let is_first = current.is_none();
            match (current, reason) {
                (
                    Some(StopReason::AnswersInDoubt { numbers, since, .. }),
                    StopReason::AnswersInDoubt { numbers: more, since: other, .. },
                ) => {
                    *numbers += more;
                    *since = other.min(*since);
                }
                // Whatever else ends the run, this must be said.
                (Some(first), reason @ StopReason::AnswersInDoubt { .. }) => *first = reason,
                (Some(_), _) => {}
                (none @ None, reason) => *none = Some(reason),
            }
            is_first
        })
    }

    /// Why the run stops, if it stops.
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
