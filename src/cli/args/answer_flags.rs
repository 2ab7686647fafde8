//! The flags that say what is remembered, and what may be spent.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::number;
use crate::config::{DurationValue, MaxAgeValue, PriceValue, RawConfig};

#[derive(Debug, Args)]
pub(in crate::cli) struct KeepingFlags {
    /// The file in which answers are kept, so that none is paid for twice [default: in the platform's data folder]
    #[arg(long, value_name = "FILE", help_heading = "Ledger and money")]
    ledger: Option<PathBuf>,
    /// Forget all answers at the end; each number is still asked once
    #[arg(long, help_heading = "Ledger and money")]
    no_ledger: bool,
    /// How old an answer of the ledger may be: 30d for all, or by status such as dead=30d,absent=12h
    /// [default: reachable=1d,absent=12h,no_service=7d,dead=30d,assigned=30d,unknown=1d,not_checked=1d]
    #[arg(long, value_name = "AGE", help_heading = "Ledger and money")]
    max_age: Option<MaxAgeValue>,
    /// Ask about everything anew, whatever the ledger has; stopped, it goes on where it was
    #[arg(long, help_heading = "Ledger and money")]
    refresh: bool,
    /// How long answers are gathered before they are committed to the ledger [default: 20ms]
    #[arg(long, value_name = "DURATION", help_heading = "Ledger and money")]
    commit_interval: Option<DurationValue>,
    /// What a lookup costs, in the contract's currency; by country and network in a pipeline file
    #[arg(long, value_name = "AMOUNT", help_heading = "Ledger and money")]
    price: Option<PriceValue>,
    /// Stop, to be taken up again, after so many lookups that are billed or may be
    #[arg(long, value_name = "N", help_heading = "Ledger and money")]
    max_lookups: Option<u64>,
    /// Stop, to be taken up again, before the lookups cost more than this
    #[arg(long, value_name = "AMOUNT", value_parser = number, help_heading = "Ledger and money")]
    max_cost: Option<f64>,
}

impl KeepingFlags {
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
