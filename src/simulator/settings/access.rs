//! Who may ask, how much, and how long a connection lives.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration_text;

/// The protocol of the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP, as on the provider's port 3700.
    #[default]
    Http,
    /// HTTPS, as on the provider's port 3701, with a certificate made at the start.
    Https,
}

/// Whose requests are accepted; others get 401.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// Any Basic credentials.
    Any,
    /// These Basic credentials.
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

/// The limits of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestLimits {
    /// How many lookups may be ongoing at once; one more gets `REQUEST_THROTTLED`. None: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ongoing: Option<u32>,
    /// How many lookups per second; more get 429. Those of a tenth of a second may come at once.
    /// None: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// After this many billed lookups the account has no credit. None: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<u64>,
    /// How a 429 says when to try again.
    pub retry_after: RetryAfter,
    /// After how long; whole seconds are sent, rounded up.
    #[serde(with = "duration_text")]
    pub retry_after_wait: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            ongoing: None,
            per_second: None,
            credit: None,
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
    /// Closed without notice when nothing was received for this long. None: never.
    #[serde(with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub idle: Option<Duration>,
    /// Closed after this many requests; the last answer says `Connection: close`. None: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

/// Whether an account of every number is kept: sixteen bytes each, and some more for the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerNumberAccount {
    /// It is.
    #[default]
    Kept,
    /// It is not. The simulator then cannot count the attempts of a number, so settings must have
    /// no faults, transient results or unusual shapes.
    Off,
}
