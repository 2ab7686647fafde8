//! The flags of a lookup: the service, limits, retries, and how numbers are read.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::{number, one_of};
use crate::config::{DurationValue, RawConfig, RetryOn, TextList};
use crate::model::Product;

#[derive(Debug, Args)]
pub(in crate::cli) struct LookupFlags {
    /// Endpoint to use: eu, us, simulator or a URL [required here or in the pipeline file]
    ///
    /// A URL is scheme, host and port, for example https://lookup.example.com:3701. Repeat the flag
    /// for backups; the first endpoint is the primary.
    #[arg(long, value_name = "ENDPOINT", help_heading = "Service")]
    endpoint: Vec<String>,
    /// Product of the account; decides what the result OK means [default: real-time]
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]), help_heading = "Service")]
    product: Option<Product>,
    /// Ask the provider to bypass its own cache
    #[arg(long, help_heading = "Service")]
    nocache: bool,
    /// File with two lines, username=… and password=…
    #[arg(long, value_name = "FILE", help_heading = "Service")]
    credentials_file: Option<PathBuf>,
    /// PEM certificates to trust instead of the system's, for HTTPS
    #[arg(long, value_name = "FILE", help_heading = "Service")]
    ca_file: Option<PathBuf>,
    /// HTTP proxy; the proxy variables of the environment are ignored
    #[arg(long, value_name = "URL", help_heading = "Service")]
    proxy: Option<String>,

    /// Maximum requests per second, retries included [default: 10; unlimited on loopback]
    #[arg(long, value_name = "N", value_parser = number, help_heading = "Limits and retries")]
    rate: Option<f64>,
    /// Maximum requests in flight [default: 10; 256 on loopback]
    #[arg(long, value_name = "N", help_heading = "Limits and retries")]
    concurrency: Option<u32>,
    /// Time limit of a request, for example 10s or 500ms [default: 10s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries")]
    timeout: Option<DurationValue>,
    /// Maximum requests per number, the first included [default: 4]
    #[arg(long, value_name = "N", help_heading = "Limits and retries")]
    attempts: Option<u16>,
    /// Results to retry, besides TIMEOUT and HLR_ABORT
    #[arg(
        long,
        value_name = "RESULT",
        value_delimiter = ',',
        value_parser = one_of::<RetryOn>(&["HLR_LOCAL_CANCEL", "SYSTEM_FAILURE"]),
        help_heading = "Limits and retries"
    )]
    retry_on: Vec<RetryOn>,
    /// Retry numbers without an answer, with as many attempts, after this pause, for example 5m
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries")]
    second_pass: Option<DurationValue>,
    /// Stop if the service is down for this long [default: 10m; 15s for lookup]
    #[arg(long, value_name = "DURATION", help_heading = "Limits and retries")]
    give_up_after: Option<DurationValue>,
    /// Skip number ranges that stop returning useful answers; keep sampling 1 %
    #[arg(long, help_heading = "Limits and retries")]
    skip_useless: bool,
    /// Seed of all randomness, to replay a run; the simulator's answers depend on it too
    #[arg(long, value_name = "N", help_heading = "Limits and retries")]
    seed: Option<u64>,

    /// Default country for national numbers, as an ISO 3166 code such as SE
    #[arg(long, value_name = "COUNTRY", help_heading = "Numbers")]
    region: Option<String>,
}

impl LookupFlags {
    pub(in crate::cli) fn written(self) -> RawConfig {
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
