//! The keys of a pipeline file and the flags of a command, as they were given.
//!
//! Every key is optional, and its name is the flag's name with `_` for `-`. Defaults, ranges and
//! rules between keys are in [`super::resolver`] and the files for each group of settings.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use super::values::{DurationValue, MaxAgeValue, PriceValue, TextList};
use crate::enrich::{Only, Order, SeveralNumbers};
use crate::model::Product;
use crate::output::OutputFormat;
#[cfg(feature = "simulator")]
use crate::simulator::SimulatorSettings;

/// Without the simulator, its key is read and then rejected.
#[cfg(not(feature = "simulator"))]
type SimulatorSettings = toml::Table;

/// A key of a pipeline file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name; its flag has `-` for `_`.
    pub name: &'static str,
    /// Its documentation: paragraphs of text. The first is short and is the help of the flag.
    pub doc: &'static str,
    /// Where it can be set.
    pub source: KeySource,
}

/// Where a key can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a pipeline file, and as a flag.
    Flag,
    /// In a pipeline file only.
    File,
}

/// Declares the keys once: generates the struct, the merge and the table of keys.
macro_rules! keys {
    ($($(#[doc = $doc:literal])* $key:ident: $kind:ty => $source:ident,)*) => {
        /// The values of a pipeline file or of flags, before they are checked. It has no `Debug`,
        /// because a URL may contain a password.
        #[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(rustdoc::bare_urls, reason = "the text is shown on the terminal too")]
        pub struct RawConfig {
            $($(#[doc = $doc])* pub $key: Option<$kind>,)*
        }

        impl RawConfig {
            /// Every key that a pipeline file may have.
            pub const KEYS: &[Key] = &[$(Key {
                name: stringify!($key),
                doc: concat!($($doc, "\n"),*),
                source: KeySource::$source,
            }),*];

            /// These values; those that are not set come from the others.
            #[must_use]
            pub fn over(self, under: Self) -> Self {
                Self { $($key: self.$key.or(under.$key),)* }
            }

            /// Whether the key is set.
            #[must_use]
            pub fn says(&self, key: &str) -> bool {
                match key {
                    $(stringify!($key) => self.$key.is_some(),)*
                    _ => false,
                }
            }
        }
    };
}

keys! {
    /// Lists: files, folders, glob patterns, or - for standard input [required here or in the
    /// pipeline file]
    input: TextList => Flag,
    /// Output file, FIFO, or - for standard output [required here or in the pipeline file]
    ///
    /// The ending decides the format: .parquet, .csv or .ndjson. A stream gets rows as they are
    /// done. All file names may contain {date}, {time}, {year}, {month} and {day}: the start of the
    /// run.
    output: PathBuf => Flag,
    /// Format of the output: csv, ndjson or parquet [default: by the ending of its name]
    ///
    /// Standard output (-o -) and names without an ending need it.
    format: OutputFormat => Flag,
    /// Process only rows that meet this condition; may be repeated
    ///
    /// A condition is column=value, column=this|that or column!=value. Other rows are left out.
    filter: TextList => Flag,
    /// Keep only these columns of the list
    keep_columns: TextList => Flag,
    /// Leave these columns out of the output
    drop_columns: TextList => Flag,
    /// Write a Hive-partitioned Parquet folder, by country, by status, or by both in this order
    partition_by: PartitionColumns => Flag,
    /// Lock file that keeps other runs out [default: a hidden file beside the output]
    lock: PathBuf => Flag,
    /// Column with the numbers; may be repeated [default: found by its name]
    ///
    /// Of several columns, in order of preference, the first whose cell has a number that can be
    /// looked up is used, and the added column hlr_column tells which.
    column: TextList => Flag,
    /// Default country for national numbers, as an ISO 3166 code such as SE
    region: String => Flag,
    /// Column with the country of each row: a code, a name or a calling code
    ///
    /// ISO 3166 codes of two or three letters, names in English and in the languages of the
    /// country, and calling codes with or without + are read. `region` is for rows without one.
    region_column: String => Flag,
    /// Numbers without + or 00 are complete international numbers [default: the list decides]
    international: bool => Flag,
    /// Cells with several numbers: refuse them, take the first, or write rows [default: refuse]
    several_numbers: SeveralNumbers => Flag,
    /// Maximum share of cells without a number that can be looked up; 1 for no limit [default: 0.9]
    ///
    /// Empty cells do not count. The first 10,000 rows are judged before anything is asked. At the
    /// end, the rows of a list that exceeds the limit are kept under the partial name.
    max_invalid: f64 => Flag,
    /// Endpoint to use: eu, us, simulator or a URL [required here or in the pipeline file]
    ///
    /// A URL is scheme, host and port, for example https://lookup.example.com:3701. Repeat the flag
    /// for backups; the first endpoint is the primary.
    endpoint: TextList => Flag,
    /// Product of the account; decides what the result OK means [default: real-time]
    product: Product => Flag,
    /// Maximum requests per second, retries included [default: 10; unlimited on loopback]
    rate: f64 => Flag,
    /// Rates for times of the day, in local time: "22:00-06:00" = 2000 [default: none]
    ///
    /// A span may go past midnight; two must not overlap. Outside these times `rate` applies.
    rate_schedule: BTreeMap<String, f64> => File,
    /// Maximum requests in flight [default: 10; 256 on loopback]
    concurrency: u32 => Flag,
    /// Time limit of a request, for example 10s or 500ms [default: 10s]
    timeout: DurationValue => Flag,
    /// Maximum requests per number, the first included [default: 4]
    attempts: u16 => Flag,
    /// Results to retry, besides TIMEOUT and HLR_ABORT
    retry_on: Vec<RetryOn> => Flag,
    /// Ask the provider to bypass its own cache
    nocache: bool => Flag,
    /// File that keeps the answers, so that none is paid for twice [default: in the data folder]
    ledger: PathBuf => Flag,
    /// Keep no answers after the run; each number is still looked up only once
    no_ledger: bool => Flag,
    /// Maximum age of an answer from the ledger: 30d for all, or by status: dead=30d,absent=12h
    ///
    /// Default:
    /// reachable=1d,absent=12h,no_service=7d,dead=30d,assigned=30d,unknown=1d,not_checked=1d
    max_age: MaxAgeValue => Flag,
    /// Look up every number again, whatever the ledger has; a stopped run can be resumed
    refresh: bool => Flag,
    /// How long answers are collected before each commit to the ledger [default: 20ms]
    commit_interval: DurationValue => Flag,
    /// Maximum answers that are paid for and not yet on disk [default: 2000]
    ///
    /// When this many wait for a slow disk, nothing more is asked. A crash or a power cut loses no
    /// more than these and the requests in flight.
    unsaved_answers: NonZeroUsize => Flag,
    /// Maximum MiB of the ledger held in memory [default: 256]
    ///
    /// 12 bytes per answer make reads two times faster.
    ledger_memory_mib: u32 => File,
    /// Price of a lookup; a pipeline file can have prices by country and network
    price: PriceValue => Flag,
    /// All results that the contract does not bill [default: refusals of a number or of the
    /// account]
    ///
    /// The list replaces the default. REQUEST_THROTTLED is never billed.
    free_results: Vec<String> => File,
    /// Results that are answers although they look like refusals of the account
    ///
    /// Results that the interface document does not list, or IMSI_LOOKUP_BLOCKED. Hundreds of
    /// others in a row stop the run, and unlisted ones count as perhaps billed and are not used by
    /// later runs.
    accept_results: Vec<String> => Flag,
    /// Stop after this many lookups that are or may be billed; the run can be resumed
    max_lookups: u64 => Flag,
    /// Stop before the cost exceeds this amount; the run can be resumed
    max_cost: f64 => Flag,
    /// Estimate lookups, cost and time without sending a request
    dry_run: bool => Flag,
    /// Rows to look up: all, or the unresolved rows of an enriched file [default: all]
    only: Only => Flag,
    /// Add a column with the cost of each row; needs a price
    cost_column: bool => Flag,
    /// Prefix of the added columns [default: hlr_]
    prefix: String => Flag,
    /// Row order: input keeps it, completion is faster but unordered [default: input]
    order: Order => Flag,
    /// Delimiter of a CSV list: one to four characters, or tab [default: detected]
    delimiter: String => Flag,
    /// Whether the CSV list has a header row [default: detected]
    header: bool => Flag,
    /// Sheet of a workbook [default: the first visible one that has cells]
    sheet: String => Flag,
    /// Lines above the header of a CSV list [default: detected]
    skip_lines: u64 => Flag,
    /// Quote of a CSV list: one character, or none [default: detected]
    quote: String => Flag,
    /// Character before a quote within a quoted cell, or none if it is doubled [default: detected]
    escape: String => Flag,
    /// Encoding of a CSV list, such as windows-1251 or utf-16le [default: detected]
    encoding: String => Flag,
    /// Replace the output if it exists
    force: bool => Flag,
    /// Write the figures of the run to this file as JSON
    summary: PathBuf => Flag,
    /// Maximum number of rows held in memory between reading and writing [default: 131072]
    window_rows: u32 => Flag,
    /// Maximum MiB of the list held in memory between reading and writing [default: 64]
    window_mib: u32 => File,
    /// Memory for one Parquet row group, in MiB [default: 32]
    row_group_mib: u32 => File,
    /// Zstandard level of Parquet, from 1 (fast) to 22 (small) [default: 1]
    compression_level: i32 => File,
    /// Store of answers that many machines share: a URL, or a shared folder
    ///
    /// Answers that are there are used, and every new one is stored there before its row shows it.
    /// Runs that name the same store ask one at a time on a contract, whatever machine they run on.
    answers: String => Flag,
    /// How long answers are gathered before they are stored there [default: 1s]
    answers_interval: DurationValue => File,
    /// How long the right to ask lasts without being renewed [default: 30s]
    lease_ttl: DurationValue => Flag,
    /// How long to wait for another run that asks on the same contract [default: not at all]
    wait: DurationValue => Flag,
    /// Stop if the service is down for this long [default: 10m; 15s for lookup]
    give_up_after: DurationValue => Flag,
    /// Skip number ranges that stop returning useful answers; keep sampling 1 %
    skip_useless: bool => Flag,
    /// Maximum retries of the whole run per number asked, on average [default: 1.0]
    ///
    /// 1,000 retries are always allowed. This limits what trouble may add to the bill.
    retry_budget: f64 => File,
    /// Retry numbers without an answer, with as many attempts, after this pause, for example 5m
    second_pass: DurationValue => Flag,
    /// Maximum wait before the second attempt [default: 500ms]
    ///
    /// It doubles with each further attempt and is shortened at random.
    first_backoff: DurationValue => File,
    /// Maximum wait before any attempt [default: 30s]
    longest_backoff: DurationValue => File,
    /// Time limit for making a connection [default: 5s, but at most four fifths of the timeout]
    connect_timeout: DurationValue => File,
    /// How long a request that has timed out is still read [default: as long as the timeout]
    ///
    /// It counts as in flight until then, and a late answer is taken.
    late_answer_grace: DurationValue => File,
    /// File with two lines, username=… and password=…
    credentials_file: PathBuf => Flag,
    /// Environment variable with the user name [default: HLR_USERNAME]
    username_env: String => File,
    /// Environment variable with the password [default: HLR_PASSWORD]
    password_env: String => File,
    /// PEM certificates to trust instead of the system's, for HTTPS
    ca_file: PathBuf => Flag,
    /// HTTP proxy; the proxy variables of the environment are ignored
    proxy: String => Flag,
    /// Write Prometheus metrics to this file, every few seconds and at the end
    metrics: PathBuf => Flag,
    /// Serve Prometheus metrics at this address during the run, for example 127.0.0.1:9464
    metrics_listen: String => Flag,
    /// Write a self-contained HTML report
    report: PathBuf => Flag,
    /// Seed of all randomness, to replay a run; the simulator's answers depend on it too
    seed: u64 => Flag,
    /// Settings of the built-in simulator, used if the endpoint is simulator
    simulator: SimulatorSettings => File,
}

/// A key with the field of its path.
pub(crate) type PathKey = (&'static str, fn(&mut RawConfig) -> &mut Option<PathBuf>);

impl RawConfig {
    /// The paths, besides those of the lists, that may contain the date of the run.
    pub(crate) const DATED: [PathKey; 4] = [
        ("output", |raw| &mut raw.output),
        ("summary", |raw| &mut raw.summary),
        ("report", |raw| &mut raw.report),
        ("metrics", |raw| &mut raw.metrics),
    ];

    /// Every path besides those of the lists.
    pub(crate) const PATHS: [PathKey; 8] = [
        ("output", |raw| &mut raw.output),
        ("summary", |raw| &mut raw.summary),
        ("report", |raw| &mut raw.report),
        ("metrics", |raw| &mut raw.metrics),
        ("lock", |raw| &mut raw.lock),
        ("ledger", |raw| &mut raw.ledger),
        ("credentials_file", |raw| &mut raw.credentials_file),
        ("ca_file", |raw| &mut raw.ca_file),
    ];
    /// Those that may be URLs of objects.
    pub(crate) const MAY_BE_OBJECTS: [&'static str; 5] = ["output", "summary", "report", "metrics", "lock"];

    /// Every path that is set, with its key, except those of the lists.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let paths = [
            ("output", &self.output),
            ("summary", &self.summary),
            ("report", &self.report),
            ("metrics", &self.metrics),
            ("lock", &self.lock),
            ("ledger", &self.ledger),
            ("credentials_file", &self.credentials_file),
            ("ca_file", &self.ca_file),
        ];
        paths.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)))
    }

    /// The duration of a key, if it is set.
    pub(crate) fn duration(raw: Option<DurationValue>) -> Option<Duration> {
        raw.map(|DurationValue(duration)| duration)
    }
}

/// A column by which the output can be partitioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionBy {
    /// The column `country`: the country of the network.
    Country,
    /// The column `status`.
    Status,
}

