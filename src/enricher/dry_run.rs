//! Estimates how many lookups a run would need, what they cost and how long they take. Nothing is
//! sent.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::StreamExt;
use serde::Serialize;

use super::distinct::Distinct;
use super::front_door::enrich_settings;
use super::settings::{LedgerSettings, Provider, Refresh, Settings};
use super::validation::InvalidSetting;
use crate::enrich::{ListSample, Row, RowReader};
use crate::ledger::{
    AnswerOrigin, ClockDoubt, Freshness, IfMissing, LedgerError, LedgerFile, LedgerFileReader,
};
use crate::model::{ColumnError, Money, RecordStream, StreamError, UtcMillis};
use crate::telemetry::Counters;

/// What a run would do, as counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Rows of the list.
    pub rows: u64,
    /// Rows that are filtered out; the other counts do not include them.
    pub filtered: u64,
    /// Rows without a number that can be looked up.
    pub invalid: u64,
    /// The same, by reason.
    pub invalid_by_reason: BTreeMap<String, u64>,
    /// Rows that keep what an earlier run wrote.
    pub carried: u64,
    /// Rows with a number that another row has too; the first row of each number is not counted.
    pub duplicates: u64,
    /// Distinct numbers.
    pub distinct: u64,
    /// Distinct numbers with a fresh answer in the ledger.
    pub fresh_in_ledger: u64,
    /// Distinct numbers that would be looked up.
    pub to_look_up: u64,
    /// The most requests that may be billed if the service is in trouble, retries included.
    pub lookups_at_most: u64,
    /// Whether a cap stops the run before every number is looked up.
    pub stops_at_cap: bool,
    /// The cost of one lookup per number; `null` if no price is known.
    pub cost: Option<Money>,
    /// The cost with the most retries and the most expensive networks that the settings allow, up
    /// to the caps.
    pub cost_at_most: Option<Money>,
    /// The time at the rate of the settings, in seconds; `null` without a rate.
    pub seconds_at_rate: Option<f64>,
}

/// Why a dry run has no estimate.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum DryRunError {
    /// The columns do not allow the job.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Column(#[from] ColumnError),
    /// A value that no enricher can work with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Setting(#[from] InvalidSetting),
    /// The ledger cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
    /// The rows cannot be read to their end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(#[from] StreamError),
    /// A temporary file cannot be written or read.
    #[error("a temporary file cannot be written")]
    #[diagnostic(help("set TMPDIR to a folder with more room"))]
    Temporary(#[source] io::Error),
}

impl DryRunError {
    /// Whether the only problem is that a run uses the ledger.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Ledger(LedgerError::InUse { .. }))
    }
}

/// A dry run with everything open: the columns are found, and the ledger is open if it exists.
pub struct DryRun {
    reader: RowReader,
    settings: Settings,
    known: Option<LedgerFileReader>,
    clock_doubt: Option<ClockDoubt>,
}

impl DryRun {
    /// Finds the columns and opens the ledger.
    ///
    /// # Errors
    ///
    /// What would stop a run too: a value that no enricher can work with, columns that are not
    /// clear, or a ledger that cannot be read.
    pub fn open(rows: &Schema, settings: &Settings) -> Result<Self, DryRunError> {
        settings.validate()?;
        let reader = RowReader::new(rows, &enrich_settings(settings, settings.rows.clone()))?;
        Self::with_reader(reader, settings)
    }

    /// The same, with an existing reader and settings that are valid.
    pub(crate) fn with_reader(reader: RowReader, settings: &Settings) -> Result<Self, DryRunError> {
        let (known, clock_doubt) = known_answers(settings)?.unzip();
        Ok(Self { reader, settings: settings.clone(), known, clock_doubt: clock_doubt.flatten() })
    }

