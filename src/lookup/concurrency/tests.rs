//! The limit by itself, and against accounts that allow fewer requests.

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
    for expected in [16, 32, 64, 100, 100] {
        assert_eq!(limiter.limit(), expected);
        answer_one_round(&limiter);
    }
}

#[test]
fn one_round_of_refusals_is_one_decrease() {
    let limiter = ConcurrencyLimiter::new(1000, None);
    (0..2).for_each(|_| answer_one_round(&limiter));
    let decreases: Vec<_> = acquire_all(&limiter).into_iter().filter_map(Permit::refused).collect();
    assert_eq!(decreases, [51]);
    assert_eq!(acquire_all(&limiter).len(), 51);
}

#[test]
fn after_a_decrease_the_limit_grows_by_one_per_round_and_slowly_near_the_refusal() {
    let limiter = ConcurrencyLimiter::new(1000, None);
    answer_one_round(&limiter);
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
    (0..3).for_each(|_| answer_one_round(&limiter));
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
        acquire_now(&limiter).expect("permits are free").answered();
    }
    assert_eq!(limiter.limit(), FIRST_LIMIT);
}

#[test]
fn a_limit_of_which_half_is_in_use_grows() {
    for (in_use, expected) in [(8, 17), (7, 16)] {
        let limiter = ConcurrencyLimiter::new(1_000, None);
        let mut permits: Vec<_> = (0..in_use).map(|_| acquire_now(&limiter).expect("16 are free")).collect();
        permits.pop().expect("one is in use").answered();
        assert_eq!(limiter.limit(), expected, "{in_use} of 16");
    }
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

/// An account that allows a number of requests at once, which may change, and answers after some
/// time.
struct SimulatedAccount {
    /// Seconds, and the limit from then on.
    limits: &'static [(f64, usize)],
    latency: f64,
    random: fastrand::Rng,
}

/// What became of requests between two times.
#[derive(Debug)]
struct Use {
    refused: f64,
    /// The share of the account's limit that was in use, on average.
    used: f64,
}

impl SimulatedAccount {
    fn new(limits: &'static [(f64, usize)], latency: f64, seed: u64) -> Self {
        Self { limits, latency, random: fastrand::Rng::with_seed(seed) }
    }

    fn limit(&self, now: f64) -> usize {
        self.limits.iter().rev().find(|(from, _)| *from <= now).expect("the first is from 0 on").1
    }

    /// Sends as much as the limiter allows until `end`, and measures from `start`.
    fn run(mut self, limiter: &ConcurrencyLimiter, start: f64, end: f64) -> Use {
        // Ends of requests in microseconds, with the index of their permits.
        let mut events = std::collections::BinaryHeap::new();
        let mut permits: Vec<Option<(Permit<'_>, bool)>> = Vec::new();
        let (mut now, mut ongoing) = (0.0, 0);
        let (mut sent, mut refused, mut in_use, mut allowed) = (0.0, 0.0, 0.0, 0.0);
        while now < end {
            for permit in acquire_all(limiter) {
                let is_allowed = ongoing < self.limit(now);
                ongoing += usize::from(is_allowed);
                let jitter = 0.5 + self.random.f64();
                let takes = if is_allowed { self.latency * jitter } else { 0.01 };
                events.push((std::cmp::Reverse(((now + takes) * 1e6) as u64), permits.len()));
                permits.push(Some((permit, is_allowed)));
                if now >= start {
                    sent += 1.0;
                    refused += f64::from(u8::from(!is_allowed));
                }
            }
            let (std::cmp::Reverse(at), index) = events.pop().expect("something is in flight");
            let next = at as f64 / 1e6;
            if now >= start {
                in_use += ongoing as f64 * (next - now);
                allowed += self.limit(now) as f64 * (next - now);
            }
            now = next;
            let (permit, is_allowed) = permits[index].take().expect("each ends once");
            match is_allowed {
                true => {
                    ongoing -= 1;
                    permit.answered();
                }
                false => drop(permit.refused()),
            }
        }
        Use { refused: refused / sent, used: in_use / allowed }
    }
}

/// From the 1,000th answer on, or the 100th round. A large limit is approached by one each round.
#[test]
fn an_accounts_limit_is_used_and_seldom_tried() {
    const LIMITS: [&[(f64, usize)]; 10] = [
        &[(0.0, 1)],
        &[(0.0, 2)],
        &[(0.0, 3)],
        &[(0.0, 5)],
        &[(0.0, 8)],
        &[(0.0, 10)],
        &[(0.0, 20)],
        &[(0.0, 50)],
        &[(0.0, 100)],
        &[(0.0, 500)],
    ];
    for limits in LIMITS {
        for latency in [0.02, 0.2, 2.0] {
            for seed in 0..3 {
                let limiter = ConcurrencyLimiter::new(1_000, None);
                let rounds = (1_000.0 / limits[0].1 as f64).max(100.0);
                let account = SimulatedAccount::new(limits, latency, seed);
                let found = account.run(&limiter, rounds * latency, 4.0 * rounds * latency);
                assert!(found.refused < 0.01 && found.used > 0.95, "{limits:?} {latency} s: {found:?}");
            }
        }
    }
}

/// The beginning included, a list of 3,000 numbers has some 1 % of refusals.
#[test]
fn the_search_for_a_small_limit_costs_few_refusals() {
    for (limits, at_most) in [(&[(0.0, 5)][..], 0.015), (&[(0.0, 10)], 0.01), (&[(0.0, 2)], 0.02)] {
        let limiter = ConcurrencyLimiter::new(256, None);
        let end = 3_000.0 * 0.2 / limits[0].1 as f64;
        let found = SimulatedAccount::new(limits, 0.2, 1).run(&limiter, 0.0, end);
        assert!(found.refused < at_most, "{limits:?}: {found:?}");
    }
}

#[test]
fn a_limit_that_changes_is_found_again() {
    for (limits, latency) in [
        (&[(0.0, 5), (300.0, 20)][..], 0.2),
        (&[(0.0, 20), (300.0, 5)], 0.2),
        (&[(0.0, 5), (300.0, 6)], 0.2),
        (&[(0.0, 100), (300.0, 10)], 0.2),
        (&[(0.0, 10), (300.0, 500)], 0.2),
        (&[(0.0, 3), (300.0, 4)], 0.05),
    ] {
        let limiter = ConcurrencyLimiter::new(1_000, None);
        let found = SimulatedAccount::new(limits, latency, 7).run(&limiter, 420.0, 600.0);
        assert!(found.refused < 0.01 && found.used > 0.95, "two minutes later, {limits:?}: {found:?}");
    }
}
