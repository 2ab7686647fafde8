//! Numbers without `+` or `00` where no region tells what they are.
//!
//! `4795550123` is a mobile number of Norway, and one of the USA. Whoever guesses asks about a
//! stranger.

use super::number_rules::BareNumbers;
use super::plan;
use super::reading::{Reading, international, is_home_length, is_settled, national};
use super::refusal::Refusal;
use super::region::PLANS;
use super::spelling::{Grouping, ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// What a number without `+` or `00` looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BareShape {
    /// A leading zero, brackets, or hyphens and blanks that set off no calling code.
    National,
    /// Digits that are a mobile number when read as international.
    InternationalMobile,
    /// Digits that are not.
    Other,
}

/// What a bare number looks like; `None` for a number with `+` or `00`.
pub(super) fn bare_shape(parsed: &ParsedDigits) -> Option<BareShape> {
    let digits = parsed.digits();
    if parsed.plus_sign == PlusSign::Present || digits.starts_with(b"00") {
        return None;
    }
    if is_certainly_national(parsed) {
        return Some(BareShape::National);
    }
    let international = international(digits);
    Some(match parsed.grouping {
        Grouping::Groups { first } if !sets_off_calling_code(digits, first, &international) => {
            BareShape::National
        }
        _ if international.is_ok() => BareShape::InternationalMobile,
        _ => BareShape::Other,
    })
}

/// A bare number without a region.
pub(super) fn without_region(parsed: &ParsedDigits, bare: BareNumbers) -> Reading {
    let digits = parsed.digits();
    if digits.len() < Msisdn::MIN_DIGITS {
        return Err(Refusal::TooShort);
    }
    match bare {
        BareNumbers::International if is_certainly_national(parsed) => Err(Refusal::NationalWithoutRegion),
        BareNumbers::International => international(digits),
        BareNumbers::EachByItself | BareNumbers::InternationalDigits => match (bare_shape(parsed), bare) {
            (Some(BareShape::National), _) => Err(Refusal::NationalWithoutRegion),
            (_, BareNumbers::EachByItself) => judged_by_itself(digits),
            _ => international(digits),
        },
    }
}

/// Whether not even a list of international numbers has a number like this.
fn is_certainly_national(parsed: &ParsedDigits) -> bool {
    let starts_with_zero = parsed.digits()[0] == b'0' && parsed.digits().len() <= Msisdn::MAX_DIGITS;
    starts_with_zero || parsed.grouping == Grouping::Brackets
}

/// Whether the first group of digits is the calling code of a number that exists, as in
/// `1-403-555-0173`.
fn sets_off_calling_code(digits: &[u8], first: u8, international: &Reading) -> bool {
    let calling_code = plan::main_plan(digits).map(|plan| plan.calling_code.len());
    calling_code == Some(usize::from(first)) && is_settled(international)
}

/// The international number, unless the same digits are another mobile number in the national form
/// of any region.
fn judged_by_itself(digits: &[u8]) -> Reading {
    let complete = international(digits);
    let is_of_another_number = |reading: Reading| reading.is_ok() && reading != complete;
    let is_national_somewhere = PLANS
        .iter()
        .filter(|plan| plan.iso != "001" && is_home_length(digits, plan))
        .any(|plan| is_of_another_number(national(digits, plan)));
    if is_national_somewhere { Err(Refusal::Ambiguous) } else { complete }
}

#[cfg(test)]
mod tests {
    use super::super::spelling::parse_digits;
    use super::super::{NumberRules, parse};
    use super::*;

    /// The digits of a text, or the word of its refusal.
    fn read_with(text: &str, bare: BareNumbers) -> String {
        parse(text, NumberRules { region: None, bare })
            .map_or_else(|refusal| refusal.text().to_owned(), |msisdn| msisdn.digits().to_string())
    }

    fn read_by_itself(text: &str) -> String {
        read_with(text, BareNumbers::EachByItself)
    }

    #[test]
    fn a_bare_number_by_itself_is_complete_only_if_it_is_nothing_else() {
        for text in
            ["46701740605", "447700900123", "33639981234", "491713920001", "61491570006", "12025550173"]
        {
            assert_eq!(read_by_itself(text), text);
        }
        for (text, expected) in [
            ("1-403-555-0173", "14035550173"),
            ("46 70 174 06 05", "46701740605"),
            ("380 50 123 45 67", "380501234567"),
            // Norway or the USA, Arkansas or China, Sweden without its zero.
            ("4795550123", "ambiguous"),
            ("15012345678", "ambiguous"),
            ("701740605", "ambiguous"),
            ("0701740605", "national_without_region"),
            ("(479) 555-0123", "national_without_region"),
            ("479-555-0123", "national_without_region"),
            ("(352) 555-0123", "national_without_region"),
            ("4670-174 06 05", "national_without_region"),
            ("+4795550123", "4795550123"),
            ("004795550123", "4795550123"),
            ("12345", "too_short"),
        ] {
            assert_eq!(read_by_itself(text), expected, "{text}");
        }
    }

    #[test]
    fn grouped_digits_are_complete_where_all_numbers_are() {
        for (text, expected) in [
            ("4795550123", "4795550123"),
            ("47 95 55 01 23", "4795550123"),
            ("4670-174 06 05", "46701740605"),
            ("(46) 701740605", "national_without_region"),
            ("070-174 06 05", "national_without_region"),
        ] {
            assert_eq!(read_with(text, BareNumbers::International), expected, "{text}");
        }
    }

    #[test]
    fn a_list_of_msisdns_has_no_national_groups() {
        for (text, expected) in [
            ("4795550123", "4795550123"),
            ("47 95 55 01 23", "4795550123"),
            ("479-555-0123", "national_without_region"),
            ("(479) 555-0123", "national_without_region"),
            ("0701740605", "national_without_region"),
        ] {
            assert_eq!(read_with(text, BareNumbers::InternationalDigits), expected, "{text}");
        }
    }

    #[test]
    fn the_shape_of_a_bare_number_is_evidence() {
        for (text, expected) in [
            ("46701740605", Some(BareShape::InternationalMobile)),
            ("1-403-555-0173", Some(BareShape::InternationalMobile)),
            ("447700900123", Some(BareShape::InternationalMobile)),
            ("4684650040", Some(BareShape::Other)),
            ("46 8 465 004 00", Some(BareShape::Other)),
            ("5551234", Some(BareShape::Other)),
            ("0701740605", Some(BareShape::National)),
            ("(479) 555-0123", Some(BareShape::National)),
            ("479-555-0123", Some(BareShape::National)),
            ("+46701740605", None),
            ("0046701740605", None),
        ] {
            assert_eq!(bare_shape(&parse_digits(text).unwrap()), expected, "{text}");
        }
    }
}
