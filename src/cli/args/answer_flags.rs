//! The flags of the ledger and of the cost.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::number;
use crate::config::{DurationValue, MaxAgeValue, PriceValue, RawConfig};

#[derive(Debug, Args)]
pub(in crate::cli) struct AnswerFlags {
    /// File that keeps the answers, so that none is paid for twice [default: in the data folder]
    #[arg(long, value_name = "FILE", help_heading = "Ledger and cost")]
    ledger: Option<PathBuf>,
    /// Keep no answers after the run; each number is still looked up only once
    #[arg(long, help_heading = "Ledger and cost")]
    no_ledger: bool,
    /// Maximum age of an answer from the ledger: 30d for all, or by status: dead=30d,absent=12h
    ///
    /// Default: reachable=1d,absent=12h,no_service=7d,dead=30d,assigned=30d,unknown=1d,not_checked=1d
    #[arg(long, value_name = "AGE", help_heading = "Ledger and cost")]
    max_age: Option<MaxAgeValue>,
    /// Look up every number again, whatever the ledger has; a stopped run can be resumed
    #[arg(long, help_heading = "Ledger and cost")]
    refresh: bool,
    /// How long answers are collected before each commit to the ledger [default: 20ms]
    #[arg(long, value_name = "DURATION", help_heading = "Ledger and cost")]
    commit_interval: Option<DurationValue>,
    /// Price of a lookup; a pipeline file can have prices by country and network
    #[arg(long, value_name = "AMOUNT", help_heading = "Ledger and cost")]
    price: Option<PriceValue>,
    /// Stop after this many lookups that are or may be billed; the run can be resumed
    #[arg(long, value_name = "N", help_heading = "Ledger and cost")]
    max_lookups: Option<u64>,
    /// Stop before the cost exceeds this amount; the run can be resumed
    #[arg(long, value_name = "AMOUNT", value_parser = number, help_heading = "Ledger and cost")]
    max_cost: Option<f64>,
}

impl AnswerFlags {
    pub(in crate::cli) fn written(self) -> RawConfig {
        RawConfig {
            ledger: self.ledger,
            no_ledger: self.no_ledger.then_some(true),
            max_age: self.max_age,
            refresh: self.refresh.then_some(true),
            commit_interval: self.commit_interval,
            price: self.price,
            max_lookups: self.max_lookups,
            max_cost: self.max_cost,
            ..RawConfig::default()
        }
    }
}
