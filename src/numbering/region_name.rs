//! What lists call a country: codes of ISO 3166, names in many languages, calling codes.
//!
//! `tables/country_names.csv` has the names, from the Unicode CLDR; `tools/numbering_names.py`
//! writes it. Names are compared without case, accents, blanks and punctuation.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::folding::{fold, is_combining};
use super::region::{PLANS, Region};
use super::{ranges, tables};

/// The regions by their folded names.
static BY_NAME: LazyLock<HashMap<String, Region, foldhash::fast::FixedState>> = LazyLock::new(|| {
    let mut names = HashMap::default();
    for [name, code] in tables::rows(include_str!("tables/country_names.csv")) {
        let region = Region::with_code(code).expect("a region in the table has a plan");
        names.entry(folded(name)).or_insert(region);
    }
    names
});

impl Region {
    /// The region that a text names: by its code of two or three letters (ISO 3166-1), its name in
    /// English or another language, or a calling code with or without `+`, in any case. A calling
    /// code that several regions share names the main one: `1` is the USA.
    ///
    /// `Sweden (+46)` and `SE - Sweden` are read too, where all parts name the same region.
    ///
    /// ```
    /// use hlr_enrich::Region;
    ///
    /// for text in ["se", "SWE", "Sweden", "Sverige", "+46", "0046"] {
    ///     assert_eq!(Region::from_name(text).unwrap().code(), "SE");
    /// }
    /// assert_eq!(Region::from_name("Atlantis"), None);
    /// ```
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.as_bytes() {
            [one, other] if one.is_ascii_alphabetic() && other.is_ascii_alphabetic() => {
                Self::with_code(text).or_else(|| by_name(text))
            }
            _ => by_calling_code(text).or_else(|| by_name(text)).or_else(|| by_parts(text)),
        }
    }
}

fn by_name(text: &str) -> Option<Region> {
    let name = folded(text);
    // Two letters are Namibia, but not with dots or a slash.
    if name == "na" && text.len() != name.len() {
        return None;
    }
    if let Some(region) = BY_NAME.get(&name) {
        return Some(*region);
    }
    flag(text).and_then(|code| Region::with_code(&code))
}

/// A calling code, perhaps with `+` or `00` before it; in North America, also with an area code
/// (`+1 876`), and with the `.0` that programs add in number columns with gaps.
fn by_calling_code(text: &str) -> Option<Region> {
    /// Calling code and area code of a territory, as in `44 1481`.
    const MAX_DIGITS: usize = 6;
    let code = text.strip_suffix(".0").unwrap_or(text);
    let code = code.strip_prefix('+').or_else(|| code.strip_prefix("00")).unwrap_or(code);
    if !code.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'(' | b')')) {
        return None;
    }
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || digits.len() > MAX_DIGITS || digits.starts_with('0') {
        return None;
    }
    let of_code = PLANS.iter().find(|plan| plan.calling_code == digits && plan.iso != "001");
    match of_code {
        Some(plan) => Region::with_code(plan.iso),
        None => Region::with_code(ranges::only_region_with(&digits)?),
    }
}

