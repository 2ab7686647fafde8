//! `--dry-run`: what a run would ask, at what price and in what time. Nobody is asked, and nothing is written but
//! the summary.

mod distinct;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use serde::Serialize;

use self::distinct::Distinct;
use super::Job;
use super::artifacts::Artifact;
use super::error::{RunError, StartError};
use super::progress::Progress;
use super::run::{job_name, open};
use crate::config::effective::EffectiveSettings;
use crate::config::settings::Settings;
use crate::enrich::filter::rows_that_fit;
use crate::enrich::{Row, RowReader};
use crate::input::Opened;
use crate::ledger::{Freshness, IfMissing, LedgerFile, LedgerFileReader};
use crate::lookup::StopSignal;
use crate::model::{Money, RecordStream, StreamError, UtcMillis};
use crate::telemetry::Counters;

/// What a run would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Rows of the list.
    pub rows: u64,
    /// Rows that a filter leaves out; they are no part of the others.
    pub filtered: u64,
    /// Rows without a number that can be asked about.
    pub invalid: u64,
    /// The same, by reason.
    pub invalid_by_reason: BTreeMap<String, u64>,
    /// Rows that keep what an earlier run wrote.
    pub carried: u64,
    /// Rows with a number that another row has too, each number's first row not counted.
    pub duplicates: u64,
    /// Different numbers to know about.
    pub distinct: u64,
    /// Those of them that the ledger has an answer for that is young enough.
    pub fresh_in_ledger: u64,
    /// Those of them that would be asked about.
    pub to_look_up: u64,
    /// The most requests that may be billed, if the service is in trouble: retries included.
    pub lookups_at_most: u64,
    /// Whether a cap ends the run before everything is asked.
    pub stops_at_cap: bool,
    /// What the lookups cost, each asked once; `null` where no price is known.
    pub cost: Option<Money>,
    /// What they cost with the most retries and the dearest networks that the settings allow, up to the caps.
    pub cost_at_most: Option<Money>,
    /// How long they take at the rate of the settings, in seconds; `null` without a rate.
    pub seconds_at_rate: Option<f64>,
}

/// A survey with everything open.
pub struct StartedDryRun {
    list: Opened,
    reader: RowReader,
    enquiry: Settings,
    known: Option<LedgerFileReader>,
    summary: Option<Artifact>,
    progress: Progress,
    counters: Arc<Counters>,
    stop: StopSignal,
}

/// What a survey has brought.
#[derive(Debug)]
pub struct DryRunReport {
    /// The figures.
    pub survey: Estimate,
    /// What was odd about the list.
    pub warnings: Vec<String>,
    /// The settings that decide about speed and money.
    pub choices: EffectiveSettings,
}

impl DryRunReport {
    /// What `--summary` writes.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.summary()).expect("figures and texts are JSON")
    }

    fn summary(&self) -> SurveySummary<'_> {
        SurveySummary {
            version: env!("CARGO_PKG_VERSION"),
            ending: "dry_run",
            survey: &self.survey,
            settings: &self.choices,
            warnings: &self.warnings,
        }
    }
}

#[derive(Serialize)]
struct SurveySummary<'a> {
    version: &'static str,
    ending: &'static str,
    survey: &'a Estimate,
    settings: &'a EffectiveSettings,
    warnings: &'a [String],
}

impl Job {
    /// Opens the list and, if there is one, the ledger.
    ///
    /// # Errors
    ///
    /// What would stand in the way of a run too, but for its output.
    pub async fn start_survey(
        self,
        stop: StopSignal,
        counters: Arc<Counters>,
    ) -> Result<StartedDryRun, StartError> {
        let job = job_name(&self.input, &self.conditions, &self.enquiry);
        let summary = self.summary.as_deref().map(Artifact::prepare).transpose()?;
        let mut list = open(self.input, &stop).await?;
        let reader = RowReader::new(&list.batches.schema(), &self.enquiry.enrich)?;
        // What would stand in the way of the run is told now.
        self.columns.places(&reader)?;
        let progress = Progress::new(counters.clone(), list.length.clone());
        list.batches = rows_that_fit(progress.watch(list.batches), &self.conditions, counters.clone())?;
        let known = open_ledger_file(&self.enquiry, &job)?;
        Ok(StartedDryRun { list, reader, enquiry: self.enquiry, known, summary, progress, counters, stop })
    }
}

/// The ledger as a run that starts now would read it; `None` when there is none yet.
fn open_ledger_file(enquiry: &Settings, job: &str) -> Result<Option<LedgerFileReader>, StartError> {
    let Some(settings) = enquiry.ledger.as_ref().filter(|settings| settings.path.exists()) else {
        return Ok(None);
    };
    let ledger_file = LedgerFile::open(&settings.path, IfMissing::Create(settings.answers_of))?;
    let now = UtcMillis::now();
    let not_before = match settings.refresh {
        true => Some(ledger_file.refresh_started(job, now)?.unwrap_or(now)),
        false => None,
    };
    let max_age = settings.max_age.clone();
    let freshness = Freshness { max_age, not_before, now, product: enquiry.enrich.product };
    Ok(Some(ledger_file.reader(enquiry.scope(), freshness)))
}

