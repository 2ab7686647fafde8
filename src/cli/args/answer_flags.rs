//! The flags of the ledger and of the cost.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::key_help::{help, long_help};
use super::value_parsers::number;
use crate::config::{DurationValue, MaxAgeValue, PriceValue, RawConfig};

#[derive(Debug, Args)]
pub(in crate::cli) struct AnswerFlags {
    #[arg(long, value_name = "FILE", help_heading = "Ledger and cost", help = help("ledger"))]
    ledger: Option<PathBuf>,
    #[arg(long, help_heading = "Ledger and cost", help = help("no_ledger"))]
    no_ledger: bool,
    #[arg(long, value_name = "AGE", help_heading = "Ledger and cost", help = help("max_age"), long_help = long_help("max_age"))]
    max_age: Option<MaxAgeValue>,
    #[arg(long, help_heading = "Ledger and cost", help = help("refresh"))]
    refresh: bool,
    #[arg(long, value_name = "DURATION", help_heading = "Ledger and cost", help = help("commit_interval"))]
    commit_interval: Option<DurationValue>,
    #[arg(long, value_name = "N", help_heading = "Ledger and cost", help = help("unsaved_answers"), long_help = long_help("unsaved_answers"))]
    unsaved_answers: Option<NonZeroUsize>,
    #[arg(long, value_name = "URL", help_heading = "Ledger and cost", help = help("answers"), long_help = long_help("answers"))]
    answers: Option<String>,
    #[arg(long, value_name = "DURATION", help_heading = "Ledger and cost", help = help("lease_ttl"))]
    lease_ttl: Option<DurationValue>,
    #[arg(long, value_name = "DURATION", help_heading = "Ledger and cost", help = help("wait"))]
    wait: Option<DurationValue>,
    #[arg(long, value_name = "AMOUNT", help_heading = "Ledger and cost", help = help("price"))]
    price: Option<PriceValue>,
    #[arg(
        long,
        value_name = "RESULT",
        value_delimiter = ',',
        help_heading = "Ledger and cost",
        help = help("accept_results"),
        long_help = long_help("accept_results")
    )]
    accept_results: Vec<String>,
    #[arg(long, value_name = "N", help_heading = "Ledger and cost", help = help("max_lookups"))]
    max_lookups: Option<u64>,
    #[arg(long, value_name = "AMOUNT", value_parser = number, help_heading = "Ledger and cost", help = help("max_cost"))]
    max_cost: Option<f64>,
}

impl AnswerFlags {
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        RawConfig {
            ledger: self.ledger,
            no_ledger: self.no_ledger.then_some(true),
            max_age: self.max_age,
            refresh: self.refresh.then_some(true),
            commit_interval: self.commit_interval,
            unsaved_answers: self.unsaved_answers,
            answers: self.answers,
            lease_ttl: self.lease_ttl,
            wait: self.wait,
            price: self.price,
            accept_results: (!self.accept_results.is_empty()).then_some(self.accept_results),
            max_lookups: self.max_lookups,
            max_cost: self.max_cost,
            ..RawConfig::default()
        }
    }
}
