//! How many requests may be in flight.
//!
//! The contract names a most; the account may allow less, and says so only by `REQUEST_THROTTLED`.
//! So the limit starts low and doubles with every round of answers until the service first says no.
//! From then on it stays close to where it was refused: a refusal takes a twentieth away, and the limit grows
//! by one a round, but slowly near the place of the last refusal, so that most of the account's limit is used and
//! little is refused. A refusal that follows another within a round says that the limit is well below, and takes a
//! fifth away. The contract's number is never passed. Refusals of requests that were sent before the last fall are
//! one refusal, not many.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

/// Where the search for the limit starts.
const FIRST_LIMIT: usize = 32;
/// What is left of the limit after a refusal near the account's limit.
const AFTER_REFUSAL: f64 = 0.95;
/// What is left of it after the first refusal of all, or one that follows another closely.
const FAR_ABOVE: f64 = 0.8;
/// Which part of the place of the last refusal is near it, below and above.
const NEAR: f64 = 0.05;
/// How much slower the limit grows there.
const SLOWLY: f64 = 0.25;

/// The gate was closed: nobody enters any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateClosed;

/// Lets a changing number of requests be in flight.
#[derive(Debug)]
pub struct Gate {
    places: Semaphore,
    /// Places that a falling limit took away while they were occupied.
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
    /// Whole places are open; the fraction is what answers have earned towards the next.
    places: f64,
    /// Where the service refused last; `None` when it never has.
    refused_at: Option<f64>,
    /// Answers since the last fall.
    answers: f64,
}

impl Gate {
    /// A gate that never lets more than `ceiling` requests be in flight. `refused_at` is where an earlier run was
    /// refused: the search begins near it.
    #[must_use]
    pub fn new(ceiling: usize, refused_at: Option<usize>) -> Self {
        let first = refused_at.map_or(FIRST_LIMIT as f64, |refused_at| refused_at as f64 * AFTER_REFUSAL);
        let first = ceiling.min((first as usize).max(1));
        let refused_at = refused_at.map(|refused_at| refused_at as f64);
        Self {
            places: Semaphore::new(first),
            owed: AtomicUsize::new(0),
            falls: AtomicU32::new(0),
            may_grow: AtomicBool::new(first < ceiling),
            limit: Mutex::new(Limit { places: first as f64, refused_at, answers: 0.0 }),
            ceiling,
        }
    }

    /// Where the service refused last, if it ever has.
    #[must_use]
    pub fn refused_at(&self) -> Option<usize> {
        self.limit.lock().expect("no panic while locked").refused_at.map(|refused_at| refused_at as usize)
    }

    /// Waits for a place in flight.
    pub async fn enter(&self) -> Result<Place<'_>, GateClosed> {
        self.places.acquire().await.map_err(|_| GateClosed)?.forget();
        Ok(Place { gate: self, falls: self.falls.load(Ordering::Relaxed) })
    }

    /// Lets nobody in any more; whoever waits is turned away.
    pub fn close(&self) {
        self.places.close();
    }

    /// How many requests may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.lock().expect("no panic while locked").places as usize
    }

    fn leave(&self) {
        let pay = |owed: usize| owed.checked_sub(1);
        if self.owed.fetch_update(Ordering::AcqRel, Ordering::Relaxed, pay).is_err() {
            self.places.add_permits(1);
        }
    }

    fn grow(&self) {
        let mut limit = self.limit.lock().expect("no panic while locked");
        limit.answers += 1.0;
        let before = limit.places as usize;
        if self.places.available_permits() > before / 2 {
            // The limit is not what holds the stage back, so this answer proves nothing about a higher one.
            return;
        }
        let earned = limit.earned();
        limit.places = (limit.places + earned).min(self.ceiling as f64);
        for _ in before..limit.places as usize {
            self.leave();
        }
        if limit.places as usize == self.ceiling {
            self.may_grow.store(false, Ordering::Relaxed);
        }
    }

    fn fall(&self, seen: u32) -> Option<usize> {
        let mut limit = self.limit.lock().expect("no panic while locked");
        if seen != self.falls.load(Ordering::Relaxed) {
            return None;
        }
        self.falls.store(seen.wrapping_add(1), Ordering::Relaxed);
        let before = limit.places as usize;
        let is_near = limit.refused_at.is_some() && limit.answers >= before as f64;
        limit.refused_at = Some(before as f64);
        limit.answers = 0.0;
        limit.places = (before as f64 * if is_near { AFTER_REFUSAL } else { FAR_ABOVE }).floor().max(1.0);
        let taken_away = before - limit.places as usize;
        let empty = self.places.forget_permits(taken_away);
        self.owed.fetch_add(taken_away - empty, Ordering::AcqRel);
        self.may_grow.store(true, Ordering::Relaxed);
        Some(limit.places as usize)
    }
}

impl Limit {
    /// What one answer adds to the limit: a round of them doubles it, or adds one, or less near the last refusal.
    fn earned(&self) -> f64 {
        match self.refused_at {
            None => 1.0,
            Some(refused_at) if (self.places - refused_at).abs() <= refused_at * NEAR => SLOWLY / self.places,
            Some(_) => self.places.recip(),
        }
    }
}

