//! The flags that say how numbers are asked about; files have no part in them.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::{number, one_of};
use crate::config::{DurationValue, RawConfig, RetryOn, TextList};
use crate::model::Product;

#[derive(Debug, Args)]
pub(in crate::cli) struct AskingFlags {
    /// Who is asked: eu, us, simulator, or a URL such as https://lookup.example.com:3701; repeat it for
    /// backups, the first is the primary [required here or in the pipeline file]
    #[arg(long, value_name = "ENDPOINT", help_heading = "Service")]
    endpoint: Vec<String>,
    /// Which product the account has; decides what OK proves [default: real-time]
    #[arg(long, value_parser = one_of::<Product>(&["real-time", "portability"]), help_heading = "Service")]
    product: Option<Product>,
    /// Ask the provider to bypass its own cache
    #[arg(long, help_heading = "Service")]
    nocache: bool,
    /// A file with the lines username=… and password=…
    #[arg(long, value_name = "FILE", help_heading = "Service")]
    credentials_file: Option<PathBuf>,
    /// PEM certificates to trust in place of the system's, for https
    #[arg(long, value_name = "FILE", help_heading = "Service")]
    ca_file: Option<PathBuf>,
    /// The HTTP proxy to go through; those of the environment are ignored
    #[arg(long, value_name = "URL", help_heading = "Service")]
    proxy: Option<String>,

    /// Requests a second at most, retries included [default: 10; unlimited on this machine]
    #[arg(long, value_name = "N", value_parser = number, help_heading = "Pace and patience")]
    rate: Option<f64>,
    /// Requests in flight at most [default: 10; 256 on this machine]
    #[arg(long, value_name = "N", help_heading = "Pace and patience")]
    concurrency: Option<u32>,
    /// How long one request may take, such as 10s or 500ms [default: 10s]
    #[arg(long, value_name = "DURATION", help_heading = "Pace and patience")]
    timeout: Option<DurationValue>,
    /// Requests for one number at most, the first included [default: 4]
    #[arg(long, value_name = "N", help_heading = "Pace and patience")]
    attempts: Option<u16>,
    /// Results that are asked again besides TIMEOUT and HLR_ABORT
    #[arg(
        long,
        value_name = "RESULT",
        value_delimiter = ',',
        value_parser = one_of::<RetryOn>(&["HLR_LOCAL_CANCEL", "SYSTEM_FAILURE"]),
        help_heading = "Pace and patience"
    )]
    retry_on: Vec<RetryOn>,
    /// Let numbers whose attempts are spent rest for so long, such as 5m, and give them as many again
    #[arg(long, value_name = "DURATION", help_heading = "Pace and patience")]
    second_pass: Option<DurationValue>,
    /// How long to wait for a service from which nothing useful comes [default: 10m; 15s for lookup]
    #[arg(long, value_name = "DURATION", help_heading = "Pace and patience")]
    give_up_after: Option<DurationValue>,
    /// Ask no further about a range of numbers of which hundreds in a row got no useful answer; one in a hundred
    /// still is, in case it gets well
    #[arg(long, help_heading = "Pace and patience")]
    skip_useless: bool,
    /// Seed of all randomness, the simulator's answers included; to replay a run
    #[arg(long, value_name = "N", help_heading = "Pace and patience")]
    seed: Option<u64>,

    /// Where national numbers are at home, as an ISO 3166 code such as SE
    #[arg(long, value_name = "COUNTRY", help_heading = "Numbers")]
    region: Option<String>,
}

impl AskingFlags {
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
