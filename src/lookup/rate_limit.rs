//! How many requests start per second.
//!
//! A rate of R means one permit every 1/R of a second, counted by governor's GCRA. It is used in an
//! unusual way, for two reasons. A limiter of "R per second" lets R requests through at once, and
//! nearly 2 R in the first second. So a cell here is a nanosecond, a permit costs 1/R of a second
//! in cells, and only `SLACK` can be saved up, to make up for late timers. And governor's
//! `until_ready` wakes every waiter, on a timer that tests cannot pause. So waiters form a queue,
//! and only the first one sleeps, in tokio time.

use std::num::NonZeroU32;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use governor::Quota;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use tokio::sync::{Notify, Semaphore};

use super::clock::StageClock;
use crate::sync;

/// How much time a late timer may make up for. With 6 ms, no second has more than 1.01 R requests,
/// or R + 1 if that is more.
const SLACK: Duration = Duration::from_millis(6);
/// The slowest rate is one request an hour; a slower one does not fit governor's counter.
const SLOWEST_INTERVAL: Duration = Duration::from_secs(3600);

/// Requests per second, from one an hour to 1,000,000 per second.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A number that is not a valid rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("a rate must be from 0.0003 (one request an hour) to 1,000,000 requests per second")]
pub struct RateError;

impl Rate {
    /// A rate of this many requests per second.
    pub fn per_second(requests: f64) -> Result<Self, RateError> {
        let slowest = SLOWEST_INTERVAL.as_secs_f64().recip();
        if (slowest..=1e6).contains(&requests) { Ok(Self(requests)) } else { Err(RateError) }
    }

    /// Requests per second.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl std::str::FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        text.parse().map_err(|_| RateError).and_then(Self::per_second)
    }
}

/// The limiter is closed: no further request starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimiterClosed;

/// Gives one permit for each request, at the set rate.
#[derive(Debug)]
pub struct RateLimiter {
    clock: StageClock,
    /// `None` for no limit. It can change while requests wait for permits.
    gcra: RwLock<Option<Gcra>>,
    /// Whether there is no limit. If so, no lock is taken.
    unlimited: AtomicBool,
    /// When the last permit was given under a limit, or the limit was set, in nanoseconds of the
    /// clock.
    last_permit: AtomicU64,
    /// Nothing starts before this time, in nanoseconds of the clock, because the service asked for
    /// a pause.
    paused_until: AtomicU64,
    /// The queue of waiters: its one permit belongs to the first.
    first_waiter: Semaphore,
    /// Notified when the rate changes or the limiter is closed.
    changed: Notify,
}

#[derive(Debug)]
struct Gcra {
    limiter: governor::RateLimiter<NotKeyed, InMemoryState, StageClock, NoOpMiddleware<Duration>>,
    cell: Duration,
    /// What a permit costs, in cells.
    cost: NonZeroU32,
    /// What can be saved up, in cells.
    burst: NonZeroU32,
}

impl Gcra {
    fn new(rate: Rate, clock: StageClock) -> Self {
        // Cells are counted in 32 bits: enough for 4 seconds in nanoseconds, and for more than an
        // hour in microseconds.
        let cell = if rate.get() >= 1.0 { Duration::from_nanos(1) } else { Duration::from_micros(1) };
        let cells = |time: f64| time / cell.as_secs_f64();
        let cost = cells(rate.get().recip()).ceil() as u32;
        let burst = cost.saturating_add(cells(SLACK.as_secs_f64()) as u32);
        let nonzero = |cells| NonZeroU32::new(cells).expect("an interval has at least one cell");
        let (cost, burst) = (nonzero(cost), nonzero(burst));
        let quota = Quota::with_period(cell).expect("a cell is not zero").allow_burst(burst);
        Self { limiter: governor::RateLimiter::direct_with_clock(quota, clock), cell, cost, burst }
    }

    /// A limiter that goes on from an earlier one, whose last permit was this long ago. What that
    /// one has given out counts, so that rates which change to and fro never add up.
    fn after(rate: Rate, clock: StageClock, since_last: Duration) -> Self {
        let gcra = Self::new(rate, clock);
        let earned = (since_last.as_nanos() / gcra.cell.as_nanos()).min(u128::from(gcra.cost.get())) as u32;
        if let Some(spent) = NonZeroU32::new(gcra.burst.get() - earned) {
            let taken = gcra.limiter.check_n(spent);
            taken.expect("no more than the burst").expect("nothing is taken yet");
        }
        gcra
    }

    /// Takes a permit, or returns how long to wait for the next.
    fn take(&self, now: Duration) -> Result<(), Duration> {
        let taken = self.limiter.check_n(self.cost).expect("the burst holds at least one permit");
        taken.map_err(|not_until| not_until.wait_time_from(now))
    }
}

