//! The clock of the lookup stage. It uses tokio's time, so that tests can pause it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::model::UtcMillis;

/// Tokio's time, counted from the start of the stage.
#[derive(Clone, Copy, Debug)]
pub struct StageClock {
    started: Instant,
    started_utc: Duration,
}

impl StageClock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        let started_utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), started_utc }
    }

    /// The time since the stage started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The current date and time.
    #[must_use]
    pub fn utc(&self) -> UtcMillis {
        UtcMillis((self.started_utc + self.elapsed()).as_millis() as i64)
    }
}

impl governor::clock::Clock for StageClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.elapsed()
    }
}
