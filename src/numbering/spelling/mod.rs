//! A cell's text to digits, without what people, spreadsheets and programs put around a number.
//!
//! Nearly every cell is read by `plain`. Any other is cut into `tokens`; `cell` finds the rows of digits
//! among them and judges by the `words` and marks between these rows what they are, and `numbers`
//! reads a row as one number in groups or as several.
//!
//! When a text has digits that are not surely part of a telephone number, the whole cell is refused:
//! nobody pays for a number that is not in the list. Whether the digits are a number of some country
//! is not decided here.

mod addresses;
mod cell;
mod characters;
mod decimals;
mod escapes;
mod gaps;
mod groups;
mod lookalikes;
mod numbers;
mod plain;
mod tokens;
mod words;

pub(super) use self::numbers::Numbers;
use super::refusal;
use super::refusal::Refusal;

/// Enough for 15 digits after the longest access code, written twice.
const MAX_DIGITS: usize = 24;

/// One number as written: its digits, and how they were written.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParsedDigits {
    digits: [u8; MAX_DIGITS],
    length: usize,
    pub(super) plus_sign: PlusSign,
    pub(super) grouping: Grouping,
}

/// Whether a text is empty, or one that programs and people write in place of a value.
pub(super) fn is_placeholder(text: &str) -> bool {
    cell::is_placeholder(text)
}

/// Whether a plus sign is before the digits, which makes a number international.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlusSign {
    Present,
    Absent,
}

/// How the digits are set apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Digits alone.
    None,
    /// Separators between digits; the first group has this many digits.
    Groups { first: u8 },
    /// The first group is in brackets, `(212) 555-0123`, `(0)70 ...`.
    Brackets,
}

impl Grouping {
    fn of(groups: usize, first: u8, is_bracketed: bool) -> Self {
        match groups {
            0 | 1 => Self::None,
            _ if is_bracketed => Self::Brackets,
            _ => Self::Groups { first },
        }
    }
}

impl ParsedDigits {
    const NONE: Self =
        Self { digits: [0; MAX_DIGITS], length: 0, plus_sign: PlusSign::Absent, grouping: Grouping::None };

    /// The digits as ASCII, at least one.
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.length]
    }

    fn push(&mut self, digit: u8) -> Result<(), Refusal> {
        *self.digits.get_mut(self.length).ok_or(Refusal::TooLong)? = digit;
        self.length += 1;
        Ok(())
    }

    /// The digits of a number that is written without any separator.
    fn ungrouped(plus_sign: PlusSign, digits: &[u8]) -> Result<Self, Refusal> {
        let mut parsed = Self { plus_sign, ..Self::NONE };
        digits.iter().try_for_each(|digit| parsed.push(*digit))?;
        Ok(parsed)
    }
}

/// The one number of a cell. Several are [`Refusal::SeveralNumbers`].
pub(super) fn parse_digits(text: &str) -> Result<ParsedDigits, Refusal> {
    if let Some(parsed) = plain::parse(text) {
        return Ok(parsed);
    }
    let numbers = cell::read(text)?;
    match numbers.all.as_slice() {
        [only] if !numbers.has_abbreviated => Ok(*only),
        _ => Err(Refusal::SeveralNumbers),
    }
}

/// Every number of a cell, in order; at least one when [`parse_digits`] is `Ok` or
/// [`Refusal::SeveralNumbers`].
pub(super) fn parse_all_digits(text: &str) -> Numbers {
    match plain::parse(text) {
        Some(parsed) => Numbers { all: vec![parsed], has_abbreviated: false },
        None => cell::read(text).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
