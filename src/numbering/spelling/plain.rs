//! The two spellings of nearly every cell, read without looking for anything else: digits alone, and
//! digits with blanks, hyphens and brackets between them.

use super::lookalikes;
use super::{Grouping, ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// With more digits there may be two numbers.
const MAX_GROUPED_DIGITS: usize = 2 * Msisdn::MIN_DIGITS - 1;

/// The number in a text that is only a number.
pub(super) fn parse(text: &str) -> Option<ParsedDigits> {
    ungrouped(text.as_bytes()).or_else(|| grouped(text.as_bytes()))
}

/// Only digits, as many as a number has, perhaps after a plus sign.
fn ungrouped(text: &[u8]) -> Option<ParsedDigits> {
    let (plus_sign, digits) = match text {
        [b'+', digits @ ..] => (PlusSign::Present, digits),
        digits => (PlusSign::Absent, digits),
    };
    if !(Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS).contains(&digits.len()) {
        return None;
    }
    let mut parsed = ParsedDigits { plus_sign, length: digits.len(), ..ParsedDigits::NONE };
    parsed.digits[..digits.len()].copy_from_slice(digits);
    digits.iter().all(u8::is_ascii_digit).then_some(parsed)
}

/// Digits in groups, set apart by blanks, hyphens and brackets, where nothing else can be meant.
fn grouped(text: &[u8]) -> Option<ParsedDigits> {
    const MAX_GROUPS: usize = 8;
    let mut parsed = ParsedDigits::NONE;
    let mut lengths = [0; MAX_GROUPS];
    let mut groups = 0;
    let mut before = b' ';
    let (mut opened, mut closed, mut hyphens) = (false, false, false);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                if parsed.length == MAX_GROUPED_DIGITS {
                    return None;
                }
                groups += usize::from(!before.is_ascii_digit());
                *lengths.get_mut(groups - 1)? += 1;
                parsed.digits[parsed.length] = byte;
                parsed.length += 1;
            }
            b'+' if groups == 0 && parsed.plus_sign == PlusSign::Absent => {
                parsed.plus_sign = PlusSign::Present
            }
            b'(' => opened |= groups == 0,
            b')' => closed |= groups == 1,
            b'-' => hyphens |= groups > 0,
            b' ' => {}
            _ => return None,
        }
        before = byte;
    }
    if parsed.length < Msisdn::MIN_DIGITS
        || has_suspicious_shape(&lengths[..groups], hyphens, closed, &parsed)
    {
        return None;
    }
    parsed.grouping = Grouping::of(groups, lengths[0], opened && closed);
    Some(parsed)
}

/// Whether the long way may read the groups as something else: a date, `1) 070…`, or a number with
/// digits after it that do not belong to it.
fn has_suspicious_shape(lengths: &[u8], has_hyphens: bool, is_closed: bool, parsed: &ParsedDigits) -> bool {
    let begins_with_ordinal = is_closed && lengths[0] == 1 && parsed.plus_sign == PlusSign::Absent;
    let has_tail = lengths.len() > 1 && lengths[0] >= 10;
    begins_with_ordinal || has_tail || (has_hyphens && lookalikes::has_suspicious_lengths(lengths))
}