/// The region that every part of a text names: `Sweden (+46)`, `SE - Sweden`, `+1 Canada`.
fn by_parts(text: &str) -> Option<Region> {
    let begins_code = |char: char| char == '+';
    let mut parts: Vec<&str> = text
        .split(['(', ')', '[', ']', ',', ';', '/', '|', ':'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| match part.find(begins_code) {
            Some(start) => {
                let end = part[start + 1..].find(|char: char| !char.is_ascii_digit());
                let end = end.map_or(part.len(), |length| start + 1 + length);
                vec![&part[..start], &part[start..end], &part[end..]]
            }
            None => vec![part],
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() < 2 {
        return None;
    }
    // A name is more exact than a calling code, which others may share.
    parts.sort_by_key(|part| part.starts_with('+') || part.starts_with(|char: char| char.is_ascii_digit()));
    let mut regions = parts.iter().map(|part| by_calling_code(part).or_else(|| by_name(part)));
    let first = regions.next()??;
    let agrees = |region: Region| {
        region == first || region.plan().calling_code == first.plan().calling_code && is_main(region)
    };
    regions.all(|region| region.is_some_and(agrees)).then_some(first)
}

/// Whether a region is the one that its calling code alone names.
fn is_main(region: Region) -> bool {
    let of_code = PLANS.iter().find(|plan| plan.calling_code == region.plan().calling_code);
    of_code.is_some_and(|plan| plan.iso == region.code())
}

/// The letters of a flag, `🇸🇪`.
fn flag(text: &str) -> Option<String> {
    let letter = |char: char| {
        let index = u32::from(char).checked_sub(0x1F1E6).filter(|index| *index < 26)?;
        char::from_u32(u32::from('A') + index)
    };
    let letters: String = text.chars().map(letter).collect::<Option<_>>()?;
    (letters.len() == 2).then_some(letters)
}

/// A name without case, accents, blanks, punctuation and the English article.
fn folded(name: &str) -> String {
    let name = name.replace('&', " and ").to_lowercase();
    let decomposed: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(name.chars())
        .filter(|char| !is_combining(*char))
        .collect();
    let words = decomposed.split(|char: char| !char.is_alphanumeric()).filter(|word| *word != "the");
    let mut folded = String::with_capacity(decomposed.len());
    for char in words.flat_map(str::chars) {
        match char {
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            char => folded.push(fold(char)),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        Region::from_name(text).map(Region::code)
    }

    #[test]
    fn codes_names_and_calling_codes_name_a_region() {
        for (region, texts) in [
            (
                "SE",
                &["SE", "se", "Swe", "SWEDEN", "Sverige", "Schweden", "Suède", "+46", "46", "0046", "46.0"][..],
            ),
            (
                "GB",
                &["UK", "gb", "GBR", "U.K.", "England", "Scotland", "Great Britain", "united kingdom", "44"],
            ),
            (
                "US",
                &[
                    "USA",
                    "U.S.",
                    "united states of america",
                    "The United States",
                    "1",
                    "+1",
                    "Vereinigte Staaten",
                ],
            ),
            ("DE", &["Deutschland", "GERMANY", "deu", "Allemagne", "Germany (+49)", "DE - Germany", "🇩🇪"]),
            ("KR", &["Korea", "Republic of Korea", "Korea, Republic of", "South Korea", "대한민국", "82"]),
            ("RU", &["Россия", "RUSSIA", "Russian Federation", "+7"]),
            ("CN", &["中国", "P.R. China", "CHN", "People's Republic of China"]),
            ("NL", &["Holland", "The Netherlands", "Netherlands, The", "Nederland"]),
            ("CI", &["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast", "COTE D'IVOIRE"]),
            ("TR", &["Türkiye", "Turkey", "TURKIYE"]),
            ("CA", &["Canada", "Canada (+1)", "+1 Canada", "CAN"]),
            ("JM", &["Jamaica", "+1 876", "1-876", "1876"]),
            ("GG", &["Guernsey", "+44 1481"]),
            ("BA", &["Bosnia and Herzegovina", "Bosnia & Herzegovina", "Bosna i Hercegovina"]),
            ("CD", &["DRC", "Congo, The Democratic Republic of the", "Congo - Kinshasa"]),
            ("KN", &["St. Kitts & Nevis", "Saint Kitts and Nevis"]),
            ("AT", &["Österreich", "OESTERREICH", "O\u{308}sterreich"]),
            ("FO", &["Færøerne", "Faroe Islands"]),
            ("GR", &["EL", "Ελλάδα", "Greece"]),
            ("EG", &["مصر", "Egypt, "]),
            ("BR", &["Brasil", "BRAZIL", "Federative Republic of Brazil"]),
        ] {
            for text in texts {
                assert_eq!(code(text), Some(region), "{text}");
            }
        }
    }

    #[test]
    fn what_names_no_region_or_two_names_none() {
        for text in [
            "",
            " ",
            "-",
            "XX",
            "Atlantis",
            "Congo",
            "999",
            "0",
            "Sweden/Norway",
            "+46 Norway",
            "070-174 06 05",
            "null",
            "N/A",
            "n.a.",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn every_region_has_its_codes_and_a_name() {
        for plan in PLANS.iter().filter(|plan| plan.iso != "001") {
            assert_eq!(code(plan.iso), Some(plan.iso));
            let named = BY_NAME.iter().filter(|(_, region)| region.code() == plan.iso).count();
            assert!(named >= 3, "{} has {named} names", plan.iso);
        }
    }
}
