//! What the format of a number shows around its digits: leading zeros, a calling code, brackets.
//!
//! A format code is read as ECMA-376 describes it (part 1, 18.8.31). `"+47 "0` shows the number
//! 70174060 as `+47 70174060`, and only that text says to which country the number belongs.

use std::iter::Peekable;
use std::str::Chars;

/// How whole numbers are shown, as far as it matters for telephone numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberFormat {
    /// The first one whose condition holds is used.
    sections: Vec<Section>,
}

/// One of the parts between semicolons.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    condition: Option<Condition>,
    /// Empty where the format shows something else than the digits: a date, an amount, a percentage.
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Literal(char),
    Digit(Filler),
    /// All digits that are left: `General`, `@`.
    AllDigits,
}

/// What stands where the number has no digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filler {
    Nothing,
    Blank,
    Zero,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Condition {
    operator: Operator,
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Eq for Condition {}

impl NumberFormat {
    /// By a format code such as `0000000000` or `"+47 "0`. Decimals, dates, currencies and the like
    /// show nothing that counts here.
    pub(super) fn of(code: &str) -> Self {
        let mut chars = code.chars().peekable();
        let mut sections = Vec::new();
        while chars.peek().is_some() {
            sections.push(Section::read(&mut chars));
        }
        Self { sections }
    }

    /// The digits of a whole number that is not negative, as they are shown.
    pub(super) fn shown(&self, digits: &str) -> String {
        match self.section(digits.parse().unwrap_or(f64::INFINITY)) {
            Some(section) if section.pieces.iter().any(Piece::shows_digits) => section.shown(digits),
            _ => digits.to_owned(),
        }
    }

    /// Without conditions, the first section is for all numbers that are not negative.
    fn section(&self, number: f64) -> Option<&Section> {
        self.sections.iter().find(|section| section.condition.is_none_or(|condition| condition.holds(number)))
    }
}

impl Section {
    /// Reads up to a semicolon, or to the end.
    fn read(chars: &mut Peekable<Chars<'_>>) -> Self {
        let mut section = Self { condition: None, pieces: Vec::new() };
        let mut is_other = false;
        let mut is_fraction = false;
        while let Some(c) = chars.next() {
            let piece = match c {
                ';' => break,
                '"' => {
                    let text = chars.by_ref().take_while(|c| *c != '"');
                    section.pieces.extend(text.map(Piece::Literal));
                    continue;
                }
                '\\' => chars.next().map(Piece::Literal),
                // A blank as wide as the character after it.
                '_' => chars.next().map(|_| Piece::Literal(' ')),
                // The character after it fills the cell.
                '*' => {
                    chars.next();
                    None
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    // A currency with its language, `[$€-407]`: any text may stand there.
                    let currency = inside.strip_prefix('$').and_then(|text| text.split('-').next());
                    section.pieces.extend(currency.unwrap_or_default().chars().map(Piece::Literal));
                    section.condition = section.condition.or(Condition::read(&inside));
                    is_other |= inside.chars().all(|c| matches!(c, 'h' | 'm' | 's' | 'H' | 'M' | 'S'));
                    None
                }
                '#' | '?' | '0' if is_fraction => None,
                '#' => Some(Piece::Digit(Filler::Nothing)),
                '?' => Some(Piece::Digit(Filler::Blank)),
                '0' => Some(Piece::Digit(Filler::Zero)),
                '@' => Some(Piece::AllDigits),
                // A whole number has zeros there.
                '.' => {
                    is_fraction = section.pieces.iter().any(Piece::shows_digits);
                    (!is_fraction).then_some(Piece::Literal('.'))
                }
                // Between thousands. The digits are easier to read without it.
                ',' => None,
                'G' | 'g' => {
                    for _ in "eneral".chars() {
                        chars.next_if(char::is_ascii_alphabetic);
                    }
                    Some(Piece::AllDigits)
                }
                // A fraction, or a date.
                '/' | 'E' | 'e' | 'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | '%' => {
                    is_other = true;
                    None
                }
                literal => Some(Piece::Literal(literal)),
            };
            section.pieces.extend(piece);
        }
        let literals = || section.pieces.iter().filter_map(Piece::literal);
        let belongs_to_the_number = literals().any(|c| c == '+' || c.is_numeric());
        let is_plain = literals().all(|c| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')'));
        if is_other || !(belongs_to_the_number || is_plain) {
            section.pieces.clear();
        }
        section
    }

    /// From right to left, as a spreadsheet fills in digits: what is left goes to the first place.
    fn shown(&self, digits: &str) -> String {
        let mut left: Vec<char> = digits.chars().collect();
        let first = self.pieces.iter().position(Piece::shows_digits);
        let mut reversed = Vec::with_capacity(self.pieces.len() + left.len());
        for (index, piece) in self.pieces.iter().enumerate().rev() {
            match piece {
                Piece::Literal(literal) => reversed.push(*literal),
                Piece::Digit(filler) => reversed.extend(left.pop().or(filler.character())),
                Piece::AllDigits => {}
            }
            if Some(index) == first {
                reversed.extend(std::iter::from_fn(|| left.pop()));
            }
        }
        let shown: String = reversed.into_iter().rev().collect();
        shown.trim().to_owned()
    }
}

impl Piece {
    fn shows_digits(&self) -> bool {
        !matches!(self, Self::Literal(_))
    }

