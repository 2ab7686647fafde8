//! Whether a number exists in its country's plan, and whether it may be a mobile number.
//!
//! The plans are phonelib's, which knows calling codes, lengths and kinds of ranges. A number that
//! it accepts must also have a length that mobile numbers have there: about any other length an HLR
//! can only say that it is wrong, and the answer would be paid for.

use std::sync::LazyLock;

use phonelib::{PhoneNumber, PhoneNumberType};

use super::refusal::{LineKind, Refusal};
use super::region::PLANS;
use crate::model::Msisdn;

/// A number that its country's plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlannedNumber {
    pub(super) msisdn: Msisdn,
    pub(super) range: RangeKind,
}

/// Whether the plan says that a range has mobile numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeKind {
    /// A range for mobile numbers, or one that fixed and mobile lines share.
    Mobile,
    /// A range of unknown use.
    Unknown,
}

/// For every calling code, the lengths of mobile numbers in all its regions; 0 for unused codes.
static MOBILE_LENGTHS: LazyLock<[u32; 1000]> = LazyLock::new(|| {
    let mut lengths = [0; 1000];
    for plan in PLANS.iter() {
        lengths[plan.calling_code.parse::<usize>().expect("a calling code is a number")] |=
            plan.mobile_lengths;
    }
    lengths
});

/// Checks the digits of an international number: 7 to 15 of them, the calling code first.
pub(super) fn check(digits: &[u8]) -> Result<PlannedNumber, Refusal> {
    debug_assert!(digits.len() <= Msisdn::MAX_DIGITS);
    let mut text = [b'+'; Msisdn::MAX_DIGITS + 1];
    text[1..=digits.len()].copy_from_slice(digits);
    let text = std::str::from_utf8(&text[..=digits.len()]).expect("only ASCII digits were written");

    let (code_length, mobile_lengths) = calling_code(digits);
    let Some(kind) = phonelib::detect_phone_number_type(text) else {
        return Err(length_refusal(digits.len() - code_length, mobile_lengths));
    };
    let range = range_kind(kind, digits)?;

    // phonelib also accepts a trunk prefix after the calling code, `+46 (0)70…`, and only its
    // slower call returns the number without it. A number of the right length has none, unless it
    // is a zero.
    let national = &digits[code_length..];
    if fits(national.len(), mobile_lengths) && national[0] != b'0' {
        return Ok(PlannedNumber { msisdn: msisdn(digits)?, range });
    }
    let number = PhoneNumber::parse(text).expect("phonelib has just accepted this text");
    let digits = &number.e164().as_bytes()[1..];
    let length = digits.len() - code_length;
    if mobile_lengths != 0 && !fits(length, mobile_lengths) {
        return Err(length_refusal(length, mobile_lengths));
    }
    Ok(PlannedNumber { msisdn: msisdn(digits)?, range })
}

/// The length of the calling code, and the lengths of mobile numbers after it. No calling code
/// starts with another one (ITU-T E.164), so the first match is the only one.
fn calling_code(digits: &[u8]) -> (usize, u32) {
    let mut code = 0;
    for (index, digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + usize::from(digit - b'0');
        if MOBILE_LENGTHS[code] != 0 {
            return (index + 1, MOBILE_LENGTHS[code]);
        }
    }
    (3.min(digits.len()), 0)
}

fn fits(length: usize, lengths: u32) -> bool {
    lengths & (1 << length) != 0
}

/// What is wrong with a number that its country does not have, by the lengths of mobile numbers.
fn length_refusal(length: usize, mobile_lengths: u32) -> Refusal {
    let some_are_shorter = mobile_lengths & ((1 << length) - 1) != 0;
    let some_are_longer = mobile_lengths >> (length + 1) != 0;
    match (some_are_shorter, fits(length, mobile_lengths), some_are_longer) {
        (false, false, true) => Refusal::TooShort,
        (true, false, false) => Refusal::TooLong,
        _ => Refusal::NotInPlan,
    }
}

fn msisdn(digits: &[u8]) -> Result<Msisdn, Refusal> {
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    Msisdn::new(value).ok_or(Refusal::TooShort)
}

/// Whether a kind of number may be in an HLR.
///
/// Personal numbers, pagers and voice over IP with a national number are refused, because no SIM
/// has one. The international networks `+882` and `+883` are accepted: libphonenumber calls them
/// voice over IP, but the SIMs of machines have numbers there.
fn range_kind(kind: PhoneNumberType, digits: &[u8]) -> Result<RangeKind, Refusal> {
    let kind = match kind {
        PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => return Ok(RangeKind::Mobile),
        PhoneNumberType::Voip if digits.starts_with(b"882") || digits.starts_with(b"883") => {
            return Ok(RangeKind::Unknown);
        }
        PhoneNumberType::FixedLine => LineKind::FixedLine,
        PhoneNumberType::TollFree => LineKind::TollFree,
        PhoneNumberType::PremiumRate => LineKind::PremiumRate,
        PhoneNumberType::SharedCost => LineKind::SharedCost,
        PhoneNumberType::Voip => LineKind::Voip,
        PhoneNumberType::PersonalNumber => LineKind::PersonalNumber,
        PhoneNumberType::Pager => LineKind::Pager,
        PhoneNumberType::Uan => LineKind::CompanyNumber,
        _ => return Ok(RangeKind::Unknown),
    };
    Err(Refusal::NotMobile(kind))
}