impl StartedDryRun {
    /// How far the survey is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Reads the list to its end. `Ok(None)` when it was stopped.
    ///
    /// # Errors
    ///
    /// When the list breaks off, or a temporary file cannot be written.
    pub async fn finish(self) -> Result<Option<DryRunReport>, RunError> {
        let Self { list, reader, enquiry, known, summary, progress, counters, stop } = self;
        let mut survey = Estimate::default();
        let mut distinct = Distinct::new();
        let mut batches = list.batches;
        let reading = read_all(&mut batches, &reader, &counters, &mut survey, &mut distinct);
        tokio::select! {
            read = reading => read?,
            () = stop.requested() => return Ok(None),
        }
        survey.filtered = counters.filtered.get();
        if let Some(source) = progress.take_break() {
            return Err(RunError::BrokenOff { rows: survey.rows, kept: None, source });
        }
        // Long work without a pause, during which somebody may still want to stop.
        let weighed = enquiry.clone();
        let weighing = tokio::task::spawn_blocking(move || {
            weigh(&mut survey, distinct, &weighed, known.as_ref())?;
            Ok::<_, RunError>(survey)
        });
        let survey = tokio::select! {
            survey = weighing => survey.expect("weighing does not panic")?,
            () = stop.requested() => return Ok(None),
        };
        let (warnings, choices) = (list.notes.warnings(), enquiry.choices);
        let mut surveyed = DryRunReport { survey, warnings, choices };
        if let Some(file) = summary {
            let path = file.path().display().to_string();
            if let Err(fault) = file.write_json(&surveyed.summary()) {
                surveyed.warnings.push(format!("the summary could not be written to {path}: {fault}"));
            }
        }
        Ok(Some(surveyed))
    }
}

async fn read_all(
    batches: &mut RecordStream,
    reader: &RowReader,
    counters: &Counters,
    survey: &mut Estimate,
    distinct: &mut Distinct,
) -> Result<(), RunError> {
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(stage)?;
        let rows = reader.read(&batch).map_err(stage)?;
        for row in rows.iter() {
            survey.rows += 1;
            match row {
                Row::Asked(msisdn) => {
                    // The first row of each number is taken off again when they are counted.
                    survey.duplicates += 1;
                    distinct.add(msisdn).map_err(RunError::Temporary)?;
                }
                Row::Refused(refusal) => {
                    survey.invalid += 1;
                    *survey.invalid_by_reason.entry(refusal.text().to_owned()).or_default() += 1;
                }
                Row::Carried(_) => survey.carried += 1,
            }
        }
        counters.rows.add(batch.num_rows() as u64);
        // A list that is read quicker than this loop turns would else starve the progress bar.
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn stage(error: StreamError) -> RunError {
    RunError::Write(error.into())
}

/// Counts the different numbers, and what they cost.
fn weigh(
    survey: &mut Estimate,
    distinct: Distinct,
    enquiry: &Settings,
    known: Option<&LedgerFileReader>,
) -> Result<(), RunError> {
    let tariff = &enquiry.lookup.tariff;
    let (mut cost, mut most) = (Money::ZERO, Money::ZERO);
    for bucket in distinct.buckets() {
        let numbers = bucket.map_err(RunError::Temporary)?;
        survey.distinct += numbers.len() as u64;
        let is_known = match known {
            Some(known) => known.knows(&numbers)?,
            None => vec![false; numbers.len()],
        };
        for (msisdn, _) in numbers.iter().zip(is_known).filter(|(_, is_known)| !is_known) {
            survey.to_look_up += 1;
            cost += tariff.price_of(*msisdn, None);
            most += tariff.max_price_for(*msisdn);
        }
    }
    survey.duplicates -= survey.distinct;
    survey.fresh_in_ledger = survey.distinct - survey.to_look_up;
    let caps = enquiry.lookup.caps;
    let with_retries = enquiry.lookup.retry.requests_at_most(survey.to_look_up);
    survey.lookups_at_most = caps.lookups.map_or(with_retries, |cap| with_retries.min(cap));
    if tariff.has_prices() {
        survey.cost = Some(cost);
        let times = with_retries as f64 / survey.to_look_up.max(1) as f64;
        let by_lookups = caps.lookups.map(|cap| tariff.max_price().times(cap as f64));
        let bounds = [Some(most.times(times)), caps.cost, by_lookups];
        survey.cost_at_most = bounds.into_iter().flatten().min();
    }
    survey.stops_at_cap = survey.lookups_at_most < survey.to_look_up
        || caps.cost.zip(survey.cost).is_some_and(|(cap, cost)| cap < cost);
    survey.seconds_at_rate = enquiry.lookup.rate.map(|rate| survey.to_look_up as f64 / rate.get());
    Ok(())
}
