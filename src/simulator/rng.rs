//! Random values that can be replayed: each is a hash of seed, number, attempt and purpose.
//!
//! The order and time of requests have no influence. The hash is SplitMix64's finaliser (Steele,
//! Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), written out here so that a
//! seed gives the same values with every version of every library.

use crate::model::Msisdn;

/// What a value is drawn for. Values for two purposes are independent.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(super) enum Draw {
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

/// The attempt for values that do not depend on the attempt.
pub(super) const ANY_ATTEMPT: u16 = 0;

/// The random values of one seed for one attempt at one number.
#[derive(Clone, Copy)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64, msisdn: Msisdn, attempt: u16) -> Self {
        let number = mix(seed).wrapping_add(msisdn.get());
        Self(mix(mix(number).wrapping_add(u64::from(attempt))))
    }

    /// Any of the 2⁶⁴ values.
    pub(super) fn value(self, draw: Draw) -> u64 {
        mix(self.0.wrapping_add(draw as u64))
    }

    /// At least 0 and less than 1.
    pub(super) fn share(self, draw: Draw) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.value(draw) >> 11) as f64 / STEPS
    }

    /// At least 0 and less than `bound`, which must not be 0.
    pub(super) fn below(self, bound: usize, draw: Draw) -> usize {
        ((u128::from(self.value(draw)) * bound as u128) >> 64) as usize
    }
}

/// A bijection of 64 bits: every bit of the input changes half of the output's bits.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Values with shares that add up to at most one. The rest stands for no value.
#[derive(Clone, Debug)]
pub(super) struct Shares<T>(Vec<(f64, T)>);

impl<T> Shares<T> {
    pub(super) fn new(shares: impl IntoIterator<Item = (T, f64)>) -> Self {
        let mut upper = 0.0;
        let present = shares.into_iter().filter(|(_, share)| *share > 0.0);
        Self(
            present
                .map(|(value, share)| {
                    upper += share;
                    (upper, value)
                })
                .collect(),
        )
    }

    /// The value whose part of the line from 0 to 1 has this point.
    pub(super) fn pick(&self, point: f64) -> Option<&T> {
        self.0.iter().find(|(upper, _)| point < *upper).map(|(_, value)| value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_depends_on_seed_number_attempt_and_purpose() {
        let number = |n: u64| Msisdn::new(46_700_000_000 + n).unwrap();
        let values = [
            Rng::new(1, number(1), 1).value(Draw::Fault),
            Rng::new(2, number(1), 1).value(Draw::Fault),
            Rng::new(1, number(2), 1).value(Draw::Fault),
            Rng::new(1, number(1), 2).value(Draw::Fault),
            Rng::new(1, number(1), 1).value(Draw::Framing),
        ];
        assert_eq!(values[0], Rng::new(1, number(1), 1).value(Draw::Fault));
        for (index, value) in values.iter().enumerate() {
            assert!(!values[..index].contains(value));
        }
    }

    #[test]
    fn consecutive_numbers_are_distributed_evenly() {
        const NUMBERS: u64 = 100_000;
        let mut tenths = [0_u32; 10];
        let mut sum = 0.0;
        for n in 0..NUMBERS {
            let rng = Rng::new(7, Msisdn::new(46_700_000_000 + n).unwrap(), 1);
            tenths[rng.below(10, Draw::HomeNetwork)] += 1;
            sum += rng.share(Draw::Fault);
        }
        assert!(tenths.iter().all(|count| (9_600..10_400).contains(count)), "{tenths:?}");
        assert!((sum / NUMBERS as f64 - 0.5).abs() < 0.005);
    }

    #[test]
    fn shares_are_parts_of_a_line() {
        let shares = Shares::new([("a", 0.25), ("none", 0.0), ("b", 0.5)]);
        assert_eq!(shares.pick(0.0), Some(&"a"));
        assert_eq!(shares.pick(0.25), Some(&"b"));
        assert_eq!(shares.pick(0.75), None);
    }
}
