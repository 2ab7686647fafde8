//! Timestamps, as the ledger and the `checked_at` column store them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A timestamp in UTC, in milliseconds since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcMillis(pub i64);

impl UtcMillis {
    /// The current time of the system's clock.
    #[must_use]
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since_1970.as_millis() as i64)
    }
}

/// RFC 3339, to the second: `2026-11-24T18:00:00Z`.
impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{} ms after 1970", self.0),
        }
    }
}

/// As text, RFC 3339.
impl serde::Serialize for UtcMillis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