    /// What whoever reads the estimate should know: that the clock does not agree with the ledger.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.clock_doubt.map(|doubt| doubt.to_string())
    }

    /// Reads the rows to their end. Memory is bounded: long lists go through temporary files.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read to their end, or a temporary file cannot be written.
    pub async fn estimate(self, rows: RecordStream) -> Result<Estimate, DryRunError> {
        self.estimate_counted(rows, Arc::default()).await
    }

    /// The same, with rows counted as they are read.
    pub(crate) async fn estimate_counted(
        mut self,
        rows: RecordStream,
        counters: Arc<Counters>,
    ) -> Result<Estimate, DryRunError> {
        let rows = match self.reader.is_decided() {
            true => rows,
            false => {
                let sample = ListSample::read(rows).await;
                sample.decide(&mut self.reader)?;
                sample.into_rows()
            }
        };
        let mut estimate = Estimate::default();
        let distinct = self.read_all(rows, &counters, &mut estimate).await?;
        estimate.filtered = counters.filtered.get();
        // This takes long and never yields, so it gets a thread of its own.
        let pricing = tokio::task::spawn_blocking(move || {
            self.price_distinct(&mut estimate, distinct)?;
            Ok(estimate)
        });
        pricing.await.expect("pricing does not panic")
    }

    async fn read_all(
        &self,
        mut rows: RecordStream,
        counters: &Counters,
        estimate: &mut Estimate,
    ) -> Result<Distinct, DryRunError> {
        let mut distinct = Distinct::new();
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            for row in self.reader.read(&batch)?.iter() {
                estimate.rows += 1;
                match row {
                    Row::Asked(msisdn) => {
                        // The first row of each number is subtracted when the numbers are counted.
                        estimate.duplicates += 1;
                        distinct.add(msisdn).map_err(DryRunError::Temporary)?;
                    }
                    Row::Refused(refusal) => {
                        estimate.invalid += 1;
                        *estimate.invalid_by_reason.entry(refusal.text().to_owned()).or_default() += 1;
                    }
                    Row::Carried(_) => estimate.carried += 1,
                }
            }
            counters.rows.add(batch.num_rows() as u64);
            // The list may always be ready, and the progress display must run too.
            tokio::task::yield_now().await;
        }
        Ok(distinct)
    }

    /// Counts the distinct numbers, and adds up what they cost.
    fn price_distinct(&self, estimate: &mut Estimate, distinct: Distinct) -> Result<(), DryRunError> {
        let tariff = &self.settings.tariff;
        let (mut cost, mut cost_at_most) = (Money::ZERO, Money::ZERO);
        for bucket in distinct.buckets() {
            let numbers = bucket.map_err(DryRunError::Temporary)?;
            estimate.distinct += numbers.len() as u64;
            let is_known = match &self.known {
                Some(known) => known.knows(&numbers)?,
                None => vec![false; numbers.len()],
            };
            for (msisdn, _) in numbers.iter().zip(is_known).filter(|(_, is_known)| !is_known) {
                estimate.to_look_up += 1;
                cost += tariff.price_of(*msisdn, None);
                cost_at_most += tariff.max_price_for(*msisdn);
            }
        }
        estimate.duplicates -= estimate.distinct;
        estimate.fresh_in_ledger = estimate.distinct - estimate.to_look_up;
        self.bound(estimate, cost, cost_at_most);
        Ok(())
    }

    /// Adds the worst case, within the caps.
    fn bound(&self, estimate: &mut Estimate, cost: Money, cost_at_most: Money) {
        let Settings { tariff, caps, retry, .. } = &self.settings;
        let with_retries = retry.requests_at_most(estimate.to_look_up);
        estimate.lookups_at_most = caps.lookups.map_or(with_retries, |cap| with_retries.min(cap));
        if tariff.has_prices() {
            estimate.cost = Some(cost);
            let times = with_retries as f64 / estimate.to_look_up.max(1) as f64;
            let by_lookups = caps.lookups.map(|cap| tariff.max_price().times(cap as f64));
            let bounds = [Some(cost_at_most.times(times)), caps.cost, by_lookups];
            estimate.cost_at_most = bounds.into_iter().flatten().min();
        }
        estimate.stops_at_cap = estimate.lookups_at_most < estimate.to_look_up
            || caps.cost.zip(estimate.cost).is_some_and(|(cap, cost)| cap < cost);
        estimate.seconds_at_rate =
            self.settings.effective_rate().map(|rate| estimate.to_look_up as f64 / rate.get());
    }
}

/// The ledger as a run that starts now would read it; `None` if there is none.
fn known_answers(settings: &Settings) -> Result<Option<(LedgerFileReader, Option<ClockDoubt>)>, LedgerError> {
    let Some(file) = settings.ledger_file().filter(|file| file.path.exists()) else {
        return Ok(None);
    };
    let origin = settings.provider.as_ref().map_or(AnswerOrigin::Provider, Provider::origin);
    let ledger = LedgerFile::open(&file.path, IfMissing::Create(origin))?;
    let now = UtcMillis::now();
    let not_before = refresh_start(&ledger, file, now)?;
    let freshness = Freshness { not_before, ..settings.freshness(file.max_age.clone(), now) };
    let clock_doubt = ledger.clock_doubt(now)?;
    Ok(Some((ledger.reader(settings.scope(), freshness), clock_doubt)))
}

/// The time from which answers are used; `None` for any time.
fn refresh_start(
    ledger: &LedgerFile,
    file: &LedgerSettings,
    now: UtcMillis,
) -> Result<Option<UtcMillis>, LedgerError> {
    match &file.refresh {
        Refresh::No => Ok(None),
        Refresh::Once => Ok(Some(now)),
        Refresh::Job(name) => Ok(Some(ledger.refresh_started(name, now)?.unwrap_or(now))),
    }
}
