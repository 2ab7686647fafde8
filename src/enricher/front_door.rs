//! [`Enricher`]: open once, enrich many streams, close.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::error::OpenError;
use super::session::{Observers, Session, SessionEnd, SessionGuard};
use super::settings::{RowSettings, Settings};
use super::stream::{EnrichedStream, StreamTally};
use crate::enrich::{BatchEnricher, EnrichSettings, RowReader, normalise};
use crate::ledger::{LedgerError, Rescued};
use crate::lookup::{Rate, Reply, StopReason};
use crate::model::{ColumnError, Msisdn, Outcome, RecordStream, Source};
#[cfg(feature = "simulator")]
use crate::simulator::Account;
use crate::telemetry::{Counters, Snapshot};

/// Looks up numbers within the limits of one contract, and keeps every answer.
///
/// Everything that can fail at no cost fails in `open`. All streams of one enricher share its rate
/// limit, its concurrency limit, its caps and its ledger, and no number is looked up twice at the
/// same time.
///
/// One enricher is one run. As long as it is open, an answer does not age, and a number that has no
/// answer after all its attempts is not asked again: a service that runs for days closes its
/// enricher from time to time and opens another.
///
/// [`Enricher::close`] waits for requests that were sent and records their answers. Dropping an
/// enricher and its streams without closing loses no paid answer either, as long as the runtime
/// lives: a task finishes what was sent, and the ledger stays in use until then. An enricher of
/// [`super::EnricherBuilder::open_blocking`] waits for it in its drop. If the runtime ends first, the run marker stays in the
/// ledger, and the next run reports what is in doubt.
pub struct Enricher {
    guard: Arc<SessionGuard>,
    settings: Arc<Settings>,
}

/// The result of a closed enricher.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Totals {
    /// The counts of all streams and lookups.
    pub counts: Snapshot,
    /// What the built-in simulators were asked, if any: totals, without the list of numbers.
    #[cfg(feature = "simulator")]
    pub simulator_accounts: Vec<Account>,
}

