//! Everything that is reported about a run: `--summary` writes it as JSON, and the HTML page shows
//! it.
//!
//! It contains no secrets and no whole numbers. `docs/summary.schema.json` describes the JSON.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::{Money, Setting, Status, UtcMillis};
use crate::telemetry::counters::Snapshot;
use crate::telemetry::latency::LatencyFigures;
use crate::telemetry::timeline::Timeline;

/// The report of a run that has ended.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The version of the program.
    pub version: &'static str,
    /// Identifies the run, here and in logs.
    pub run_id: String,
    /// The pipeline file, if the run had one.
    #[serde(serialize_with = "as_shown")]
    pub pipeline: Option<PathBuf>,
    /// `complete`, `gaps`, `stopped` or `interrupted`.
    pub ending: &'static str,
    /// Why it stopped early, if it did.
    pub stopped_because: Option<String>,
    /// Whether the list was read to its end. A run that stops leaves the rest for the next run.
    pub whole_list: bool,
    /// Whether the answers come from the simulator.
    pub simulated: bool,
    /// The lists, as the user named them.
    pub inputs: Vec<String>,
    /// The output file, or the folder of partitions; `-` for standard output.
    #[serde(serialize_with = "as_shown")]
    pub output: Option<PathBuf>,
    /// Whether the output is a stream, whose rows went out as they were done.
    pub streamed: bool,
    /// The HTML report, once it is written.
    #[serde(skip)]
    pub page: Option<PathBuf>,
    /// Rows of the output.
    pub rows: u64,
    /// Bytes of the output.
    pub bytes: u64,
    /// The ledger file, if there is one.
    #[serde(serialize_with = "as_shown")]
    pub ledger: Option<PathBuf>,
    /// The endpoints, in order of preference.
    pub endpoints: Vec<String>,
    /// When it started.
    pub started_at: UtcMillis,
    /// Its duration.
    pub elapsed_seconds: f64,
    /// The counts.
    pub counts: Snapshot,
    /// Whether a price was given. Without one, all amounts are zero.
    pub has_prices: bool,
    /// What is left after each step: rows, then different numbers.
    pub funnel: Vec<FunnelStep>,
    /// How long answers took.
    pub latency: LatencyFigures,
    /// Rows by country of their number, most rows first; without rows that have no valid number.
    pub countries: Vec<CountryRows>,
    /// Rows by network, as the service named it, most rows first.
    pub networks: Vec<NetworkRows>,
    /// The number ranges with the most rows without a verdict, worst first.
    pub worst_ranges: Vec<RangeRows>,
    /// The run over time.
    pub timeline: Timeline,
    /// The settings and their origin.
    pub settings: Vec<Setting>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
}

/// One step from the rows of the list to the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunnelStep {
    /// `rows`, `valid`, `not_in_ledger`, `distinct`, `asked` or `answered`.
    pub step: &'static str,
    /// What is counted, in words.
    pub text: &'static str,
    /// How many rows or numbers are left.
    pub left: u64,
}

/// The rows with numbers of one country's numbering plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CountryRows {
    /// ISO 3166 alpha-2; `None` where the country is not certain, or the plan belongs to no
    /// country.
    pub country: Option<&'static str>,
    /// Rows.
    pub rows: u64,
    /// Rows by status, in the order of [`Status::ALL`].
    #[serde(serialize_with = "by_status")]
    pub by_status: [u64; Status::ALL.len()],
    /// Requests sent for them.
    pub requests: u64,
    /// Money spent on them, or perhaps spent.
    pub cost: Money,
}

/// The rows with numbers on one network.
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
    /// Rows.
    pub rows: u64,
    /// Money spent on them, or perhaps spent.
    pub cost: Money,
}

/// The rows with numbers of one range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeRows {
    /// As people see it: `+46701…`.
    pub range: String,
    /// ISO 3166 alpha-2 of the numbering plan; `None` where it is not certain.
    pub country: Option<&'static str>,
    /// The network of most of them, as the service named it; numbers may have been ported.
    pub network: Option<&'static str>,
    /// Rows.
    pub rows: u64,
    /// Rows without a verdict: unknown or not checked.
    pub without_verdict: u64,
    /// Requests sent for them.
    pub requests: u64,
    /// Money spent on them, or perhaps spent.
    pub cost: Money,
}

impl CountryRows {
    /// How many rows have no verdict.
    #[must_use]
    pub fn without_verdict(&self) -> u64 {
        let by_status = Status::ALL.into_iter().zip(self.by_status);
        by_status.filter(|(status, _)| status.lacks_verdict()).map(|(_, rows)| rows).sum()
    }
}

/// A path as it is displayed; bytes that are not valid text are replaced.
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
