//! What is between two rows of digits of a cell, before the first and after the last.

use super::refusal::Refusal;
use super::tokens::{Token, Word};
use super::words::{self, WordKind};

/// The tokens between two rows of digits, or at an end of the text.
pub(super) struct Gap<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) has_before: bool,
    pub(super) has_after: bool,
}

/// How the digits after a gap belong to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// By words only.
    Words,
    /// The next of a list.
    List,
    /// By one comma without a blank: a list, a pause, or a decimal fraction.
    Comma,
    /// By marks without a blank: a list, or a pause before more digits.
    Tight,
    /// As the extension.
    Extension,
}

/// What a gap says.
pub(super) struct Said {
    pub(super) link: Link,
    /// Words that are no label: a name, or anything else.
    pub(super) has_unknown_words: bool,
    /// Such a word of a script in which words do not touch digits. It may name a person, or the
    /// number of something else (`CVR`, `Aktenzeichen`): beside it, digits need a sign of their own
    /// that they are a telephone number.
    pub(super) needs_sign: bool,
}

/// Reads a gap; fails where it shows that the digits beside it are no telephone number.
pub(super) fn read(gap: &Gap<'_>) -> Result<Said, Refusal> {
    let mut said = Said { link: Link::Words, has_unknown_words: false, needs_sign: false };
    let (mut is_list, mut is_extension, mut is_pause) = (false, false, false);
    for (at, token) in gap.tokens.iter().enumerate() {
        match token {
            Token::Other | Token::Plus => return Err(Refusal::NotANumber),
            Token::Colon if gap.is_clock() => return Err(Refusal::NotANumber),
            Token::Equals if !gap.is_assignment(at) => return Err(Refusal::NotANumber),
            Token::Hash if gap.touches_next(at) && !gap.has_before => return Err(Refusal::NotANumber),
            Token::Hash => is_extension |= gap.touches_next(at),
            Token::Bar => is_list = true,
            Token::Word(word) => match gap.kind_of(at, word)? {
                WordKind::Extension => is_extension = true,
                WordKind::Pause => is_pause = true,
                WordKind::Conjunction => is_list = true,
                WordKind::Unknown => {
                    said.has_unknown_words = true;
                    said.needs_sign |= !words::may_touch_digits(word);
                }
                WordKind::Label | WordKind::Foreign => {}
            },
            _ => {}
        }
    }
    if !gap.has_after && gap.tokens.windows(3).any(|three| three == [Token::Dot, Token::Dot, Token::Dot]) {
        return Err(Refusal::NotANumber);
    }
    let is_divided = gap.tokens.iter().any(|token| matches!(token, Token::Comma | Token::Semicolon));
    let is_blank = gap.tokens.iter().any(|token| matches!(token, Token::Blank | Token::Line));
    said.link = match gap.tokens {
        _ if is_extension => Link::Extension,
        [Token::Comma] => Link::Comma,
        _ if is_pause || (is_divided && !is_blank && !is_list) => Link::Tight,
        _ if is_divided || is_list => Link::List,
        _ => Link::Words,
    };
    Ok(said)
}

impl Gap<'_> {
    /// What a word says here; fails where it shows that the digits are no telephone number.
    fn kind_of(&self, at: usize, word: &Word) -> Result<WordKind, Refusal> {
        let after_dash = at == 1 && self.has_before && self.tokens[0] == Token::Dash;
        let before_dash = at + 2 == self.tokens.len() && self.has_after && self.tokens[at + 1] == Token::Dash;
        let after_dot = at == 1 && self.has_before && self.tokens[0] == Token::Dot;
        let before_dot = at + 2 == self.tokens.len() && self.has_after && self.tokens[at + 1] == Token::Dot;
        let touches = self.touches_next(at) || (at == 0 && self.has_before);
        let is_host = matches!(&self.tokens[at..], [_, Token::Dot, Token::Word(_), ..]);
        let kind = match words::kind(word) {
            WordKind::Extension if !self.has_before => WordKind::Unknown,
            WordKind::Pause if self.has_before && (touches || !self.has_after) => WordKind::Pause,
            WordKind::Pause if !touches => WordKind::Label,
            WordKind::Pause => WordKind::Foreign,
            kind => kind,
        };
        let is_joined = match kind {
            WordKind::Foreign => true,
            WordKind::Extension | WordKind::Pause => false,
            WordKind::Label => after_dash || (touches && word.folded.len() == 1),
            WordKind::Conjunction => touches || after_dash || before_dash,
            WordKind::Unknown => {
                (touches && !words::may_touch_digits(word))
                    || after_dash
                    || before_dash
                    || after_dot
                    || before_dot
                    || is_host
            }
        };
        if is_joined { Err(Refusal::NotANumber) } else { Ok(kind) }
    }

    /// Whether nothing is between a token and the digits after the gap.
    fn touches_next(&self, at: usize) -> bool {
        self.has_after && at + 1 == self.tokens.len()
    }

    /// Whether the gap is a colon between digits, `10:00`.
    fn is_clock(&self) -> bool {
        self.has_before && self.has_after && !self.tokens.iter().any(|token| matches!(token, Token::Word(_)))
    }

    /// Whether an equals sign begins the text, as in `="46701740605"`, or is after a label.
    fn is_assignment(&self, at: usize) -> bool {
        let is_blank = |token: &&Token| matches!(token, Token::Blank | Token::Line);
        match self.tokens[..at].iter().rev().find(|token| !is_blank(token)) {
            None => !self.has_before,
            Some(Token::Word(word)) => match words::kind(word) {
                WordKind::Extension => self.has_before,
                kind => kind == WordKind::Label,
            },
            Some(_) => false,
        }
    }
}
