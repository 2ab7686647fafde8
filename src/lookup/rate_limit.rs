//! How many requests start in a second.
//!
//! A rate of R means one permit every 1/R of a second, and governor's GCRA counts them out. Two things
//! about it are arranged with care. A limiter of "R per second" would let R through at once and nearly
//! 2 R in the first second; so a cell here is a nanosecond, a permit costs 1/R of a second of them, and
//! only `SLACK` may be saved up, which makes good for timers that are late. And `until_ready` would
//! wake every waiter to compete, on a timer thread that tests cannot pause; so waiters stand in line,
//! and only the first of them sleeps, in tokio time.

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

/// How much of the rate may be caught up with after a late timer. With 6 ms no second ever has more than
/// 1.01 R requests, or than R and one where that is more.
const SLACK: Duration = Duration::from_millis(6);
/// The slowest rate, one in an hour; slower ones would not fit governor's counter.
const SLOWEST_INTERVAL: Duration = Duration::from_secs(3600);

/// Requests a second; more than zero, and not slower than one an hour.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// Why a number is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a number of requests a second, from 0.0003 (one an hour) to 1000000")]
pub struct RateError;

impl Rate {
    /// So many requests a second.
    pub fn per_second(requests: f64) -> Result<Self, RateError> {
        let slowest = SLOWEST_INTERVAL.as_secs_f64().recip();
        if (slowest..=1e6).contains(&requests) { Ok(Self(requests)) } else { Err(RateError) }
    }

    /// Requests a second.
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

/// The pace was closed: no further request starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimiterClosed;

/// Gives one permit for each request, at a rate.
#[derive(Debug)]
pub struct RateLimiter {
    clock: StageClock,
    /// `None` for as many as can be carried. May be changed while permits are waited for.
    gcra: RwLock<Option<Gcra>>,
    /// Whether there is none; saves the lock.
    unpaced: AtomicBool,
    /// Before this moment, in nanoseconds of the clock, nothing starts: the service asked for patience.
    held_until: AtomicU64,
    /// Whose turn it is to wait for the next permit.
    turn: Semaphore,
    /// Told when the rate has changed or the pace was closed.
    changed: Notify,
}

#[derive(Debug)]
struct Gcra {
    limiter: governor::RateLimiter<NotKeyed, InMemoryState, StageClock, NoOpMiddleware<Duration>>,
    /// What a permit costs, in cells.
    cost: NonZeroU32,
}

impl Gcra {
    fn new(rate: Rate, clock: StageClock) -> Self {
        // Cells are counted in 32 bits: nanoseconds reach to 4 seconds, microseconds to more than an hour.
        let cell = if rate.get() >= 1.0 { Duration::from_nanos(1) } else { Duration::from_micros(1) };
        let cells = |time: f64| time / cell.as_secs_f64();
        let cost = cells(rate.get().recip()).ceil() as u32;
        let burst = cost.saturating_add(cells(SLACK.as_secs_f64()) as u32);
        let nonzero = |cells| NonZeroU32::new(cells).expect("an interval has at least a microsecond");
        let quota = Quota::with_period(cell).expect("a cell is not empty").allow_burst(nonzero(burst));
        Self { limiter: governor::RateLimiter::direct_with_clock(quota, clock), cost: nonzero(cost) }
    }

    /// Takes a permit, or says how long to wait for the next.
    fn take(&self, now: Duration) -> Result<(), Duration> {
        let taken = self.limiter.check_n(self.cost).expect("the burst holds at least one permit");
        taken.map_err(|not_until| not_until.wait_time_from(now))
    }
}

impl RateLimiter {
    /// A pace of `rate`, or none.
    #[must_use]
    pub fn new(rate: Option<Rate>, clock: StageClock) -> Self {
        Self {
            clock,
            unpaced: AtomicBool::new(rate.is_none()),
            gcra: RwLock::new(rate.map(|rate| Gcra::new(rate, clock))),
            held_until: AtomicU64::new(0),
            turn: Semaphore::new(1),
            changed: Notify::new(),
        }
    }

