//! The command-line arguments and their help.
//!
//! Flags become a [`RawConfig`], as pipeline files do. [`crate::config`] decides what they mean.

mod answer_flags;
mod commands;
mod display_flags;
mod job_flags;
mod key_help;
mod ledger;
mod lookup_flags;
mod simulate;
mod value_parsers;

pub(super) use self::commands::{Arguments, Command, EnrichArgs, LookupArgs, RunArgs};
pub(super) use self::display_flags::{DisplayFlags, ProgressStyle, Verbosity};
pub(super) use self::ledger::{
    ExportArgs, ForgetArgs, ImportArgs, LedgerArgs, LedgerCommand, PruneArgs, StatsArgs,
};
pub(super) use self::simulate::SimulateArgs;
