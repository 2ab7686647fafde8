//! A job from its configuration to its files.

mod loading;
mod rows;
mod running;

use crate::config::{Environment, RawConfig, TextList};

pub(super) fn no_environment() -> Environment {
    Environment::of([])
}

pub(super) fn with_credentials() -> Environment {
    Environment::of([("HLR_USERNAME", "ada"), ("HLR_PASSWORD", "hunter2")])
}

/// Flags that are complete: a list, an output, the simulator.
pub(super) fn flags() -> RawConfig {
    RawConfig {
        input: Some(TextList(vec!["contacts.csv".into()])),
        output: Some("enriched.parquet".into()),
        endpoint: Some(TextList(vec!["simulator".into()])),
        ..RawConfig::default()
    }
}

pub(super) fn asking(endpoint: &str) -> RawConfig {
    RawConfig { endpoint: Some(TextList(vec![endpoint.into()])), ..flags() }
}
