//! Text to [`Msisdn`], or the reason why not; and the countries and names of networks and calling codes.
//!
//! [`parse`] is three steps, a file each: `spelling` reads what a cell holds into digits, `reading` decides
//! whether these digits are international or national, `plan` asks whether such a number exists in its
//! country's plan and may be a mobile one. What is refused is never sent, so every refusal says why.
//!
//! Nothing here knows of files, columns of values, or the service. Facts that change are in `tables/`,
//! as text; `tools/numbering_tables.py` writes those that come from elsewhere, and `NOTICE` names the sources.

mod column_name;
mod countries;
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

pub use column_name::{NumberColumnError, find_number_column};
pub use countries::{location_country, network_country, number_country, roaming};
pub use networks::network_name;
pub use range_country::range_country;
pub use refusal::{LineKind, Refusal};
pub use region::{Region, UnknownRegion};

use crate::model::Msisdn;

/// The number that a cell of a contact list holds.
///
/// Without a home region, digits alone are an international number, and a leading `0` is refused. With one:
///
/// 1. `+` or `00` (or the region's own access code, such as `011`) makes a number international.
/// 2. The region's trunk prefix (`0` in most of them) makes it national.
/// 3. Digits alone are international when they start with the region's own calling code and fit its mobile
///    numbers; else national when the region could have such a mobile number, or, where it has no trunk
///    prefix, such a number of any kind; else international.
///
/// The third rule prefers home on purpose: `15012345678` with region CN is a Chinese mobile number though it
/// spells one of Arkansas, because that is how such numbers are written there, and because reading it
/// otherwise would pay for a wrong answer. Digits that make sense abroad only are read so.
///
/// # Errors
///
/// The [`Refusal`] that goes to the `reason` column.
///
/// ```
/// use hlr_enrich::{Refusal, normalise as parse};
///
/// assert_eq!(&*parse("+46 (0)70-174 06 05", None).unwrap().digits(), "46701740605");
/// assert_eq!(&*parse("070-174 06 05", "SE".parse().ok()).unwrap().digits(), "46701740605");
/// assert_eq!(parse("070-174 06 05", None), Err(Refusal::NationalWithoutRegion));
/// ```
pub fn parse(text: &str, home: Option<Region>) -> Result<Msisdn, Refusal> {
    let written = spelling::read(text)?;
    resolve::resolve(&written, home)
}

#[cfg(test)]
mod tests;