    /// Changes the rate, from the next permit on.
    pub fn set_rate(&self, rate: Option<Rate>) {
        *sync::write(&self.gcra) = rate.map(|rate| Gcra::new(rate, self.clock));
        self.unpaced.store(rate.is_none(), Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Waits until a request may start.
    pub async fn permit(&self) -> Result<(), RateLimiterClosed> {
        if self.unpaced.load(Ordering::Acquire) && self.held_until.load(Ordering::Relaxed) == 0 {
            return if self.turn.is_closed() { Err(RateLimiterClosed) } else { Ok(()) };
        }
        let _turn = self.turn.acquire().await.map_err(|_| RateLimiterClosed)?;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.turn.is_closed() {
                return Err(RateLimiterClosed);
            }
            let Err(wait) = self.take_permit() else { return Ok(()) };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    /// Starts nothing for a while. A shorter hold does not end a longer one.
    pub fn hold(&self, patience: Duration) {
        let until = (self.clock.elapsed() + patience).as_nanos() as u64;
        self.held_until.fetch_max(until, Ordering::Relaxed);
    }

    /// Gives no further permit; whoever waits is turned away.
    pub fn close(&self) {
        self.turn.close();
        self.changed.notify_waiters();
    }

    fn take_permit(&self) -> Result<(), Duration> {
        let now = self.clock.now();
        let held_until = Duration::from_nanos(self.held_until.load(Ordering::Relaxed));
        if now < held_until {
            return Err(held_until - now);
        }
        let gcra = sync::read(&self.gcra);
        gcra.as_ref().map_or(Ok(()), |gcra| gcra.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments of the first `permits` permits at this rate, in paused time.
    async fn moments(rate: f64, permits: usize) -> Vec<Duration> {
        let clock = StageClock::start();
        let pace = RateLimiter::new(Some(Rate::per_second(rate).unwrap()), clock);
        let mut moments = Vec::with_capacity(permits);
        for _ in 0..permits {
            pace.permit().await.unwrap();
            moments.push(clock.elapsed());
        }
        moments
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_counts_from_the_next_permit_on_even_for_who_waits() {
        let clock = StageClock::start();
        let pace = RateLimiter::new(Some(Rate::per_second(0.01).unwrap()), clock);
        pace.permit().await.unwrap();
        let hurry = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            pace.set_rate(Some(Rate::per_second(100.0).unwrap()));
        };
        let (waited, ()) = tokio::join!(pace.permit(), hurry);
        waited.unwrap();
        assert_eq!(clock.elapsed().as_secs(), 3, "it does not wait out the old interval of 100 s");
        for _ in 0..100 {
            pace.permit().await.unwrap();
        }
        assert!((3.9..4.1).contains(&clock.elapsed().as_secs_f64()), "{:?}", clock.elapsed());
        pace.set_rate(None);
        for _ in 0..1_000 {
            pace.permit().await.unwrap();
        }
        assert!(clock.elapsed().as_secs_f64() < 4.2);
    }

    fn most_in_one_second(moments: &[Duration]) -> usize {
        let mut end = 0;
        let in_second_from = |(start, moment): (usize, &Duration)| {
            while end < moments.len() && moments[end] < *moment + Duration::from_secs(1) {
                end += 1;
            }
            end - start
        };
        moments.iter().enumerate().map(in_second_from).max().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_the_rate_and_none_is_wasted() {
        for rate in [0.1, 1.0, 7.0, 50.0, 137.0, 1_000.0, 5_000.0, 20_000.0] {
            let moments = moments(rate, (rate * 4.0).max(5.0) as usize).await;
            let most = most_in_one_second(&moments);
            assert!(most as f64 <= (rate * 1.01).max(rate + 1.0), "{most} in a second at {rate}");
            let took = moments.last().unwrap().as_secs_f64();
            let achieved = (moments.len() - 1) as f64 / took;
            assert!(achieved >= rate * 0.995, "{achieved} a second instead of {rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nobody_waits() {
        let clock = StageClock::start();
        let pace = RateLimiter::new(None, clock);
        for _ in 0..100_000 {
            pace.permit().await.unwrap();
        }
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_that_was_asked_for_is_kept() {
        let clock = StageClock::start();
        let pace = RateLimiter::new(None, clock);
        pace.hold(Duration::from_secs(7));
        pace.hold(Duration::from_secs(3));
        pace.permit().await.unwrap();
        assert_eq!(clock.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_turns_everybody_away_at_once() {
        let clock = StageClock::start();
        let pace = RateLimiter::new(Some(Rate::per_second(0.1).unwrap()), clock);
        pace.permit().await.unwrap();
        let close = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            pace.close();
        };
        let (first, second, ()) = tokio::join!(pace.permit(), pace.permit(), close);
        assert_eq!((first, second), (Err(RateLimiterClosed), Err(RateLimiterClosed)));
        assert!(clock.elapsed() < Duration::from_millis(10));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "-1", "fast", "NaN", "inf", "0.0001"] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text:?}");
        }
        assert_eq!("0.1".parse::<Rate>().map(Rate::get), Ok(0.1));
    }
}
