//! A cell's text to digits, without what people, spreadsheets and programs put around a number.
//!
//! Whether the digits are a number of some country is not decided here.

use super::refusal::Refusal;
use crate::model::Msisdn;

/// Enough for 15 digits after the longest access code, written twice.
const MAX_DIGITS: usize = 24;

/// After this many digits, a slash is not part of a number but separates two.
const COMPLETE_NUMBER_DIGITS: usize = 10;

/// The digits of a text, and whether a plus sign is before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParsedDigits {
    digits: [u8; MAX_DIGITS],
    length: usize,
    pub(super) plus_sign: PlusSign,
    pub(super) grouping: Grouping,
}

/// How the digits are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Digits alone.
    None,
    /// Separators between digits; the first group has this many digits.
    Groups { first: u8 },
    /// The first group is in brackets.
    Brackets,
}

/// Whether a plus sign is before the digits, which makes a number international.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlusSign {
    Present,
    Absent,
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
}

/// Reads a text into digits.
pub(super) fn parse_digits(text: &str) -> Result<ParsedDigits, Refusal> {
    match plain_digits(text.as_bytes()) {
        Some(parsed) => Ok(parsed),
        None => decorated_digits(text),
    }
}

/// The common case: only digits, as many as a number has, perhaps after a plus sign.
fn plain_digits(text: &[u8]) -> Option<ParsedDigits> {
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

fn decorated_digits(text: &str) -> Result<ParsedDigits, Refusal> {
    let text = without_wrapping(text);
    if is_placeholder(text) {
        return Err(Refusal::Empty);
    }
    if is_scientific(text) || is_zeroed(text) {
        return Err(Refusal::DigitsLost);
    }
    let mut parsed = ParsedDigits::NONE;
    let mut separator_after = None;
    for char in without_zero_fraction(text)?.chars() {
        match char {
            '+' | '＋' | '﹢' if parsed.length == 0 && parsed.plus_sign == PlusSign::Absent => {
                parsed.plus_sign = PlusSign::Present;
            }
            '/' | '／' if parsed.length >= COMPLETE_NUMBER_DIGITS => return Err(Refusal::NotANumber),
            _ => match digit(char) {
                Some(digit) => {
                    if let (Some(first), Grouping::None) = (separator_after, parsed.grouping) {
                        parsed.grouping = Grouping::Groups { first };
                    }
                    parsed.push(digit)?;
                }
                None if char == '(' && parsed.length == 0 => parsed.grouping = Grouping::Brackets,
                None if is_separator(char) => {
                    if parsed.length > 0 && separator_after.is_none() && !is_invisible(char) {
                        separator_after = Some(parsed.length as u8);
                    }
                }
                None => return Err(Refusal::NotANumber),
            },
        }
    }
    if parsed.length == 0 { Err(Refusal::Empty) } else { Ok(parsed) }
}

/// The text without what may surround a number: blanks, quotes, `="…"`, a leading apostrophe,
/// `tel:`.
fn without_wrapping(text: &str) -> &str {
    let around = |char: char| is_blank(char) || is_quote(char) || char == '=';
    let text = text.trim_matches(around);
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text[4..].trim_matches(around),
        _ => text,
    }
}

/// Whether a text is one that programs and people write in place of a number.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["null", "none", "nil", "nan", "na", "n/a", "n.a", "\\N", "missing", "unknown", "undefined", "empty"];
    let word = text.trim_matches(|char: char| !char.is_alphanumeric() && char != '\\');
    word.is_empty() || WORDS.iter().any(|nothing| nothing.eq_ignore_ascii_case(word))
}

/// Whether a text is a number in scientific notation, `4.67017E+10` or `4,67017E+10`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.trim_start_matches(['+', '-']);
    let is_decimal = |char: char| char.is_ascii_digit() || matches!(char, '.' | ',');
    mantissa.starts_with(|char: char| char.is_ascii_digit() || char == '+')
        && mantissa.trim_start_matches('+').chars().all(is_decimal)
        && !exponent.is_empty()
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a spreadsheet has set the digits after the 15th to zero, as it does with numbers that
/// are too long for it.
fn is_zeroed(text: &str) -> bool {
    text.len() > Msisdn::MAX_DIGITS
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().skip(Msisdn::MAX_DIGITS).all(|byte| byte == b'0')
}

/// The text without the `.0` that many programs add in a number column with gaps. Any other decimal
/// fraction shows that the cell was never a telephone number; grouping such as `070.174` is not
/// one.
fn without_zero_fraction(text: &str) -> Result<&str, Refusal> {
    const WHOLE_DIGITS: usize = Msisdn::MIN_DIGITS;
    const FRACTION_DIGITS: usize = 3;
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((whole, fraction)) = text.split_once(['.', ',']) else { return Ok(text) };
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_decimal = digits.len() >= WHOLE_DIGITS && (1..=FRACTION_DIGITS).contains(&fraction.len());
    if !is_decimal || !all_digits(digits) || !all_digits(fraction) {
        return Ok(text);
    }
    if fraction == "0" { Ok(whole) } else { Err(Refusal::NotANumber) }
}

