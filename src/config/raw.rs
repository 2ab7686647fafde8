//! What was written, in a pipeline file or on the command line, before anybody asked what it means.
//!
//! Every key is optional here, and a key's name is its flag's name with `_` for `-`. Defaults, ranges and
//! what keys mean together are the business of [`super::resolver`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use super::values::{DurationValue, MaxAgeValue, PriceValue, TextList};
use crate::enrich::{Only, Order};
use crate::model::Product;
#[cfg(feature = "simulator")]
use crate::simulator::SimulatorSettings;

/// Without the simulator its key is read and refused.
#[cfg(not(feature = "simulator"))]
type SimulatorSettings = toml::Table;

/// A key of a pipeline file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name; the flag of the same meaning has `-` for `_`.
    pub name: &'static str,
    /// What it sets.
    pub doc: &'static str,
    /// Where it can be written.
    pub source: KeySource,
}

/// Where a key can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a pipeline file, and as a flag.
    Flag,
    /// In a pipeline file only.
    File,
}

/// Declares the keys once; the struct, the merge and the table of keys follow from it.
macro_rules! keys {
    ($($(#[doc = $doc:literal])* $key:ident: $kind:ty => $source:ident,)*) => {
        /// What was written: in a pipeline file, or as flags. It has no `Debug`, because a URL that somebody
        /// wrote may carry a password.
        #[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct RawConfig {
            $($(#[doc = $doc])* pub $key: Option<$kind>,)*
        }

        impl RawConfig {
            /// Every key that a pipeline file may have.
            pub const KEYS: &[Key] = &[$(Key {
                name: stringify!($key),
                doc: concat!($($doc),*),
                source: KeySource::$source,
            }),*];

            /// These values, and for what they leave out the others.
            #[must_use]
            pub fn over(self, under: Self) -> Self {
                Self { $($key: self.$key.or(under.$key),)* }
            }

            /// Whether the key is written here.
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
    /// The lists: files, glob patterns, or `-` for standard input. Relative to the working directory.
    input: TextList => Flag,
    /// The file to write, `.parquet`, `.csv` or `.ndjson`. Relative to the working directory.
    output: PathBuf => Flag,
    /// Conditions on the list's columns that rows must fulfil to be worked on: `country=SE|NO`, `consent!=no`.
    filter: TextList => Flag,
    /// Which of the list's own columns are written; all without it.
    keep_columns: TextList => Flag,
    /// Which columns are not written.
    drop_columns: TextList => Flag,
    /// What the output is parted by; it is a folder of Parquet files then.
    partition_by: PartitionColumns => Flag,
    /// The file that is locked while the run goes on, so that no other run of the pipeline is at work.
    lock: PathBuf => Flag,
    /// The column of the numbers; without it, it is found by its name.
    column: String => Flag,
    /// Where national numbers are at home, as ISO 3166 alpha-2.
    region: String => Flag,
    /// Who is asked: `eu`, `us`, `simulator` or a URL; the first is the primary, the rest are backups.
    endpoint: TextList => Flag,
    /// Which product the account has; decides what `OK` proves.
    product: Product => Flag,
    /// Requests a second at the most.
    rate: f64 => Flag,
    /// Other rates for some times of the day, local time: `"22:00-06:00" = 2000`.
    rate_schedule: BTreeMap<String, f64> => File,
    /// Requests in flight at the most.
    concurrency: u32 => Flag,
    /// How long one request may take.
    timeout: DurationValue => Flag,
    /// Requests for one number at the most, the first included.
    attempts: u16 => Flag,
    /// Results that are asked again besides TIMEOUT and HLR_ABORT.
    retry_on: Vec<RetryOn> => Flag,
    /// Whether the provider is asked to bypass its cache.
    nocache: bool => Flag,
    /// The file in which answers are kept, for this run and later ones.
    ledger: PathBuf => Flag,
    /// Whether answers are forgotten at the end of the run.
    no_ledger: bool => Flag,
    /// How old an answer of the ledger may be: one duration, or one by status.
    max_age: MaxAgeValue => Flag,
    /// Whether everything is asked anew, whatever the ledger has.
    refresh: bool => Flag,
    /// How long answers are gathered before they are committed to the ledger.
    commit_interval: DurationValue => Flag,
    /// How many MiB of the ledger may be held in memory.
    ledger_memory_mib: u32 => File,
    /// What a lookup costs, in the contract's currency: one price, or one by country and network.
    price: PriceValue => Flag,
    /// The results that the contract does not bill: all of them, in place of the default.
    free_results: Vec<String> => File,
    /// Billed lookups after which the run stops.
    max_lookups: u64 => Flag,
    /// What the lookups may cost at the most.
    max_cost: f64 => Flag,
    /// Whether the list is only surveyed: what would be asked, at what price, in what time.
    dry_run: bool => Flag,
    /// Which rows are asked about; the others keep what an earlier run wrote.
    only: Only => Flag,
    /// Whether a column says what each row cost.
    cost_column: bool => Flag,
    /// What the names of the added columns begin with.
    prefix: String => Flag,
    /// In which order rows are written.
    order: Order => Flag,
    /// What stands between the cells of a CSV list: one character, or `tab`.
    delimiter: String => Flag,
    /// Whether CSV lists begin with the names of their columns.
    header: bool => Flag,
    /// Whether an output that is there already is replaced.
    force: bool => Flag,
    /// Where the figures of the run are written as JSON.
    summary: PathBuf => Flag,
    /// How many rows are held between reading and writing.
    window_rows: u32 => Flag,
    /// How many MiB of the list are held between reading and writing.
    window_mib: u32 => File,
    /// How many MiB a Parquet row group may take before it is written.
    row_group_mib: u32 => File,
    /// The Zstandard level of Parquet, 1 to 22.
    compression_level: i32 => File,
    /// How long the run waits for a service from which nothing useful comes.
    give_up_after: DurationValue => Flag,
    /// Whether ranges of numbers are no longer asked about that answer nothing useful.
    skip_useless: bool => Flag,
    /// Retries of the whole run for each number asked, on average.
    retry_budget: f64 => File,
    /// How long a number rests whose attempts are spent, before it gets as many again.
    second_pass: DurationValue => Flag,
    /// The longest wait before a second attempt; it doubles with each further one.
    first_backoff: DurationValue => File,
    /// The longest wait before any attempt.
    longest_backoff: DurationValue => File,
    /// How long a connection may take to come about.
    connect_timeout: DurationValue => File,
    /// A file with the user name and the password.
    credentials_file: PathBuf => Flag,
    /// The environment variable that holds the user name.
    username_env: String => File,
    /// The environment variable that holds the password.
    password_env: String => File,
    /// PEM certificates to trust instead of the system's.
    ca_file: PathBuf => Flag,
    /// The HTTP proxy to go through.
    proxy: String => Flag,
    /// Where the counts are written as Prometheus' text, again and again.
    metrics: PathBuf => Flag,
    /// The address at which the same text is served while the run goes on.
    metrics_listen: String => Flag,
    /// Where the run is told on a page, as HTML.
    report: PathBuf => Flag,
    /// Seeds all randomness, the simulator's answers included.
    seed: u64 => Flag,
    /// What the built-in simulator does, where `endpoint` is `simulator`.
    simulator: SimulatorSettings => File,
}

/// A key with the field of its path.
pub(crate) type PathKey = (&'static str, fn(&mut RawConfig) -> &mut Option<PathBuf>);

impl RawConfig {
    /// The names that may have the moment of the run in them, besides the lists'.
    pub(crate) const DATED: [PathKey; 4] = [
        ("output", |written| &mut written.output),
        ("summary", |written| &mut written.summary),
        ("report", |written| &mut written.report),
        ("metrics", |written| &mut written.metrics),
    ];

    /// Every path that is written, with its key, but for the lists'.
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

    /// The duration under a key, once it is known to be written.
    pub(crate) fn duration(written: Option<DurationValue>) -> Option<Duration> {
        written.map(|DurationValue(duration)| duration)
    }
}

/// What the output may be parted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionBy {
    /// The column `country`: of the network that the service named.
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
    fn what_is_above_wins_and_what_it_leaves_out_comes_from_below() {
        let flags = RawConfig { rate: Some(5.0), ..RawConfig::default() };
        let file = RawConfig { rate: Some(7.0), attempts: Some(2), ..RawConfig::default() };
        let both = flags.over(file);
        assert_eq!((both.rate, both.attempts, both.force), (Some(5.0), Some(2), None));
        assert!(both.says("rate") && both.says("attempts") && !both.says("force") && !both.says("speed"));
    }
}
