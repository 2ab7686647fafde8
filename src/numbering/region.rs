//! The region of national numbers, and how numbers are dialled there.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::tables;

/// How numbers are written in one country or territory.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Plan {
    /// ISO 3166-1 alpha-2; `001` for calling codes without a country.
    pub(super) iso: &'static str,
    /// The calling code, one to three digits.
    pub(super) calling_code: &'static str,
    /// Patterns of what may be dialled before a national number, longest first: trunk prefixes, and
    /// those of carriers.
    pub(super) trunks: Vec<&'static str>,
    /// Patterns of what may be dialled before a foreign number, where that is not `00`.
    pub(super) access_codes: Vec<&'static str>,
    /// Patterns of whole local numbers, each with the digits that complete it.
    pub(super) local: Vec<(&'static str, &'static str)>,
    /// Digits that a mobile number has after the area code in national form, and those that it has
    /// before the area code in their place in international form.
    pub(super) mobile_marker: Option<(&'static str, &'static str)>,
    /// Bit n is set where mobile numbers have n digits after the calling code.
    pub(super) mobile_lengths: u32,
    /// Bit n is set where numbers of mobile and fixed lines may be written with n digits, with or
    /// without area code.
    pub(super) home_lengths: u32,
}

/// Every plan, main region of a shared calling code first. From the metadata of libphonenumber.
pub(super) static PLANS: LazyLock<Vec<Plan>> =
    LazyLock::new(|| tables::rows(include_str!("tables/plans.csv")).map(Plan::of_row).collect());

impl Plan {
    fn of_row(row: [&'static str; 8]) -> Self {
        let [iso, calling_code, trunks, access_codes, local, mobile_marker, mobile_lengths, home_lengths] =
            row;
        Self {
            iso,
            calling_code,
            trunks: trunks.split_whitespace().collect(),
            access_codes: access_codes.split_whitespace().collect(),
            local: local.split_whitespace().filter_map(|pair| pair.split_once('>')).collect(),
            mobile_marker: mobile_marker.split_once('>'),
            mobile_lengths: set_of(mobile_lengths),
            home_lengths: set_of(home_lengths),
        }
    }
}

/// Lengths as bits.
fn set_of(lengths: &str) -> u32 {
    lengths
        .split_whitespace()
        .map(|length| 1 << length.parse::<u32>().expect("a length in the table is a number"))
        .sum()
}

/// A country or territory with numbers of its own, named by its ISO 3166-1 alpha-2 code (`SE`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(&'static Plan);

impl Region {
    /// The two-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.iso
    }

    /// The region with this two-letter code, in either case.
    pub(super) fn with_code(code: &str) -> Option<Self> {
        PLANS.iter().find(|plan| plan.iso.eq_ignore_ascii_case(code) && plan.iso != "001").map(Self)
    }

    pub(super) fn plan(self) -> &'static Plan {
        self.0
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Reads the code in either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let written = text.trim();
        Self::with_code(written).ok_or_else(|| UnknownRegion {
            written: written.to_owned(),
            suggestion: Self::from_name(written).map(Self::code),
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.code())
    }
}

/// A text that is not the code of a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error(
    "{written:?} is not a region; expected an ISO 3166 code of two letters, such as {}",
    suggestion.unwrap_or("SE, GB or US")
)]
pub struct UnknownRegion {
    written: String,
    suggestion: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_read_in_either_case() {
        for text in ["SE", "se", " Se "] {
            assert_eq!(text.parse::<Region>().unwrap().code(), "SE");
        }
    }

    #[test]
    fn an_unknown_region_gets_a_suggestion() {
        for (text, ending) in [
            ("UK", "such as GB"),
            ("usa", "such as US"),
            ("+46", "such as SE"),
            ("1", "such as US"),
            ("Sweden", "such as SE"),
        ] {
            let error = text.parse::<Region>().unwrap_err().to_string();
            assert!(error.ends_with(ending), "{error}");
        }
        for text in ["", "XX", "Atlantis", "999"] {
            let error = text.parse::<Region>().unwrap_err().to_string();
            assert!(error.ends_with("such as SE, GB or US"), "{error}");
        }
    }
}
