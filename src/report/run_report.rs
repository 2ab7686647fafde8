//! A run from its beginning to its end, in figures and words: what `--summary` writes, and what the page shows.
//!
//! Neither secrets nor whole numbers are among it. `docs/summary.schema.json` describes its JSON.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::{Money, Setting, Status, UtcMillis};
use crate::telemetry::counters::Snapshot;
use crate::telemetry::latency::LatencyFigures;
use crate::telemetry::timeline::Timeline;

/// Everything that is told of a run when it is over.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The version of the program.
    pub version: &'static str,
    /// Tells runs apart, in logs and here.
    pub run_id: String,
    /// The pipeline file, if the run had one.
    #[serde(serialize_with = "as_shown")]
    pub pipeline: Option<PathBuf>,
    /// `complete`, `gaps`, `stopped` or `interrupted`.
    pub ending: &'static str,
    /// Why it stopped, if it did.
    pub stopped_because: Option<String>,
    /// Whether the list was taken in to its end; a run that stops leaves the rest of it for the next.
    pub whole_list: bool,
    /// Whether the answers are the simulator's.
    pub simulated: bool,
    /// The lists, as they were named.
    pub inputs: Vec<String>,
    /// The file that was written, or the folder of partitions.
    #[serde(serialize_with = "as_shown")]
    pub output: Option<PathBuf>,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// The ledger's file, if there is one.
    #[serde(serialize_with = "as_shown")]
    pub ledger: Option<PathBuf>,
    /// Who was asked, in order of preference.
    pub endpoints: Vec<String>,
    /// When it began.
    pub started_at: UtcMillis,
    /// How long it took.
    pub elapsed_seconds: f64,
    /// The counts.
    pub counts: Snapshot,
    /// Whether the amounts of money mean anything: whether a price was given.
    pub has_prices: bool,
    /// How many rows, and then numbers, were left after each step.
    pub funnel: Vec<FunnelStep>,
    /// How long answers took.
    pub latency: LatencyFigures,
    /// Rows by the country of their numbers, most first; rows without a valid number are not among them.
    pub countries: Vec<CountryRows>,
    /// Rows by the network that the service named, most first.
    pub networks: Vec<NetworkRows>,
    /// The ranges of numbers with the most rows that got no verdict, worst first.
    pub worst_ranges: Vec<RangeRows>,
    /// How it went on.
    pub timeline: Timeline,
    /// The settings, each with where it came from.
    pub settings: Vec<Setting>,
    /// What should be told.
    pub warnings: Vec<String>,
}

/// One step of the way from the list to the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunnelStep {
    /// `rows`, `valid`, `not_in_ledger`, `distinct`, `asked` or `answered`.
    pub step: &'static str,
    /// What is left, in words.
    pub text: &'static str,
    /// How many are left.
    pub left: u64,
}

/// The rows whose numbers belong to one country's numbering plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CountryRows {
    /// ISO 3166 alpha-2, or `null` where the plan is no country's or not certain.
    pub country: Option<&'static str>,
    /// How many.
    pub rows: u64,
    /// How many have which status, in the order of [`Status::ALL`].
    #[serde(serialize_with = "by_status")]
    pub by_status: [u64; Status::ALL.len()],
    /// Requests that were sent for them.
    pub requests: u64,
    /// What was spent on them, or may have been.
    pub cost: Money,
}

/// The rows whose numbers are on one network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkRows {
    /// Mobile country code.
    pub mcc: String,
    /// Mobile network code.
    pub mnc: String,
    /// The operator's name, if it is known.
    pub network: Option<&'static str>,
    /// ISO 3166 alpha-2.
    pub country: Option<&'static str>,
    /// How many.
    pub rows: u64,
    /// What was spent on them.
    pub cost: Money,
}

/// The rows whose numbers have their first digits in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeRows {
    /// As people see it: `+46701…`.
    pub range: String,
    /// ISO 3166 alpha-2 of the numbering plan.
    pub country: Option<&'static str>,
    /// The name of the network that the service named for the most of them; numbers may have been ported.
    pub network: Option<&'static str>,
    /// How many rows.
    pub rows: u64,
    /// How many of them got no verdict: status unknown or not checked.
    pub without_verdict: u64,
    /// Requests that were sent for them.
    pub requests: u64,
    /// What was spent on them, or may have been.
    pub cost: Money,
}

impl CountryRows {
    /// How many rows got no verdict.
    #[must_use]
    pub fn without_verdict(&self) -> u64 {
        let counted = Status::ALL.into_iter().zip(self.by_status);
        counted.filter(|(status, _)| status.lacks_verdict()).map(|(_, rows)| rows).sum()
    }
}

/// A path as people see it; what is no text in it is replaced.
fn as_shown<S: serde::Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.display().to_string()).serialize(serializer)
}

fn by_status<S: serde::Serializer>(
    counts: &[u64; Status::ALL.len()],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let counted = Status::ALL.iter().zip(counts).filter(|(_, count)| **count > 0);
    serializer.collect_map(counted.map(|(status, count)| (status.text(), count)))
}
