//! The numbers of a cell: rows of digits, and what the words and marks between them say.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::characters::{Meaning, digit, meaning};
use super::gaps::{Gap, Link};
use super::numbers::{self, Numbers};
use super::refusal::Refusal;
use super::tokens::{Token, tokens};
use super::{Grouping, ParsedDigits, PlusSign};
use super::{addresses, decimals, escapes, gaps};
use crate::model::Msisdn;

/// The most digits of an extension that is named as one.
const MAX_EXTENSION_DIGITS: usize = 9;

/// The most digits after a decimal point.
const MAX_FRACTION_DIGITS: usize = 3;

/// The numbers of a cell, each once: at least one.
pub(super) fn read(text: &str) -> Result<Numbers, Refusal> {
    if !text.contains(|char| digit(char).is_some()) {
        return Err(if is_placeholder(text) { Refusal::Empty } else { Refusal::NotANumber });
    }
    let decoded = escapes::decoded(text);
    let address = addresses::unwrapped(&decoded);
    if let Some(amount) = amount(&address.text).and_then(|amount| decimals::parse(&amount)) {
        return amount.map(|parsed| Numbers { all: vec![parsed], has_abbreviated: false });
    }
    let mut tokens = tokens(&address.text);
    let has_plus_after = take_plus_after(&mut tokens);
    let mut read = numbers_of(&tokens)?;
    if let [only] = read.all.as_mut_slice() {
        if has_plus_after && only.digits()[0] != b'0' {
            only.plus_sign = PlusSign::Present;
        }
        if let Some(context) = address.context.filter(|_| only.plus_sign == PlusSign::Absent) {
            *only = completed(&context, only)?;
        }
    }
    without_duplicates(&mut read.all);
    Ok(read)
}

/// Whether a text is one that programs and people write in place of a number.
pub(super) fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["null", "none", "nil", "nan", "na", "n/a", "n.a", "\\N", "missing", "unknown", "undefined", "empty"];
    text.split([',', ';', '|', '\n', '\t']).all(|part| {
        let word = part.trim_matches(|char: char| !char.is_alphanumeric() && char != '\\');
        word.is_empty() || WORDS.iter().any(|nothing| nothing.eq_ignore_ascii_case(word))
    })
}

/// The text in ASCII where it may be an amount in scientific notation.
fn amount(text: &str) -> Option<String> {
    let mut amount = String::with_capacity(text.len());
    for char in text.chars() {
        amount.push(match meaning(char) {
            Meaning::Nothing => continue,
            Meaning::Digit(digit) => digit,
            Meaning::Dot => '.',
            Meaning::Comma => ',',
            Meaning::Plus => '+',
            Meaning::Dash => '-',
            Meaning::Letter('e' | 'E') => 'E',
            Meaning::Blank | Meaning::Line | Meaning::Quote | Meaning::Equals => ' ',
            _ => return None,
        });
    }
    Some(amount.trim().to_owned())
}

/// Takes away a plus sign after everything else: programs that write from right to left show
/// `+972…` so, and people copy it.
fn take_plus_after(tokens: &mut Vec<Token>) -> bool {
    let is_blank = |token: &Token| matches!(token, Token::Blank | Token::Line);
    let length = tokens.iter().rposition(|token| !is_blank(token)).map_or(0, |last| last + 1);
    let has_plus_after = matches!(tokens[..length], [.., Token::Digits(_), Token::Plus]);
    if has_plus_after {
        tokens.truncate(length - 1);
    }
    has_plus_after
}

