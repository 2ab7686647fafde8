//! How many requests may be in flight.
//!
//! The contract sets a ceiling. The account may allow fewer requests, and says so only with
//! `REQUEST_THROTTLED`. So the limit starts low and doubles with every round of answers until the
//! first refusal. After that it stays near the limit at which it was refused. A refusal lowers it
//! by 5 %; each round of answers raises it by one, and more slowly near the last refusal. So most
//! of the account's limit is used and few requests are refused. A refusal within a round of another
//! one means that the account's limit is much lower, and lowers the limit by 20 %. Refusals of
//! requests that were sent before the last decrease count as one. The ceiling is never exceeded.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::sync;

/// The first limit of a search.
const FIRST_LIMIT: usize = 32;
/// The factor of a decrease near the account's limit.
const SMALL_DECREASE: f64 = 0.95;
/// The factor of a decrease after the first refusal, or after two refusals within a round.
const LARGE_DECREASE: f64 = 0.8;
/// How far from the last refusal, above or below, growth is slow, as a share of it.
const NEAR_REFUSAL: f64 = 0.05;
/// The factor of growth near the last refusal.
const SLOW_GROWTH: f64 = 0.25;

/// The limiter is closed: it gives no further permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimiterClosed;

/// Lets a limited number of requests be in flight, and adapts the limit.
#[derive(Debug)]
pub struct ConcurrencyLimiter {
    permits: Semaphore,
    /// Permits to withdraw when they are released: a decrease took them while they were in use.
    to_withdraw: AtomicUsize,
    /// How often the limit was lowered.
    decreases: AtomicU32,
    /// Whether the limit is below the ceiling. If not, no lock is taken.
    may_grow: AtomicBool,
    limit: Mutex<Limit>,
    ceiling: usize,
}

#[derive(Debug)]
struct Limit {
    /// The whole part is the limit; the fraction is what answers have earned towards the next
    /// permit.
    permits: f64,
    /// The limit at the last refusal; `None` if there was none.
    refused_at: Option<f64>,
    /// Answers since the last decrease.
    answers: f64,
}

impl ConcurrencyLimiter {
    /// A limiter that never lets more than `ceiling` requests be in flight. `refused_at` is the
    /// limit at which an earlier run was refused: the search starts near it.
    #[must_use]
    pub fn new(ceiling: usize, refused_at: Option<usize>) -> Self {
        let first = refused_at.map_or(FIRST_LIMIT as f64, |refused_at| refused_at as f64 * SMALL_DECREASE);
        let first = ceiling.min((first as usize).max(1));
        let refused_at = refused_at.map(|refused_at| refused_at as f64);
        Self {
            permits: Semaphore::new(first),
            to_withdraw: AtomicUsize::new(0),
            decreases: AtomicU32::new(0),
            may_grow: AtomicBool::new(first < ceiling),
            limit: Mutex::new(Limit { permits: first as f64, refused_at, answers: 0.0 }),
            ceiling,
        }
    }

    /// The limit at the last refusal, if there was one.
    #[must_use]
    pub fn refused_at(&self) -> Option<usize> {
        sync::lock(&self.limit).refused_at.map(|refused_at| refused_at as usize)
    }

    /// Waits for a permit.
    pub async fn acquire(&self) -> Result<Permit<'_>, LimiterClosed> {
        self.permits.acquire().await.map_err(|_| LimiterClosed)?.forget();
        Ok(Permit { limiter: self, decreases: self.decreases.load(Ordering::Relaxed) })
    }

    /// Gives no further permits, and turns the waiters away.
    pub fn close(&self) {
        self.permits.close();
    }

    /// How many requests may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        sync::lock(&self.limit).permits as usize
    }

    fn release(&self) {
        let withdraw = |count: usize| count.checked_sub(1);
        if self.to_withdraw.fetch_update(Ordering::AcqRel, Ordering::Relaxed, withdraw).is_err() {
            self.permits.add_permits(1);
        }
    }

    fn grow(&self) {
        let mut limit = sync::lock(&self.limit);
        limit.answers += 1.0;
        let before = limit.permits as usize;
        if self.permits.available_permits() > before / 2 {
            // The limit is not used up, so this answer says nothing about a higher one.
            return;
        }
        let earned = limit.earned();
        limit.permits = (limit.permits + earned).min(self.ceiling as f64);
        for _ in before..limit.permits as usize {
            self.release();
        }
        if limit.permits as usize == self.ceiling {
            self.may_grow.store(false, Ordering::Relaxed);
        }
    }

    fn decrease(&self, seen: u32) -> Option<usize> {
        let mut limit = sync::lock(&self.limit);
        if seen != self.decreases.load(Ordering::Relaxed) {
            return None;
        }
        self.decreases.store(seen.wrapping_add(1), Ordering::Relaxed);
        let before = limit.permits as usize;
        let is_near = limit.refused_at.is_some() && limit.answers >= before as f64;
        limit.refused_at = Some(before as f64);
        limit.answers = 0.0;
        limit.permits =
            (before as f64 * if is_near { SMALL_DECREASE } else { LARGE_DECREASE }).floor().max(1.0);
        let withdrawn = before - limit.permits as usize;
        let unused = self.permits.forget_permits(withdrawn);
        self.to_withdraw.fetch_add(withdrawn - unused, Ordering::AcqRel);
        self.may_grow.store(true, Ordering::Relaxed);
        Some(limit.permits as usize)
    }
}

impl Limit {
    /// What one answer adds to the limit: a round of answers doubles it, or adds one after the
    /// first refusal, or less than one near the last refusal.
    fn earned(&self) -> f64 {
        match self.refused_at {
            None => 1.0,
            Some(refused_at) if (self.permits - refused_at).abs() <= refused_at * NEAR_REFUSAL => {
                SLOW_GROWTH / self.permits
            }
            Some(_) => self.permits.recip(),
        }
    }
}

