//! Whether digits are international or national; the rule is in [`super::parse`].

use super::plan;
use super::plan::{Line, Planned};
use super::refusal::Refusal;
use super::region::Region;
use super::spelling::{Mark, Written};
use crate::model::Msisdn;

/// The number that was written, seen from a home region.
pub(super) fn resolve(written: &Written, home: Option<Region>) -> Result<Msisdn, Refusal> {
    let digits = written.digits();
    let planned = match (written.mark, home) {
        (Mark::Plus, _) => international(digits.strip_prefix(b"00").unwrap_or(digits)),
        (Mark::None, Some(home)) => from_home(digits, home),
        (Mark::None, None) => from_anywhere(digits),
    };
    planned.map(|planned| planned.msisdn)
}

fn from_anywhere(digits: &[u8]) -> Result<Planned, Refusal> {
    if let Some(foreign) = digits.strip_prefix(b"00") {
        return international(foreign);
    }
    match digits.len() {
        ..Msisdn::MIN_DIGITS => Err(Refusal::TooShort),
        length if digits[0] == b'0' && length <= Msisdn::MAX_DIGITS => Err(Refusal::NationalWithoutRegion),
        _ => international(digits),
    }
}

fn from_home(digits: &[u8], home: Region) -> Result<Planned, Refusal> {
    let plan = home.plan();
    let after_zeros = digits.strip_prefix(b"00").map(international);
    if let Some(settled) = after_zeros.filter(is_settled) {
        return settled;
    }
    let after_access_code = plan.access_code.and_then(|code| digits.strip_prefix(code.as_bytes()));
    if let Some(Ok(planned)) = after_access_code.map(international) {
        return Ok(planned);
    }
    if let Some(refused) = after_zeros {
        return refused;
    }
    let after_trunks = plan.trunks.iter().filter_map(|trunk| digits.strip_prefix(trunk.as_bytes()));
    let mut nationals = after_trunks.map(|rest| national(rest, home));
    if let Some(settled) = nationals.clone().find(is_settled) {
        return settled;
    }
    // No calling code starts with a zero: it was a trunk prefix, or it is part of the national number.
    match digits[0] {
        b'0' => nationals.next().unwrap_or_else(|| national(digits, home)),
        _ => unmarked(digits, home),
    }
}

/// Digits without any mark: home's own calling code first, then home's mobile numbers, then the world's.
fn unmarked(digits: &[u8], home: Region) -> Result<Planned, Refusal> {
    let starts_at_home = digits.starts_with(home.plan().calling_code.as_bytes());
    let international = international(digits);
    if starts_at_home && is_mobile(&international) {
        return international;
    }
    let national = national(digits, home);
    // Where nothing is dialled before a national number, bare digits are how home's fixed lines are written.
    let is_usual_form = home.plan().trunks.is_empty();
    if is_mobile(&national) || (is_usual_form && is_other_line(&national)) {
        return national;
    }
    if is_mobile(&international) {
        return international;
    }
    let [first, second] = if starts_at_home { [international, national] } else { [national, international] };
    if is_settled(&first) || !is_settled(&second) { first } else { second }
}

/// Whether a reading is a number in a range for mobile numbers.
fn is_mobile(reading: &Result<Planned, Refusal>) -> bool {
    reading.is_ok_and(|planned| planned.line == Line::Mobile)
}

/// Whether a reading is a number at all, be it one that no HLR knows.
fn is_settled(reading: &Result<Planned, Refusal>) -> bool {
    reading.is_ok() || is_other_line(reading)
}

/// Whether a reading is a number that is certainly no mobile one.
fn is_other_line(reading: &Result<Planned, Refusal>) -> bool {
    matches!(reading, Err(Refusal::NotMobile(_)))
}

/// Digits that start with a calling code.
fn international(digits: &[u8]) -> Result<Planned, Refusal> {
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

/// Digits that are a national number of home, without its trunk prefix.
fn national(digits: &[u8], home: Region) -> Result<Planned, Refusal> {
    joined(home.plan().calling_code, digits)
}

fn joined(calling_code: &str, national: &[u8]) -> Result<Planned, Refusal> {
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
