//! The dialects that are tried on a file: what occurs in it, and what the user gave.

use super::separator_line::SeparatorLine;
use crate::input::csv::dialect::{Blanks, Dialect, Start};
use crate::input::settings::{Delimiter, InputSettings, Sign};

/// In order of preference where several fit equally well.
const COMMON: [&str; 4] = [",", ";", "\t", "|"];

/// Signs that hardly occur in text, so that they are delimiters wherever they are regular.
const RARE: [&str; 8] = ["\u{1}", "\u{1f}", "\u{1e}", "^", "~", "\u{a6}", "::", "~|~"];

/// A blank is in every text. It is taken for a delimiter only beside quotes in most lines.
const BLANK: &str = " ";

/// The dialects to try, at least one. The first is taken if none fits better.
pub(super) fn candidates(
    head: &[u8],
    settings: &InputSettings,
    hint: Option<&SeparatorLine>,
) -> Vec<Dialect> {
    let given = settings.delimiter.or(hint.map(|hint| hint.delimiter));
    let delimiters: Vec<Delimiter> = match given {
        Some(delimiter) => vec![delimiter],
        None => delimiters_in(head),
    };
    let start = hint.map_or_else(Start::default, |hint| Start { byte: hint.bytes, lines: 1 });
    let mut dialects = Vec::new();
    for delimiter in delimiters {
        let plain = Dialect { start, ..Dialect::plain(delimiter) };
        for quote in quotes(head, &plain, settings.quote) {
            for escape in escapes(head, &Dialect { quote, ..plain }, settings.escape) {
                for blanks in blanks(head, &Dialect { quote, ..plain }) {
                    dialects.push(Dialect { quote, escape, blanks, ..plain });
                }
            }
        }
    }
    dialects
}

fn delimiters_in(head: &[u8]) -> Vec<Delimiter> {
    let occurs = |text: &&str| memchr::memmem::find(head, text.as_bytes()).is_some();
    let doubled: Vec<String> = COMMON.iter().map(|sign| sign.repeat(2)).collect();
    let doubled = doubled.iter().map(String::as_str).filter(|sign| is_only_doubled(head, sign));
    let mut found: Vec<&str> = doubled.collect();
    let single = COMMON.into_iter().filter(|sign| !found.iter().any(|doubled| doubled.starts_with(sign)));
    found.extend(single.filter(occurs).collect::<Vec<_>>());
    found.extend(RARE.into_iter().filter(occurs));
    if is_beside_quotes(head) {
        found.push(BLANK);
    }
    if found.is_empty() {
        found.push(COMMON[0]);
    }
    found.into_iter().filter_map(Delimiter::new).collect()
}

/// Whether a sign occurs in pairs in at least three lines, in every line, and never alone.
fn is_only_doubled(head: &[u8], doubled: &str) -> bool {
    let sign = doubled.as_bytes()[0];
    let lines: Vec<&[u8]> = complete_lines(head).collect();
    lines.len() >= 3
        && lines.iter().all(|line| {
            let pairs = memchr::memmem::find_iter(line, doubled.as_bytes()).count();
            pairs > 0 && memchr::memchr_iter(sign, line).count() == 2 * pairs
        })
        && !lines.iter().all(|line| line.iter().all(|&byte| byte == sign))
}

fn is_beside_quotes(head: &[u8]) -> bool {
    let (mut beside, mut lines) = (0, 0);
    for line in complete_lines(head) {
        lines += 1;
        let has_pair = [&b"\" \""[..], b" \"", b"\" "]
            .iter()
            .filter(|pair| memchr::memmem::find(line, pair).is_some())
            .count();
        beside += usize::from(has_pair >= 2);
    }
    lines >= 3 && beside * 5 >= lines * 4
}

fn complete_lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = memchr::memrchr2(b'\n', b'\r', head).map_or(head.len(), |end| end + 1);
    head[..end].split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty())
}

/// A double quote, unless more cells with one are broken than whole. An apostrophe only where it
/// quotes cells and the double quote does not: Excel puts it before numbers, and names have it.
fn quotes(head: &[u8], plain: &Dialect, given: Sign) -> Vec<Option<u8>> {
    match given {
        Sign::Byte(byte) => return vec![Some(byte)],
        Sign::Absent => return vec![None],
        Sign::Detect => {}
    }
    let double = QuotedCells::count(head, &Dialect { quote: Some(b'"'), ..*plain });
    let single = QuotedCells::count(head, &Dialect { quote: Some(b'\''), ..*plain });
    let separates = plain.delimiter.as_bytes().contains(&b'\'');
    if double.whole == 0 && single.whole >= 2 && single.broken == 0 && !separates {
        return vec![Some(b'\'')];
    }
    match double.broken > 2 * double.whole && double.broken > 2 {
        true => vec![None, Some(b'"')],
        false => vec![Some(b'"')],
    }
}

/// How many cells begin with a quote, by whether they end with one too.
struct QuotedCells {
    whole: usize,
    broken: usize,
}

