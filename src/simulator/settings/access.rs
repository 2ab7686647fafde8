//! Who is let in, how much they may ask, and how long a connection lives.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration_text;

/// What is spoken on the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP, as on the provider's port 3700.
    #[default]
    Http,
    /// HTTPS, as on the provider's port 3701, with a certificate made at the start.
    Https,
}

/// Whose requests are let in; others get 401.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// Everybody who sends Basic credentials, whatever they are.
    Any,
    /// Those who send these Basic credentials.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
}

impl Default for Authentication {
    fn default() -> Self {
        Self::Basic { username: "user".into(), password: "password".into() }
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::Basic { .. } => f.debug_struct("Basic").finish_non_exhaustive(),
        }
    }
}

/// How much the account may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestLimits {
    /// How many lookups may be ongoing at once; one more is `REQUEST_THROTTLED`. None: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ongoing: Option<u32>,
    /// How many lookups a second; what comes faster gets 429. A tenth of a second's worth may come at
    /// once. None: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// How a 429 says when to come back.
    pub retry_after: RetryAfter,
    /// When that is, from now; whole seconds are sent, rounded up.
    #[serde(with = "duration_text")]
    pub retry_after_wait: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            ongoing: None,
            per_second: None,
            retry_after: RetryAfter::default(),
            retry_after_wait: Duration::from_secs(1),
        }
    }
}

/// The two forms of a `Retry-After` field in HTTP, and its absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// `Retry-After: 1`.
    #[default]
    Seconds,
    /// `Retry-After: Sun, 06 Nov 1994 08:49:37 GMT`.
    Date,
    /// No such field.
    Absent,
}

/// How long a connection lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionLimits {
    /// Closed, unannounced, when nothing came for so long. None: never.
    #[serde(with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub idle: Option<Duration>,
    /// Closed after so many requests; the last answer says `Connection: close`. None: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

/// Whether an account is kept of every number: sixteen bytes each, and some more for the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerNumberAccount {
    /// It is.
    #[default]
    Kept,
    /// It is not. Nobody knows then which attempt of a number a request is, so this goes with settings
    /// that have no faults, transient results or odd shapes.
    Off,
}