    fn literal(&self) -> Option<char> {
        match self {
            Self::Literal(literal) => Some(*literal),
            Self::Digit(_) | Self::AllDigits => None,
        }
    }
}

impl Filler {
    fn character(self) -> Option<char> {
        match self {
            Self::Nothing => None,
            Self::Blank => Some(' '),
            Self::Zero => Some('0'),
        }
    }
}

impl Condition {
    /// `<=9999999`; other texts in brackets are colours and languages.
    fn read(text: &str) -> Option<Self> {
        let number = text.trim_start_matches(['<', '>', '=']);
        let operator = match &text[..text.len() - number.len()] {
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "=" => Operator::Equal,
            "<>" => Operator::NotEqual,
            _ => return None,
        };
        Some(Self { operator, limit: number.trim().parse().ok()? })
    }

    fn holds(self, number: f64) -> bool {
        match self.operator {
            Operator::Less => number < self.limit,
            Operator::LessOrEqual => number <= self.limit,
            Operator::Greater => number > self.limit,
            Operator::GreaterOrEqual => number >= self.limit,
            Operator::Equal => number == self.limit,
            Operator::NotEqual => number != self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shows(digits: &str, cases: &[(&str, &str)]) {
        for (code, shown) in cases {
            assert_eq!(NumberFormat::of(code).shown(digits), *shown, "{code}");
        }
    }

    #[test]
    fn zeros_and_prefixes_are_shown_as_the_spreadsheet_does() {
        shows(
            "701740605",
            &[
                ("General", "701740605"),
                ("0", "701740605"),
                ("@", "701740605"),
                ("0000000000", "0701740605"),
                ("\"0\"#########", "0701740605"),
                ("\"+\"0", "+701740605"),
                ("\\+0", "+701740605"),
                ("+0", "+701740605"),
                ("000\\-000\\-0000", "070-174-0605"),
                ("\"(0)\"##\\ ###\\ ##\\ ##", "(0)70 174 06 05"),
                ("??????????", "701740605"),
                ("", "701740605"),
            ],
        );
    }

    #[test]
    fn a_calling_code_is_kept_however_it_is_written() {
        for (code, shown) in [
            ("\"+47\"00000000", "+4790123456"),
            ("\"+47 \"0", "+47 90123456"),
            ("\"+47 \"00 00 00 00", "+47 90 12 34 56"),
            ("\\+47\\ 00000000", "+47 90123456"),
            ("[$+47 -414]0", "+47 90123456"),
            ("[$+47]\\ 0", "+47 90123456"),
            ("\"(+47) \"0", "(+47) 90123456"),
            ("[$-414]\"+47 \"0", "+47 90123456"),
            ("[$-F800]\\+\\4\\7 0", "+47 90123456"),
            ("\"Tel +47 \"0", "Tel +47 90123456"),
            ("\"+47\"\\-000\\-00\\-000", "+47-901-23-456"),
            ("\"0047\"0", "004790123456"),
            ("\"0047 \"0", "0047 90123456"),
            ("[Red]\"+47 \"0", "+47 90123456"),
            ("\"+47 \"0;[Red]-0", "+47 90123456"),
            ("\"+47 \"0;;;@", "+47 90123456"),
            ("[>1000]\"+47 \"0;General", "+47 90123456"),
            ("[<=9999999]0;\"+47 \"0", "+47 90123456"),
            ("_-\"+47 \"0_-", "+47 90123456"),
            ("\"+47\"* 0", "+4790123456"),
            ("\"+47 \"#,##0", "+47 90123456"),
            ("\"+47 \"0.00", "+47 90123456"),
            ("\"+47 \"General", "+47 90123456"),
            ("\"+47 \"@", "+47 90123456"),
            ("0\" (+47)\"", "90123456 (+47)"),
        ] {
            assert_eq!(NumberFormat::of(code).shown("90123456"), shown, "{code}");
        }
    }

    /// In a format code, a bare `0` of a calling code such as `+30` is a digit of the number.
    #[test]
    fn a_bare_zero_in_a_calling_code_is_a_place_for_a_digit() {
        shows("46701740605", &[("+00 00 000 00 00", "+46 70 174 06 05"), ("+#", "+46701740605")]);
        shows("90123456", &[("+47 00 00 00 00", "+47 90 12 34 56")]);
    }

    #[test]
    fn the_format_for_telephone_numbers_shows_the_area() {
        let code = "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####";
        shows("4035550173", &[(code, "(403) 555-0173")]);
        shows("5550173", &[(code, "555-0173")]);
    }

    #[test]
    fn amounts_dates_and_shares_show_nothing_that_counts() {
        shows(
            "701740605",
            &[
                ("#,##0", "701740605"),
                ("0.00", "701740605"),
                ("\"EUR \"0", "701740605"),
                ("0\\ \"kg\"", "701740605"),
                ("[$€-407] #,##0.00", "701740605"),
                ("yyyy-mm-dd", "701740605"),
                ("dd/mm/yyyy", "701740605"),
                ("[h]:mm", "701740605"),
                ("0.00E+00", "701740605"),
                ("##0.0E+0", "701740605"),
                ("0%", "701740605"),
                ("# ?/?", "701740605"),
                ("\"no\"", "701740605"),
                ("[<5]0", "701740605"),
                ("\\", "701740605"),
                ("[", "701740605"),
                ("\"", "701740605"),
                (";;;", "701740605"),
            ],
        );
    }
}
