//! The number that is looked up.
//!
//! An [`Msisdn`] is a subscriber number in international form, as ITU-T E.164 defines it: country
//! code first, digits only, no `+`. [`crate::numbering`] turns text into one; this file defines
//! only what a number is and how it may be shown.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::Deref;

/// A subscriber number in international form: 7 to 15 digits, the first of them not zero.
///
/// Eight bytes, `Copy`, ordered by value. It has no `Display` on purpose, and `Debug` masks the
/// middle digits, so that a whole number reaches a log or an error only through [`Msisdn::digits`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Msisdn(NonZeroU64);

impl Msisdn {
    /// The shortest numbers in service: a three-digit country code and four digits (Niue).
    pub const MIN_DIGITS: usize = 7;
    /// E.164, 6.2.1: at most 15 digits with the country code.
    pub const MAX_DIGITS: usize = 15;

    const SMALLEST: u64 = 10_u64.pow(Self::MIN_DIGITS as u32 - 1);
    const LARGEST: u64 = 10_u64.pow(Self::MAX_DIGITS as u32) - 1;

    /// The number with these digits, or `None` if there are fewer than 7 or more than 15.
    #[must_use]
    pub const fn new(digits: u64) -> Option<Self> {
        if digits < Self::SMALLEST || digits > Self::LARGEST {
            return None;
        }
        match NonZeroU64::new(digits) {
            Some(digits) => Some(Self(digits)),
            None => None,
        }
    }

    /// The digits as one decimal number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The index of the number's shard in a table with this many shards. Neighbouring numbers get
    /// different shards, and the bits differ from those that a hash table uses.
    #[must_use]
    pub const fn shard(self, shards: usize) -> usize {
        let mixed = self.get().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (((mixed >> 32) * shards as u64) >> 32) as usize
    }

    /// The whole number as text, on the stack. Requests and output files contain this text.
    #[must_use]
    pub fn digits(self) -> Digits {
        let mut buffer = [0; Self::MAX_DIGITS];
        let mut start = buffer.len();
        let mut rest = self.get();
        while rest > 0 {
            start -= 1;
            buffer[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Digits { buffer, start }
    }

    /// The number with its middle digits hidden, for messages: `4670•••605`.
    #[must_use]
    pub fn masked(self) -> String {
        let digits = self.digits();
        let (head, tail) = (4.min(digits.len() - 6), 3);
        let hidden = digits.len() - head - tail;
        format!("{}{}{}", &digits[..head], "•".repeat(hidden), &digits[digits.len() - tail..])
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Msisdn({})", self.masked())
    }
}

/// The digits of an [`Msisdn`] as text, without an allocation. Dereferences to `str`.
#[derive(Clone, Copy)]
pub struct Digits {
    buffer: [u8; Msisdn::MAX_DIGITS],
    start: usize,
}

impl Deref for Digits {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.buffer[self.start..]).expect("the buffer holds only ASCII digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_seven_to_fifteen_digits() {
        assert!(Msisdn::new(0).is_none());
        assert!(Msisdn::new(999_999).is_none());
        assert!(Msisdn::new(1_000_000).is_some());
        assert!(Msisdn::new(999_999_999_999_999).is_some());
        assert!(Msisdn::new(1_000_000_000_000_000).is_none());
    }

    #[test]
    fn digits_are_the_decimal_text() {
        for digits in [1_000_000, 46_701_740_605, 999_999_999_999_999] {
            assert_eq!(&*Msisdn::new(digits).unwrap().digits(), digits.to_string());
        }
    }

    #[test]
    fn debug_hides_the_middle() {
        assert_eq!(format!("{:?}", Msisdn::new(46_701_740_605).unwrap()), "Msisdn(4670••••605)");
        assert_eq!(format!("{:?}", Msisdn::new(1_234_567).unwrap()), "Msisdn(1•••567)");
    }
}
