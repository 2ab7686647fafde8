//! A cell's text to digits: what people, spreadsheets and programs put around a number is taken off.
//!
//! Whether the digits are a number of some country is not asked here.

use super::refusal::Refusal;
use crate::model::Msisdn;

/// Room for 15 digits behind the longest access code and a doubled one.
const MOST_DIGITS: usize = 24;

/// From this many digits on, a slash is no longer part of a number but stands between two.
const WHOLE_NUMBER_DIGITS: usize = 10;

/// The digits that a text holds, and whether a plus stands before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    digits: [u8; MOST_DIGITS],
    length: usize,
    pub(super) mark: Mark,
}

/// What a text says about its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A plus: the number is international.
    Plus,
    /// Nothing.
    None,
}

impl Written {
    const NOTHING: Self = Self { digits: [0; MOST_DIGITS], length: 0, mark: Mark::None };

    /// The digits as ASCII; at least one.
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
pub(super) fn read(text: &str) -> Result<Written, Refusal> {
    match plain_digits(text.as_bytes()) {
        Some(written) => Ok(written),
        None => read_dirty(text),
    }
}

/// The case that most lists consist of: nothing but digits, as many as a number has, or these behind a plus.
fn plain_digits(text: &[u8]) -> Option<Written> {
    let (mark, digits) = match text {
        [b'+', digits @ ..] => (Mark::Plus, digits),
        digits => (Mark::None, digits),
    };
    if !(Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS).contains(&digits.len()) {
        return None;
    }
    let mut written = Written { mark, length: digits.len(), ..Written::NOTHING };
    written.digits[..digits.len()].copy_from_slice(digits);
    digits.iter().all(u8::is_ascii_digit).then_some(written)
}

fn read_dirty(text: &str) -> Result<Written, Refusal> {
    let text = unwrapped(text);
    if says_nothing(text) {
        return Err(Refusal::Empty);
    }
    if is_scientific(text) || is_zeroed(text) {
        return Err(Refusal::DigitsLost);
    }
    let mut written = Written::NOTHING;
    for char in without_zero_fraction(text)?.chars() {
        match char {
            '+' | '＋' | '﹢' if written.length == 0 && written.mark == Mark::None => {
                written.mark = Mark::Plus;
            }
            '/' | '／' if written.length >= WHOLE_NUMBER_DIGITS => return Err(Refusal::NotANumber),
            _ => match digit(char) {
                Some(digit) => written.push(digit)?,
                None if is_separator(char) => {}
                None => return Err(Refusal::NotANumber),
            },
        }
    }
    if written.length == 0 { Err(Refusal::Empty) } else { Ok(written) }
}

/// The text without what stands around a number: blanks, quotes, `="…"`, a leading apostrophe, `tel:`.
fn unwrapped(text: &str) -> &str {
    let around = |char: char| is_blank(char) || is_quote(char) || char == '=';
    let text = text.trim_matches(around);
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text[4..].trim_matches(around),
        _ => text,
    }
}

/// Whether a text is one that programs and people put where there is no number.
fn says_nothing(text: &str) -> bool {
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

/// Whether a spreadsheet has set the digits after the 15th to zero, as it does with numbers that it can
/// not hold.
fn is_zeroed(text: &str) -> bool {
    text.len() > Msisdn::MAX_DIGITS
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.bytes().skip(Msisdn::MAX_DIGITS).all(|byte| byte == b'0')
}

/// The text without the `.0` that a number column with gaps gets from many programs. Any other decimal
/// fraction shows that the cell was never a telephone number; grouping such as `070.174` is none.
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

/// The ASCII digit that a character stands for: European, full-width, or either Arabic set.
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

/// What may stand between the digits of one number.
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

/// White space, and characters that show nothing: zero-width ones, directions, soft hyphens, byte order marks.
fn is_blank(char: char) -> bool {
    let invisible = matches!(
        char,
        '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    );
    invisible || char.is_whitespace()
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '´' | '\u{2018}'..='\u{201F}' | '«' | '»' | '‹' | '›')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Result<String, Refusal> {
        read(text).map(|written| String::from_utf8(written.digits().to_vec()).unwrap())
    }

    #[test]
    fn what_stands_around_and_between_is_taken_off() {
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
    fn a_plus_is_noticed_before_the_digits_only() {
        assert_eq!(read("(+46) 701740605").unwrap().mark, Mark::Plus);
        assert_eq!(read("46701740605").unwrap().mark, Mark::None);
        for text in ["46+701740605", "++46701740605", "+46701740605 +46701740606"] {
            assert_eq!(digits(text), Err(Refusal::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn what_says_nothing_is_empty() {
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
    fn scientific_notation_and_zeroed_ends_have_lost_digits() {
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
    fn what_is_more_or_other_than_one_number_is_none() {
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
    fn a_slash_may_stand_behind_an_area_code() {
        for (text, expected) in [("0170/3920001", "01703920001"), ("0049 170/3920001", "00491703920001")] {
            assert_eq!(digits(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn more_digits_than_any_number_has_are_too_many() {
        assert_eq!(digits("1234567890123456789012345"), Err(Refusal::TooLong));
        assert_eq!(digits("070-1740605 070-1740606 070-1740607"), Err(Refusal::TooLong));
    }
}
