//! How many requests may be in flight.
//!
//! The contract names a most; the account may allow less, and says so only by `REQUEST_THROTTLED`.
//! So the limit starts low and doubles with every round of answers until the service first says no.
//! From then on it stays close to where it was refused: a refusal takes a twentieth away, and the limit grows
//! by one a round, but slowly near the permit of the last refusal, so that most of the account's limit is used and
//! little is refused. A refusal that follows another within a round says that the limit is well below, and takes a
//! fifth away. The contract's number is never passed. Refusals of requests that were sent before the last fall are
//! one refusal, not many.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::sync;

/// Where the search for the limit starts.
const FIRST_LIMIT: usize = 32;
/// What is left of the limit after a refusal near the account's limit.
const AFTER_REFUSAL: f64 = 0.95;
/// What is left of it after the first refusal of all, or one that follows another closely.
const FAR_ABOVE: f64 = 0.8;
/// Which part of the permit of the last refusal is near it, below and above.
const NEAR: f64 = 0.05;
/// How much slower the limit grows there.
const SLOWLY: f64 = 0.25;

/// The limiter was closed: nobody enters any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimiterClosed;

/// Lets a changing number of requests be in flight.
#[derive(Debug)]
pub struct ConcurrencyLimiter {
    permits: Semaphore,
    /// Permits that a falling limit took away while they were occupied.
    owed: AtomicUsize,
    /// How often the limit fell.
    falls: AtomicU32,
    /// Whether the limit is below the ceiling; saves the lock when it is not.
    may_grow: AtomicBool,
    limit: Mutex<Limit>,
    ceiling: usize,
}

#[derive(Debug)]
struct Limit {
    /// Whole permits are open; the fraction is what answers have earned towards the next.
    permits: f64,
    /// Where the service refused last; `None` when it never has.
    refused_at: Option<f64>,
    /// Answers since the last fall.
    answers: f64,
}

impl ConcurrencyLimiter {
    /// A limiter that never lets more than `ceiling` requests be in flight. `refused_at` is where an earlier run was
    /// refused: the search begins near it.
    #[must_use]
    pub fn new(ceiling: usize, refused_at: Option<usize>) -> Self {
        let first = refused_at.map_or(FIRST_LIMIT as f64, |refused_at| refused_at as f64 * AFTER_REFUSAL);
        let first = ceiling.min((first as usize).max(1));
        let refused_at = refused_at.map(|refused_at| refused_at as f64);
        Self {
            permits: Semaphore::new(first),
            owed: AtomicUsize::new(0),
            falls: AtomicU32::new(0),
            may_grow: AtomicBool::new(first < ceiling),
            limit: Mutex::new(Limit { permits: first as f64, refused_at, answers: 0.0 }),
            ceiling,
        }
    }

    /// Where the service refused last, if it ever has.
    #[must_use]
    pub fn refused_at(&self) -> Option<usize> {
        sync::lock(&self.limit).refused_at.map(|refused_at| refused_at as usize)
    }

    /// Waits for a permit in flight.
    pub async fn acquire(&self) -> Result<Permit<'_>, LimiterClosed> {
        self.permits.acquire().await.map_err(|_| LimiterClosed)?.forget();
        Ok(Permit { limiter: self, falls: self.falls.load(Ordering::Relaxed) })
    }

    /// Lets nobody in any more; whoever waits is turned away.
    pub fn close(&self) {
        self.permits.close();
    }

    /// How many requests may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        sync::lock(&self.limit).permits as usize
    }

    fn release(&self) {
        let pay = |owed: usize| owed.checked_sub(1);
        if self.owed.fetch_update(Ordering::AcqRel, Ordering::Relaxed, pay).is_err() {
            self.permits.add_permits(1);
        }
    }

    fn grow(&self) {
        let mut limit = sync::lock(&self.limit);
        limit.answers += 1.0;
        let before = limit.permits as usize;
        if self.permits.available_permits() > before / 2 {
            // The limit is not what holds the stage back, so this answer proves nothing about a higher one.
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

    fn fall(&self, seen: u32) -> Option<usize> {
        let mut limit = sync::lock(&self.limit);
        if seen != self.falls.load(Ordering::Relaxed) {
            return None;
        }
        self.falls.store(seen.wrapping_add(1), Ordering::Relaxed);
        let before = limit.permits as usize;
        let is_near = limit.refused_at.is_some() && limit.answers >= before as f64;
        limit.refused_at = Some(before as f64);
        limit.answers = 0.0;
        limit.permits = (before as f64 * if is_near { AFTER_REFUSAL } else { FAR_ABOVE }).floor().max(1.0);
        let taken_away = before - limit.permits as usize;
        let empty = self.permits.forget_permits(taken_away);
        self.owed.fetch_add(taken_away - empty, Ordering::AcqRel);
        self.may_grow.store(true, Ordering::Relaxed);
        Some(limit.permits as usize)
    }
}

impl Limit {
    /// What one answer adds to the limit: a round of them doubles it, or adds one, or less near the last refusal.
    fn earned(&self) -> f64 {
        match self.refused_at {
            None => 1.0,
            Some(refused_at) if (self.permits - refused_at).abs() <= refused_at * NEAR => {
                SLOWLY / self.permits
            }
            Some(_) => self.permits.recip(),
        }
    }
}

/// A permit in flight, given back on drop.
#[derive(Debug)]
#[must_use = "the permit is given back on drop"]
pub struct Permit<'a> {
    limiter: &'a ConcurrencyLimiter,
    /// How often the limit had fallen when the permit was taken.
    falls: u32,
}

