//! Text from outside, as messages, logs, summaries and reports show it.
//!
//! A service, a proxy or a list may send anything: whole telephone numbers, escape sequences of
//! terminals, characters that turn a line around, texts without an end. All of it is shown through
//! this one type. Data columns keep such a text as it is.

use std::borrow::Cow;
use std::fmt;

/// At most this many characters are shown.
const LONGEST: usize = 60;
/// Fewer digits than this are no telephone number.
const DIGITS_OF_A_NUMBER: usize = 6;
/// Digits of one number may have this many separators between them.
const SEPARATORS_BETWEEN_DIGITS: usize = 3;

/// Displays text from outside safely: digits that may be a telephone number are masked, characters
/// that a terminal would obey are escaped, and what is long is cut.
#[derive(Clone, Copy, Debug)]
pub struct ForeignText<'a>(pub &'a str);

impl fmt::Display for ForeignText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Longer texts are not looked at: a number at the end of what is shown is still seen as
        // one.
        let characters: Vec<char> = self.0.chars().take(2 * LONGEST).collect();
        let is_masked = masked(&characters);
        let mut shown = 0;
        for (&character, is_masked) in characters.iter().zip(is_masked) {
            let text = match is_masked {
                true => "•".to_owned(),
                false => escaped(character),
            };
            shown += text.chars().count();
            if shown > LONGEST {
                return f.write_str("…");
            }
            f.write_str(&text)?;
        }
        Ok(())
    }
}

/// The text with what a terminal would obey escaped, and nothing else changed: for messages that
/// have names of files and the like in them. Line ends stay.
#[must_use]
pub fn without_control_characters(text: &str) -> Cow<'_, str> {
    let is_obeyed = |character: char| character != '\n' && is_obeyed(character);
    if !text.contains(is_obeyed) {
        return text.into();
    }
    let shown = text.chars().map(|character| match is_obeyed(character) {
        true => character.escape_unicode().to_string(),
        false => character.into(),
    });
    shown.collect()
}

/// For each character, whether it is a digit of what may be a telephone number.
fn masked(characters: &[char]) -> Vec<bool> {
    let mut is_masked = vec![false; characters.len()];
    let mut digits = Vec::new();
    let mut separators = 0;
    let mask = |digits: &mut Vec<usize>, is_masked: &mut Vec<bool>| {
        if digits.len() >= DIGITS_OF_A_NUMBER {
            digits.iter().for_each(|&at| is_masked[at] = true);
        }
        digits.clear();
    };
    for (at, &character) in characters.iter().enumerate() {
        if character.is_numeric() {
            digits.push(at);
            separators = 0;
        } else {
            separators += 1;
            if separators > SEPARATORS_BETWEEN_DIGITS || !may_stand_between_digits(character) {
                mask(&mut digits, &mut is_masked);
            }
        }
    }
    mask(&mut digits, &mut is_masked);
    is_masked
}

fn may_stand_between_digits(character: char) -> bool {
    !character.is_alphanumeric() && !"|=;&<>\"{}[]".contains(character)
}

/// The character, or its escape if it does more than to stand there.
fn escaped(character: char) -> String {
    match character {
        '\n' | '\r' | '\t' | '\0' | '\\' => character.escape_debug().to_string(),
        _ if is_obeyed(character) => character.escape_unicode().to_string(),
        _ => character.into(),
    }
}

/// Whether a terminal or an editor does something about a character besides showing it.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        ForeignText(text).to_string()
    }

    #[test]
    fn a_number_is_masked_however_it_is_written() {
        for (text, expected) in [
            ("NO SUCH 46701740605", "NO SUCH •••••••••••"),
            ("no 46 701 740 605", "no •• ••• ••• •••"),
            ("+46 (0)70-174.06/05!", "+•• (•)••-•••.••/••!"),
            ("+46 - 701740605", "+•• - •••••••••"),
            ("msisdn=46701740605&x=12", "msisdn=•••••••••••&x=12"),
            ("٤٦٧٠١٧٤٠٦٠٥", "•••••••••••"),
            ("%34%36%37%30%31%37", "%••%••%••%••%••%••"),
            (
                "4\u{200b}6\u{200b}7\u{200b}0\u{200b}1\u{200b}7",
                "•\\u{200b}•\\u{200b}•\\u{200b}•\\u{200b}•\\u{200b}•",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn codes_and_years_are_shown() {
        for text in
            ["ERROR_500", "HTTP 504 Gateway Timeout", "year=2026|2025", "E-12345", "NO_CREDIT", "HLR_På_Fire"]
        {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        for (text, expected) in [
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\0"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}tpircs\u{2066}", "\\u{202e}tpircs\\u{2066}"),
            ("\u{feff}result", "\\u{feff}result"),
            ("back\\slash \"quoted\" it's", "back\\\\slash \"quoted\" it's"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn messages_keep_everything_else() {
        for (text, expected) in [
            (
                "a\u{1b}[31m.csv: no \"such\" file\nhelp: C:\\x",
                "a\\u{1b}[31m.csv: no \"such\" file\nhelp: C:\\x",
            ),
            ("Zoë’s números 46701740605.csv", "Zoë’s números 46701740605.csv"),
            ("\u{202e}vsc.exe", "\\u{202e}vsc.exe"),
        ] {
            assert_eq!(without_control_characters(text), expected);
        }
    }

    #[test]
    fn what_is_long_is_cut_after_escaping() {
        assert_eq!(shown(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(shown(&"x".repeat(61)), "x".repeat(60) + "…");
        assert!(shown(&"\u{1b}".repeat(1_000)).chars().count() <= LONGEST + 1);
        let at_the_end = format!("{}46701740605", "x".repeat(55));
        assert_eq!(shown(&at_the_end), format!("{}•••••…", "x".repeat(55)));
    }

    proptest! {
        #[test]
        fn nothing_that_is_shown_has_a_number_or_a_control_character(
            before in "\\PC{0,20}", digits in "[0-9]{1,4}([ ./()-]{0,3}[0-9]{1,4}){3,6}", after in "\\PC{0,20}", control in any::<char>(),
        ) {
            let text = shown(&format!("{before}{control}x{digits}y{after}"));
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert!(text.chars().count() <= LONGEST + 1);
            if digits.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_A_NUMBER {
                let inside = text.split_once('x').map_or("", |(_, rest)| rest);
                prop_assert!(!inside.contains(&digits));
            }
        }
    }
}
