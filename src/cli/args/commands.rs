//! The commands, with their arguments and help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::answer_flags::AnswerFlags;
use super::display_flags::DisplayFlags;
use super::job_flags::JobFlags;
use super::ledger::LedgerArgs;
use super::lookup_flags::LookupFlags;
use super::simulate::SimulateArgs;
use crate::cli::log::LogFormat;
use crate::config::{RawConfig, TextList};

const EXAMPLES: &str = "\
Examples:
  Try it out at no cost, with the built-in simulator:
    hlr enrich contacts.csv -o enriched.parquet --endpoint simulator

  Estimate the cost; no requests are sent:
    hlr enrich contacts.csv --endpoint eu --rate 50 --price 0.004 --dry-run

  Real lookups, at most 50 per second:
    export HLR_USERNAME=… HLR_PASSWORD=…
    hlr enrich contacts.csv -o enriched.parquet --endpoint eu --rate 50

Exit codes:
    0  complete: every row has its final status
    1  unexpected error
    2  error in the command line, the pipeline file, the list or the output
    3  finished, but some rows have no answer: run again
    4  stopped on purpose (account refused, service down, cap reached): can be resumed
    5  another run is active: nothing was done
  130  interrupted: can be resumed";

/// Bulk HLR lookups: a contact list in, the same list with network, status and location out.
#[derive(Debug, Parser)]
#[command(name = "hlr", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    Enrich(EnrichArgs),
    Run(RunArgs),
    Check(CheckArgs),
    Lookup(LookupArgs),
    Ledger(LedgerArgs),
    Simulate(Box<SimulateArgs>),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Command {
    /// The format of log messages; commands without the flag have text.
    pub(in crate::cli) fn log_format(&self) -> LogFormat {
        match self {
            Self::Enrich(arguments) => arguments.display.log_format,
            Self::Run(arguments) => arguments.display.log_format,
            Self::Lookup(arguments) => arguments.display.log_format,
            _ => LogFormat::Human,
        }
    }
}

/// Print shell completions.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr completions bash > /etc/bash_completion.d/hlr
  hlr completions zsh > ~/.zfunc/_hlr
  hlr completions fish > ~/.config/fish/completions/hlr.fish")]
pub(in crate::cli) struct CompletionsArgs {
    /// Shell to complete for
    pub(in crate::cli) shell: Shell,
}

/// Write man pages: hlr.1, hlr-enrich.1 and so on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr man /usr/local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Existing folder for the pages; older pages are replaced
    pub(in crate::cli) folder: PathBuf,
}

/// Enrich a contact list.
#[derive(Debug, Args)]
#[command(override_usage = "hlr enrich [OPTIONS] --output <FILE> --endpoint <ENDPOINT> <INPUT>...")]
#[command(after_help = "\
Examples:
  hlr enrich contacts.csv -o enriched.parquet --endpoint simulator
  hlr enrich 'lists/*.csv.gz' -o all.parquet --endpoint eu --rate 100 --concurrency 50 --region SE
  zcat list.csv.gz | hlr enrich - -o enriched.ndjson --endpoint us --column mobile
  hlr enrich contacts.csv -o - --format csv --endpoint eu --rate 50 | gzip > enriched.csv.gz

The user name and the password come from HLR_USERNAME and HLR_PASSWORD, from --credentials-file,
or from systemd's $CREDENTIALS_DIRECTORY; never from the command line.")]
pub(in crate::cli) struct EnrichArgs {
    /// Lists: files, folders or quoted glob patterns (CSV, NDJSON, Parquet, workbooks), or - for CSV on standard input
    #[arg(required = true)]
    input: Vec<String>,
    #[command(flatten)]
    job: JobFlags,
    #[command(flatten)]
    lookup: LookupFlags,
    #[command(flatten)]
    answers: AnswerFlags,
    #[command(flatten)]
    pub(in crate::cli) display: DisplayFlags,
}

/// Enrich a contact list as a pipeline file says; flags override the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr run pipelines/quick-start.toml
  hlr run nightly.toml --input today.csv --output today.parquet

A key in the file has the name of its flag, with _ for -. Paths are relative to the working directory.")]
pub(in crate::cli) struct RunArgs {
    /// Pipeline file, in TOML
    pub(in crate::cli) pipeline: PathBuf,
    /// List to use instead of the file's; may be repeated
    #[arg(short, long, value_name = "FILE", help_heading = "List")]
    input: Vec<String>,
    #[command(flatten)]
    job: JobFlags,
    #[command(flatten)]
    lookup: LookupFlags,
    #[command(flatten)]
    answers: AnswerFlags,
    #[command(flatten)]
    pub(in crate::cli) display: DisplayFlags,
}

/// Validate pipeline files without running them.
///
/// Checks what `hlr run` checks before it opens the list, and reports every problem. The exit code
/// is 2 if there is one.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Pipeline files
    #[arg(required = true, value_name = "PIPELINE")]
    pub(in crate::cli) pipelines: Vec<PathBuf>,
}

/// Look up a few numbers and print the answers.
#[derive(Debug, Args)]
#[command(override_usage = "hlr lookup [OPTIONS] --endpoint <ENDPOINT> <MSISDN>...")]
#[command(after_help = "\
Examples:
  hlr lookup 46701740605 '+46 70-174 06 06' --endpoint simulator
  hlr lookup --json --endpoint eu - < numbers.txt")]
pub(in crate::cli) struct LookupArgs {
    /// Numbers, in any spelling that a list may have; - reads one per line from standard input
    #[arg(required = true, value_name = "MSISDN")]
    pub(in crate::cli) numbers: Vec<String>,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    lookup: LookupFlags,
    #[command(flatten)]
    answers: AnswerFlags,
    #[command(flatten)]
    pub(in crate::cli) display: DisplayFlags,
}

impl EnrichArgs {
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        let input = RawConfig { input: Some(TextList(self.input)), ..RawConfig::default() };
        self.lookup.raw_config().over(self.answers.raw_config()).over(self.job.raw_config()).over(input)
    }
}

impl RunArgs {
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        let input = (!self.input.is_empty()).then_some(TextList(self.input));
        let input = RawConfig { input, ..RawConfig::default() };
        self.lookup.raw_config().over(self.answers.raw_config()).over(self.job.raw_config()).over(input)
    }
}

impl LookupArgs {
    /// The flags, without the numbers to look up.
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        self.lookup.raw_config().over(self.answers.raw_config())
    }
}

#[cfg(test)]
mod tests;
