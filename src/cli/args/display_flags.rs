//! The flags that say what is shown on standard error.

use clap::{Args, ValueEnum};

use crate::cli::log::LogFormat;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct DisplayFlags {
    /// How progress is shown, on standard error
    #[arg(long, value_enum, default_value_t, value_name = "STYLE", help_heading = "Display")]
    pub(in crate::cli) progress: ProgressStyle,
    /// How what is said on standard error is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Display")]
    pub(in crate::cli) log_format: LogFormat,
    /// Show warnings and errors only
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Display")]
    quiet: bool,
    /// Show how the list was understood, and every note
    #[arg(short, long, help_heading = "Display")]
    verbose: bool,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ProgressStyle {
    /// A bar on a terminal, else plain lines
    #[default]
    Auto,
    /// A bar
    Bar,
    /// A line every ten seconds
    Plain,
    /// A JSON object a line every second, and the summary as one, for programs
    Json,
    /// Nothing
    None,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl DisplayFlags {
    pub(in crate::cli) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}
