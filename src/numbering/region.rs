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
    /// What may be dialled before a national number, longest first; empty where nothing is.
    pub(super) trunk_prefixes: Vec<&'static str>,
    /// What may be dialled before a foreign number, where that is not `00`.
    pub(super) access_code: Option<&'static str>,
    /// Bit n is set where mobile numbers have n digits after the calling code.
    pub(super) mobile_lengths: u32,
}

/// Every plan, main region of a shared calling code first. From the metadata of libphonenumber.
pub(super) static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    tables::rows(include_str!("tables/plans.csv"))
        .map(|[iso, calling_code, trunk_prefixes, access_code, mobile_lengths]| Plan {
            iso,
            calling_code,
            trunk_prefixes: trunk_prefixes.split_whitespace().collect(),
            access_code: (!access_code.is_empty()).then_some(access_code),
            mobile_lengths: mobile_lengths
                .split_whitespace()
                .map(|length| 1 << length.parse::<u32>().expect("a length in the table is a number"))
                .sum(),
        })
        .collect()
});

/// Names that are in use but not codes of ISO 3166-1 alpha-2, with the code that they mean.
const ALIASES: [(&str, &str); 20] = [
    ("UK", "GB"),
    ("EN", "GB"),
    ("ENG", "GB"),
    ("GBR", "GB"),
    ("USA", "US"),
    ("SV-SE", "SE"),
    ("SWE", "SE"),
    ("DEU", "DE"),
    ("GER", "DE"),
    ("DEN", "DK"),
    ("DNK", "DK"),
    ("NOR", "NO"),
    ("FIN", "FI"),
    ("FRA", "FR"),
    ("ESP", "ES"),
    ("ITA", "IT"),
    ("AUT", "AT"),
    ("CHE", "CH"),
    ("NLD", "NL"),
    ("POL", "PL"),
];

/// A country or territory with numbers of its own, named by its ISO 3166-1 alpha-2 code (`SE`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(&'static Plan);

impl Region {
    /// The two-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.iso
    }

    pub fn from_name(text: &str) -> Option<Self> {
        text.parse().ok()
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
        let known = PLANS.iter().find(|plan| plan.iso.eq_ignore_ascii_case(written) && plan.iso != "001");
        known
            .map(Self)
            .ok_or_else(|| UnknownRegion { written: written.to_owned(), suggestion: suggestion(written) })
    }
}

/// The code that was probably meant by an alias or a calling code.
fn suggestion(written: &str) -> Option<&'static str> {
    let calling_code = written.trim_start_matches('+').trim_start_matches("00");
    let by_alias = ALIASES.iter().find(|(name, _)| name.eq_ignore_ascii_case(written));
    let by_code = || PLANS.iter().find(|plan| plan.calling_code == calling_code && plan.iso != "001");
    by_alias.map(|(_, code)| *code).or_else(|| by_code().map(|plan| plan.iso))
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
        for (text, ending) in
            [("UK", "such as GB"), ("usa", "such as US"), ("+46", "such as SE"), ("1", "such as US")]
        {
            let error = text.parse::<Region>().unwrap_err().to_string();
            assert!(error.ends_with(ending), "{error}");
        }
        for text in ["", "XX", "Sweden", "999"] {
            let error = text.parse::<Region>().unwrap_err().to_string();
            assert!(error.ends_with("such as SE, GB or US"), "{error}");
        }
    }

    #[test]
    fn aliases_name_regions_and_are_not_regions() {
        for (name, code) in ALIASES {
            assert!(code.parse::<Region>().is_ok() && name.parse::<Region>().is_err());
        }
    }
}
