//! Characters that a program wrote as something else: `&nbsp;`, `%2B`, `\n`, `Â `.

use std::borrow::Cow;

/// Entities of HTML that stand between digits or around a number. None of them is a digit.
const ENTITIES: [(&str, char); 24] = [
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("plus", '+'),
    ("amp", '&'),
    ("quot", '"'),
    ("apos", '\''),
    ("lt", '<'),
    ("gt", '>'),
    ("shy", '\u{AD}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("lrm", '\u{200E}'),
    ("rlm", '\u{200F}'),
    ("ndash", '-'),
    ("mdash", '-'),
    ("minus", '-'),
    ("hyphen", '-'),
    ("middot", '·'),
    ("bull", '•'),
    ("sol", '/'),
    ("lpar", '('),
    ("rpar", ')'),
];

/// What percent-encoding may stand for. Digits are never encoded.
const ENCODED: [(&str, char); 8] =
    [("2b", '+'), ("20", ' '), ("2d", '-'), ("28", '('), ("29", ')'), ("2f", '/'), ("3a", ':'), ("2c", ',')];

/// The start of a blank, a dash or a direction mark in UTF-8 that was read as Windows-1252; one
/// more character belongs to it.
const MISREAD: &str = "â€";

/// The text with such characters as themselves.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '%', '\\', 'Â', 'â']) {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (written, length) = first(rest).unwrap_or((char, char.len_utf8()));
        decoded.push(written);
        rest = &rest[length..];
    }
    Cow::Owned(decoded)
}

/// The character that a text begins with in an escaped form, and the bytes of this form.
fn first(text: &str) -> Option<(char, usize)> {
    match text.as_bytes()[0] {
        b'&' => entity(&text[1..]).map(|(char, length)| (char, length + 1)),
        b'%' => {
            let code = text.get(1..3)?;
            ENCODED.iter().find(|(known, _)| code.eq_ignore_ascii_case(known)).map(|(_, char)| (*char, 3))
        }
        b'\\' => match text.as_bytes().get(1)? {
            b'n' | b'r' | b't' => Some(('\n', 2)),
            b'"' | b'\'' => Some(('"', 2)),
            b'/' => Some(('/', 2)),
            _ => None,
        },
        _ if text.starts_with(MISREAD) => {
            let third = text[MISREAD.len()..].chars().next()?;
            let is_dash = matches!(third, '\u{90}'..='\u{95}' | '“' | '”' | '‘' | '’');
            Some((if is_dash { '-' } else { ' ' }, MISREAD.len() + third.len_utf8()))
        }
        _ => {
            let blank = text.strip_prefix('Â')?.chars().next().filter(|next| next.is_whitespace())?;
            Some((' ', 'Â'.len_utf8() + blank.len_utf8()))
        }
    }
}

/// The character of `nbsp;` or `#160;`, and the length of this text.
fn entity(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 8;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &text[..end];
    let char = match name.strip_prefix('#') {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code = hexadecimal.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
            char::from_u32(code).filter(|char| !char.is_numeric())?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((char, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters_are_read_as_themselves() {
        for (text, expected) in [
            ("+46&nbsp;70&#160;1", "+46 70\u{a0}1"),
            ("&#43;46&#x2B;", "+46+"),
            ("%2B46%2d70", "+46-70"),
            ("+46Â\u{a0}70", "+46 70"),
            ("+46â€“70â€ª", "+46-70 "),
            ("1\\n2", "1\n2"),
            ("[\\\"1\\\"]", "[\"1\"]"),
        ] {
            assert_eq!(decoded(text), expected);
        }
        for plain in ["Ann & Bo", "100 %", "%34", "&#52;", "&unknown;", "\\N", "Âge", "&", "â"] {
            assert_eq!(decoded(plain), plain);
        }
    }
}
