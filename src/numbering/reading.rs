//! Digits read in one way: as an international number, or as a national number of one region.
//!
//! Which way is right is decided in `resolve`, and without a region in `bare`.

use super::digit_pattern;
use super::plan;
use super::refusal::Refusal;
use super::region::Plan;
use crate::model::Msisdn;

/// One way to read digits: the number, or why there is none.
pub(super) type Reading = Result<Msisdn, Refusal>;

/// Whether a number of the region may be written with this many digits.
pub(super) fn is_home_length(digits: &[u8], plan: &Plan) -> bool {
    let fits = |length: usize| plan.home_lengths & (1 << length) != 0;
    fits(digits.len()) || after_trunks(digits, plan).any(|rest| fits(rest.len()))
}

/// Whether a reading is a number of any kind, even one that no HLR knows.
pub(super) fn is_settled(reading: &Reading) -> bool {
    matches!(reading, Ok(_) | Err(Refusal::NotMobile(_)))
}

/// Digits that start with a calling code, which many write before a trunk prefix: `+46 (0)70…`.
pub(super) fn international(digits: &[u8]) -> Reading {
    let as_written = plan::check(digits);
    if is_settled(&as_written) || digits.len() < Msisdn::MIN_DIGITS {
        return as_written;
    }
    let Some(plan) = plan::main_plan(digits) else { return as_written };
    let after_calling_code = national(&digits[plan.calling_code.len()..], plan);
    if is_settled(&after_calling_code) { after_calling_code } else { as_written }
}

/// Digits that are a national number: after a trunk prefix, as they are, with the mobile marker of
/// their region, or without their area code.
pub(super) fn national(digits: &[u8], plan: &Plan) -> Reading {
    let mut after_trunks = after_trunks(digits, plan).map(|rest| joined(&[rest], plan));
    if let Some(settled) = after_trunks.clone().find(is_settled) {
        return settled;
    }
    let as_written = joined(&[digits], plan);
    if is_settled(&as_written) {
        return as_written;
    }
    if let Some(number) = marked_mobile(digits, plan) {
        return Ok(number);
    }
    let mut completed = plan
        .local
        .iter()
        .filter(|(pattern, _)| digit_pattern::strip(pattern, digits).is_some_and(<[u8]>::is_empty))
        .map(|(_, before)| joined(&[before.as_bytes(), digits], plan));
    completed.find(is_settled).or(after_trunks.next()).unwrap_or(as_written)
}

/// What is left without each of the region's trunk prefixes.
fn after_trunks<'a>(digits: &'a [u8], plan: &'a Plan) -> impl Iterator<Item = &'a [u8]> + Clone {
    let after = plan.trunks.iter().filter_map(|trunk| digit_pattern::strip(trunk, digits));
    after.filter(|rest| !rest.is_empty())
}

/// The mobile number with a marker after its area code, as in Argentina's `011 15-2345-6789`.
fn marked_mobile(digits: &[u8], plan: &Plan) -> Option<Msisdn> {
    /// Area codes have two to four digits.
    const AREA_CODES: std::ops::RangeInclusive<usize> = 2..=4;
    let (written, dialled) = plan.mobile_marker?;
    let numbers = after_trunks(digits, plan).chain([digits]);
    let mut readings = numbers.flat_map(|number| AREA_CODES.map(move |length| (number, length)));
    readings.find_map(|(number, length)| {
        let (area_code, rest) = number.split_at_checked(length)?;
        let subscriber = rest.strip_prefix(written.as_bytes())?;
        joined(&[dialled.as_bytes(), area_code, subscriber], plan).ok()
    })
}

/// The calling code of a plan and the parts of a national number.
fn joined(parts: &[&[u8]], plan: &Plan) -> Reading {
    let mut digits = [0; Msisdn::MAX_DIGITS];
    let mut length = 0;
    for part in [plan.calling_code.as_bytes()].iter().chain(parts) {
        let Some(place) = digits.get_mut(length..length + part.len()) else { return Err(Refusal::TooLong) };
        place.copy_from_slice(part);
        length += part.len();
    }
    plan::check(&digits[..length])
}
