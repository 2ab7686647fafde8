//! Whether digits are international or national; the rule is in [`super::parse`].

use super::bare;
use super::digit_pattern;
use super::number_rules::{BareNumbers, NumberRules};
use super::plan;
use super::reading::{Reading, international, is_home_length, is_settled, national};
use super::refusal::Refusal;
use super::region::Plan;
use super::spelling::{Grouping, ParsedDigits, PlusSign};

/// The number that was written, with national numbers completed by the region of the rules.
pub(super) fn resolve(parsed: &ParsedDigits, rules: NumberRules) -> Reading {
    let digits = parsed.digits();
    match (parsed.plus_sign, rules.region) {
        (PlusSign::Present, _) => international(digits.strip_prefix(b"00").unwrap_or(digits)),
        (PlusSign::Absent, None) => without_region(parsed, rules.bare),
        (PlusSign::Absent, Some(region)) => {
            let national = || in_region(digits, parsed.grouping, region.plan());
            match rules.bare {
                BareNumbers::EachByItself | BareNumbers::InternationalDigits => national(),
                // The region is for those that cannot be complete.
                BareNumbers::International => match without_region(parsed, rules.bare) {
                    Err(Refusal::NationalWithoutRegion) => national(),
                    reading => reading,
                },
            }
        }
    }
}

fn without_region(parsed: &ParsedDigits, bare: BareNumbers) -> Reading {
    match parsed.digits().strip_prefix(b"00") {
        Some(foreign) => international(foreign),
        None => bare::without_region(parsed, bare),
    }
}

fn in_region(digits: &[u8], grouping: Grouping, plan: &Plan) -> Reading {
    if let Some(foreign) = after_access_code(digits, plan) {
        return foreign;
    }
    let national = national(digits, plan);
    // No calling code starts with a zero.
    if is_settled(&national) || digits[0] == b'0' {
        return national;
    }
    let after_own_code = digits.strip_prefix(plan.calling_code.as_bytes());
    if let Some(settled) = after_own_code.map(|rest| super::reading::national(rest, plan)).filter(is_settled)
    {
        return settled;
    }
    if grouping == Grouping::None && !is_home_length(digits, plan) {
        return international(digits);
    }
    national
}

/// The foreign number after the region's own access code (`011`) or after `00`, which is written
/// everywhere, even where something else is dialled; `None` where neither is before the digits.
fn after_access_code(digits: &[u8], plan: &Plan) -> Option<Reading> {
    let after_own = plan.access_codes.iter().filter_map(|code| digit_pattern::strip(code, digits));
    let has_own = after_own.clone().next().is_some();
    let own = after_own.map(international).find(is_settled);
    // After the own access code, a second way to read the digits must need no further change.
    let zeros =
        digits.strip_prefix(b"00").map(|rest| if has_own { plan::check(rest) } else { international(rest) });
    match (own, zeros) {
        (Some(one), Some(other)) if is_settled(&other) && one != other => Some(Err(Refusal::Ambiguous)),
        (Some(own), _) => Some(own),
        (None, Some(zeros)) if is_settled(&zeros) => Some(zeros),
        (None, Some(refused)) => (!has_trunk_of_zeros(digits, plan)).then_some(refused),
        (None, None) => None,
    }
}

/// Whether `00` begins a prefix of national numbers, as in Japan.
fn has_trunk_of_zeros(digits: &[u8], plan: &Plan) -> bool {
    plan.trunks.iter().any(|trunk| trunk.starts_with("00") && digit_pattern::strip(trunk, digits).is_some())
}
