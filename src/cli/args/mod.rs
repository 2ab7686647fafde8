//! The command-line arguments and their help.
//!
//! Flags become a [`RawConfig`], as pipeline files do. [`crate::config`] decides what they mean.

mod answer_flags;
mod display_flags;
mod job_flags;
mod ledger;
mod lookup_flags;
mod simulate;
mod value_parsers;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(super) use self::answer_flags::AnswerFlags;
pub(super) use self::display_flags::{DisplayFlags, ProgressStyle, Verbosity};
pub(super) use self::job_flags::JobFlags;
pub(super) use self::ledger::{
    ExportArgs, ForgetArgs, ImportArgs, LedgerArgs, LedgerCommand, PruneArgs, StatsArgs,
};
pub(super) use self::lookup_flags::LookupFlags;
pub(super) use self::simulate::SimulateArgs;
use super::log::LogFormat;
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
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    pub(super) fn log_format(&self) -> LogFormat {
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
pub(super) struct CompletionsArgs {
    /// Shell to complete for
    pub(super) shell: Shell,
}

/// Write man pages: hlr.1, hlr-enrich.1 and so on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr man /usr/local/share/man/man1")]
pub(super) struct ManArgs {
    /// Existing folder for the pages; older pages are replaced
    pub(super) folder: PathBuf,
}

/// Enrich a contact list.
#[derive(Debug, Args)]
#[command(override_usage = "hlr enrich [OPTIONS] --output <FILE> --endpoint <ENDPOINT> <INPUT>...")]
#[command(after_help = "\
Examples:
  hlr enrich contacts.csv -o enriched.parquet --endpoint simulator
  hlr enrich 'lists/*.csv.gz' -o all.parquet --endpoint eu --rate 100 --concurrency 50 --region SE
  zcat list.csv.gz | hlr enrich - -o enriched.ndjson --endpoint us --column mobile

The user name and the password come from HLR_USERNAME and HLR_PASSWORD, from --credentials-file,
or from systemd's $CREDENTIALS_DIRECTORY; never from the command line.")]
pub(super) struct EnrichArgs {
    /// Lists: CSV (also .gz, .zst) or Parquet files, quoted glob patterns, or - for CSV on standard input
    #[arg(required = true)]
    input: Vec<String>,
    #[command(flatten)]
    job: JobFlags,
    #[command(flatten)]
    lookup: LookupFlags,
    #[command(flatten)]
    answers: AnswerFlags,
    #[command(flatten)]
    pub(super) display: DisplayFlags,
}

/// Enrich a contact list as a pipeline file says; flags override the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hlr run pipelines/quick-start.toml
  hlr run nightly.toml --input today.csv --output today.parquet

A key in the file has the name of its flag, with _ for -. Paths are relative to the working directory.")]
pub(super) struct RunArgs {
    /// Pipeline file, in TOML
    pub(super) pipeline: PathBuf,
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
    pub(super) display: DisplayFlags,
}

/// Validate pipeline files without running them.
///
/// Checks what `hlr run` checks before it opens the list, and reports every problem. The exit code is 2
/// if there is one.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Pipeline files
    #[arg(required = true, value_name = "PIPELINE")]
    pub(super) pipelines: Vec<PathBuf>,
}

/// Look up a few numbers and print the answers.
#[derive(Debug, Args)]
#[command(override_usage = "hlr lookup [OPTIONS] --endpoint <ENDPOINT> <MSISDN>...")]
#[command(after_help = "\
Examples:
  hlr lookup 46701740605 '+46 70-174 06 06' --endpoint simulator
  hlr lookup --json --endpoint eu - < numbers.txt")]
pub(super) struct LookupArgs {
    /// Numbers, in any spelling that a list may have; - reads one per line from standard input
    #[arg(required = true, value_name = "MSISDN")]
    pub(super) numbers: Vec<String>,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    lookup: LookupFlags,
    #[command(flatten)]
    answers: AnswerFlags,
    #[command(flatten)]
    pub(super) display: DisplayFlags,
}

impl EnrichArgs {
    pub(super) fn written(self) -> RawConfig {
        let input = RawConfig { input: Some(TextList(self.input)), ..RawConfig::default() };
        self.lookup.written().over(self.answers.written()).over(self.job.written()).over(input)
    }
}

impl RunArgs {
    pub(super) fn written(self) -> RawConfig {
        let input = (!self.input.is_empty()).then_some(TextList(self.input));
        let input = RawConfig { input, ..RawConfig::default() };
        self.lookup.written().over(self.answers.written()).over(self.job.written()).over(input)
    }
}

impl LookupArgs {
    /// The flags, without the numbers to look up.
    pub(super) fn written(self) -> RawConfig {
        self.lookup.written().over(self.answers.written())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Exit;

    #[test]
    fn the_definitions_are_valid() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_exit_code() {
        let listed: Vec<u8> =
            EXAMPLES.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        assert_eq!(listed, Exit::ALL.map(Exit::code));
    }

    fn enrich(arguments: &str) -> RawConfig {
        let argv = ["hlr", "enrich"].into_iter().chain(arguments.split_whitespace());
        match Arguments::try_parse_from(argv).unwrap().command {
            Command::Enrich(arguments) => arguments.written(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_flag_that_is_not_given_sets_no_key() {
        let written = enrich("list.csv");
        let set: Vec<_> = RawConfig::KEYS.iter().filter(|key| written.says(key)).collect();
        assert_eq!(set, [&"input"]);
    }

    #[test]
    fn every_flag_sets_the_key_of_its_name() {
        let written = enrich(
            "a.csv b.csv -o out.parquet -c phone --region SE --endpoint eu --endpoint us --product portability \
             --rate 500 --concurrency 200 --timeout 5s --attempts 3 --retry-on HLR_LOCAL_CANCEL,SYSTEM_FAILURE \
             --nocache --order completion --prefix x_ --delimiter tab --no-header --force --summary run.json --report run.html --filter a=b --keep-columns a,b --drop-columns c --partition-by country,status \
             --lock l --metrics m.prom --metrics-listen 127.0.0.1:0 \
             --window-rows 1000 --give-up-after 10m --credentials-file c --ca-file ca.pem --proxy http://p:1 \
             --seed 7 --skip-useless --second-pass 5m --ledger l.redb --no-ledger --max-age dead=30d,absent=12h --refresh --commit-interval 50ms \
             --price 0.004 --max-lookups 9 --max-cost 1.5 --dry-run --only unresolved --cost-column",
        );
        for key in RawConfig::KEYS {
            let file_only = [
                "rate_schedule",
                "ledger_memory_mib",
                "free_results",
                "window_mib",
                "row_group_mib",
                "compression_level",
                "retry_budget",
                "first_backoff",
                "longest_backoff",
                "connect_timeout",
                "username_env",
                "password_env",
                "simulator",
            ];
            assert_eq!(written.says(key), !file_only.contains(key), "{key}");
        }
        assert!(written.endpoint.is_some_and(|endpoint| endpoint.0 == ["eu", "us"]));
        assert_eq!(written.header, Some(false));
        assert_eq!(written.retry_on.map(|list| list.len()), Some(2));
    }
}
