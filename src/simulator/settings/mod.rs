//! Everything that can be set in the simulator, as plain data.
//!
//! Shares are parts of one: `0.02` is two in a hundred. Durations are text such as `150ms` in
//! files. The default is a realistic service that behaves well and answers at once.
//! [`SimulatorSettings::problems`] finds everything that is wrong with settings before anything
//! starts.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Product;

mod access;
mod duration_text;
mod problems;
mod timing;
mod trouble;

pub use access::{Authentication, ConnectionLimits, PerNumberAccount, RequestLimits, RetryAfter, Scheme};
pub use timing::{Latency, Outage, OutageKind, SlowNetwork};
pub use trouble::{Fault, FaultShares, ShapeShares, Transient};

/// How the simulator behaves. [`Default`] behaves well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatorSettings {
    /// Where to listen: a loopback address and a port. Port 0, the default, takes any free one.
    pub listen: SocketAddr,
    /// Plain HTTP or HTTPS.
    pub scheme: Scheme,
    /// Whose requests are accepted; by default user `user` with password `password`.
    pub authentication: Authentication,
    /// The seed of everything random.
    pub seed: u64,
    /// Which of the two products the account has.
    pub product: Product,
    /// The share of numbers with each final result, by the service's text. The text may be one that
    /// the interface document does not list. The rest is `OK`.
    pub results: BTreeMap<String, f64>,
    /// Where the subscribers with `OK` are.
    pub subscribers: SubscriberShares,
    /// Prefixes of accepted numbers; others get `MSISDN range is not accepted`. Empty: all are
    /// accepted.
    pub accepted_prefixes: Vec<String>,
    /// How the three results that are sentences are sent.
    pub sentences: SentenceFormat,
    /// How long a lookup takes.
    pub latency: Latency,
    /// Where a lookup takes longer. The first entry that matches a number counts.
    pub slow_networks: Vec<SlowNetwork>,
    /// Numbers that answer `TIMEOUT` or the like at first.
    pub transient: Transient,
    /// The share of attempts that meets each fault.
    pub faults: FaultShares,
    /// How many of a number's first attempts may be faulty or transient; every later one gets the
    /// final answer. Two, the default, lets a client with three attempts through.
    pub faulty_attempts: u16,
    /// How long a stalled request takes before it is answered; none: until the client gives up.
    #[serde(with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub stall_for: Option<Duration>,
    /// The share of answers in each unusual but valid shape.
    pub shapes: ShapeShares,
    /// The limits of the account.
    pub limits: RequestLimits,
    /// What a lookup gets without credit: `402`, or a result.
    pub without_credit: String,
    /// Numbers that begin like this get 403.
    pub forbidden_prefixes: Vec<String>,
    /// When the service is down, counted from its start.
    pub outages: Vec<Outage>,
    /// How long a connection lives.
    pub connections: ConnectionLimits,
    /// Whether an account of every number is kept.
    pub per_number_account: PerNumberAccount,
}

/// Where subscribers are and what the service says about it, as shares of the numbers with `OK`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriberShares {
    /// In another country than the number's.
    pub roaming: f64,
    /// Sent with all fifteen digits of the IMSI in place of MCC and MNC.
    pub full_imsi: f64,
    /// Sent without a location. Only Number Portability leaves it out; Real-Time never does.
    pub no_location: f64,
}

/// How `Mandatory parameter msisdn not found`, `MSISDN range is not accepted` and `msisdn is
/// invalid` are sent. The interface document does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentenceFormat {
    /// The sentence alone, with status 200.
    #[default]
    Bare,
    /// `result=` and the sentence, with status 200.
    Field,
    /// The sentence alone, with status 400.
    BadRequest,
}

