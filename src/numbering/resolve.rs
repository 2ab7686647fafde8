//! Whether digits are international or national; the rule is in [`super::parse`].

use super::plan;
use super::plan::{PlannedNumber, RangeKind};
use super::refusal::Refusal;
use super::region::Region;
use super::spelling::{ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// One way to read digits: the number, or why there is none.
type Reading = Result<PlannedNumber, Refusal>;

/// The number that was written, with national numbers completed by the default region.
pub(super) fn resolve(parsed: &ParsedDigits, rules: super::NumberRules) -> Result<Msisdn, Refusal> {
    let default_region = rules.region;
    let digits = parsed.digits();
    let reading = match (parsed.plus_sign, default_region) {
        (PlusSign::Present, _) => international(digits.strip_prefix(b"00").unwrap_or(digits)),
        (PlusSign::Absent, Some(region)) => in_region(digits, region),
        (PlusSign::Absent, None) => without_region(digits),
    };
    reading.map(|number| number.msisdn)
}

fn without_region(digits: &[u8]) -> Reading {
    if let Some(foreign) = digits.strip_prefix(b"00") {
        return international(foreign);
    }
    match digits.len() {
        ..Msisdn::MIN_DIGITS => Err(Refusal::TooShort),
        length if digits[0] == b'0' && length <= Msisdn::MAX_DIGITS => Err(Refusal::NationalWithoutRegion),
        _ => international(digits),
    }
}

fn in_region(digits: &[u8], region: Region) -> Reading {
    let plan = region.plan();
    let after_zeros = digits.strip_prefix(b"00").map(international);
    if let Some(settled) = after_zeros.filter(is_settled) {
        return settled;
    }
    let after_access_code = plan.access_code.and_then(|code| digits.strip_prefix(code.as_bytes()));
    if let Some(Ok(number)) = after_access_code.map(international) {
        return Ok(number);
    }
    if let Some(refused) = after_zeros {
        return refused;
    }
    let after_trunk_prefix =
        plan.trunk_prefixes.iter().filter_map(|prefix| digits.strip_prefix(prefix.as_bytes()));
    let mut nationals = after_trunk_prefix.map(|rest| national(rest, region));
    if let Some(settled) = nationals.clone().find(is_settled) {
        return settled;
    }
    // No calling code starts with a zero: it was a trunk prefix, or it is part of the national
    // number.
    match digits[0] {
        b'0' => nationals.next().unwrap_or_else(|| national(digits, region)),
        _ => bare(digits, region),
    }
}

/// Digits without any prefix: the region's own calling code first, then its mobile numbers, then
/// those of the world.
fn bare(digits: &[u8], region: Region) -> Reading {
    let has_own_calling_code = digits.starts_with(region.plan().calling_code.as_bytes());
    let international = international(digits);
    if has_own_calling_code && is_mobile(&international) {
        return international;
    }
    let national = national(digits, region);
    // Where nothing is dialled before a national number, fixed lines are written as bare digits
    // too.
    let is_usual_form = region.plan().trunk_prefixes.is_empty();
    if is_mobile(&national) || (is_usual_form && is_other_line(&national)) {
        return national;
    }
    if is_mobile(&international) {
        return international;
    }
    let [first, second] =
        if has_own_calling_code { [international, national] } else { [national, international] };
    if is_settled(&first) || !is_settled(&second) { first } else { second }
}

/// Whether a reading is a number in a range for mobile numbers.
fn is_mobile(reading: &Reading) -> bool {
    reading.is_ok_and(|number| number.range == RangeKind::Mobile)
}

/// Whether a reading is a number of any kind, even one that no HLR knows.
fn is_settled(reading: &Reading) -> bool {
    reading.is_ok() || is_other_line(reading)
}

/// Whether a reading is a number that is certainly not a mobile number.
fn is_other_line(reading: &Reading) -> bool {
    matches!(reading, Err(Refusal::NotMobile(_)))
}

/// Digits that start with a calling code.
fn international(digits: &[u8]) -> Reading {
    // Mexico dropped the 1 between calling code and mobile number in 2019; lists still have it.
    if let Some(national) = digits.strip_prefix(b"521")
        && national.len() == 10
    {
        return joined("52", national);
    }
    match digits.len() {
        ..Msisdn::MIN_DIGITS => Err(Refusal::TooShort),
        // No calling code starts with a zero, and phonelib would skip it.
        Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS if digits[0] == b'0' => Err(Refusal::NotInPlan),
        Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS => plan::check(digits),
        _ => Err(Refusal::TooLong),
    }
}

/// Digits that are a national number of the region, without its trunk prefix.
fn national(digits: &[u8], region: Region) -> Reading {
    joined(region.plan().calling_code, digits)
}

fn joined(calling_code: &str, national: &[u8]) -> Reading {
    let mut digits = [0; Msisdn::MAX_DIGITS];
    let length = calling_code.len() + national.len();
    match length {
        ..Msisdn::MIN_DIGITS => Err(Refusal::TooShort),
        Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS => {
            digits[..calling_code.len()].copy_from_slice(calling_code.as_bytes());
            digits[calling_code.len()..length].copy_from_slice(national);
            plan::check(&digits[..length])
        }
        _ => Err(Refusal::TooLong),
    }
}

pub(super) enum BareShape {
    National,
    InternationalMobile,
    Other,
}
pub(super) fn bare_shape(parsed: &ParsedDigits) -> Option<BareShape> {
    let digits = parsed.digits();
    if parsed.plus_sign == PlusSign::Present || digits.starts_with(b"00") {
        return None;
    }
    if digits[0] == b'0' {
        return Some(BareShape::National);
    }
    Some(if is_mobile(&international(digits)) { BareShape::InternationalMobile } else { BareShape::Other })
}