impl RateLimiter {
    /// A limiter with this rate, or without a limit.
    #[must_use]
    pub fn new(rate: Option<Rate>, clock: StageClock) -> Self {
        Self {
            clock,
            unlimited: AtomicBool::new(rate.is_none()),
            gcra: RwLock::new(rate.map(|rate| Gcra::new(rate, clock))),
            last_permit: AtomicU64::new(0),
            paused_until: AtomicU64::new(0),
            first_waiter: Semaphore::new(1),
            changed: Notify::new(),
        }
    }

    /// Changes the rate, from the next permit on, which comes no sooner after the last one than the
    /// new rate allows.
    pub fn set_rate(&self, rate: Option<Rate>) {
        {
            let mut gcra = sync::write(&self.gcra);
            let now = self.clock.elapsed();
            // Without a limit nobody knows when the last one was.
            let last = match *gcra {
                Some(_) => Duration::from_nanos(self.last_permit.load(Ordering::Relaxed)),
                None => now,
            };
            *gcra = rate.map(|rate| Gcra::after(rate, self.clock, now.saturating_sub(last)));
            self.last_permit.store(last.as_nanos() as u64, Ordering::Relaxed);
            self.unlimited.store(rate.is_none(), Ordering::Release);
        }
        self.changed.notify_waiters();
    }