fn numbers_of(tokens: &[Token]) -> Result<Numbers, Refusal> {
    let rows = rows(tokens);
    let mut read = Numbers::default();
    let mut has_words = false;
    let mut needs_sign = false;
    let mut has_sign = true;
    let mut end = 0;
    for (index, row) in rows.iter().enumerate() {
        let gap = Gap { tokens: &tokens[end..row.start], has_before: index > 0, has_after: true };
        let said = gaps::read(&gap)?;
        has_words |= said.has_unknown_words;
        needs_sign |= said.needs_sign;
        end = row.end;
        let is_open =
            gap.tokens.iter().rev().take_while(|token| is_in_row(token)).any(|token| *token == Token::Open);
        let row_tokens = &tokens[row.clone()];
        let is_extension = is_extension(said.link, row_tokens, read.all.last())?;
        if is_extension {
            continue;
        }
        if is_decimal(row_tokens) || (index == 0 && is_negative(gap.tokens, row_tokens)) {
            return Err(Refusal::NotANumber);
        }
        if begins_with_stray_digits(row_tokens, said.has_unknown_words) {
            return Err(Refusal::NotANumber);
        }
        let more = numbers::numbers(row_tokens, is_open)?;
        has_sign &= !is_like_an_amount(row_tokens) && more.all.iter().all(has_sign_of_a_telephone);
        match (length(row_tokens), said.link) {
            (Msisdn::MIN_DIGITS.., _) => {
                read.all.extend(more.all);
                read.has_abbreviated |= more.has_abbreviated;
            }
            (_, Link::List | Link::Tight) if !read.all.is_empty() => read.has_abbreviated = true,
            _ if rows.len() == 1 => read.all.extend(more.all),
            _ => return Err(Refusal::NotANumber),
        }
    }
    let last = Gap { tokens: &tokens[end..], has_before: !rows.is_empty(), has_after: false };
    let said = gaps::read(&last)?;
    has_words |= said.has_unknown_words;
    needs_sign |= said.needs_sign;
    let is_short = |number: &ParsedDigits| number.length < Msisdn::MIN_DIGITS;
    let is_refused =
        read.all.is_empty() || (has_words && read.all.iter().any(is_short)) || (needs_sign && !has_sign);
    if is_refused { Err(Refusal::NotANumber) } else { Ok(read) }
}

/// Whether the row of digits is dialled after the last number, or its fraction of zeros.
fn is_extension(link: Link, row: &[Token], last: Option<&ParsedDigits>) -> Result<bool, Refusal> {
    let Some(last) = last else { return Ok(false) };
    let is_one_group = row.len() == 1;
    match link {
        Link::Extension if length(row) <= MAX_EXTENSION_DIGITS && row[0] != Token::Plus => Ok(true),
        Link::Extension => Err(Refusal::NotANumber),
        Link::Comma if is_one_group && length(row) < Msisdn::MIN_DIGITS => {
            let is_zero =
                matches!(&row[0], Token::Digits(digits) if digits.bytes().all(|digit| digit == b'0'));
            let is_bare = last.plus_sign == PlusSign::Absent && last.digits()[0] != b'0';
            let is_fraction = is_bare && length(row) <= MAX_FRACTION_DIGITS;
            let is_whole = is_zero && last.grouping == Grouping::None;
            if is_fraction && !is_whole { Err(Refusal::NotANumber) } else { Ok(true) }
        }
        Link::Tight => Ok(length(row) < Msisdn::MIN_DIGITS && row[0] != Token::Plus),
        _ => Ok(false),
    }
}

/// Whether a few digits before a national number belong to something else: `Apt 5 070-1740605`,
/// `24/7 0701740605`. Without a word before them they may be a calling code, `46 070-1740605`.
fn begins_with_stray_digits(row: &[Token], has_words: bool) -> bool {
    const MAX_STRAY_DIGITS: usize = 3;
    const NATIONAL_DIGITS: usize = 9;
    let is_national = |at: usize| {
        matches!(&row[at], Token::Digits(digits) if digits.starts_with('0'))
            && row[at - 1] == Token::Blank
            && length(&row[at..]) >= NATIONAL_DIGITS
    };
    let Some(start) = (1..row.len()).find(|at| is_national(*at)) else { return false };
    let before = &row[..start];
    let is_stray = match &before[0] {
        Token::Digits(first) => first != "8" && !first.starts_with('0'),
        _ => false,
    };
    is_stray && length(before) <= MAX_STRAY_DIGITS && (has_words || before.contains(&Token::Slash))
}

