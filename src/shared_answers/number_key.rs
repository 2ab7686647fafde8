//! Numbers in the order of their texts, which is the order of the files: Parquet's statistics
//! compare text.

use crate::ledger::AnswerScope;
use crate::model::Msisdn;

/// The digits of the longest number.
const MOST_DIGITS: u32 = 15;
const LENGTH_BITS: u32 = 4;
const SCOPE_BITS: u32 = 2;

/// A number that compares like its digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NumberKey(u64);

impl NumberKey {
    pub(super) fn of(msisdn: Msisdn) -> Self {
        Self::of_digits(&msisdn.digits())
    }

    /// The key of a text of digits. Other texts have a place among the keys, and are no number's.
    pub(super) fn of_digits(text: &str) -> Self {
        let digits = text.bytes().take_while(u8::is_ascii_digit).take(MOST_DIGITS as usize);
        let (mut value, mut length) = (0_u64, 0);
        for digit in digits {
            value = value * 10 + u64::from(digit - b'0');
            length += 1;
        }
        value *= 10_u64.pow(MOST_DIGITS - length);
        Self(value << LENGTH_BITS | u64::from(length))
    }

    /// The number of this key, if it is one's.
    pub(super) fn msisdn(self) -> Option<Msisdn> {
        let length = (self.0 & ((1 << LENGTH_BITS) - 1)) as u32;
        Msisdn::new((self.0 >> LENGTH_BITS) / 10_u64.pow(MOST_DIGITS.checked_sub(length)?))
    }

    /// With what was looked up, in the lowest bits.
    pub(super) fn with_scope(self, scope: AnswerScope) -> u64 {
        self.0 << SCOPE_BITS | scope.index() as u64
    }

    /// The number and the scope of a key with both.
    pub(super) fn split(key: u64) -> (Self, AnswerScope) {
        (Self(key >> SCOPE_BITS), AnswerScope::ALL[(key & ((1 << SCOPE_BITS) - 1)) as usize])
    }

    /// The least key of this number with any scope.
    pub(super) fn first(self) -> u64 {
        self.0 << SCOPE_BITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_like_texts() {
        let mut texts =
            ["46", "460", "4601", "46701740605", "467", "999999999999999", "1", "10", "100000000000000"];
        texts.sort_unstable();
        for pair in texts.windows(2) {
            assert!(NumberKey::of_digits(pair[0]) < NumberKey::of_digits(pair[1]), "{pair:?}");
        }
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        for scope in AnswerScope::ALL {
            let key = NumberKey::of(msisdn).with_scope(scope);
            assert_eq!(NumberKey::split(key).0.msisdn(), Some(msisdn));
            assert_eq!(NumberKey::split(key), (NumberKey::of_digits("46701740605"), scope));
        }
    }
}
