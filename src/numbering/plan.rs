//! Whether a number exists in its country's plan, and whether it may be a mobile number.
//!
//! A number that no plan has is never sent: an HLR can only say that it is wrong, and the answer
//! would be paid for.

use std::sync::LazyLock;

use super::ranges::{self, RangeKind};
use super::refusal::{LineKind, Refusal};
use super::region::{PLANS, Plan};
use crate::model::Msisdn;

/// What is known by the calling code alone.
#[derive(Clone, Copy, Default)]
struct CallingCodePlan {
    /// Bit n is set where mobile numbers of any of its regions have n digits after the code.
    mobile_lengths: u32,
    /// The plan of its main region; `None` for unused codes.
    main: Option<&'static Plan>,
}

static BY_CALLING_CODE: LazyLock<Box<[CallingCodePlan; 1000]>> = LazyLock::new(|| {
    let mut codes = Box::new([CallingCodePlan::default(); 1000]);
    for plan in PLANS.iter() {
        let code: usize = plan.calling_code.parse().expect("a calling code is a number");
        codes[code].mobile_lengths |= plan.mobile_lengths;
        codes[code].main.get_or_insert(plan);
    }
    codes
});

/// Checks the digits of an international number, the calling code first.
pub(super) fn check(digits: &[u8]) -> Result<Msisdn, Refusal> {
    match digits.len() {
        ..Msisdn::MIN_DIGITS => return Err(Refusal::TooShort),
        Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS => {}
        _ => return Err(Refusal::TooLong),
    }
    // No calling code starts with a zero.
    if digits[0] == b'0' {
        return Err(Refusal::NotInPlan);
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    match ranges::find(value).map(|range| range.kind) {
        Some(RangeKind::Mobile) => Msisdn::new(value).ok_or(Refusal::TooShort),
        Some(RangeKind::Other(LineKind::Voip)) if is_machine_network(digits) => {
            Msisdn::new(value).ok_or(Refusal::TooShort)
        }
        Some(RangeKind::Other(kind)) => Err(Refusal::NotMobile(kind)),
        None => Err(length_refusal(digits)),
    }
}

/// The international networks `+882` and `+883`: libphonenumber calls them voice over IP, but the
/// SIMs of machines have numbers there.
fn is_machine_network(digits: &[u8]) -> bool {
    digits.starts_with(b"882") || digits.starts_with(b"883")
}

/// The calling code that digits start with, and the plan of its main region. No calling code starts
/// with another one (ITU-T E.164), so the first match is the only one.
pub(super) fn main_plan(digits: &[u8]) -> Option<&'static Plan> {
    by_calling_code(digits).and_then(|(_, code)| code.main)
}

fn by_calling_code(digits: &[u8]) -> Option<(usize, CallingCodePlan)> {
    let mut code = 0;
    digits.iter().take(3).enumerate().find_map(|(index, digit)| {
        code = code * 10 + usize::from(digit - b'0');
        BY_CALLING_CODE[code].main.map(|_| (index + 1, BY_CALLING_CODE[code]))
    })
}

/// What is wrong with a number that its country does not have, by the lengths of mobile numbers.
fn length_refusal(digits: &[u8]) -> Refusal {
    let Some((code_length, code)) = by_calling_code(digits) else { return Refusal::NotInPlan };
    let length = digits.len() - code_length;
    let fits = code.mobile_lengths & (1 << length) != 0;
    let some_are_shorter = code.mobile_lengths & ((1 << length) - 1) != 0;
    let some_are_longer = code.mobile_lengths >> (length + 1) != 0;
    match (some_are_shorter, fits, some_are_longer) {
        (false, false, true) => Refusal::TooShort,
        (true, false, false) => Refusal::TooLong,
        _ => Refusal::NotInPlan,
    }
}