/// The right to have one request in flight, given back on drop.
#[derive(Debug)]
#[must_use = "the permit is given back on drop"]
pub struct Permit<'a> {
    limiter: &'a ConcurrencyLimiter,
    /// How often the limit had been lowered when the permit was given.
    decreases: u32,
}

impl Permit<'_> {
    /// The service answered: the limit may grow, if it is used up.
    pub fn answered(self) {
        if self.limiter.may_grow.load(Ordering::Relaxed) {
            self.limiter.grow();
        }
    }

    /// The service refused because too many requests are in flight. Returns the new limit if this
    /// lowered it.
    pub fn refused(self) -> Option<usize> {
        self.limiter.decrease(self.decreases)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.release();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn acquire_now(limiter: &ConcurrencyLimiter) -> Option<Permit<'_>> {
        limiter.acquire().now_or_never().map(|permit| permit.expect("the limiter is open"))
    }

    fn acquire_all(limiter: &ConcurrencyLimiter) -> Vec<Permit<'_>> {
        std::iter::from_fn(|| acquire_now(limiter)).collect()
    }

    /// One answer for each permit of the limit, while other requests wait.
    fn answer_one_round(limiter: &ConcurrencyLimiter) {
        let mut in_flight = VecDeque::from(acquire_all(limiter));
        for _ in 0..in_flight.len() {
            in_flight.pop_front().expect("a request is in flight").answered();
            in_flight.extend(acquire_all(limiter));
        }
    }

    #[test]
    fn the_limit_doubles_each_round_up_to_the_ceiling() {
        let limiter = ConcurrencyLimiter::new(100, None);
        for expected in [32, 64, 100, 100] {
            assert_eq!(limiter.limit(), expected);
            answer_one_round(&limiter);
        }
    }

    #[test]
    fn one_round_of_refusals_is_one_decrease() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        answer_one_round(&limiter);
        let decreases: Vec<_> = acquire_all(&limiter).into_iter().filter_map(Permit::refused).collect();
        assert_eq!(decreases, [51]);
        assert_eq!(acquire_all(&limiter).len(), 51);
    }

    #[test]
    fn after_a_decrease_the_limit_grows_by_one_per_round_and_slowly_near_the_refusal() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        assert_eq!(acquire_now(&limiter).expect("32 permits").refused(), Some(25));
        (0..5).for_each(|_| answer_one_round(&limiter));
        assert!((29..=31).contains(&limiter.limit()), "{}", limiter.limit());
        (0..8).for_each(|_| answer_one_round(&limiter));
        assert!((31..=33).contains(&limiter.limit()), "{}", limiter.limit());
        (0..20).for_each(|_| answer_one_round(&limiter));
        assert!(limiter.limit() > 36, "above the refusal it grows faster again: {}", limiter.limit());
    }

    #[test]
    fn a_decrease_is_small_near_the_accounts_limit_and_large_within_a_round() {
        let limiter = ConcurrencyLimiter::new(100, None);
        (0..2).for_each(|_| answer_one_round(&limiter));
        assert_eq!(acquire_now(&limiter).expect("100 permits").refused(), Some(80), "the first refusal");
        answer_one_round(&limiter);
        let before = limiter.limit();
        assert_eq!(acquire_now(&limiter).expect("80 permits").refused(), Some(before * 95 / 100));
        let before = limiter.limit();
        assert_eq!(
            acquire_now(&limiter).expect("77 permits").refused(),
            Some(before * 80 / 100),
            "within a round"
        );
    }

    #[test]
    fn the_search_starts_near_the_refusal_of_an_earlier_run() {
        let limiter = ConcurrencyLimiter::new(1000, Some(100));
        assert_eq!((limiter.limit(), limiter.refused_at()), (95, Some(100)));
        assert_eq!(ConcurrencyLimiter::new(50, Some(100)).limit(), 50, "never above the ceiling");
        assert_eq!(ConcurrencyLimiter::new(50, None).refused_at(), None);
    }

    #[test]
    fn an_unused_limit_does_not_grow() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        for _ in 0..1000 {
            acquire_now(&limiter).expect("31 permits are free").answered();
        }
        assert_eq!(limiter.limit(), FIRST_LIMIT);
    }

    #[test]
    fn a_closed_limiter_gives_no_permits() {
        let limiter = ConcurrencyLimiter::new(1, None);
        limiter.close();
        assert_eq!(limiter.acquire().now_or_never().expect("at once").unwrap_err(), LimiterClosed);
    }

    proptest! {
        /// Never more requests than the ceiling are in flight, and when all have ended, exactly
        /// `limit` permits are free.
        #[test]
        fn permits_are_neither_lost_nor_made(ceiling in 1..200_usize, steps in proptest::collection::vec((0..4_u8, any::<prop::sample::Index>()), 0..400)) {
            let limiter = ConcurrencyLimiter::new(ceiling, None);
            let mut in_flight = Vec::new();
            for (step, which) in steps {
                match step {
                    0 => in_flight.extend(acquire_now(&limiter)),
                    1 => in_flight.extend(acquire_all(&limiter)),
                    _ if in_flight.is_empty() => {}
                    2 => { let permit: Permit<'_> = in_flight.swap_remove(which.index(in_flight.len())); permit.answered(); }
                    _ => { in_flight.swap_remove(which.index(in_flight.len())).refused(); }
                }
                prop_assert!(in_flight.len() <= ceiling);
                prop_assert!((1..=ceiling).contains(&limiter.limit()));
            }
            drop(in_flight);
            prop_assert_eq!(acquire_all(&limiter).len(), limiter.limit());
        }
    }
}
