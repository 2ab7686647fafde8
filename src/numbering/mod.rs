//! Text to [`Msisdn`], or the reason why not; and the countries and names of networks and calling
//! codes.
//!
//! [`parse`] has three steps, each in its own file: `spelling` reads the text of a cell into
//! digits, `resolve` decides whether these digits are international or national (`bare` where no
//! region tells), `plan` checks whether such a number exists in its country's plan and may be a
//! mobile number. A refused number is never sent, so every refusal has a reason.
//!
//! Nothing here knows files, columns of values, or the service. Facts that change are in `tables/`,
//! as text; `tools/numbering_tables.py` writes those with an outside source, and `NOTICE` names the
//! sources.

mod bare;
mod column_name;
mod countries;
mod digit_pattern;
mod evidence;
mod folding;
mod networks;
mod number_rules;
mod plan;
mod range_country;
mod ranges;
mod reading;
mod refusal;
mod region;
mod region_name;
mod resolve;
mod spelling;
mod tables;

#[cfg(test)]
mod differential;

pub use column_name::{
    NumberColumnError, find_number_column, has_telephone_name, number_column_candidates,
    region_column_candidates,
};
pub use countries::{location_country, network_country, number_country, roaming};
pub use evidence::{BareEvidence, UnclearNumbers};
pub use networks::network_name;
pub use number_rules::{BareNumbers, NumberRules};
pub use range_country::range_country;
pub use refusal::{LineKind, Refusal};
pub use region::{Region, UnknownRegion};

use crate::model::Msisdn;

/// The number in a cell of a contact list.
///
/// `+` or `00` makes a number international. Any other number is read by the rules. With a region:
///
/// 1. The region's own access code (such as `011`) makes a number international.
/// 2. Digits are a national number of the region, in any form that is dialled or written there:
///    with its trunk prefix (`0` in most of them), a carrier's prefix, or without area code.
/// 3. Else they are international when they start with the region's own calling code.
/// 4. Else they are a foreign number, but only digits without separators, and only as many as no
///    number of the region has.
///
/// The region wins on purpose: `15012345678` with region CN is a Chinese mobile number, although it
/// could also be one of Arkansas. That is how such numbers are written in China, and any other
/// reading would pay for a wrong answer. A number of the region with a wrong digit is refused, and
/// never asked abroad.
///
/// Without a region, a leading `0` or brackets make a number national, and it is refused;
/// [`BareNumbers`] tells what other digits are.
///
/// # Errors
///
/// The [`Refusal`] that goes to the `hlr_reason` column.
pub fn parse(text: &str, rules: NumberRules) -> Result<Msisdn, Refusal> {
    match spelling::parse_digits(text) {
        Ok(digits) => resolve::resolve(&digits, rules),
        // The same number in two ways of writing it is one number.
        Err(Refusal::SeveralNumbers) => match parse_all(text, rules)[..] {
            [Ok(one)] => Ok(one),
            _ => Err(Refusal::SeveralNumbers),
        },
        Err(refusal) => Err(refusal),
    }
}

/// The number in a text, with national numbers completed by the default region. Without one, digits
/// alone are an international number, and a leading `0` is refused.
///
/// # Errors
///
/// The [`Refusal`] that goes to the `hlr_reason` column.
///
/// ```
/// use hlr_enrich::{Refusal, normalise};
///
/// assert_eq!(&*normalise("+46 (0)70-174 06 05", None).unwrap().digits(), "46701740605");
/// assert_eq!(&*normalise("070-174 06 05", "SE".parse().ok()).unwrap().digits(), "46701740605");
/// assert_eq!(normalise("070-174 06 05", None), Err(Refusal::NationalWithoutRegion));
/// ```
pub fn normalise(text: &str, region: Option<Region>) -> Result<Msisdn, Refusal> {
    let bare = if region.is_none() { BareNumbers::International } else { BareNumbers::EachByItself };
    parse(text, NumberRules { region, bare })
}

/// A cell with more numbers than this is not a contact.
const MAX_NUMBERS_IN_CELL: usize = 100;

/// Each number of a cell, in order, as [`parse`] reads it. One that was written twice is there
/// once. One of which only the last digits are written, `070-1740605/06`, is
/// [`Refusal::SeveralNumbers`], and so is a cell with more than 100 numbers. Empty where the cell
/// has none.
pub fn parse_all(text: &str, rules: NumberRules) -> Vec<Result<Msisdn, Refusal>> {
    let parsed = spelling::parse_all_digits(text);
    if parsed.all.len() > MAX_NUMBERS_IN_CELL {
        return vec![Err(Refusal::SeveralNumbers)];
    }
    let mut numbers = Vec::with_capacity(parsed.all.len());
    for digits in &parsed.all {
        let number = resolve::resolve(digits, rules);
        if number.is_err() || !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if parsed.has_abbreviated {
        numbers.push(Err(Refusal::SeveralNumbers));
    }
    numbers
}

/// Whether a text is empty, or one that programs and people write in place of a value: `NULL`,
/// `n/a`, `-`.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    spelling::is_placeholder(text)
}

#[cfg(test)]
mod tests;
