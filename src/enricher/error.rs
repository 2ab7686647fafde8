//! Why an enricher cannot be opened, and why a stream of rows ends early.

use std::io;

use super::validation::InvalidSetting;
use crate::ledger::LedgerError;
use crate::lookup::StopReason;
use crate::model::{Holder, StreamError, UtcMillis};
use crate::service::ServiceError;
use crate::storage::StorageError;

/// Why an enricher cannot be opened. Nothing was sent.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum OpenError {
    /// No endpoint is named.
    #[error("no endpoint is named")]
    #[diagnostic(help("name eu, us or a URL for real lookups, or the simulator to try it at no cost"))]
    NoEndpoint,
    /// The credentials are missing.
    #[error("the service needs credentials")]
    #[diagnostic(help("give the user name and the password of the account"))]
    NoCredentials,
    /// No ledger is chosen.
    #[error("no ledger is chosen")]
    #[diagnostic(help("name a ledger file, or choose to forget answers and pay for them again"))]
    NoLedgerChosen,
    /// A value that no enricher can work with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Setting(#[from] InvalidSetting),
    /// The ledger cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Service(#[from] ServiceError),
    /// The built-in simulator cannot start.
    #[error("the simulator cannot start")]
    Simulator(#[source] io::Error),
    /// The async runtime of a blocking caller could not be started.
    #[error("no async runtime can be started")]
    Runtime(#[source] io::Error),
    /// Another call for the same account is under way, with other settings.
    #[error("another call for the same account is under way with another value of {keys}")]
    #[diagnostic(help("use the same values in both, or let the other call end first"))]
    OtherSettings {
        /// The keys that differ.
        keys: String,
    },
    /// Another run asks on the same contract.
    #[error("another run asks on this contract: {holder} ({store})")]
    #[diagnostic(help(
        "wait for it with --wait 10m; a run that has died is followed when its lease has ended"
    ))]
    SomebodyElseAsks {
        /// The store of answers with the lease.
        store: String,
        /// Who holds it.
        holder: Holder,
    },
    /// The store of shared answers refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
    /// This program was built without object stores.
    #[error("this program was built without shared answers")]
    #[diagnostic(help("build it with --features cloud"))]
    NoSharedAnswers,
    /// A call for the same account has stopped, and its rows were not all read.
    #[error("a call for the same account, from {since}, has stopped and is not closed")]
    #[diagnostic(help("read it to its end, or close it, before the next call"))]
    StillInUse {
        /// When it was opened.
        since: UtcMillis,
    },
}

impl OpenError {
    /// Whether the only problem is that another run uses the ledger.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Ledger(LedgerError::InUse { .. }) | Self::StillInUse { .. } | Self::SomebodyElseAsks { .. }
        )
    }
}

/// The run stopped before every number had its answer. The stream has returned the rows that are
/// done, some perhaps with the status `not_checked`, and every answer that was paid for is in the ledger. Enriching the same rows again looks
/// up only the rest.
#[derive(Clone, Debug, thiserror::Error, miette::Diagnostic)]
#[error("{reason}")]
#[diagnostic(help("{}", what_to_do(reason)))]
#[non_exhaustive]
pub struct Stopped {
    /// Why it stopped.
    pub reason: StopReason,
    /// How many rows the stream has returned before.
    pub rows: u64,
}

/// The help of the reason, or a general one.
fn what_to_do(reason: &StopReason) -> String {
    let advice = miette::Diagnostic::help(reason).map(|help| help.to_string());
    advice.unwrap_or_else(|| "run it again to continue; no answer is paid for twice".into())
}

/// Why a stream of enriched rows ends early. Always the last item of the stream.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum EnrichError {
    /// The run stopped: a cap, an outage, a refused account, a full ledger, or on request.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stopped(#[from] Stopped),
    /// The input stream failed. The rows before its error have been returned.
    #[error("the input failed")]
    Input(#[source] StreamError),
    /// The rows could not be processed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(StreamError),
    /// Rows went in and did not come out.
    #[error("internal error: {rows_in} rows were read and {rows_out} came out")]
    #[diagnostic(help("please report this"))]
    RowsLost {
        /// Rows that were read.
        rows_in: u64,
        /// Rows that came out.
        rows_out: u64,
    },
}