/// Whether digits alone show that they are a telephone number, and not a number of any kind.
fn has_sign_of_a_telephone(number: &ParsedDigits) -> bool {
    number.plus_sign == PlusSign::Present || number.digits()[0] == b'0' || number.grouping != Grouping::None
}

/// Whether digits are a decimal fraction, `2024.0115`: one point, and nothing of a telephone number.
fn is_decimal(row: &[Token]) -> bool {
    match row {
        [Token::Digits(whole), Token::Dot, Token::Digits(fraction)] => {
            !whole.starts_with('0') && fraction.bytes().any(|digit| digit != b'0')
        }
        _ => false,
    }
}

/// Whether a minus is before digits that have nothing else of a telephone number, `-46701740605`.
fn is_negative(before: &[Token], row: &[Token]) -> bool {
    let has_words = before.iter().any(|token| matches!(token, Token::Word(_)));
    let is_bare = matches!(row, [Token::Digits(digits)] if !digits.starts_with('0'));
    before.last() == Some(&Token::Dash) && !has_words && is_bare
}

/// Whether digits are grouped as those of an amount are, `12 345 678`.
fn is_like_an_amount(row: &[Token]) -> bool {
    let is_separator = |token: &Token| matches!(token, Token::Blank | Token::Dot);
    match row {
        [Token::Digits(first), rest @ ..] => {
            (1..=3).contains(&first.len())
                && !first.starts_with('0')
                && rest.chunks(2).all(|two| match two {
                    [separator, Token::Digits(group)] => is_separator(separator) && group.len() == 3,
                    _ => false,
                })
        }
        _ => false,
    }
}

fn length(row: &[Token]) -> usize {
    row.iter().map(|token| if let Token::Digits(digits) = token { digits.len() } else { 0 }).sum()
}

/// Where digits are, with the plus signs before them and the separators between them.
fn rows(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let row = tokens[at..].iter().take_while(|token| is_in_row(token));
        let last = row.clone().enumerate().filter(|(_, token)| matches!(token, Token::Digits(_))).last();
        let first = row.clone().position(|token| matches!(token, Token::Digits(_) | Token::Plus));
        match (first, last) {
            (Some(first), Some((last, _))) => {
                rows.push(at + first..at + last + 1);
                at += last + 1;
            }
            _ => at += row.count().max(1),
        }
    }
    rows
}

fn is_in_row(token: &Token) -> bool {
    matches!(
        token,
        Token::Digits(_)
            | Token::Plus
            | Token::Dash
            | Token::Dot
            | Token::Slash
            | Token::Open
            | Token::Close
            | Token::Blank
            | Token::Line
    )
}

/// A local number with the calling code that its address names.
fn completed(context: &str, local: &ParsedDigits) -> Result<ParsedDigits, Refusal> {
    let calling_code: Vec<u8> = context.bytes().filter(u8::is_ascii_digit).collect();
    ParsedDigits::ungrouped(PlusSign::Present, &[&calling_code, local.digits()].concat())
}

/// A number that is written twice is one, also with `+` at one time and with `00` or nothing at the
/// other.
fn without_duplicates(numbers: &mut Vec<ParsedDigits>) {
    if numbers.len() < 2 {
        return;
    }
    let mut distinct: Vec<ParsedDigits> = Vec::with_capacity(numbers.len());
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for number in numbers.drain(..) {
        let digits = number.digits().strip_prefix(b"00").unwrap_or(number.digits());
        match places.entry(digits.to_vec()) {
            Entry::Vacant(vacant) => {
                vacant.insert(distinct.len());
                distinct.push(number);
            }
            Entry::Occupied(known) if number.plus_sign == PlusSign::Present => {
                distinct[*known.get()] = number;
            }
            Entry::Occupied(_) => {}
        }
    }
    *numbers = distinct;
}