/// A place in flight, given back on drop.
#[derive(Debug)]
#[must_use = "the place is given back on drop"]
pub struct Place<'a> {
    gate: &'a Gate,
    /// How often the limit had fallen when the place was taken.
    falls: u32,
}

impl Place<'_> {
    /// The service answered: the limit may grow, if it is what holds the stage back.
    pub fn answered(self) {
        if self.gate.may_grow.load(Ordering::Relaxed) {
            self.gate.grow();
        }
    }

    /// The service refused because too much is in flight. Returns the new limit when this lowered it.
    pub fn refused(self) -> Option<usize> {
        self.gate.fall(self.falls)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn enter_now(gate: &Gate) -> Option<Place<'_>> {
        gate.enter().now_or_never().map(|place| place.expect("open"))
    }

    fn enter_all(gate: &Gate) -> Vec<Place<'_>> {
        std::iter::from_fn(|| enter_now(gate)).collect()
    }

    /// As many answers as the limit has places, while others wait to get in.
    fn answer_one_round(gate: &Gate) {
        let mut inside = VecDeque::from(enter_all(gate));
        for _ in 0..inside.len() {
            inside.pop_front().expect("somebody is inside").answered();
            inside.extend(enter_all(gate));
        }
    }

    #[test]
    fn the_limit_doubles_each_round_up_to_the_ceiling() {
        let gate = Gate::new(100, None);
        for expected in [32, 64, 100, 100] {
            assert_eq!(gate.limit(), expected);
            answer_one_round(&gate);
        }
    }

    #[test]
    fn one_round_of_refusals_is_one_fall() {
        let gate = Gate::new(1000, None);
        answer_one_round(&gate);
        let falls: Vec<_> = enter_all(&gate).into_iter().filter_map(Place::refused).collect();
        assert_eq!(falls, [51]);
        assert_eq!(enter_all(&gate).len(), 51);
    }

    #[test]
    fn after_a_fall_the_limit_grows_by_one_a_round_and_slowly_near_the_refusal() {
        let gate = Gate::new(1000, None);
        assert_eq!(enter_now(&gate).expect("32 places").refused(), Some(25));
        (0..5).for_each(|_| answer_one_round(&gate));
        assert!((29..=31).contains(&gate.limit()), "{}", gate.limit());
        (0..8).for_each(|_| answer_one_round(&gate));
        assert!((31..=33).contains(&gate.limit()), "{}", gate.limit());
        (0..20).for_each(|_| answer_one_round(&gate));
        assert!(gate.limit() > 36, "once it is past the refusal, it is quicker again: {}", gate.limit());
    }

    #[test]
    fn a_refusal_near_the_accounts_limit_costs_little_and_one_upon_another_much() {
        let gate = Gate::new(100, None);
        (0..2).for_each(|_| answer_one_round(&gate));
        assert_eq!(enter_now(&gate).expect("100 places").refused(), Some(80), "the first of all");
        answer_one_round(&gate);
        let before = gate.limit();
        assert_eq!(enter_now(&gate).expect("80 places").refused(), Some(before * 95 / 100));
        let before = gate.limit();
        assert_eq!(enter_now(&gate).expect("77 places").refused(), Some(before * 80 / 100), "within a round");
    }

    #[test]
    fn what_an_earlier_run_has_learned_is_where_the_search_begins() {
        let gate = Gate::new(1000, Some(100));
        assert_eq!((gate.limit(), gate.refused_at()), (95, Some(100)));
        assert_eq!(Gate::new(50, Some(100)).limit(), 50, "never above the contract");
        assert_eq!(Gate::new(50, None).refused_at(), None);
    }

    #[test]
    fn an_idle_gate_does_not_grow() {
        let gate = Gate::new(1000, None);
        for _ in 0..1000 {
            enter_now(&gate).expect("31 places are free").answered();
        }
        assert_eq!(gate.limit(), FIRST_LIMIT);
    }

    #[test]
    fn a_closed_gate_turns_away() {
        let gate = Gate::new(1, None);
        gate.close();
        assert_eq!(gate.enter().now_or_never().expect("at once").unwrap_err(), GateClosed);
    }

    proptest! {
        /// Whatever happens, never more than the ceiling are inside, no place is lost for good, and
        /// once everybody has left exactly `limit` may enter.
        #[test]
        fn places_are_neither_lost_nor_made(ceiling in 1..200_usize, steps in proptest::collection::vec((0..4_u8, any::<prop::sample::Index>()), 0..400)) {
            let gate = Gate::new(ceiling, None);
            let mut inside = Vec::new();
            for (step, which) in steps {
                match step {
                    0 => inside.extend(enter_now(&gate)),
                    1 => inside.extend(enter_all(&gate)),
                    _ if inside.is_empty() => {}
                    2 => { let place: Place<'_> = inside.swap_remove(which.index(inside.len())); place.answered(); }
                    _ => { inside.swap_remove(which.index(inside.len())).refused(); }
                }
                prop_assert!(inside.len() <= ceiling);
                prop_assert!((1..=ceiling).contains(&gate.limit()));
            }
            drop(inside);
            prop_assert_eq!(enter_all(&gate).len(), gate.limit());
        }
    }
}
