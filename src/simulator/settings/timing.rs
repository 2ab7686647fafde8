//! How long a lookup takes, and when the service is down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration_text;

/// How long a lookup takes: a log-normal distribution, as is typical for lookups through a
/// signalling network. No lookup takes longer than four times the 99th percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Half of the lookups are faster. Zero, the default, answers at once.
    #[serde(with = "duration_text")]
    pub median: Duration,
    /// One lookup in a hundred is slower. If it is not above the median, each takes exactly the
    /// median.
    #[serde(with = "duration_text")]
    pub p99: Duration,
}

/// Numbers whose lookups take longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlowNetwork {
    /// The numbers of this network, as MCC and MNC: `24008`. Either this or `prefix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The numbers that begin with these digits: `4670`. Either this or `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How long they take.
    pub latency: Latency,
}

/// A time during which the whole service is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// When it begins, counted from the start of the simulator.
    #[serde(with = "duration_text")]
    pub from: Duration,
    /// When it ends, counted from the start of the simulator.
    #[serde(with = "duration_text")]
    pub to: Duration,
    /// What clients see.
    pub kind: OutageKind,
}

/// What a client sees of an outage. No lookup is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageKind {
    /// As if the process had died: open connections end, new ones are refused.
    Refuse,
    /// Connections are accepted and reset, open ones at their next request.
    Reset,
    /// Every lookup gets 503.
    Unavailable,
    /// Lookups are read and never answered.
    Stall,
    /// Every lookup gets an HTML page with status 200.
    Nonsense,
}
