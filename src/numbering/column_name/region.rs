//! Which columns of a list say the country of each row, by their names alone.

use super::best_first;
use super::words::{self, Kind};

/// How clearly a name means the country of the row's telephone number. Smaller is clearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The country of the telephone: `phone_country`.
    OfTelephone,
    /// A country, with nothing else: `country_code`, `Land`.
    Country,
    /// A calling code: `dial_code`.
    CallingCode,
    /// A country with another word: `Billing Country`.
    SomeCountry,
    /// Only "region", which may also be part of a country.
    Region,
}

/// Every column whose name means a country or a calling code, best first.
#[must_use]
pub fn region_column_candidates(names: &[&str]) -> Vec<usize> {
    best_first(names, rank)
}

fn rank(name: &str) -> Option<Rank> {
    let words = words::words(name);
    let joined = words.concat();
    let is_whole = |kind| words::contains(&joined, kind);
    let any = |kind| is_whole(kind) || words.iter().any(|word| words::contains(word, kind));
    let is_telephone = any(Kind::Phone) || any(Kind::Mobile) || any(Kind::Msisdn);
    if any(Kind::NotARegion) {
        return None;
    }
    let is_plain = |word: &String| {
        let kinds = [Kind::Region, Kind::RegionCode, Kind::Connecting];
        kinds.iter().any(|kind| words::contains(word, *kind)) || word.chars().all(char::is_numeric)
    };
    if any(Kind::Region) {
        return Some(match () {
            () if is_telephone => Rank::OfTelephone,
            () if words.iter().all(is_plain) || is_whole(Kind::Region) => Rank::Country,
            () => Rank::SomeCountry,
        });
    }
    if is_whole(Kind::CallingCode) {
        return Some(Rank::CallingCode);
    }
    matches!(joined.as_str(), "region" | "iso" | "iso2" | "iso3" | "cc").then_some(Rank::Region)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates<'a>(names: &[&'a str]) -> Vec<&'a str> {
        region_column_candidates(names).into_iter().map(|index| names[index]).collect()
    }

    #[test]
    fn countries_are_found_in_many_languages() {
        for name in [
            "country",
            "Country",
            "country_code",
            "CountryCode",
            "Country Name",
            "Country/Region",
            "iso_country",
            "country_iso2",
            "Land",
            "LAND1",
            "Landkod",
            "Pays",
            "Code pays",
            "País",
            "Paese",
            "Kraj",
            "Maa",
            "Ország",
            "Țară",
            "Ülke",
            "Страна",
            "Країна",
            "Държава",
            "Χώρα",
            "מדינה",
            "الدولة",
            "کشور",
            "देश",
            "ประเทศ",
            "Quốc gia",
            "Negara",
            "国家",
            "國家",
            "国",
            "国名",
            "국가",
            "Země",
            "Drzava",
            "Billing Country",
            "Default Address Country Code",
            "Address 1 - Country",
            "Home Country/Region",
            "phone_country",
            "Phone Country Code",
            "dial_code",
            "Dialing Code",
            "calling code",
            "Landesvorwahl",
            "Indicatif",
            "Mailing Country",
        ] {
            assert_eq!(candidates(&["id", name, "phone"]), [name], "{name}");
        }
    }

    #[test]
    fn other_columns_are_no_countries() {
        for name in [
            "name",
            "phone",
            "state",
            "State/Region",
            "city",
            "Country of birth",
            "Nationality",
            "zip code",
            "landline",
            "landing page",
            "IP country",
            "Landlord",
            "area code",
            "Staatsangehörigkeit",
            "currency",
            "country_id",
        ] {
            assert_eq!(candidates(&[name]), [""; 0], "{name}");
        }
    }

    #[test]
    fn the_clearer_name_comes_first() {
        assert_eq!(
            candidates(&["Billing Country", "region", "dial_code", "country", "phone_country"]),
            ["phone_country", "country", "dial_code", "Billing Country", "region"]
        );
    }
}
