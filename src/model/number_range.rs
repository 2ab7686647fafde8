//! A range of numbers: all that agree in all but their last six digits.
//!
//! It is what is shown where a whole number must not be: a million neighbours, most often one
//! operator's. Of the shortest numbers, with seven digits, one digit is left, so that a range is
//! never somebody's number.

use std::fmt;

use super::Msisdn;

/// The digits of a number without its last six.
///
/// A million numbers of each length share a range, so its digits have the length of the number:
/// `46701` is the range of `46701740605`, `4` that of `4567890`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberRange(u32);

impl NumberRange {
    /// How many numbers of one length a range has.
    const SIZE: u64 = 1_000_000;
    /// [`Self::coarse`] keeps the first three digits.
    const COARSE_BELOW: u32 = 1_000;

    /// The range of a number.
    #[must_use]
    pub const fn of(msisdn: Msisdn) -> Self {
        // At most 15 digits less six: nine, which fit.
        Self((msisdn.get() / Self::SIZE) as u32)
    }

    /// The digits that its numbers have in common, read as one decimal number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The lowest of its numbers, which belongs to the numbering plan that all of them belong to.
    #[must_use]
    pub const fn lowest(self) -> Msisdn {
        match Msisdn::new(self.0 as u64 * Self::SIZE) {
            Some(msisdn) => msisdn,
            None => panic!("a range has one to nine digits, and its numbers six more"),
        }
    }

    /// A larger range with all numbers of this one: its first three digits, or all of them where it
    /// has fewer.
    #[must_use]
    pub const fn coarse(self) -> Self {
        let mut digits = self.0;
        while digits >= Self::COARSE_BELOW {
            digits /= 10;
        }
        Self(digits)
    }
}

/// As people see it: `+46701…`.
impl fmt::Display for NumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}…", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(digits: u64) -> NumberRange {
        NumberRange::of(Msisdn::new(digits).unwrap())
    }

    #[test]
    fn a_range_hides_the_last_six_digits_of_every_number() {
        for (digits, shown) in [
            (46_701_740_605, "+46701…"),
            (1_234_567, "+1…"),
            (999_999_999_999_999, "+999999999…"),
            (4_540_123_456, "+4540…"),
        ] {
            assert_eq!(range(digits).to_string(), shown);
        }
        assert_eq!(range(46_701_740_605), range(46_701_000_000));
        assert_eq!(range(46_701_740_605).lowest().get(), 46_701_000_000);
        assert_eq!(range(1_234_567).lowest().get(), 1_000_000);
    }

    #[test]
    fn a_coarse_range_is_a_prefix_of_the_range() {
        for digits in [46_701_740_605, 1_234_567, 12_345_678, 999_999_999_999_999] {
            let (fine, coarse) = (range(digits).get().to_string(), range(digits).coarse().get().to_string());
            assert!(fine.starts_with(&coarse) && (1..=3).contains(&coarse.len()), "{fine}: {coarse}");
        }
    }
}