impl Permit<'_> {
    /// The service answered: the limit may grow, if it is what holds the stage back.
    pub fn answered(self) {
        if self.limiter.may_grow.load(Ordering::Relaxed) {
            self.limiter.grow();
        }
    }

    /// The service refused because too much is in flight. Returns the new limit when this lowered it.
    pub fn refused(self) -> Option<usize> {
        self.limiter.fall(self.falls)
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

    fn enter_now(limiter: &ConcurrencyLimiter) -> Option<Permit<'_>> {
        limiter.acquire().now_or_never().map(|permit| permit.expect("open"))
    }

    fn enter_all(limiter: &ConcurrencyLimiter) -> Vec<Permit<'_>> {
        std::iter::from_fn(|| enter_now(limiter)).collect()
    }

    /// As many answers as the limit has permits, while others wait to get in.
    fn answer_one_round(limiter: &ConcurrencyLimiter) {
        let mut inside = VecDeque::from(enter_all(limiter));
        for _ in 0..inside.len() {
            inside.pop_front().expect("somebody is inside").answered();
            inside.extend(enter_all(limiter));
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
    fn one_round_of_refusals_is_one_fall() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        answer_one_round(&limiter);
        let falls: Vec<_> = enter_all(&limiter).into_iter().filter_map(Permit::refused).collect();
        assert_eq!(falls, [51]);
        assert_eq!(enter_all(&limiter).len(), 51);
    }

    #[test]
    fn after_a_fall_the_limit_grows_by_one_a_round_and_slowly_near_the_refusal() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        assert_eq!(enter_now(&limiter).expect("32 permits").refused(), Some(25));
        (0..5).for_each(|_| answer_one_round(&limiter));
        assert!((29..=31).contains(&limiter.limit()), "{}", limiter.limit());
        (0..8).for_each(|_| answer_one_round(&limiter));
        assert!((31..=33).contains(&limiter.limit()), "{}", limiter.limit());
        (0..20).for_each(|_| answer_one_round(&limiter));
        assert!(
            limiter.limit() > 36,
            "once it is past the refusal, it is quicker again: {}",
            limiter.limit()
        );
    }

    #[test]
    fn a_refusal_near_the_accounts_limit_costs_little_and_one_upon_another_much() {
        let limiter = ConcurrencyLimiter::new(100, None);
        (0..2).for_each(|_| answer_one_round(&limiter));
        assert_eq!(enter_now(&limiter).expect("100 permits").refused(), Some(80), "the first of all");
        answer_one_round(&limiter);
        let before = limiter.limit();
        assert_eq!(enter_now(&limiter).expect("80 permits").refused(), Some(before * 95 / 100));
        let before = limiter.limit();
        assert_eq!(
            enter_now(&limiter).expect("77 permits").refused(),
            Some(before * 80 / 100),
            "within a round"
        );
    }

    #[test]
    fn what_an_earlier_run_has_learned_is_where_the_search_begins() {
        let limiter = ConcurrencyLimiter::new(1000, Some(100));
        assert_eq!((limiter.limit(), limiter.refused_at()), (95, Some(100)));
        assert_eq!(ConcurrencyLimiter::new(50, Some(100)).limit(), 50, "never above the contract");
        assert_eq!(ConcurrencyLimiter::new(50, None).refused_at(), None);
    }

    #[test]
    fn an_idle_gate_does_not_grow() {
        let limiter = ConcurrencyLimiter::new(1000, None);
        for _ in 0..1000 {
            enter_now(&limiter).expect("31 permits are free").answered();
        }
        assert_eq!(limiter.limit(), FIRST_LIMIT);
    }

    #[test]
    fn a_closed_gate_turns_away() {
        let limiter = ConcurrencyLimiter::new(1, None);
        limiter.close();
        assert_eq!(limiter.acquire().now_or_never().expect("at once").unwrap_err(), LimiterClosed);
    }

    proptest! {
        /// Whatever happens, never more than the ceiling are inside, no permit is lost for good, and
        /// once everybody has left exactly `limit` may acquire.
        #[test]
        fn places_are_neither_lost_nor_made(ceiling in 1..200_usize, steps in proptest::collection::vec((0..4_u8, any::<prop::sample::Index>()), 0..400)) {
            let limiter = ConcurrencyLimiter::new(ceiling, None);
            let mut inside = Vec::new();
            for (step, which) in steps {
                match step {
                    0 => inside.extend(enter_now(&limiter)),
                    1 => inside.extend(enter_all(&limiter)),
                    _ if inside.is_empty() => {}
                    2 => { let permit: Permit<'_> = inside.swap_remove(which.index(inside.len())); permit.answered(); }
                    _ => { inside.swap_remove(which.index(inside.len())).refused(); }
                }
                prop_assert!(inside.len() <= ceiling);
                prop_assert!((1..=ceiling).contains(&limiter.limit()));
            }
            drop(inside);
            prop_assert_eq!(enter_all(&limiter).len(), limiter.limit());
        }
    }
}
