//! Which country a network or a location is in, and whether the two are the same.
//!
//! Countries are ISO 3166-1 alpha-2 codes, and `XK` for Kosovo, which ISO reserves for its users. A
//! country is named only where it is certain. `tables/countries.csv` has the countries of every MCC
//! (ITU-T E.212).

use std::sync::LazyLock;

use super::region::PLANS;
use super::{networks, ranges, tables};
use crate::model::{CallingCode, Msisdn, Plmn};

/// The calling codes that several countries share.
///
/// 1 is North America; 7 is Russia and Kazakhstan; 39 Italy and the Vatican; 44 Great Britain,
/// Guernsey, Jersey and Man; 47 Norway and Svalbard; 61 Australia, Christmas Island and Cocos; 212
/// Morocco and Western Sahara; 262 Réunion and Mayotte; 358 Finland and Åland; 590 Guadeloupe,
/// Saint Barthélemy and Saint Martin; 599 Curaçao and Bonaire; 672 Norfolk Island and Antarctica.
/// Territories without a mobile network (Pitcairn behind 64, South Georgia behind 500) do not make
/// a code shared.
const SHARED_CALLING_CODES: [u16; 12] = [1, 7, 39, 44, 47, 61, 212, 262, 358, 590, 599, 672];

/// The country of every calling code that belongs to one country.
static COUNTRY_BY_CALLING_CODE: LazyLock<[Option<&'static str>; 1000]> = LazyLock::new(|| {
    let mut countries = [None; 1000];
    for (code, plan) in PLANS.iter().map(|plan| (number(plan.calling_code), plan)) {
        if plan.iso != "001" && !SHARED_CALLING_CODES.contains(&code) {
            // In ISO 3166, Ascension and Tristan da Cunha are part of Saint Helena.
            let iso = if matches!(plan.iso, "AC" | "TA") { "SH" } else { plan.iso };
            countries[usize::from(code)].get_or_insert(iso);
        }
    }
    countries
});

/// The countries of every MCC, each with its calling code; empty for an MCC without a country.
static COUNTRIES_BY_MCC: LazyLock<Vec<Vec<Country>>> = LazyLock::new(|| {
    let mut countries = vec![Vec::new(); 1000];
    for [mcc, isos] in tables::rows(include_str!("tables/countries.csv")) {
        countries[usize::from(number(mcc))] = isos.split(' ').map(country).collect();
    }
    countries
});

#[derive(Clone, Copy, Debug)]
struct Country {
    iso: &'static str,
    calling_code: u16,
}

fn country(iso: &'static str) -> Country {
    let plan = PLANS.iter().find(|plan| plan.iso == iso).expect("a country in the table has a calling code");
    Country { iso, calling_code: number(plan.calling_code) }
}

fn number(text: &str) -> u16 {
    text.parse().expect("a code in the table is a number")
}

/// The country of a network, or `None` where there is none (`901`) or it is not certain.
///
/// With an MCC of several countries (`234`, `310`, `340`, …) the country is certain only for a
/// known network.
#[must_use]
pub fn network_country(plmn: Plmn) -> Option<&'static str> {
    let of_network = networks::find(plmn).and_then(|network| network.country);
    of_network.or_else(|| match possible_countries(plmn) {
        [only] => Some(only.iso),
        _ => None,
    })
}

fn possible_countries(plmn: Plmn) -> &'static [Country] {
    COUNTRIES_BY_MCC.get(usize::from(plmn.mcc())).map_or(&[], Vec::as_slice)
}

/// The country whose numbering plan has this number, or `None` where there is none (`+882`) or it
/// is not certain.
///
/// It does not tell where the subscriber's network is: numbers are ported, and SIMs travel.
#[must_use]
pub fn number_country(msisdn: Msisdn) -> Option<&'static str> {
    country_of_calling_code(&msisdn.digits()).or_else(|| {
        // With a shared calling code, the next digits decide.
        let iso = ranges::region_around(msisdn)?;
        (iso != "001").then_some(iso)
    })
}

/// The country of the calling code that digits start with, if no other shares it.
pub(super) fn country_of_calling_code(digits: &str) -> Option<&'static str> {
    (1..=3).find_map(|length| COUNTRY_BY_CALLING_CODE[usize::from(number(digits.get(..length)?))])
}

/// The country with this calling code, or `None` where several countries share it or none has it.
#[must_use]
pub fn location_country(location: CallingCode) -> Option<&'static str> {
    COUNTRY_BY_CALLING_CODE.get(usize::from(location.get())).copied().flatten()
}

/// Whether a handset is abroad: whether its location has another calling code than its network's
/// country.
///
/// `None` where it cannot be known: one of the two is missing, the network has no country, or both
/// have the same calling code and several countries share it (+1 and +1 may be Canada and Jamaica).
#[must_use]
pub fn roaming(network: Option<Plmn>, location: Option<CallingCode>) -> Option<bool> {
    let (network, location) = (network?, itu_code(location?));
    let known = network_country(network);
    let mut countries = possible_countries(network)
        .iter()
        .filter(|country| known.is_none_or(|iso| iso == country.iso))
        .peekable();
    countries.peek()?;
    if countries.clone().all(|country| country.calling_code != location) {
        return Some(true);
    }
    let certainly_home = countries.all(|country| country.calling_code == location)
        && !SHARED_CALLING_CODES.contains(&location);
    certainly_home.then_some(false)
}

