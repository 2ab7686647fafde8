//! The flags of a lookup: the service, limits, retries, and how numbers are read.

use std::path::PathBuf;

use clap::Args;

use super::key_help::{help, long_help};
use super::value_parsers::{number, one_of};
use crate::config::{DurationValue, RawConfig, RetryOn, TextList};
use crate::model::Product;

#[derive(Debug, Args)]
pub(in crate::cli) struct LookupFlags {
    #[arg(long, value_name = "ENDPOINT", help_heading = "Service", help = help("endpoint"), long_help = long_help("endpoint"))]
    endpoint: Vec<String>,
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]), help_heading = "Service", help = help("product"))]
    product: Option<Product>,
    #[arg(long, help_heading = "Service", help = help("nocache"))]
    nocache: bool,
    #[arg(long, value_name = "FILE", help_heading = "Service", help = help("credentials_file"))]
    credentials_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = "Service", help = help("ca_file"))]
    ca_file: Option<PathBuf>,
    #[arg(long, value_name = "URL", help_heading = "Service", help = help("proxy"))]
    proxy: Option<String>,

    #[arg(long, value_name = "N", value_parser = number, help_heading = "Limits and retries", help = help("rate"))]
    rate: Option<f64>,
    #[arg(long, value_name = "N", help_heading = "Limits and retries", help = help("concurrency"))]
    concurrency: Option<u32>,
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries", help = help("timeout"))]
    timeout: Option<DurationValue>,
    #[arg(long, value_name = "N", help_heading = "Limits and retries", help = help("attempts"))]
    attempts: Option<u16>,
    #[arg(
        long,
        value_name = "RESULT",
        value_delimiter = ',',
        value_parser = one_of::<RetryOn>(&["HLR_LOCAL_CANCEL", "SYSTEM_FAILURE"]),
        help_heading = "Limits and retries",
        help = help("retry_on")
    )]
    retry_on: Vec<RetryOn>,
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries", help = help("second_pass"))]
    second_pass: Option<DurationValue>,
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries", help = help("give_up_after"))]
    give_up_after: Option<DurationValue>,
    #[arg(long, help_heading = "Limits and retries", help = help("skip_useless"))]
    skip_useless: bool,
    #[arg(long, value_name = "N", help_heading = "Limits and retries", help = help("seed"))]
    seed: Option<u64>,

    #[arg(long, value_name = "COUNTRY", help_heading = "Numbers", help = help("region"))]
    region: Option<String>,
}

impl LookupFlags {
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        RawConfig {
            endpoint: (!self.endpoint.is_empty()).then_some(TextList(self.endpoint)),
            product: self.product,
            nocache: self.nocache.then_some(true),
            credentials_file: self.credentials_file,
            ca_file: self.ca_file,
            proxy: self.proxy,
            rate: self.rate,
            concurrency: self.concurrency,
            timeout: self.timeout,
            attempts: self.attempts,
            retry_on: (!self.retry_on.is_empty()).then_some(self.retry_on),
            second_pass: self.second_pass,
            give_up_after: self.give_up_after,
            skip_useless: self.skip_useless.then_some(true),
            seed: self.seed,
            region: self.region,
            ..RawConfig::default()
        }
    }
}
