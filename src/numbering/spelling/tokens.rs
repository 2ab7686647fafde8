//! The text of a cell, cut into digits, words and what is between them.

use super::characters::{Meaning, meaning};
use crate::numbering::folding::{fold, is_combining};

/// What a piece of text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits in a row, as ASCII.
    Digits(String),
    /// Letters in a row.
    Word(Word),
    Plus,
    Dash,
    Dot,
    Slash,
    Open,
    Close,
    Comma,
    Semicolon,
    /// `|`, or `:::` as Google Contacts writes between two numbers.
    Bar,
    Colon,
    Equals,
    Hash,
    Blank,
    Line,
    /// Anything that shows that the text is not only a number.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case, without accents.
    pub(super) folded: String,
}

/// The tokens of a text. Quotes are blanks, except within a word (`O'Brien`).
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match meaning(char) {
            Meaning::Nothing => {}
            Meaning::Digit(digit) => match tokens.last_mut() {
                Some(Token::Digits(digits)) => digits.push(digit),
                _ => tokens.push(Token::Digits(digit.into())),
            },
            Meaning::Letter(letter) => push_letter(&mut tokens, letter),
            // A long vowel in Japanese words, a hyphen between digits.
            Meaning::Dash if matches!((char, tokens.last()), ('ー' | 'ｰ', Some(Token::Word(_)))) => {
                push_letter(&mut tokens, char);
            }
            Meaning::Tilde => tokens.push(match tokens.last() {
                Some(Token::Digits(digits)) if matches!(digits.as_str(), "0" | "8") => Token::Dash,
                Some(Token::Digits(_)) => Token::Slash,
                _ => Token::Other,
            }),
            // A masked number.
            Meaning::Dot if char == '•' && chars.peek() == Some(&'•') => tokens.push(Token::Other),
            Meaning::Symbol(word) => {
                tokens.push(Token::Blank);
                tokens.push(Token::Word(Word { folded: word.to_owned() }));
                tokens.push(Token::Blank);
            }
            Meaning::Quote => {
                let is_apostrophe = matches!(tokens.last(), Some(Token::Word(_)))
                    && chars.peek().is_some_and(|next| next.is_alphabetic());
                if !is_apostrophe {
                    tokens.push(Token::Blank);
                }
            }
            Meaning::Other => match tokens.last_mut() {
                // The vowel signs of Indian scripts.
                Some(Token::Word(word)) if !char.is_ascii() && !char.is_numeric() => word.folded.push(char),
                _ => tokens.push(Token::Other),
            },
            Meaning::Colon if matches!(tokens.last(), Some(Token::Colon | Token::Bar)) => {
                tokens.pop();
                tokens.push(Token::Bar);
            }
            meaning => tokens.push(mark(meaning)),
        }
    }
    without_carrier_codes(without_ordinals(tokens))
}

fn push_letter(tokens: &mut Vec<Token>, letter: char) {
    if !matches!(tokens.last(), Some(Token::Word(_))) {
        tokens.push(Token::Word(Word { folded: String::new() }));
    }
    if let Some(Token::Word(word)) = tokens.last_mut() {
        word.folded.extend(letter.to_lowercase().filter(|char| !is_combining(*char)).map(fold));
    }
}

fn mark(meaning: Meaning) -> Token {
    match meaning {
        Meaning::Plus => Token::Plus,
        Meaning::Dash => Token::Dash,
        Meaning::Dot => Token::Dot,
        Meaning::Slash => Token::Slash,
        Meaning::Open => Token::Open,
        Meaning::Close => Token::Close,
        Meaning::Comma => Token::Comma,
        Meaning::Semicolon => Token::Semicolon,
        Meaning::Bar => Token::Bar,
        Meaning::Colon => Token::Colon,
        Meaning::Equals => Token::Equals,
        Meaning::Hash => Token::Hash,
        Meaning::Blank => Token::Blank,
        Meaning::Line => Token::Line,
        _ => Token::Other,
    }
}

/// Without the digit of `Phone 2:`, `tel1:`, which belongs to the word.
fn without_ordinals(mut tokens: Vec<Token>) -> Vec<Token> {
    let is_ordinal = |at: usize| {
        let before = tokens[..at].iter().rev().find(|token| **token != Token::Blank);
        matches!(&tokens[at], Token::Digits(digits) if digits.len() == 1)
            && matches!(before, Some(Token::Word(_)))
            && matches!(tokens.get(at + 1), Some(Token::Colon | Token::Equals))
            && !matches!(tokens.get(at + 2), Some(Token::Digits(digits)) if digits.len() == 2)
    };
    if let Some(at) = (1..tokens.len()).find(|at| is_ordinal(*at)) {
        tokens.remove(at);
    }
    tokens
}

/// Without the `xx` of `0xx11 …` and `011xx…`, which stands for the code of any carrier.
fn without_carrier_codes(mut tokens: Vec<Token>) -> Vec<Token> {
    let is_code = |three: &[Token]| match three {
        [Token::Digits(before), Token::Word(word), after] => {
            matches!(before.as_str(), "0" | "00" | "011")
                && word.folded == "xx"
                && matches!(after, Token::Digits(_) | Token::Close | Token::Blank | Token::Dash)
        }
        _ => false,
    };
    if let Some(at) = tokens.windows(3).position(is_code) {
        tokens.remove(at + 1);
        if let Token::Digits(after) = tokens[at + 1].clone()
            && let Token::Digits(before) = &mut tokens[at]
        {
            before.push_str(&after);
            tokens.remove(at + 1);
        }
    }
    tokens
}
