//! Text to [`Msisdn`], or the reason why not; and the countries and names of networks and calling
//! codes.
//!
//! [`parse`] has three steps, each in its own file: `spelling` reads the text of a cell into
//! digits, `resolve` decides whether these digits are international or national, `plan` checks
//! whether such a number exists in its country's plan and may be a mobile number. A refused number
//! is never sent, so every refusal has a reason.
//!
//! Nothing here knows files, columns of values, or the service. Facts that change are in `tables/`,
//! as text; `tools/numbering_tables.py` writes those with an outside source, and `NOTICE` names the
//! sources.

mod column_name;
mod countries;
mod evidence;
mod folding;
mod networks;
mod plan;
mod range_country;
mod refusal;
mod region;
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
pub use range_country::range_country;
pub use refusal::{LineKind, Refusal};
pub use region::{Region, UnknownRegion};

use crate::model::Msisdn;

/// The number in a cell of a contact list.
///
/// Without a default region, digits alone are an international number, and a leading `0` is
/// refused. With one:
///
/// 1. `+` or `00` (or the region's own access code, such as `011`) makes a number international.
/// 2. The region's trunk prefix (`0` in most of them) makes it national.
/// 3. Digits alone are international when they start with the region's own calling code and fit its
///    mobile numbers; else national when the region could have such a mobile number, or, where it
///    has no trunk prefix, such a number of any kind; else international.
///
/// The third rule prefers the region on purpose: `15012345678` with region CN is a Chinese mobile
/// number, although it could also be one of Arkansas. That is how such numbers are written in
/// China, and any other reading would pay for a wrong answer. Digits that are a number only abroad
/// are read as such.
///
/// # Errors
///
/// The [`Refusal`] that goes to the `hlr_reason` column.
///
/// ```
/// use hlr_enrich::{Refusal, normalise as parse};
///
/// assert_eq!(&*parse("+46 (0)70-174 06 05", None).unwrap().digits(), "46701740605");
/// assert_eq!(&*parse("070-174 06 05", "SE".parse().ok()).unwrap().digits(), "46701740605");
/// assert_eq!(parse("070-174 06 05", None), Err(Refusal::NationalWithoutRegion));
/// ```
pub fn parse(text: &str, rules: NumberRules) -> Result<Msisdn, Refusal> {
    let digits = spelling::parse_digits(text)?;
    resolve::resolve(&digits, rules)
}

/// The number in a text, which was written by somebody who knows what is asked: without a region,
/// digits alone are an international number.
///
/// # Errors
///
/// As for [`parse`].
pub fn normalise(text: &str, default_region: Option<Region>) -> Result<Msisdn, Refusal> {
    parse(text, NumberRules { region: default_region, bare: BareNumbers::International })
}

/// Each number of a cell, in order, as [`parse`] reads it. One that was written twice is there once.
/// Empty where the cell has none.
pub fn parse_all(text: &str, rules: NumberRules) -> Vec<Result<Msisdn, Refusal>> {
    let mut numbers = Vec::new();
    for digits in spelling::parse_all_digits(text) {
        let number = resolve::resolve(&digits, rules);
        if number.is_err() || !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// How numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NumberRules {
    pub region: Option<Region>,
    pub bare: BareNumbers,
}
/// What digits without `+` or `00` are, where no region tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BareNumbers {
    #[default]
    EachByItself,
    International,
}

#[cfg(test)]
mod tests;
