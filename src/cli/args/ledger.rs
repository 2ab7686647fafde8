//! The arguments of `hlr ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::value_parsers::one_of;
use crate::config::DurationValue;
use crate::model::Product;
use crate::output::OutputFormat;

/// Inspect and maintain the ledger of paid answers; sends no requests.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr ledger stats
  hlr ledger export answers.parquet
  hlr ledger import enriched.parquet
  hlr ledger prune --older-than 90d
  hlr ledger forget +46701740605
  hlr ledger forget --file requests.csv --column phone --region SE
  hlr ledger compact s3://bucket/hlr/answers
  hlr ledger stats --answers s3://bucket/hlr/answers

These commands do not wait for a run that uses the ledger: they end with exit code 5.")]
pub(in crate::cli) struct LedgerArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: LedgerCommand,
    /// Ledger file [default: the ledger of real lookups, in the data folder]
    #[arg(long, value_name = "FILE", global = true)]
    pub(in crate::cli) ledger: Option<PathBuf>,
    /// Shared answers instead of a ledger: the URL or folder of a run's --answers
    #[arg(long, value_name = "URL", global = true, conflicts_with = "ledger")]
    pub(in crate::cli) answers: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LedgerCommand {
    Stats(StatsArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Prune(PruneArgs),
    Forget(ForgetArgs),
    Compact(CompactArgs),
}

/// Show size, ages, and results by country and network; finds damage.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatsArgs {
    /// Print everything as JSON instead of tables
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Maximum number of countries and networks to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(in crate::cli) top: usize,
}

/// Write every answer to a .parquet, .csv or .ndjson file, or to a stream.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// File to write, FIFO, or - for standard output
    #[arg(value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// Format: csv, ndjson or parquet [default: by the ending of the file's name]
    #[arg(long, value_parser = one_of::<OutputFormat>(&["csv", "ndjson", "parquet"]), value_name = "FORMAT")]
    pub(in crate::cli) format: Option<OutputFormat>,
    /// Replace the file if it exists
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// Import answers from exports and enriched files; the newest answer to a number is kept.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// Parquet or CSV files, or quoted glob patterns
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) inputs: Vec<String>,
    /// Prefix of their columns [default: hlr_ if there are such columns, otherwise none]
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) prefix: Option<String>,
    /// Product of the lookups, where no column says so [default: real-time]
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]))]
    pub(in crate::cli) product: Option<Product>,
    /// The lookups bypassed the provider's cache, where no column says so
    #[arg(long)]
    pub(in crate::cli) nocache: bool,
    /// The answers are from a server on this machine, such as the simulator, and so is the ledger
    #[arg(long)]
    pub(in crate::cli) simulated: bool,
}

/// Sort shared answers into large files, so that runs start faster; may run beside them.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompactArgs {
    /// The URL or folder of a run's --answers
    #[arg(value_name = "URL", required_unless_present = "answers")]
    pub(in crate::cli) url: Option<String>,
}

/// Remove old answers and free their space.
#[derive(Debug, Args)]
pub(in crate::cli) struct PruneArgs {
    /// Minimum age of the answers to remove, for example 90d
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) older_than: DurationValue,
    /// Only count them
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

/// Remove all answers to some numbers, for example at a person's request.
#[derive(Debug, Args)]
pub(in crate::cli) struct ForgetArgs {
    /// Numbers, in any spelling that a list may have
    #[arg(value_name = "MSISDN", required_unless_present = "file")]
    pub(in crate::cli) numbers: Vec<String>,
    /// List of numbers, in any format that a run reads
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<String>,
    /// Column with the numbers in that list [default: found by its name]
    #[arg(short, long, value_name = "NAME", requires = "file")]
    pub(in crate::cli) column: Option<String>,
    /// Default country for national numbers, as an ISO 3166 code such as SE
    #[arg(long, value_name = "COUNTRY")]
    pub(in crate::cli) region: Option<String>,
}
