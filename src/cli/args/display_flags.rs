//! The flags of what is shown on standard error.

use clap::{Args, ValueEnum};

use crate::cli::log::LogFormat;

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct DisplayFlags {
    /// Progress display on standard error
    #[arg(long, value_enum, default_value_t, value_name = "STYLE", help_heading = "Display")]
    pub(in crate::cli) progress: ProgressStyle,
    /// Format of log messages on standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Display")]
    pub(in crate::cli) log_format: LogFormat,
    /// Show only warnings and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Display")]
    quiet: bool,
    /// Show how the list was read, and every note
    #[arg(short, long, help_heading = "Display")]
    verbose: bool,
}

/// The progress display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ProgressStyle {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A bar
    Bar,
    /// One line every ten seconds
    Plain,
    /// One JSON object per second, and the summary as the last one
    Json,
    /// No progress
    None,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl ProgressStyle {
    /// The same, with lines instead of a bar.
    pub(in crate::cli) fn without_bar(self) -> Self {
        match self {
            Self::Auto | Self::Bar => Self::Plain,
            Self::Plain | Self::Json | Self::None => self,
        }
    }
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
