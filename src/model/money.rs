//! Exact amounts of money: the price of a lookup is often a fraction of a cent, and a run has
//! millions of lookups.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// An amount in the contract's currency, in billionths of its unit. Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

/// A number that is not a valid amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("an amount must be a number from 0 to 1,000,000,000, such as 0.004")]
pub struct InvalidAmount;

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    const UNIT: f64 = 1e9;

    /// The amount for a number in a settings file, rounded to the nearest billionth.
    ///
    /// # Errors
    ///
    /// If the number is negative, not finite, or more than 1,000,000,000.
    pub fn from_number(number: f64) -> Result<Self, InvalidAmount> {
        match number {
            0.0..=1e9 => Ok(Self((number * Self::UNIT).round() as u64)),
            _ => Err(InvalidAmount),
        }
    }

    /// The amount as a number, for columns and JSON.
    #[must_use]
    pub fn as_number(self) -> f64 {
        self.0 as f64 / Self::UNIT
    }

    /// An amount of this many billionths.
    #[must_use]
    pub const fn from_billionths(billionths: u64) -> Self {
        Self(billionths)
    }

    /// The amount in billionths.
    #[must_use]
    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// The amount minus `other`; zero if `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The amount multiplied by a factor, rounded to the nearest billionth.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor).round() as u64)
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// As a plain number, for JSON.
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_number())
    }
}

/// At least two decimals, without further trailing zeros: `12.50`, `0.0035`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let decimals = format!("{part:09}");
        let (cents, rest) = decimals.split_at(2);
        write!(f, "{whole}.{cents}{}", rest.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_short() {
        for (number, text) in [(0.0, "0.00"), (0.004, "0.004"), (12.5, "12.50"), (0.000_35, "0.00035")] {
            assert_eq!(Money::from_number(number).unwrap().to_string(), text);
        }
        let million = Money::from_number(0.0035).unwrap().times(1e6);
        assert_eq!((million.to_string(), million.as_number()), ("3500.00".into(), 3500.0));
    }

    #[test]
    fn an_amount_is_rounded_to_the_nearest_billionth() {
        for (number, billionths) in
            [(0.004, 4_000_000), (1.6e-9, 2), (1.4e-9, 1), (1e9, 1_000_000_000_000_000_000)]
        {
            assert_eq!(Money::from_number(number).unwrap().billionths(), billionths);
        }
        assert_eq!(Money(3).times(0.5), Money(2));
    }

    #[test]
    fn json_has_a_plain_number() {
        let amounts = [Money(4_000_000), Money(12_500_000_000), Money::ZERO];
        assert_eq!(serde_json::to_string(&amounts).unwrap(), "[0.004,12.5,0.0]");
    }

    #[test]
    fn an_invalid_amount_is_refused() {
        for number in [-0.01, f64::NAN, f64::INFINITY, 1.000_000_001e9, 2e9] {
            assert_eq!(Money::from_number(number), Err(InvalidAmount));
        }
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!([Money(1), Money(20), Money(300)].into_iter().sum::<Money>(), Money(321));
        let mut amount = Money(5);
        amount += Money(7);
        assert_eq!((amount, amount.saturating_sub(Money(2))), (Money(12), Money(10)));
    }

    #[test]
    fn sums_and_differences_saturate() {
        assert_eq!(Money(u64::MAX) + Money(1), Money(u64::MAX));
        assert_eq!(Money(1).saturating_sub(Money(2)), Money::ZERO);
    }
}