impl Enricher {
    /// Opens the ledger and the service, and sends nothing. Must be called on a tokio runtime with
    /// time and I/O.
    ///
    /// # Errors
    ///
    /// When the endpoint, the credentials or the choice of a ledger are missing, a value is out of
    /// range, the ledger is damaged or in use, or the HTTP client cannot be set up.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        Self::builder().settings(settings).open().await
    }

    pub(crate) async fn open_observed(settings: Settings, observers: Observers) -> Result<Self, OpenError> {
        let session = Session::open(&settings, observers).await?;
        Ok(Self { guard: SessionGuard::on_current_runtime(session), settings: Arc::new(settings) })
    }

    /// Opens the enricher on a runtime that ends with it.
    pub(super) fn open_on(
        runtime: Runtime,
        settings: Settings,
        observers: Observers,
    ) -> Result<Self, OpenError> {
        let session = runtime.block_on(Session::open(&settings, observers))?;
        Ok(Self { guard: SessionGuard::with_runtime(session, runtime), settings: Arc::new(settings) })
    }

    /// Enriches rows with the row settings that the enricher was opened with.
    ///
    /// The number column is text, whole numbers or `Float64`, dictionary-encoded or not. Without a
    /// name in the settings it is found by its own name; a table of one column needs none. A cell
    /// that is no number makes a row with the status `invalid` and no request.
    ///
    /// The columns of the input come back as they are. These follow, each with the prefix of the
    /// settings (`hlr_`):
    ///
    /// | column | type | content |
    /// | --- | --- | --- |
    /// | `msisdn` | Utf8 | international digits; null if the cell is no number |
    /// | `status` | Utf8 | what to act on: `reachable`, `absent`, `no_service`, `dead`, `assigned`, `unknown`, `not_checked` or `invalid` |
    /// | `result` | Utf8 | the service's own text, or what happened instead |
    /// | `mcc`, `mnc` | Utf8 | the network: three digits; two or three digits |
    /// | `location` | Utf8 | calling code of where the handset is |
    /// | `network`, `country` | Utf8 | the operator's name; ISO 3166 alpha-2 of the network |
    /// | `location_country` | Utf8 | null where several countries share the calling code |
    /// | `roaming` | Boolean | null where it cannot be known |
    /// | `source` | Utf8 | `live`, `ledger`, `duplicate` or `none` |
    /// | `checked_at` | Timestamp(ms, UTC) | when the service was asked |
    /// | `attempts` | UInt16 | requests for this number |
    /// | `reason` | Utf8 | why the row is `invalid`, `not_checked` or `unknown` |
    /// | `cost` | Float64 | what this run paid for the row, or may have paid; only with [`RowSettings::cost_column`] |
    ///
    /// # Errors
    ///
    /// When the number column is not clear, or an added column exists already.
    pub fn enrich(&self, rows: impl Into<RecordStream>) -> Result<EnrichedStream, ColumnError> {
        self.enrich_with(rows, self.settings.rows.clone())
    }

    /// Enriches rows with their own row settings.
    ///
    /// # Errors
    ///
    /// As for [`Enricher::enrich`], or when a value of the settings is invalid.
    pub fn enrich_with(
        &self,
        rows: impl Into<RecordStream>,
        settings: RowSettings,
    ) -> Result<EnrichedStream, ColumnError> {
        let rows = rows.into();
        settings.validate(&self.settings.tariff)?;
        let settings = enrich_settings(&self.settings, settings);
        let reader = RowReader::new(&rows.schema(), &settings)?;
        Ok(self.enrich_read(rows, reader, settings, None))
    }

    /// The same, with an existing reader, and with counters of its own for the rows of this stream.
    pub(crate) fn enrich_read(
        &self,
        rows: RecordStream,
        reader: RowReader,
        settings: EnrichSettings,
        own_counters: Option<Arc<Counters>>,
    ) -> EnrichedStream {
        let tally = Arc::new(StreamTally::counting_in(own_counters));
        let number_columns = reader.number_columns().to_vec();
        let session = self.guard.session();
        let counters = session.observers.counters.clone();
        let enricher = BatchEnricher::new(session.lookup.clone(), reader, settings, counters, tally.rows());
        let batches = enricher.enrich(tally.watch(rows));
        EnrichedStream::new(batches, number_columns, tally, self.guard.clone())
    }

    /// Looks up a few numbers and returns a reply for each, in their order. The outcome of a number
    /// without an answer says why, and its source is [`Source::None`]; [`Enricher::stop_reason`] says
    /// whether the enricher has stopped.
    pub async fn lookup(&self, numbers: &[Msisdn]) -> Vec<Reply> {
        let mut replies = self.guard.session().lookup.answer_all(numbers).await;
        for reply in &mut replies {
            if matches!(reply.outcome, Outcome::Unanswered(_)) {
                reply.source = Source::None;
            }
        }
        replies
    }

    /// Stops sending. Streams return the rows that are done and end with an error; requests that
    /// were sent are finished.
    pub fn stop(&self) {
        self.stop_because(StopReason::Interrupted);
    }

    /// The same, for this reason.
    pub(crate) fn stop_because(&self, reason: StopReason) {
        self.guard.session().observers.stop.request(reason);
    }

    /// Why the enricher has stopped, if it has.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.guard.stop_reason()
    }

    /// Changes the rate from the next request on; `None` for no limit.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.guard.set_rate(rate);
    }

    /// The endpoints, in order of preference, without user names and passwords.
    #[must_use]
    pub fn endpoints(&self) -> &[String] {
        &self.guard.session().endpoints
    }

    /// Warnings that were found while opening: answers in doubt from a run that did not end
    /// cleanly, a concurrency that the system does not allow.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.guard.session().warnings
    }

    /// The file with paid answers that the ledger could not keep, if there are any. Known after
    /// `Enricher::close`.
    #[must_use]
    pub fn rescued(&self) -> Option<Rescued> {
        self.guard.session().rescued()
    }

    /// The ledger's file, if answers are kept in one.
    #[must_use]
    pub fn ledger_path(&self) -> Option<&Path> {
        self.guard.session().ledger_path()
    }

    /// The counts so far, of all streams and lookups.
    #[must_use]
    pub fn counts(&self) -> Snapshot {
        self.counters().snapshot()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.guard.session().observers.counters
    }

    pub(crate) fn guard(&self) -> &Arc<SessionGuard> {
        &self.guard
    }

    /// Waits for requests that were sent and records their answers. Streams that were not read to
    /// their end return [`super::EnrichError::Stopped`].
    ///
    /// # Errors
    ///
    /// When the ledger cannot record that a refresh is over. The next run of the same refresh then
    /// uses its answers. Every answer is kept.
    pub async fn close(self) -> Result<Totals, LedgerError> {
        self.finish().await;
        self.end_refresh(self.guard.end()).await?;
        Ok(self.totals())
    }

    /// Waits for requests that were sent and records their answers. A refresh stays open.
    pub(crate) async fn finish(&self) {
        if self.guard.has_streams_under_way() {
            self.stop();
        }
        self.guard.session().finish().await;
    }

    /// Records how a refresh has ended.
    pub(crate) async fn end_refresh(&self, end: SessionEnd) -> Result<(), LedgerError> {
        self.guard.session().end_refresh(end).await
    }

    /// The result, once the session is finished.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            counts: self.counts(),
            #[cfg(feature = "simulator")]
            simulator_accounts: self.guard.session().simulator_accounts(),
        }
    }
}

impl fmt::Debug for Enricher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enricher").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The settings of one stream, together with those that all streams share.
pub(crate) fn enrich_settings(settings: &Settings, rows: RowSettings) -> EnrichSettings {
    let RowSettings { numbers, prefix, order, window, only, cost_column } = rows;
    let (product, tariff) = (settings.product, settings.tariff.clone());
    EnrichSettings { numbers, product, prefix, order, window, only, tariff, cost_column }
}

/// Reads the numbers of rows and sends nothing. Returns the columns of the input, then `msisdn`
/// (text: international digits, null if the row has no valid number) and `reason` (text: why not),
/// both with the prefix of the settings.
///
/// # Errors
///
/// When the number column is not clear, or one of the two columns exists already.
pub fn normalise_rows(
    rows: impl Into<RecordStream>,
    settings: RowSettings,
) -> Result<RecordStream, ColumnError> {
    normalise(rows.into(), &enrich_settings(&Settings::default(), settings))
}