/// The ASCII digit of a character: European, full-width, or from either Arabic set.
fn digit(char: char) -> Option<u8> {
    let zero = match char {
        '0'..='9' => '0',
        '０'..='９' => '０',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6F0}'..='\u{6F9}' => '\u{6F0}',
        _ => return None,
    };
    Some(b'0' + (u32::from(char) - u32::from(zero)) as u8)
}

/// What may be between the digits of one number.
fn is_separator(char: char) -> bool {
    matches!(
        char,
        '-' | '.' | '/' | '(' | ')' | '[' | ']' | '\u{B7}' | '\u{2022}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF08}'
                | '\u{FF09}'
                | '\u{FF0D}'
                | '\u{FF0E}'
    ) || is_blank(char)
}

/// White space and invisible characters: zero-width ones, directions, soft hyphens, byte order
/// marks.
fn is_blank(char: char) -> bool {
    is_invisible(char) || char.is_whitespace()
}

fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '´' | '\u{2018}'..='\u{201F}' | '«' | '»' | '‹' | '›')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Result<String, Refusal> {
        parse_digits(text).map(|parsed| String::from_utf8(parsed.digits().to_vec()).unwrap())
    }

    #[test]
    fn what_is_around_and_between_digits_is_removed() {
        for text in [
            "46701740605",
            " +46 70-174 06 05\r\n",
            "+46.70.174.06.05",
            "46/70/174 06 05",
            "+46\u{a0}70\u{202f}174\u{2007}06\u{3000}05",
            "\u{feff}4670\u{200b}1740605\u{200e}",
            "\u{202a}+46\u{2011}70\u{2013}1740605\u{202c}",
            "＋４６ ７０－１７４ ０６ ０５",
            "٤٦٧٠١٧٤٠٦٠٥",
            "'46701740605",
            "=\"46701740605\"",
            "\"46701740605\"",
            "“46701740605”",
            "46701740605.0",
            "+46701740605.0",
            "46701740605,0",
            "tel:+46-70-174-06-05",
            "TEL: 46701740605",
            "(+46) [70] 1740605",
        ] {
            assert_eq!(digits(text).as_deref(), Ok("46701740605"), "{text:?}");
        }
    }

    #[test]
    fn a_plus_sign_counts_only_before_the_digits() {
        assert_eq!(parse_digits("(+46) 701740605").unwrap().plus_sign, PlusSign::Present);
        assert_eq!(parse_digits("46701740605").unwrap().plus_sign, PlusSign::Absent);
        for text in ["46+701740605", "++46701740605", "+46701740605 +46701740606"] {
            assert_eq!(digits(text), Err(Refusal::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn placeholders_are_empty() {
        for text in [
            "",
            " ",
            "\u{a0}\u{200b}",
            "-",
            "--",
            "?",
            ".",
            "+",
            "\"\"",
            "NULL",
            "(null)",
            "None",
            "NaN",
            "n/a",
            "#N/A",
            "N.A.",
            "<NA>",
            "\\N",
            "nil",
            "unknown",
            "()",
        ] {
            assert_eq!(digits(text), Err(Refusal::Empty), "{text:?}");
        }
    }

    #[test]
    fn scientific_notation_and_trailing_zeros_have_lost_digits() {
        for text in [
            "4.67017E+10",
            "4,67017E+10",
            "4.67E10",
            "4e+10",
            "+4.67017e+10",
            "\"4.67017E+10\"",
            "4670174060512340000",
        ] {
            assert_eq!(digits(text), Err(Refusal::DigitsLost), "{text:?}");
        }
    }

    #[test]
    fn more_or_other_than_one_number_is_not_a_number() {
        for text in [
            "46701740605.5",
            "46701740605.00",
            "46701740605.25",
            "+46 70-174 06 05 ext 12",
            "46701740605x12",
            "0701740605 / 0701740606",
            "070-1740605/06",
            "+49 89 1234567/68",
            "0701740605;0701740606",
            "0701740605, 0701740606",
            "mobile",
            "call me",
            "E10",
            "1-800-FLOWERS",
            "name@example.com",
            "#46701740605",
        ] {
            assert_eq!(digits(text), Err(Refusal::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn a_slash_may_follow_an_area_code() {
        for (text, expected) in [("0170/3920001", "01703920001"), ("0049 170/3920001", "00491703920001")] {
            assert_eq!(digits(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn more_digits_than_any_number_has_are_too_long() {
        assert_eq!(digits("1234567890123456789012345"), Err(Refusal::TooLong));
        assert_eq!(digits("070-1740605 070-1740606 070-1740607"), Err(Refusal::TooLong));
    }
}
