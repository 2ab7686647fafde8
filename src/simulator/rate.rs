//! The account's limit of requests per second.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How many requests may come at once, as the time in which the rate allows them.
const BURST: Duration = Duration::from_millis(100);

/// The generic cell rate algorithm on one atomic: the moment at which a steady client would ask
/// next.
pub(super) struct RateLimit {
    interval_ns: u64,
    burst_ns: u64,
    next_ns: AtomicU64,
}

impl RateLimit {
    /// A limit of requests per second. At least one may come at once.
    pub(super) fn new(per_second: u32) -> Self {
        let interval_ns = Duration::from_secs(1).as_nanos() as u64 / u64::from(per_second.max(1));
        let burst_ns = (BURST.as_nanos() as u64).saturating_sub(interval_ns);
        Self { interval_ns, burst_ns, next_ns: AtomicU64::new(0) }
    }

    /// Whether a request at this time since the start is within the limit; if so, it is counted.
    pub(super) fn allows(&self, since_start: Duration) -> bool {
        let now = since_start.as_nanos() as u64;
        let step = |next: u64| {
            let is_early = next > now + self.burst_ns;
            (!is_early).then(|| next.max(now) + self.interval_ns)
        };
        self.next_ns.fetch_update(Relaxed, Relaxed, step).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(limit: &RateLimit, at: Duration) -> usize {
        (0..10_000).take_while(|_| limit.allows(at)).count()
    }

    #[test]
    fn a_tenth_of_a_second_may_come_at_once_and_then_the_rate() {
        let limit = RateLimit::new(1_000);
        assert_eq!(allowed(&limit, Duration::ZERO), 100);
        assert_eq!(allowed(&limit, Duration::from_millis(10)), 10);
        assert_eq!(allowed(&limit, Duration::from_secs(60)), 100);
    }

    #[test]
    fn the_slowest_limit_lets_one_through() {
        let limit = RateLimit::new(1);
        assert_eq!(allowed(&limit, Duration::ZERO), 1);
        assert_eq!(allowed(&limit, Duration::from_millis(990)), 0);
        assert_eq!(allowed(&limit, Duration::from_millis(1_000)), 1);
    }
}
