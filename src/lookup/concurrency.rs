//! How many requests may be in flight.
//!
//! The contract sets a ceiling. The account may allow fewer requests, and says so only with
//! `REQUEST_THROTTLED`. So the limit starts low and doubles with every round of answers until the
//! first refusal. After that it stays near the limit at which it was refused. A refusal lowers it
//! by 5 %; each round of answers raises it by one, and more slowly near the last refusal. So most
//! of the account's limit is used and few requests are refused. A refusal within a round of another
//! one means that the account's limit is much lower, and lowers the limit by 20 %. Refusals of
//! requests that were sent before the last decrease count as one. Where the limit is small, one
//! more is tried after some hundred answers only, so that less than one request in 100 is refused.
//! The ceiling is never exceeded.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::sync;

/// The first limit of a search.
const FIRST_LIMIT: usize = 16;
/// The factor of a decrease near the account's limit.
const SMALL_DECREASE: f64 = 0.95;
/// The factor of a decrease after the first refusal, or after two refusals within a round.
const LARGE_DECREASE: f64 = 0.8;
/// How far from the last refusal, above or below, growth is slow, as a share of it; at least one.
const NEAR_REFUSAL: f64 = 0.05;
/// After this many answers at the least, one more is tried near the last refusal. Where the limit
/// is small, a round has a few answers, and every twentieth request would be refused.
const FIRST_PATIENCE: f64 = 50.0;
/// Each refusal at the same limit doubles the patience, up to this.
const LONGEST_PATIENCE: f64 = 400.0;
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
    /// How many answers are waited for near the last refusal, before one more is tried.
    patience: f64,
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
            limit: Mutex::new(Limit {
                permits: first as f64,
                refused_at,
                answers: 0.0,
                patience: FIRST_PATIENCE,
            }),
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
        limit.patience = match limit.is_near(before as f64) {
            true => (limit.patience * 2.0).min(LONGEST_PATIENCE),
            false => FIRST_PATIENCE,
        };
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
            Some(_) if self.is_near(self.permits) => (SLOW_GROWTH / self.permits).min(self.patience.recip()),
            Some(_) => self.permits.recip(),
        }
    }

    /// Whether this is about the number of permits at the last refusal.
    fn is_near(&self, permits: f64) -> bool {
        self.refused_at
            .is_some_and(|refused_at| (permits - refused_at).abs() <= (refused_at * NEAR_REFUSAL).max(1.0))
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
mod tests;