    /// Waits until a request may start.
    pub async fn acquire(&self) -> Result<(), RateLimiterClosed> {
        if self.unlimited.load(Ordering::Acquire) && self.paused_until.load(Ordering::Relaxed) == 0 {
            return if self.first_waiter.is_closed() { Err(RateLimiterClosed) } else { Ok(()) };
        }
        let _first = self.first_waiter.acquire().await.map_err(|_| RateLimiterClosed)?;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.first_waiter.is_closed() {
                return Err(RateLimiterClosed);
            }
            let Err(wait) = self.take_permit() else { return Ok(()) };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    /// Starts nothing for this long. A short pause does not end a longer one.
    pub fn pause_for(&self, pause: Duration) {
        let until = (self.clock.elapsed() + pause).as_nanos() as u64;
        self.paused_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Gives no further permit, and turns the waiters away.
    pub fn close(&self) {
        self.first_waiter.close();
        self.changed.notify_waiters();
    }

    fn take_permit(&self) -> Result<(), Duration> {
        let now = self.clock.now();
        let paused_until = Duration::from_nanos(self.paused_until.load(Ordering::Relaxed));
        if now < paused_until {
            return Err(paused_until - now);
        }
        let gcra = sync::read(&self.gcra);
        let Some(gcra) = gcra.as_ref() else { return Ok(()) };
        gcra.take(now)?;
        self.last_permit.store(now.as_nanos() as u64, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The times of the first `permits` permits at this rate, in paused time.
    async fn times(rate: f64, permits: usize) -> Vec<Duration> {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(Some(Rate::per_second(rate).unwrap()), clock);
        let mut times = Vec::with_capacity(permits);
        for _ in 0..permits {
            limiter.acquire().await.unwrap();
            times.push(clock.elapsed());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_applies_from_the_next_permit_even_to_waiters() {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(Some(Rate::per_second(0.01).unwrap()), clock);
        limiter.acquire().await.unwrap();
        let speed_up = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            limiter.set_rate(Some(Rate::per_second(100.0).unwrap()));
        };
        let (waited, ()) = tokio::join!(limiter.acquire(), speed_up);
        waited.unwrap();
        assert_eq!(clock.elapsed().as_secs(), 3, "the old interval of 100 s is cut short");
        for _ in 0..100 {
            limiter.acquire().await.unwrap();
        }
        assert!((3.9..4.1).contains(&clock.elapsed().as_secs_f64()), "{:?}", clock.elapsed());
        limiter.set_rate(None);
        for _ in 0..1_000 {
            limiter.acquire().await.unwrap();
        }
        assert!(clock.elapsed().as_secs_f64() < 4.2);
    }

    /// The times of permits while the rate changes at these times, and the changes.
    async fn times_with(first: f64, changes: &[(u64, f64)]) -> Vec<Duration> {
        let clock = StageClock::start();
        let rate = |rate: f64| Some(Rate::per_second(rate).unwrap());
        let limiter = RateLimiter::new(rate(first), clock);
        let changing = async {
            for (after_millis, to) in changes {
                tokio::time::sleep(Duration::from_millis(*after_millis)).await;
                limiter.set_rate(rate(*to));
            }
            limiter.close();
        };
        let asking = async {
            let mut times = Vec::new();
            while limiter.acquire().await.is_ok() {
                times.push(clock.elapsed());
            }
            times
        };
        tokio::join!(changing, asking).1
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_that_changes_to_and_fro_gives_out_no_more() {
        let to_and_fro: Vec<_> = (0..60).map(|n| (50, if n % 2 == 0 { 9.9 } else { 10.0 })).collect();
        let times = times_with(10.0, &to_and_fro).await;
        assert!((29..=31).contains(&times.len()), "{} in three seconds", times.len());
        let slowly: Vec<_> = (0..100).map(|n| (100, if n % 2 == 0 { 0.49 } else { 0.5 })).collect();
        let times = times_with(0.5, &slowly).await;
        assert!((5..=6).contains(&times.len()), "{} in ten seconds", times.len());
        let with_itself: Vec<_> = (0..3_000).map(|_| (1, 1_000.0)).collect();
        let times = times_with(1_000.0, &with_itself).await;
        assert!(max_in_one_second(&times) <= 1_010, "{}", max_in_one_second(&times));
        assert!(times.len() > 2_900, "{}", times.len());
    }

    #[tokio::test(start_paused = true)]
    async fn from_no_limit_to_a_limit_the_first_permit_waits_its_turn() {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(None, clock);
        limiter.acquire().await.unwrap();
        limiter.set_rate(Some(Rate::per_second(2.0).unwrap()));
        limiter.acquire().await.unwrap();
        assert_eq!(clock.elapsed(), Duration::from_millis(500));
    }

    proptest! {
        /// However the rate changes, no second has more than the highest rate that applied in it.
        #[test]
        fn no_second_has_more_than_its_highest_rate(
            first in 1..400_u32,
            changes in proptest::collection::vec((1..700_u64, 1..400_u32), 1..20),
        ) {
            let changes: Vec<_> = changes.into_iter().map(|(after, rate)| (after, f64::from(rate))).collect();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().start_paused(true).build().unwrap();
            let times = runtime.block_on(times_with(f64::from(first), &changes));
            let mut rates = vec![(Duration::ZERO, f64::from(first))];
            let mut at = Duration::ZERO;
            for (after, rate) in &changes {
                at += Duration::from_millis(*after);
                rates.push((at, *rate));
            }
            for (index, start) in times.iter().enumerate() {
                let end = *start + Duration::from_secs(1);
                let count = times[index..].iter().take_while(|time| **time < end).count();
                let applies = |n: usize| rates[n].0 < end && rates.get(n + 1).is_none_or(|next| next.0 >= *start);
                let highest = (0..rates.len()).filter(|n| applies(*n)).map(|n| rates[n].1).fold(0.0, f64::max);
                prop_assert!(count as f64 <= (highest * 1.01).max(highest + 1.0), "{count} at {highest}");
            }
        }
    }

    fn max_in_one_second(times: &[Duration]) -> usize {
        let mut end = 0;
        let in_second_from = |(start, time): (usize, &Duration)| {
            while end < times.len() && times[end] < *time + Duration::from_secs(1) {
                end += 1;
            }
            end - start
        };
        times.iter().enumerate().map(in_second_from).max().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_the_rate_and_the_rate_is_used() {
        for rate in [0.1, 1.0, 7.0, 50.0, 137.0, 1_000.0, 5_000.0, 20_000.0] {
            let times = times(rate, (rate * 4.0).max(5.0) as usize).await;
            let max = max_in_one_second(&times);
            assert!(max as f64 <= (rate * 1.01).max(rate + 1.0), "{max} in a second at {rate}");
            let took = times.last().unwrap().as_secs_f64();
            let achieved = (times.len() - 1) as f64 / took;
            assert!(achieved >= rate * 0.995, "{achieved} per second instead of {rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_no_request_waits() {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(None, clock);
        for _ in 0..100_000 {
            limiter.acquire().await.unwrap();
        }
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_kept_and_a_shorter_one_does_not_end_it() {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(None, clock);
        limiter.pause_for(Duration::from_secs(7));
        limiter.pause_for(Duration::from_secs(3));
        limiter.acquire().await.unwrap();
        assert_eq!(clock.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_turns_waiters_away_at_once() {
        let clock = StageClock::start();
        let limiter = RateLimiter::new(Some(Rate::per_second(0.1).unwrap()), clock);
        limiter.acquire().await.unwrap();
        let close = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            limiter.close();
        };
        let (first, second, ()) = tokio::join!(limiter.acquire(), limiter.acquire(), close);
        assert_eq!((first, second), (Err(RateLimiterClosed), Err(RateLimiterClosed)));
        assert!(clock.elapsed() < Duration::from_millis(10));
    }

    #[test]
    fn an_invalid_rate_is_refused() {
        for text in ["", "0", "-1", "fast", "NaN", "inf", "0.0001"] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text:?}");
        }
        assert_eq!("0.1".parse::<Rate>().map(Rate::get), Ok(0.1));
    }
}
