//! The two spellings of nearly every cell, read without looking for anything else: digits alone, and
//! digits in groups. Whatever may be more than that is left to the long way.

use super::characters::{Meaning, meaning};
use super::lookalikes;
use super::{Grouping, ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// With more digits there may be two numbers.
const MAX_GROUPED_DIGITS: usize = 2 * Msisdn::MIN_DIGITS - 1;

/// More digits than this in the first group are a number, and what follows is something else.
const MAX_FIRST_GROUP: u8 = 9;

/// The number in a text that is only a number.
pub(super) fn parse(text: &str) -> Option<ParsedDigits> {
    ungrouped(text.as_bytes()).or_else(|| grouped(text))
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

/// Digits in groups, set apart by blanks, hyphens, dots and brackets, where nothing else can be
/// meant; perhaps in quotes.
fn grouped(text: &str) -> Option<ParsedDigits> {
    let mut parsed = ParsedDigits::NONE;
    let mut shape = Shape::default();
    let mut before = Meaning::Blank;
    for char in text.chars() {
        let meaning = if char.is_ascii_digit() { Meaning::Digit(char) } else { meaning(char) };
        match meaning {
            Meaning::Digit(digit) => {
                if parsed.length == MAX_GROUPED_DIGITS {
                    return None;
                }
                shape.push_digit()?;
                parsed.push(digit as u8).ok()?;
                before = meaning;
                continue;
            }
            Meaning::Nothing => continue,
            Meaning::Plus if shape.groups == 0 && parsed.plus_sign == PlusSign::Absent => {
                parsed.plus_sign = PlusSign::Present;
            }
            Meaning::Equals if !shape.has_marks && shape.groups == 0 => {}
            Meaning::Line if shape.groups == 0 => {}
            Meaning::Open => shape.is_opened |= shape.groups == 0,
            Meaning::Close => shape.is_closed |= shape.groups == 1,
            // Before the digits it may be a minus.
            Meaning::Dash if shape.groups > 0 => shape.has_hyphens = true,
            // Several dots stand for digits that are not shown.
            Meaning::Dot if char == '.' && before != Meaning::Dot => shape.has_dots |= shape.groups > 0,
            Meaning::Blank | Meaning::Quote => {}
            _ => return None,
        }
        shape.has_marks |= !matches!(meaning, Meaning::Blank | Meaning::Quote | Meaning::Line);
        before = meaning;
        shape.is_in_group = false;
    }
    if parsed.length < Msisdn::MIN_DIGITS || shape.is_suspicious(parsed.plus_sign) {
        return None;
    }
    parsed.grouping = Grouping::of(shape.groups, shape.lengths[0], shape.is_opened && shape.is_closed);
    Some(parsed)
}

/// The groups of digits, and what is between them.
#[derive(Default)]
struct Shape {
    lengths: [u8; 8],
    groups: usize,
    is_in_group: bool,
    /// Whether a bracket is before the first group, and one after it.
    is_opened: bool,
    is_closed: bool,
    has_hyphens: bool,
    has_dots: bool,
    /// Whether anything but blanks and quotes is before the digits.
    has_marks: bool,
}

impl Shape {
    fn push_digit(&mut self) -> Option<()> {
        self.groups += usize::from(!self.is_in_group);
        self.is_in_group = true;
        *self.lengths.get_mut(self.groups - 1)? += 1;
        Some(())
    }

    /// Whether the long way may read the groups as something else: a date, an address, an amount,
    /// `1) 070…`, or a number with digits after it that do not belong to it.
    fn is_suspicious(&self, plus_sign: PlusSign) -> bool {
        const GROUPS_OF_AN_ADDRESS: usize = 4;
        let lengths = &self.lengths[..self.groups];
        let is_national = plus_sign == PlusSign::Absent;
        let begins_with_ordinal = lengths[0] == 1 && (self.is_closed || self.has_dots);
        let has_tail = self.groups > 1 && lengths[0] > MAX_FIRST_GROUP;
        let may_be_address = self.has_dots && is_national && self.groups <= GROUPS_OF_AN_ADDRESS;
        let may_be_amount = self.has_dots && self.groups == 2;
        (begins_with_ordinal && is_national)
            || has_tail
            || may_be_address
            || may_be_amount
            || ((self.has_hyphens || self.has_dots) && lookalikes::has_suspicious_lengths(lengths))
    }
}
