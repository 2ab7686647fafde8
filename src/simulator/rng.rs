//! Chance that can be replayed: every draw is a hash of seed, number, attempt and question.
//!
//! The order and the time of requests have no part in it. The hash is SplitMix64's finaliser (Steele,
//! Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), written out here so that a seed
//! means the same with every version of every library.

use crate::model::Msisdn;

/// What is drawn. Two questions about one attempt have nothing to do with each other.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(super) enum Question {
    FinalResult = 1,
    HomeNetwork,
    Roams,
    RoamsTo,
    HasFullImsi,
    ImsiTail,
    LacksLocation,
    IsTransient,
    TransientAttempts,
    TransientResult,
    Fault,
    Framing,
    Wording,
    LatencyRadius,
    LatencyAngle,
}

/// What does not depend on the attempt is drawn as if for this one.
pub(super) const ANY_ATTEMPT: u16 = 0;

/// The draws of one seed for one attempt of one number.
#[derive(Clone, Copy)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64, msisdn: Msisdn, attempt: u16) -> Self {
        let number = mix(seed).wrapping_add(msisdn.get());
        Self(mix(mix(number).wrapping_add(u64::from(attempt))))
    }

    /// Any of the 2⁶⁴ values.
    pub(super) fn draw(self, question: Question) -> u64 {
        mix(self.0.wrapping_add(question as u64))
    }

    /// From 0 up to, and never, 1.
    pub(super) fn share(self, question: Question) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.draw(question) >> 11) as f64 / STEPS
    }

    /// From 0 up to, and never, `bound`, which must not be 0.
    pub(super) fn below(self, bound: usize, question: Question) -> usize {
        ((u128::from(self.draw(question)) * bound as u128) >> 64) as usize
    }
}

/// A bijection of 64 bits in which every bit of the input moves half of the output.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Things with shares that add up to one at most; the rest of the shares is nothing.
#[derive(Clone, Debug)]
pub(super) struct Shares<T>(Vec<(f64, T)>);

impl<T> Shares<T> {
    pub(super) fn new(shares: impl IntoIterator<Item = (T, f64)>) -> Self {
        let mut upper = 0.0;
        let present = shares.into_iter().filter(|(_, share)| *share > 0.0);
        Self(
            present
                .map(|(thing, share)| {
                    upper += share;
                    (upper, thing)
                })
                .collect(),
        )
    }

    /// The thing in whose part of the line from 0 to 1 the point lies.
    pub(super) fn at(&self, point: f64) -> Option<&T> {
        self.0.iter().find(|(upper, _)| point < *upper).map(|(_, thing)| thing)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_number_attempt_and_question() {
        let number = |n: u64| Msisdn::new(46_700_000_000 + n).unwrap();
        let draws = [
            Rng::new(1, number(1), 1).draw(Question::Fault),
            Rng::new(2, number(1), 1).draw(Question::Fault),
            Rng::new(1, number(2), 1).draw(Question::Fault),
            Rng::new(1, number(1), 2).draw(Question::Fault),
            Rng::new(1, number(1), 1).draw(Question::Framing),
        ];
        assert_eq!(draws[0], Rng::new(1, number(1), 1).draw(Question::Fault));
        for (index, draw) in draws.iter().enumerate() {
            assert!(!draws[..index].contains(draw));
        }
    }

    #[test]
    fn consecutive_numbers_are_drawn_evenly() {
        const NUMBERS: u64 = 100_000;
        let mut tenths = [0_u32; 10];
        let mut sum = 0.0;
        for n in 0..NUMBERS {
            let rng = Rng::new(7, Msisdn::new(46_700_000_000 + n).unwrap(), 1);
            tenths[rng.below(10, Question::HomeNetwork)] += 1;
            sum += rng.share(Question::Fault);
        }
        assert!(tenths.iter().all(|count| (9_600..10_400).contains(count)), "{tenths:?}");
        assert!((sum / NUMBERS as f64 - 0.5).abs() < 0.005);
    }

    #[test]
    fn shares_are_parts_of_a_line() {
        let shares = Shares::new([("a", 0.25), ("none", 0.0), ("b", 0.5)]);
        assert_eq!(shares.at(0.0), Some(&"a"));
        assert_eq!(shares.at(0.25), Some(&"b"));
        assert_eq!(shares.at(0.75), None);
    }
}
