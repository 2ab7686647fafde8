//! Digits in groups that are no telephone number: dates, addresses of computers, numbers of
//! persons, coordinates, amounts.
//!
//! Only shapes that hardly any country writes its telephone numbers in are listed.

use super::groups::Group;
use crate::model::Msisdn;

/// Whether the groups of one number without a plus sign have the shape of something else.
pub(super) fn is_lookalike(groups: &[Group<'_>]) -> bool {
    is_date(groups)
        || is_coordinate(groups)
        || is_serial_date(groups)
        || is_internet_address(groups)
        || is_number_of_a_person(groups)
        || is_number_of_a_book(groups)
}

/// Whether groups of such lengths may be a lookalike when they are set apart by hyphens or dots.
pub(super) fn has_suspicious_lengths(lengths: &[u8]) -> bool {
    matches!(
        lengths,
        [4, 1..=2, 1..=2, ..]
            | [1..=2, 1..=2, 4, ..]
            | [3, 2, 4]
            | [6 | 8, 4]
            | [3, ..=5, _, _, 1]
            | [1, _, _, 1]
    )
}

/// The characters between the groups, where each is only one character.
fn shape(groups: &[Group<'_>]) -> Option<Vec<char>> {
    groups.iter().skip(1).map(Group::only_separator).collect()
}

fn lengths(groups: &[Group<'_>]) -> Vec<usize> {
    groups.iter().map(|group| group.digits.len()).collect()
}

/// `2026-11-25`, `25.11.2026`, `11/25/2026`, perhaps with more after it.
fn is_date(groups: &[Group<'_>]) -> bool {
    let [first, second, third, rest @ ..] = groups else { return false };
    let separators = (second.only_separator(), third.only_separator());
    let is_one_word = matches!(separators, (Some(one), Some(other)) if one == other && "-./".contains(one));
    let ends = rest.first().is_none_or(|next| next.separator.is_blank());
    let [first, second, third] = [first, second, third].map(|group| group.digits);
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let within = |text: &str, most: u8| text.len() <= 2 && (1..=most).contains(&text.parse().unwrap_or(0));
    let is_day_of_year = |one: &str, other: &str| {
        (within(one, 12) && within(other, 31)) || (within(one, 31) && within(other, 12))
    };
    is_one_word
        && ends
        && ((is_year(first) && is_day_of_year(second, third))
            || (is_year(third) && is_day_of_year(first, second)))
}

/// `46701740605.5`: a point with a fraction after as many digits as a number has.
pub(super) fn is_amount(groups: &[Group<'_>]) -> bool {
    const FRACTION_DIGITS: usize = 3;
    let [whole, fraction] = groups else { return false };
    let (whole, length) = (whole.digits.len(), fraction.digits.len());
    fraction.only_separator() == Some('.')
        && whole >= Msisdn::MIN_DIGITS
        && (length <= FRACTION_DIGITS || whole > Msisdn::MIN_DIGITS + FRACTION_DIGITS)
}

/// `57.7089`. `0170.3920001` has an area code before its point.
fn is_coordinate(groups: &[Group<'_>]) -> bool {
    const LARGEST: u8 = 180;
    const FRACTION_DIGITS: usize = 4;
    let [whole, fraction] = groups else { return false };
    fraction.only_separator() == Some('.')
        && fraction.digits.len() >= FRACTION_DIGITS
        && (whole.digits == "0" || !whole.digits.starts_with('0'))
        && whole.digits.parse().is_ok_and(|degrees: u8| degrees <= LARGEST)
}

/// `45384.3478`: a day of the years 1954 to 2036 and a time, as spreadsheets store them.
fn is_serial_date(groups: &[Group<'_>]) -> bool {
    let [day, time] = groups else { return false };
    time.only_separator() == Some('.') && day.digits.len() == 5 && day.digits.starts_with(['2', '3', '4'])
}

/// `192.168.10.20`.
fn is_internet_address(groups: &[Group<'_>]) -> bool {
    let is_octet = |text: &str| text.parse::<u8>().is_ok() && (text == "0" || !text.starts_with('0'));
    groups.len() == 4
        && shape(groups).is_some_and(|separators| separators == ['.'; 3])
        && groups.iter().all(|group| is_octet(group.digits))
}

/// Social-security, tax and civil-registration numbers of the USA, the Nordic countries, Brazil and
/// Chile, and those of companies there.
fn is_number_of_a_person(groups: &[Group<'_>]) -> bool {
    // Sweden writes 16 before the numbers of companies.
    const CENTURIES: [&str; 4] = ["16", "18", "19", "20"];
    let Some(separators) = shape(groups) else { return false };
    match (lengths(groups).as_slice(), separators.as_slice()) {
        ([3, 2, 4], ['-', '-']) => true,
        ([6, 4], ['-']) => !groups[0].digits.starts_with('0') || is_day_of_birth(groups[0].digits),
        ([8, 4], ['-']) => CENTURIES.contains(&&groups[0].digits[..2]),
        ([3, 3, 3, 2] | [1..=2, 3, 3, 1], ['.', '.', '-']) => true,
        ([2, 3, 3, 4, 2], ['.', '.', '/', '-']) => true,
        _ => false,
    }
}

/// Year, month and day, or day, month and year, with two digits each.
fn is_day_of_birth(digits: &str) -> bool {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| pair.parse::<u8>().ok()).unwrap_or(0);
    let is_day = |day: u8| (1..=31).contains(&day);
    (1..=12).contains(&pair(2)) && (is_day(pair(4)) || is_day(pair(0)))
}

/// An ISBN of 13 digits, or of 10.
fn is_number_of_a_book(groups: &[Group<'_>]) -> bool {
    let has_hyphens =
        shape(groups).is_some_and(|separators| separators.iter().all(|separator| *separator == '-'));
    let digits: usize = lengths(groups).iter().sum();
    has_hyphens
        && match lengths(groups).as_slice() {
            [3, .., 1] => groups.len() == 5 && digits == 13 && matches!(groups[0].digits, "978" | "979"),
            [1, _, _, 1] => digits == 10,
            _ => false,
        }
}
