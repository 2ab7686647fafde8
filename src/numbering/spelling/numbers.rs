//! Digits with plus signs, blanks, hyphens, dots, slashes and brackets between them: one number in
//! groups, or several numbers.

use super::groups::{Group, groups};
use super::lookalikes;
use super::refusal::Refusal;
use super::tokens::Token;
use super::{Grouping, ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// A number with a calling code is not complete with fewer digits than this.
const COMPLETE_INTERNATIONAL: usize = 10;

/// A number with this many slashes in it has them between its groups.
const SLASHES_OF_GROUPS: usize = 3;

/// How many digits are dialled before a foreign number at most, as in `8 10`.
const LONGEST_PREFIX: usize = 3;

/// As many numbers as are looked for in digits that only blanks divide.
const MAX_EQUAL_PARTS: usize = 4;

/// What a row of digits and separators holds.
#[derive(Debug, Default)]
pub(in crate::numbering) struct Numbers {
    pub(in crate::numbering) all: Vec<ParsedDigits>,
    /// Whether the last digits of one more number are written after a slash, `070-1740605/06`.
    pub(in crate::numbering) has_abbreviated: bool,
}

/// Reads a row of tokens that begins and ends with digits, or begins with a plus sign. `is_open`
/// says whether a bracket is before it.
pub(super) fn numbers(tokens: &[Token], is_open: bool) -> Result<Numbers, Refusal> {
    let groups = groups(tokens, is_open);
    let mut read = Numbers::default();
    let mut start = 0;
    for next in 1..groups.len() {
        match boundary(&groups, start, next)? {
            Boundary::None if digits_in(&groups[start..next]) > MAX_EQUAL_PARTS * Msisdn::MAX_DIGITS => {
                return Err(Refusal::TooLong);
            }
            Boundary::None => {}
            Boundary::Number => {
                push_equal_parts(&mut read.all, &groups[start..next])?;
                start = next;
            }
            Boundary::Abbreviated => {
                read.has_abbreviated = true;
                push_equal_parts(&mut read.all, &groups[start..next])?;
                return Ok(read);
            }
        }
    }
    push_equal_parts(&mut read.all, &groups[start..])?;
    Ok(read)
}

#[derive(Debug, PartialEq, Eq)]
enum Boundary {
    /// The next group belongs to the same number.
    None,
    /// Another number begins.
    Number,
    /// The last digits of another number follow.
    Abbreviated,
}

/// Whether the number that begins with group `start` goes on with group `next`.
fn boundary(groups: &[Group<'_>], start: usize, next: usize) -> Result<Boundary, Refusal> {
    let current = &groups[start..next];
    let separator = &groups[next].separator;
    let is_international = start_has(groups, start, &Token::Plus) || (current[0].digits.starts_with("00"));
    let length = digits_in(current);
    let until = |ends: &[Token]| {
        let more = groups[next + 1..].iter();
        let more = more.take_while(|group| {
            !group.separator.begins_number() && !ends.iter().any(|end| group.separator.has(end))
        });
        groups[next].digits.len() + more.map(|group| group.digits.len()).sum::<usize>()
    };
    if separator.begins_number() {
        return match (length, until(&[])) {
            (Msisdn::MIN_DIGITS.., Msisdn::MIN_DIGITS..) => Ok(Boundary::Number),
            (Msisdn::MIN_DIGITS.., _) if separator.has(&Token::Bar) => Ok(Boundary::Abbreviated),
            _ => Err(Refusal::NotANumber),
        };
    }
    let complete = if is_international { COMPLETE_INTERNATIONAL } else { Msisdn::MIN_DIGITS };
    if length < complete {
        return Ok(Boundary::None);
    }
    if is_whole(current)
        && separator.divides()
        && until(&[]) < Msisdn::MIN_DIGITS
        && !separator.has(&Token::Slash)
    {
        return Err(Refusal::NotANumber);
    }
    let boundary = if separator.has(&Token::Line) {
        after_line(length, until(&[Token::Line]))
    } else if separator.has(&Token::Slash) {
        let has_slashes_of_groups = || {
            let rest = groups[start + 1..].iter().take(Msisdn::MAX_DIGITS);
            rest.filter(|group| group.separator.has(&Token::Slash)).count() >= SLASHES_OF_GROUPS
        };
        let is_shorter = groups[next].digits.len() <= groups[next - 1].digits.len();
        match until(&[Token::Slash, Token::Line]) {
            Msisdn::MIN_DIGITS.. => Boundary::Number,
            _ if length < COMPLETE_INTERNATIONAL && has_slashes_of_groups() => Boundary::None,
            _ if is_shorter => Boundary::Abbreviated,
            _ => Boundary::None,
        }
    } else if separator.has(&Token::Open) {
        number_if(until(&[Token::Open, Token::Line]) >= Msisdn::MIN_DIGITS)
    } else if separator.has(&Token::Blank) {
        let rest = until(&[Token::Blank, Token::Line, Token::Slash]);
        let goes_on = begins_with_prefix(current) && length + rest <= Msisdn::MAX_DIGITS + LONGEST_PREFIX;
        number_if(rest >= Msisdn::MIN_DIGITS && !goes_on)
    } else {
        Boundary::None
    };
    Ok(boundary)
}

/// Whether the digits of a number are written without any separator. A few more after a blank,
/// `0701740605 2`, do not belong to it.
fn is_whole(groups: &[Group<'_>]) -> bool {
    matches!(groups, [only] if only.digits.len() >= COMPLETE_INTERNATIONAL)
}

/// Whether the first of several groups is an access code or a trunk prefix: `011 49 1512 3470609`.
fn begins_with_prefix(groups: &[Group<'_>]) -> bool {
    match groups {
        [first, second, ..] => {
            first.digits.starts_with('0')
                || (first.digits == "8" && second.digits == "10")
                || first.digits == "119"
        }
        _ => false,
    }
}

fn number_if(is_number: bool) -> Boundary {
    if is_number { Boundary::Number } else { Boundary::None }
}

/// A number may go on in the next line of a cell, but hardly after its tenth digit.
fn after_line(length: usize, rest: usize) -> Boundary {
    match rest {
        Msisdn::MIN_DIGITS.. => Boundary::Number,
        _ if length >= COMPLETE_INTERNATIONAL => Boundary::Abbreviated,
        _ => Boundary::None,
    }
}

fn start_has(groups: &[Group<'_>], start: usize, token: &Token) -> bool {
    groups[start].separator.has(token)
}

fn digits_in(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.digits.len()).sum()
}

/// The numbers of groups with too many digits for one, where these can be cut into equal parts that
/// begin alike: `070 174 06 05 070 174 06 06`.
fn push_equal_parts(numbers: &mut Vec<ParsedDigits>, groups: &[Group<'_>]) -> Result<(), Refusal> {
    let length = digits_in(groups);
    let access_code = if groups[0].digits.starts_with("00") { 2 } else { 0 };
    if length > Msisdn::MAX_DIGITS + access_code
        && let Some(part) = (2..=MAX_EQUAL_PARTS).find_map(|count| equal_part(groups, length, count))
    {
        for part in groups.chunk_by_digits(part) {
            numbers.push(number(part)?);
        }
        return Ok(());
    }
    numbers.push(number(groups)?);
    Ok(())
}

/// The digits of each of this many equal parts.
fn equal_part(groups: &[Group<'_>], length: usize, count: usize) -> Option<usize> {
    let part = length / count;
    let is_possible =
        length.is_multiple_of(count) && (Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS).contains(&part);
    let mut before = 0;
    let mut starts = 0;
    for group in groups {
        if before % part == 0 {
            let is_alike = group.digits == groups[0].digits
                || (group.digits.starts_with('0') && groups[0].digits.starts_with('0'));
            starts += usize::from(is_alike && (before == 0 || group.separator.is_blank()));
        }
        before += group.digits.len();
    }
    (is_possible && starts == count).then_some(part)
}

trait ChunkByDigits {
    /// The parts with this many digits each.
    fn chunk_by_digits(&self, part: usize) -> impl Iterator<Item = &Self>;
}

impl ChunkByDigits for [Group<'_>] {
    fn chunk_by_digits(&self, part: usize) -> impl Iterator<Item = &Self> {
        let mut digits = 0;
        self.chunk_by(move |group, _| {
            digits += group.digits.len();
            !digits.is_multiple_of(part)
        })
    }
}

fn number(groups: &[Group<'_>]) -> Result<ParsedDigits, Refusal> {
    let groups = without_zero_fraction(groups);
    let has_plus = groups[0].separator.has(&Token::Plus);
    let is_lookalike = lookalikes::is_amount(groups) || (!has_plus && lookalikes::is_lookalike(groups));
    if is_lookalike || begins_with_ordinal(groups) {
        return Err(Refusal::NotANumber);
    }
    let mut parsed = ParsedDigits::NONE;
    parsed.plus_sign = if has_plus { PlusSign::Present } else { PlusSign::Absent };
    for digit in groups.iter().flat_map(|group| group.digits.bytes()) {
        parsed.push(digit)?;
    }
    let first = &groups[0];
    let closes = groups.get(1).is_some_and(|second| second.separator.has(&Token::Close));
    let is_bracketed = first.separator.has(&Token::Open) && closes;
    parsed.grouping =
        Grouping::of(groups.len(), u8::try_from(first.digits.len()).unwrap_or(u8::MAX), is_bracketed);
    Ok(parsed)
}

/// The groups without the `.0` that many programs add in a number column with gaps.
fn without_zero_fraction<'a, 'b>(groups: &'a [Group<'b>]) -> &'a [Group<'b>] {
    match groups {
        [whole, fraction]
            if whole.digits.len() >= Msisdn::MIN_DIGITS
                && fraction.only_separator() == Some('.')
                && fraction.digits.bytes().all(|digit| digit == b'0') =>
        {
            &groups[..1]
        }
        _ => groups,
    }
}

/// Whether the first digit counts numbers: `1) 0701740605`. No calling code is followed by a zero
/// in the next group, except one that is set apart in brackets.
fn begins_with_ordinal(groups: &[Group<'_>]) -> bool {
    match groups {
        [first, second, ..] => {
            first.digits.len() == 1
                && first.digits != "0"
                && second.separator.ends_ordinal()
                && second.digits.starts_with('0')
        }
        _ => false,
    }
}