impl Default for SubscriberShares {
    fn default() -> Self {
        Self { roaming: 0.05, full_imsi: 0.0, no_location: 0.5 }
    }
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        let results = [
            ("UNKNOWN_SUBSCRIBER", 0.09),
            ("ABSENT_SUBSCRIBER_SM", 0.08),
            ("CALL_BARRED", 0.015),
            ("TELE_SERVICE_NOT_PROVISIONED", 0.01),
            ("DATA_MISSING", 0.005),
            ("FACILITY_NOT_SUPPORTED", 0.005),
            ("HLR_REJECT", 0.005),
            ("SYSTEM_FAILURE", 0.003),
            ("UNEXPECTED_DATA_VALUE", 0.002),
        ];
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            scheme: Scheme::default(),
            authentication: Authentication::default(),
            seed: 1,
            product: Product::default(),
            results: results.into_iter().map(|(text, share)| (text.to_owned(), share)).collect(),
            subscribers: SubscriberShares::default(),
            accepted_prefixes: Vec::new(),
            sentences: SentenceFormat::default(),
            latency: Latency::default(),
            slow_networks: Vec::new(),
            transient: Transient::default(),
            faults: FaultShares::default(),
            faulty_attempts: 2,
            stall_for: None,
            shapes: ShapeShares::default(),
            limits: RequestLimits::default(),
            without_credit: "402".into(),
            forbidden_prefixes: Vec::new(),
            outages: Vec::new(),
            connections: ConnectionLimits::default(),
            per_number_account: PerNumberAccount::default(),
        }
    }
}

impl SimulatorSettings {
    /// Every number is `OK` in its own country and answered at once, to measure speed.
    #[must_use]
    pub fn calm() -> Self {
        Self {
            results: BTreeMap::new(),
            subscribers: SubscriberShares { roaming: 0.0, full_imsi: 0.0, no_location: 0.0 },
            ..Self::default()
        }
    }

    /// Everything goes wrong that a client must survive, within [`Self::faulty_attempts`]: one
    /// number in five answers `TIMEOUT` or `HLR_ABORT` at first, and attempts meet resets, 503,
    /// bodies that are not an answer, stalls, and every unusual shape of a valid answer.
    #[must_use]
    pub fn stormy() -> Self {
        Self {
            transient: Transient { share: 0.2, ..Transient::default() },
            faults: FaultShares::stormy(),
            shapes: ShapeShares::stormy(),
            subscribers: SubscriberShares { full_imsi: 0.02, ..SubscriberShares::default() },
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_can_be_written_and_read_back() {
        for settings in [SimulatorSettings::default(), SimulatorSettings::stormy()] {
            let text = toml::to_string(&settings).unwrap();
            assert_eq!(toml::from_str::<SimulatorSettings>(&text).unwrap(), settings, "{text}");
        }
    }

    #[test]
    fn a_file_has_only_what_differs() {
        let text = r#"
            listen = "127.0.0.1:3700"
            product = "portability"
            results = { HLR_ON_FIRE = 0.1 }
            latency = { median = "80ms", p99 = "2s" }
            slow_networks = [{ prefix = "4670", latency = { median = "8s" } }]
            outages = [{ from = "1m", to = "2m", kind = "unavailable" }]
            authentication = { basic = { username = "a", password = "b" } }
            limits = { ongoing = 100 }
            stall_for = "1m 30s"
        "#;
        let settings: SimulatorSettings = toml::from_str(text).unwrap();
        assert_eq!(settings.latency.p99, Duration::from_secs(2));
        assert_eq!(settings.stall_for, Some(Duration::from_secs(90)));
        assert_eq!(settings.limits.ongoing, Some(100));
        assert_eq!(settings.faulty_attempts, 2);
        assert_eq!(settings.problems(), Vec::<String>::new());
    }

    #[test]
    fn a_misspelled_setting_is_refused() {
        let refused = toml::from_str::<SimulatorSettings>("latencies = \"1s\"").unwrap_err();
        assert!(refused.to_string().contains("latencies"), "{refused}");
    }

    #[test]
    fn debug_hides_the_password() {
        let authentication = Authentication::Basic { username: "me".into(), password: "hush".into() };
        let settings = SimulatorSettings { authentication, ..SimulatorSettings::default() };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
