//! Numbers that a spreadsheet took for a large amount: `4.6701740605E10`.

use super::refusal::Refusal;
use super::{ParsedDigits, PlusSign};
use crate::model::Msisdn;

/// The number in a text in scientific notation, or with zeros in place of its last digits: its digits
/// where all of them are there, or why not. `None` for any other text.
pub(super) fn parse(text: &str) -> Option<Result<ParsedDigits, Refusal>> {
    if is_zeroed(text) {
        return Some(Err(Refusal::DigitsLost));
    }
    scientific(text)
}

/// A number in scientific notation, `4.6701740605E10` or `4,6701740605e+10`.
///
/// It is exact when the mantissa has every digit down to the last one before the point. With fewer
/// of them, the rest may have been zeros or not.
fn scientific(text: &str) -> Option<Result<ParsedDigits, Refusal>> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.trim_start().parse().ok()?;
    let mantissa = mantissa.trim_end();
    let (plus_sign, unsigned) = match mantissa.strip_prefix('+') {
        Some(unsigned) => (PlusSign::Present, unsigned),
        None => (PlusSign::Absent, mantissa),
    };
    let (whole, fraction) = unsigned.split_once(['.', ',']).unwrap_or((unsigned, ""));
    if !has_only_digits(whole) || !(fraction.is_empty() || has_only_digits(fraction)) {
        return None;
    }
    let shift = usize::try_from(exponent).unwrap_or(0);
    Some(match fraction.split_at_checked(shift) {
        None => Err(Refusal::DigitsLost),
        _ if exponent < 0 => Err(Refusal::NotANumber),
        Some((moved, rest)) if rest.bytes().all(|digit| digit == b'0') => {
            ParsedDigits::ungrouped(plus_sign, [whole, moved].concat().as_bytes())
        }
        Some(_) => Err(Refusal::NotANumber),
    })
}

/// Whether a spreadsheet has set the digits after the 15th to zero, as it does with numbers that
/// are too long for it.
fn is_zeroed(text: &str) -> bool {
    has_only_digits(text)
        && !text.starts_with('0')
        && text.len() > Msisdn::MAX_DIGITS
        && text.bytes().skip(Msisdn::MAX_DIGITS).all(|byte| byte == b'0')
}

fn has_only_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
