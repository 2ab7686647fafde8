//! What single characters mean in a cell: digits of every script, plus signs, dashes, blanks.

use crate::numbering::folding::half_width;

/// The zero of every script with decimal digits (general category `Nd`, Unicode 17). Unicode
/// promises that the other nine follow it.
const ZEROS: [char; 76] = [
    '\u{30}',
    '\u{660}',
    '\u{6F0}',
    '\u{7C0}',
    '\u{966}',
    '\u{9E6}',
    '\u{A66}',
    '\u{AE6}',
    '\u{B66}',
    '\u{BE6}',
    '\u{C66}',
    '\u{CE6}',
    '\u{D66}',
    '\u{DE6}',
    '\u{E50}',
    '\u{ED0}',
    '\u{F20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17E0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19D0}',
    '\u{1A80}',
    '\u{1A90}',
    '\u{1B50}',
    '\u{1BB0}',
    '\u{1C40}',
    '\u{1C50}',
    '\u{A620}',
    '\u{A8D0}',
    '\u{A900}',
    '\u{A9D0}',
    '\u{A9F0}',
    '\u{AA50}',
    '\u{ABF0}',
    '\u{FF10}',
    '\u{104A0}',
    '\u{10D30}',
    '\u{10D40}',
    '\u{11066}',
    '\u{110F0}',
    '\u{11136}',
    '\u{111D0}',
    '\u{112F0}',
    '\u{11450}',
    '\u{114D0}',
    '\u{11650}',
    '\u{116C0}',
    '\u{116D0}',
    '\u{116DA}',
    '\u{11730}',
    '\u{118E0}',
    '\u{11950}',
    '\u{11BF0}',
    '\u{11C50}',
    '\u{11D50}',
    '\u{11DA0}',
    '\u{11F50}',
    '\u{16130}',
    '\u{16A60}',
    '\u{16AC0}',
    '\u{16B50}',
    '\u{16D70}',
    '\u{1CCF0}',
    '\u{1D7CE}',
    '\u{1D7D8}',
    '\u{1D7E2}',
    '\u{1D7EC}',
    '\u{1D7F6}',
    '\u{1E140}',
    '\u{1E2F0}',
    '\u{1E4F0}',
    '\u{1E5F1}',
    '\u{1E950}',
    '\u{1FBF0}',
];

/// What a character is for whoever reads a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A digit, as ASCII.
    Digit(char),
    Plus,
    Dash,
    Dot,
    Slash,
    Open,
    Close,
    Comma,
    Semicolon,
    Bar,
    Colon,
    Equals,
    Hash,
    Blank,
    /// The end of a line, or a tab.
    Line,
    Quote,
    /// A wait for the second dial tone, `8~10`, or several lines, `123-4567~8`.
    Tilde,
    /// A letter, in the case that it was written in.
    Letter(char),
    /// A symbol that stands for a word, `☎`.
    Symbol(&'static str),
    /// Not visible, or meaningless: it is left out.
    Nothing,
    /// Anything that shows that the text is not only a number.
    Other,
}

pub(super) fn meaning(char: char) -> Meaning {
    if let Some(digit) = digit(char) {
        return Meaning::Digit(digit);
    }
    if is_invisible(char) {
        return Meaning::Nothing;
    }
    match half_width(char) {
        '+' | '﹢' | '⁺' | '➕' => Meaning::Plus,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | 'ー' | 'ｰ' | '─' => {
            Meaning::Dash
        }
        '.' | '·' | '•' | '‧' | '∙' | '⋅' | '・' | '･' | '。' | '｡' => Meaning::Dot,
        '/' | '⁄' | '∕' => Meaning::Slash,
        '(' | '[' | '{' | '<' | '「' | '『' | '【' | '〔' | '〈' | '《' => Meaning::Open,
        ')' | ']' | '}' | '>' | '」' | '』' | '】' | '〕' | '〉' | '》' => Meaning::Close,
        ',' | '、' | '､' | '،' | '٬' | '٫' => Meaning::Comma,
        ';' | '؛' | '\u{37E}' => Meaning::Semicolon,
        '|' | '¦' | '│' => Meaning::Bar,
        ':' | '∶' | '꞉' => Meaning::Colon,
        '=' => Meaning::Equals,
        '#' => Meaning::Hash,
        '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Meaning::Line,
        '"' | '\'' | '`' | '´' | '\u{2018}'..='\u{201F}' | '«' | '»' | '‹' | '›' | '\u{2BC}' => {
            Meaning::Quote
        }
        '~' | '〜' | '∼' => Meaning::Tilde,
        '&' => Meaning::Symbol("&"),
        '№' => Meaning::Symbol("no"),
        '☎' | '☏' | '✆' | '℡' | '📞' | '📱' | '📲' | '🕿' => Meaning::Symbol("tel"),
        '📠' | '℻' | '📟' | '🖷' => Meaning::Symbol("fax"),
        '!' => Meaning::Blank,
        char if char.is_whitespace() || is_picture(char) => Meaning::Blank,
        char if char.is_alphabetic() => Meaning::Letter(char),
        _ => Meaning::Other,
    }
}

/// The value of a decimal digit of any script, as ASCII.
pub(super) fn digit(char: char) -> Option<char> {
    if char.is_ascii() {
        return char.is_ascii_digit().then_some(char);
    }
    let next = ZEROS.partition_point(|zero| *zero <= char);
    let value = u32::from(char) - u32::from(*ZEROS.get(next.checked_sub(1)?)?);
    char::from_digit(value, 10)
}

/// Characters that show nothing: NUL (the padding of fixed columns), zero-width ones, directions of
/// writing, soft hyphens, byte order marks, variants of pictures.
pub(super) fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{AD}' | '\u{61C}' | '\u{180B}'..='\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{20E3}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
    )
}

/// Pictures that decorate a name or a number and say nothing about it.
fn is_picture(char: char) -> bool {
    matches!(char, '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_ten_digits() {
        assert!(ZEROS.is_sorted());
        for zero in ZEROS {
            for value in 0..10 {
                let char = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(digit(char), char::from_digit(value, 10), "{char:?}");
            }
        }
        for not_a_digit in ['a', '²', '①', '½', '一', '\u{65F}', '\u{66A}', 'Ⅳ'] {
            assert_eq!(digit(not_a_digit), None, "{not_a_digit:?}");
        }
    }
}
