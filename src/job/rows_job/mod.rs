//! A run over rows of a caller: the settings of a configuration, rows in, rows out.
//!
//! It reads, filters and judges rows as a run over files does, and writes nothing but the ledger.

mod answer_rows;
mod number_reading;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatchReader;
use tokio::time::Instant;

use super::dry_run::DryRunReport;
use super::enriched_rows::EnrichedRows;
use super::error::{RunError, StartError};
use super::list::{InspectedList, List, OpenList, inspect, open_files};
use super::load::{list_and_settings, resolved};
use super::progress::Progress;
use super::rows_report::RowsReport;
use crate::config::endpoint::Purpose;
use crate::config::resolver::{ConfigResolver, Resolved};
use crate::config::{
    Diagnostics, DurationValue, Environment, Location, RawConfig, ResolvedSettings, TextList,
};
use crate::enrich::column_selection::columns_at;
use crate::enrich::{EnrichSettings, normalise_read};
use crate::enricher::{DryRun, LedgerChoice, Observers, Refresh, SharedEnrichers, enrich_settings};
use crate::input;
use crate::input::{InputError, InputNotes, InputSettings, ListLength, Opened};
use crate::lookup::StopSignal;
use crate::model::{ANSWERS_OF, RecordStream, SIMULATED};
use crate::telemetry::{Counters, Reporter};

pub use self::number_reading::NumberReading;

/// What is written by a run over files, and has no meaning where the rows go to the caller.
const OF_FILES: [&str; 11] = [
    "output",
    "format",
    "partition_by",
    "lock",
    "force",
    "summary",
    "report",
    "metrics",
    "metrics_listen",
    "dry_run",
    "input",
];

/// How long a person waits for a service that is down.
const PATIENCE: DurationValue = DurationValue(Duration::from_secs(15));

/// What is to be done with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsPurpose {
    /// Their numbers are looked up.
    Enrich,
    /// They are a few numbers that a person wrote, in a column `number`. Digits alone are whole
    /// numbers if no region is named, and rows without a number are no error.
    FewNumbers,
    /// Lookups, cost and time are estimated; no credentials are needed.
    Estimate,
    /// Their numbers are read; no endpoint is needed.
    Normalise,
}

/// Where the rows come from.
#[derive(Debug)]
pub enum RowsSource {
    /// Files, folders or glob patterns.
    Files(Vec<String>),
    /// A stream, with the number of its rows if that is known.
    Rows(RecordStream, Option<u64>),
}

/// A run over rows. Validated, ready to start.
#[derive(Clone, Debug)]
pub struct RowsJob {
    list: List,
    resolved: ResolvedSettings,
}

/// Rows that were looked at: the columns are found, and nothing was asked.
struct Inspected {
    list: InspectedList,
    progress: Progress,
    notes: Arc<InputNotes>,
    counters: Arc<Counters>,
}

impl RowsSource {
    /// The batches of a reader, read on a thread of its own, a few batches ahead.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn reader(
        reader: impl RecordBatchReader + Send + 'static,
        length: Option<u64>,
    ) -> Result<Self, InputError> {
        Ok(Self::Rows(input::read_batches(reader)?, length))
    }
}

impl RowsJob {
    /// The column of [`RowsPurpose::FewNumbers`].
    pub const NUMBER: &str = "number";

    /// The job of a pipeline file and keys; keys override the file. What the file says about the
    /// list and the output is not used. Reads the files that settings name.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once; a key that only a run over files has, among it.
    pub fn load(
        file: Option<&Path>,
        keys: RawConfig,
        environment: &Environment,
        purpose: RowsPurpose,
    ) -> Result<Self, Diagnostics> {
        let misplaced: Vec<&str> = OF_FILES.into_iter().filter(|key| keys.says(key)).collect();
        resolved(file, keys, environment, |resolver| {
            let mut checked = Ok(());
            for key in misplaced {
                let problem = "belongs to a run over files: here the rows go to the caller";
                checked = Err(resolver.report_at(Location::Nowhere, format!("{key} {problem}")));
            }
            let job = Self::resolve(resolver, purpose);
            checked.and(job)
        })
    }

    fn resolve(resolver: &mut ConfigResolver, purpose: RowsPurpose) -> Resolved<Self> {
        let raw = &mut resolver.raw;
        // The rows of the caller, or the files that they name, take the place of the list.
        raw.input = Some(TextList(vec!["-".into()]));
        raw.partition_by = None;
        raw.output = None;
        if purpose == RowsPurpose::FewNumbers {
            raw.column = Some(TextList(vec![Self::NUMBER.into()]));
            raw.prefix = Some(String::new());
            raw.international = Some(raw.region.is_none());
            raw.give_up_after.get_or_insert(PATIENCE);
        }
        if purpose == RowsPurpose::Normalise {
            raw.endpoint.get_or_insert(TextList(vec!["http://127.0.0.1:1".into()]));
            raw.no_ledger = Some(true);
            (raw.ledger, raw.refresh) = (None, None);
        }
        let lookups = match purpose {
            RowsPurpose::Enrich | RowsPurpose::FewNumbers => Purpose::Lookups,
            RowsPurpose::Estimate | RowsPurpose::Normalise => Purpose::DryRun,
        };
        let (mut list, mut resolved) = list_and_settings(resolver, lookups, None)?;
        if purpose == RowsPurpose::FewNumbers {
            list.max_invalid = None;
        }
        // Rows have no name under which a refresh could be resumed.
        if let LedgerChoice::File(file) = &mut resolved.settings.ledger
            && file.refresh != Refresh::No
        {
            file.refresh = Refresh::Once;
        }
        Ok(Self { list, resolved })
    }