/// One column or several, outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PartitionColumns(pub Vec<PartitionBy>);

impl<'de> Deserialize<'de> for PartitionColumns {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let TextList(texts) = TextList::deserialize(deserializer)?;
        let column = |text: String| PartitionBy::deserialize(text.into_deserializer());
        texts.into_iter().map(column).collect::<Result<_, D::Error>>().map(Self)
    }
}

impl PartitionBy {
    /// The name of its column, with this prefix.
    pub(crate) fn column(self, prefix: &str) -> String {
        let name = match self {
            Self::Country => "country",
            Self::Status => "status",
        };
        format!("{prefix}{name}")
    }
}

/// A result that is final unless a setting says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryOn {
    /// No response for the HLR request was received.
    HlrLocalCancel,
    /// A system failure occurred in the HLR.
    SystemFailure,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_override_the_file_and_the_rest_comes_from_the_file() {
        let flags = RawConfig { rate: Some(5.0), ..RawConfig::default() };
        let file = RawConfig { rate: Some(7.0), attempts: Some(2), ..RawConfig::default() };
        let both = flags.over(file);
        assert_eq!((both.rate, both.attempts, both.force), (Some(5.0), Some(2), None));
        assert!(both.says("rate") && both.says("attempts") && !both.says("force") && !both.says("speed"));
    }
}
