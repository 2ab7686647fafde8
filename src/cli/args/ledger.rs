//! The arguments of `hlr ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::value_parsers::one_of;
use crate::config::DurationValue;
use crate::model::Product;

/// What was paid for: figures, files out and in, numbers forgotten. Nobody is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr ledger stats
  hlr ledger export answers.parquet
  hlr ledger import enriched.parquet
  hlr ledger prune --older-than 90d
  hlr ledger forget +46701740605
  hlr ledger forget --file requests.csv --column phone --region SE

While a run uses the ledger, these commands wait for no one: they say so and end.")]
pub(in crate::cli) struct LedgerArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: LedgerCommand,
    /// The ledger's file [default: that of real lookups, in the platform's data folder]
    #[arg(long, value_name = "FILE", global = true)]
    pub(in crate::cli) ledger: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LedgerCommand {
    Stats(StatsArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Prune(PruneArgs),
    Forget(ForgetArgs),
}

/// Size, ages, and results by country and network. Reads everything, and finds damage.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatsArgs {
    /// Print everything as JSON in place of tables
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// How many countries and networks the tables show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(in crate::cli) top: usize,
}

/// Write every answer to a .parquet, .csv or .ndjson file.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// Take answers in from exports and from enriched files; the youngest answer for a number stays.
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The files: Parquet or CSV, quoted glob patterns
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) inputs: Vec<String>,
    /// What the names of their columns begin with [default: hlr_ where such columns are, else nothing]
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) prefix: Option<String>,
    /// Which product was asked, where no column says so [default: real-time]
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]))]
    pub(in crate::cli) product: Option<Product>,
    /// They were asked past the provider's cache, where no column says so
    #[arg(long)]
    pub(in crate::cli) nocache: bool,
    /// They are a simulator's, or of another server on this machine, and the ledger too
    #[arg(long)]
    pub(in crate::cli) simulated: bool,
}

/// Throw old answers away, and give their room back.
#[derive(Debug, Args)]
pub(in crate::cli) struct PruneArgs {
    /// The age from which answers go, such as 90d
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) older_than: DurationValue,
    /// Only say how many there are
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

/// Forget everything about some numbers, as people may ask.
#[derive(Debug, Args)]
pub(in crate::cli) struct ForgetArgs {
    /// The numbers, written in any way that a list may have
    #[arg(value_name = "MSISDN", required_unless_present = "file")]
    pub(in crate::cli) numbers: Vec<String>,
    /// A list of them, CSV or Parquet
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<String>,
    /// The column of the numbers in that list [default: found by its name]
    #[arg(short, long, value_name = "NAME", requires = "file")]
    pub(in crate::cli) column: Option<String>,
    /// Where national numbers are at home, as an ISO 3166 code such as SE
    #[arg(long, value_name = "COUNTRY")]
    pub(in crate::cli) region: Option<String>,
}
