//! Groups of digits, and what is before each.

use super::tokens::Token;

/// What is before a group of digits.
#[derive(Clone, Debug, Default)]
pub(super) struct Separator {
    tokens: Vec<Token>,
}

impl Separator {
    pub(super) fn has(&self, token: &Token) -> bool {
        self.tokens.contains(token)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.has(&Token::Blank) || self.has(&Token::Line)
    }

    /// Whether a plus sign, or a plus in place of "and", shows that another number follows.
    pub(super) fn begins_number(&self) -> bool {
        self.has(&Token::Plus) || self.has(&Token::Bar)
    }

    pub(super) fn divides(&self) -> bool {
        self.is_blank() || self.has(&Token::Open)
    }

    /// Whether it ends an ordinal number, `1)` or `1.`, before a blank.
    pub(super) fn ends_ordinal(&self) -> bool {
        matches!(self.tokens.as_slice(), [Token::Close | Token::Dot, Token::Blank])
    }
}

/// Digits in a row, and what is before them.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) digits: &'a str,
    pub(super) separator: Separator,
}

impl Group<'_> {
    /// The separator where it is only one visible character.
    pub(super) fn only_separator(&self) -> Option<char> {
        match self.separator.tokens.as_slice() {
            [Token::Dash] => Some('-'),
            [Token::Dot] => Some('.'),
            [Token::Slash] => Some('/'),
            _ => None,
        }
    }
}

/// The groups of a row of tokens. `is_open` says whether a bracket is before it.
pub(super) fn groups(tokens: &[Token], is_open: bool) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut separator = Separator { tokens: if is_open { vec![Token::Open] } else { Vec::new() } };
    for token in tokens {
        match token {
            Token::Digits(digits) => {
                groups.push(Group { digits, separator: std::mem::take(&mut separator) });
            }
            // `0701740605 + 0701740606` has no plus sign, but a word for "and".
            Token::Blank if !groups.is_empty() && separator.tokens.last() == Some(&Token::Plus) => {
                separator.tokens.pop();
                separator.tokens.extend([Token::Bar, Token::Blank]);
            }
            token => separator.tokens.push(token.clone()),
        }
    }
    groups
}