/// Some sources write Jamaica as `1876`; its calling code by the ITU is 1.
fn itu_code(location: CallingCode) -> u16 {
    match location.get() {
        1000..=1999 => 1,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plmn(digits: &str) -> Option<Plmn> {
        Some(Plmn::from_digits(digits).unwrap())
    }

    fn at(code: u16) -> Option<CallingCode> {
        CallingCode::new(code)
    }

    #[test]
    fn an_mcc_of_one_country_decides_even_for_an_unknown_network() {
        for (digits, country) in
            [("24008", "SE"), ("24077", "SE"), ("722999", "AR"), ("22101", "XK"), ("73877", "GY")]
        {
            assert_eq!(network_country(plmn(digits).unwrap()), Some(country), "{digits}");
        }
    }

    #[test]
    fn an_mcc_of_several_countries_needs_a_known_network() {
        for (digits, country) in [
            ("23410", Some("GB")),
            ("23458", Some("IM")),
            ("23450", None),
            ("23499", None),
            ("310260", Some("US")),
            ("310140", Some("GU")),
            ("310999", None),
            ("42505", Some("PS")),
            ("42501", Some("IL")),
            ("50510", Some("NF")),
            ("34001", None),
        ] {
            assert_eq!(network_country(plmn(digits).unwrap()), country, "{digits}");
        }
    }

    #[test]
    fn satellite_and_maritime_networks_have_no_country() {
        for digits in ["90103", "90114", "99999", "00101"] {
            assert_eq!(network_country(plmn(digits).unwrap()), None, "{digits}");
            assert_eq!(roaming(plmn(digits), at(46)), None, "{digits}");
        }
    }

    #[test]
    fn a_calling_code_is_a_country_unless_it_is_shared() {
        for (code, country) in
            [(46, "SE"), (64, "NZ"), (247, "SH"), (290, "SH"), (383, "XK"), (500, "FK"), (970, "PS")]
        {
            assert_eq!(location_country(at(code).unwrap()), Some(country), "{code}");
        }
        for code in SHARED_CALLING_CODES.into_iter().chain([800, 870, 881, 882, 883, 999, 1876]) {
            assert_eq!(location_country(at(code).unwrap()), None, "{code}");
        }
    }

    #[test]
    fn a_number_is_its_plans_country() {
        for (digits, country) in [
            (46_701_740_605, Some("SE")),
            (447_400_123_456, Some("GB")),
            (12_025_550_123, Some("US")),
            (14_165_550_123, Some("CA")),
            (77_012_345_678, Some("KZ")),
            (79_161_234_567, Some("RU")),
        ] {
            assert_eq!(number_country(Msisdn::new(digits).unwrap()), country, "{digits}");
        }
    }

    #[test]
    fn every_calling_code_of_two_plans_is_listed_as_shared() {
        for plan in PLANS.iter().filter(|plan| !matches!(plan.iso, "001" | "TA")) {
            let twin = PLANS.iter().find(|other| {
                other.calling_code == plan.calling_code && !matches!(other.iso, "TA") && other.iso != plan.iso
            });
            assert!(twin.is_none() || SHARED_CALLING_CODES.contains(&number(plan.calling_code)), "{plan:?}");
        }
    }

    #[test]
    fn another_calling_code_is_abroad() {
        assert_eq!(roaming(plmn("24008"), at(46)), Some(false));
        assert_eq!(roaming(plmn("24008"), at(47)), Some(true));
        assert_eq!(roaming(plmn("310260"), at(46)), Some(true));
        assert_eq!(roaming(plmn("310999"), at(52)), Some(true));
    }

    #[test]
    fn the_same_shared_calling_code_is_not_decided() {
        assert_eq!(roaming(plmn("310260"), at(1)), None);
        assert_eq!(roaming(plmn("310260"), at(1876)), None);
        assert_eq!(roaming(plmn("23410"), at(44)), None);
        assert_eq!(roaming(plmn("25001"), at(7)), None);
    }

    #[test]
    fn a_network_of_several_countries_is_abroad_only_if_it_is_abroad_for_each() {
        assert_eq!(roaming(plmn("42599"), at(972)), None);
        assert_eq!(roaming(plmn("42599"), at(970)), None);
        assert_eq!(roaming(plmn("42599"), at(46)), Some(true));
        assert_eq!(roaming(plmn("42505"), at(970)), Some(false));
        assert_eq!(roaming(plmn("42505"), at(972)), Some(true));
    }

    #[test]
    fn roaming_needs_both_facts() {
        assert_eq!(roaming(None, at(46)), None);
        assert_eq!(roaming(plmn("24008"), None), None);
    }

    #[test]
    fn every_network_is_in_a_country_of_its_mcc() {
        for text in [include_str!("tables/networks.csv"), include_str!("tables/own_networks.csv")] {
            for [mcc, mnc, country, _] in tables::rows(text).filter(|row: &[&str; 4]| !row[2].is_empty()) {
                let possible = possible_countries(plmn(&format!("{mcc}{mnc}")).unwrap());
                assert!(possible.iter().any(|possible| possible.iso == country), "{mcc} {mnc} {country}");
            }
        }
    }
}