impl QuotedCells {
    fn count(head: &[u8], dialect: &Dialect) -> Self {
        let quote = dialect.quote.expect("it is one that is tried");
        let delimiter = dialect.delimiter.as_bytes();
        let mut counts = Self { whole: 0, broken: 0 };
        for at in memchr::memchr_iter(quote, head) {
            let before = head[..at].trim_ascii_end_blanks();
            let begins = before.is_empty()
                || before.ends_with(delimiter)
                || matches!(before.last(), Some(b'\n' | b'\r'));
            let after = &head[at + 1..];
            let ends = after.is_empty()
                || after.starts_with(delimiter)
                || matches!(after.first(), Some(b'\n' | b'\r'));
            match (begins, ends) {
                (true, false) => counts.broken += 1,
                (false, true) => counts.whole += 1,
                _ => {}
            }
        }
        // Every cell that is whole has been counted as started too.
        let started = counts.broken;
        counts.whole = counts.whole.min(started);
        counts.broken = started - counts.whole;
        counts
    }
}

trait TrimBlanks {
    fn trim_ascii_end_blanks(&self) -> &[u8];
}

impl TrimBlanks for [u8] {
    fn trim_ascii_end_blanks(&self) -> &[u8] {
        let blanks = self.iter().rev().take_while(|&&byte| byte == b' ').count();
        &self[..self.len() - blanks]
    }
}

/// A backslash is tried where it stands before a quote, and preferred where that quote cannot close
/// the cell: neither a delimiter nor the end of the line follows.
fn escapes(head: &[u8], dialect: &Dialect, given: Sign) -> Vec<Option<u8>> {
    let quote = match (given, dialect.quote) {
        (Sign::Byte(byte), _) => return vec![Some(byte)],
        (Sign::Absent, _) | (_, None) => return vec![None],
        (Sign::Detect, Some(quote)) => quote,
    };
    let closes = |after: &[u8]| {
        after.starts_with(dialect.delimiter.as_bytes())
            || matches!(after.first(), None | Some(b'\n' | b'\r'))
            || after.first() == Some(&quote)
    };
    let sign = [b'\\', quote];
    let mut escaped = memchr::memmem::find_iter(head, &sign).map(|at| closes(&head[at + 2..])).peekable();
    match (escaped.peek().is_some(), escaped.all(|closes| closes)) {
        (false, _) => vec![None],
        (true, true) => vec![None, Some(b'\\')],
        (true, false) => vec![Some(b'\\'), None],
    }
}

fn blanks(head: &[u8], dialect: &Dialect) -> Vec<Blanks> {
    let before_quote = dialect.quote.is_some_and(|quote| {
        let text = [dialect.delimiter.as_bytes(), b" ", &[quote]].concat();
        memchr::memmem::find(head, &text).is_some()
    });
    match before_quote && dialect.delimiter.as_bytes() != b" " {
        true => vec![Blanks::Kept, Blanks::DroppedBeforeQuotes],
        false => vec![Blanks::Kept],
    }
}

/// With the blank after each delimiter as a part of it, if there is one after nearly all.
pub(super) fn with_blanks(head: &[u8], dialect: Dialect) -> Dialect {
    if dialect.delimiter.as_bytes().contains(&b' ') {
        return dialect;
    }
    let (with_one, all) = delimiters_before_a_blank(head, &dialect);
    match all >= 3 && with_one * 100 >= all * 98 {
        true => Dialect { blanks: Blanks::PartOfDelimiter, ..dialect },
        false => dialect,
    }
}

/// How many delimiters outside of quotes are followed by exactly one blank, and how many by a cell
/// that is not empty.
fn delimiters_before_a_blank(head: &[u8], dialect: &Dialect) -> (usize, usize) {
    let delimiter = dialect.delimiter.as_bytes();
    let (mut with_one, mut all) = (0, 0);
    let (mut is_quoted, mut is_cell_start) = (false, true);
    let mut at = 0;
    while at < head.len() {
        let rest = &head[at..];
        let byte = rest[0];
        if is_quoted {
            let is_pair =
                Some(byte) == dialect.escape || (Some(byte) == dialect.quote && rest.get(1) == Some(&byte));
            is_quoted = is_pair || Some(byte) != dialect.quote;
            at += if is_pair { 2 } else { 1 };
            continue;
        }
        if rest.starts_with(delimiter) {
            let cell = &rest[delimiter.len()..];
            let is_filled =
                !cell.starts_with(delimiter) && !matches!(cell.first(), None | Some(b'\r' | b'\n'));
            all += usize::from(is_filled);
            with_one += usize::from(is_filled && cell[0] == b' ' && cell.get(1) != Some(&b' '));
            is_cell_start = true;
            at += delimiter.len();
            continue;
        }
        is_quoted = is_cell_start && Some(byte) == dialect.quote;
        is_cell_start = matches!(byte, b'\r' | b'\n') || (is_cell_start && byte == b' ');
        at += 1;
    }
    (with_one, all)
}