    /// How numbers are looked up, and where each setting comes from.
    #[must_use]
    pub fn resolved(&self) -> &ResolvedSettings {
        &self.resolved
    }

    /// The same, with this account in place of the one that was found.
    #[must_use]
    pub fn with_credentials(mut self, username: String, password: String) -> Self {
        self.resolved.settings.set_credentials(username, password);
        self
    }

    fn row_settings(&self) -> EnrichSettings {
        enrich_settings(&self.resolved.settings, self.resolved.settings.rows.clone())
    }

    /// The rows without those that are filtered out.
    async fn open(
        &self,
        source: RowsSource,
        stop: &StopSignal,
    ) -> Result<(OpenList, Arc<Counters>), StartError> {
        let opened = match source {
            RowsSource::Files(paths) => {
                open_files(InputSettings { paths, ..self.list.input.clone() }, stop).await?
            }
            RowsSource::Rows(rows, length) => Opened {
                batches: rows.in_slices(self.list.input.batch_rows),
                length: length.map_or(ListLength::Unknown, ListLength::Rows),
                files: Vec::<PathBuf>::new(),
                notes: Arc::default(),
            },
        };
        let counters: Arc<Counters> = Arc::default();
        Ok((OpenList::of(opened, &self.list, counters.clone())?, counters))
    }

    async fn inspect(&self, source: RowsSource, stop: &StopSignal) -> Result<Inspected, StartError> {
        let (OpenList { rows, progress, notes, .. }, counters) = self.open(source, stop).await?;
        let settings = self.row_settings();
        let list = inspect(rows, &self.list, &settings, stop).await?;
        Ok(Inspected { list, progress, notes, counters })
    }

    /// The rows of files as they are.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub async fn rows(self, source: RowsSource) -> Result<RecordStream, StartError> {
        Ok(self.open(source, &StopSignal::default()).await?.0.rows)
    }

    /// Opens everything that the run needs, and sends nothing. Calls at the same time for the same
    /// account share an enricher.
    ///
    /// # Errors
    ///
    /// When the list cannot be read or has too few numbers, the columns are not clear, or the
    /// enricher cannot be opened.
    pub async fn enrich(
        self,
        source: RowsSource,
        enrichers: &Arc<SharedEnrichers>,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
    ) -> Result<EnrichedRows, StartError> {
        let Inspected { list: InspectedList { rows, reader, check }, progress, notes, counters } =
            self.inspect(source, &stop).await?;
        let columns = self.list.columns.places(&reader)?;
        let Self { resolved: ResolvedSettings { settings, effective, warnings, .. }, .. } = self;
        let of_rows = enrich_settings(&settings, settings.rows.clone());
        let (simulated, has_prices) = (settings.is_simulated(), settings.tariff.has_prices());
        let observers = Observers { stop, counters: Arc::default(), reporter };
        let enricher = enrichers.open(settings, observers).await?;
        let engine = enricher.get();
        let rows = engine.enrich_read(rows, reader, of_rows, Some(counters.clone()));
        let report = RowsReport {
            simulated,
            has_prices,
            endpoints: engine.endpoints().to_vec(),
            ledger: engine.ledger_path().map(Path::to_owned),
            settings: effective.0,
            warnings: warnings.into_iter().chain(engine.warnings().iter().cloned()).collect(),
            ..RowsReport::default()
        };
        let shown = columns_at(RecordStream::from_batches(rows.schema(), []), columns.clone());
        let shown = if simulated { shown.with_metadata(ANSWERS_OF, SIMULATED) } else { shown };
        Ok(EnrichedRows {
            schema: shown.schema(),
            session: engine.guard().session().observers.counters.clone(),
            stop: engine.guard().session().observers.stop.clone(),
            progress: progress.asking(engine.endpoints(), has_prices),
            rows: Some(rows),
            enricher: Some(enricher),
            columns,
            check,
            notes,
            counters,
            report,
            since: Instant::now(),
        })
    }

    /// Reads the rows to their end, and estimates lookups, cost and time. Nothing is sent.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read, or have too few numbers.
    pub async fn estimate(self, source: RowsSource) -> Result<DryRunReport, super::JobError> {
        let stop = StopSignal::default();
        let Inspected { list: InspectedList { rows, reader, check }, notes, counters, .. } =
            self.inspect(source, &stop).await?;
        self.list.columns.places(&reader).map_err(StartError::from)?;
        let dry_run = DryRun::with_reader(reader, &self.resolved.settings).map_err(StartError::from)?;
        let clock = dry_run.warning();
        let estimate = dry_run.estimate_counted(rows, counters).await.map_err(RunError::from)?;
        check.check_estimate(&estimate).map_err(|list| RunError::UnusableList { kept: None, list })?;
        let mut warnings = [notes.remarks(), notes.warnings()].concat();
        warnings.extend(clock);
        Ok(DryRunReport { estimate, warnings, settings: self.resolved.effective })
    }

    /// The rows with their numbers in international digits, and why a row has none. Nothing is
    /// sent.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read, or have too few numbers.
    pub async fn normalise(self, source: RowsSource) -> Result<RecordStream, StartError> {
        let inspected = self.inspect(source, &StopSignal::default()).await?;
        let InspectedList { rows, reader, .. } = inspected.list;
        let settings = self.row_settings();
        Ok(normalise_read(rows, reader, &settings))
    }
}
