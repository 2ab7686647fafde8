//! Accepted and refused numbers, compared with libphonenumber's own metadata.
//! `tools/numbering_differential.py` writes the list.

use super::{Refusal, normalise, tables};

/// The one spelling that is not understood: Argentine mobile numbers in national form, with `15`
/// after the area code in place of `9` before it.
const KNOWN_LOSSES: [(&str, &str); 1] = [("AR", "national")];

/// How many numbers that are not mobile may be accepted: phonelib does not know a few ranges. The
/// islands with calling code 1 do not count: numbers are ported there between fixed and mobile
/// lines.
const MAX_OTHERS_ACCEPTED: usize = 8;

struct Case {
    region: &'static str,
    form: &'static str,
    text: &'static str,
    expected: &'static str,
    verdict: &'static str,
}

fn cases() -> impl Iterator<Item = Case> {
    tables::rows(include_str!("../../tests/data/numbering-differential.csv"))
        .map(|[region, form, text, expected, verdict]| Case { region, form, text, expected, verdict })
}

fn read(case: &Case) -> Result<String, Refusal> {
    let region = (case.form == "national").then(|| case.region.parse().unwrap());
    normalise(case.text, region).map(|msisdn| msisdn.digits().to_string())
}

#[test]
fn every_mobile_number_of_libphonenumber_is_accepted_unchanged() {
    let losses: Vec<_> = cases()
        .filter(|case| case.verdict == "mobile" && !KNOWN_LOSSES.contains(&(case.region, case.form)))
        .filter(|case| read(case).as_deref() != Ok(case.expected))
        .map(|case| format!("{} {} became {:?}", case.region, case.text, read(&case)))
        .collect();
    assert!(losses.is_empty(), "{losses:#?}");
}

#[test]
fn numbers_that_are_not_mobile_are_refused() {
    let accepted: Vec<_> = cases()
        .filter(|case| case.verdict == "other" && !case.expected.starts_with('1') && read(case).is_ok())
        .map(|case| format!("{} {}", case.region, case.text))
        .collect();
    assert!(accepted.len() <= MAX_OTHERS_ACCEPTED, "{accepted:#?}");
}

#[test]
fn numbers_of_impossible_length_are_refused() {
    for case in cases().filter(|case| case.verdict == "impossible") {
        assert!(read(&case).is_err(), "{} {}", case.region, case.text);
    }
}

#[test]
fn the_list_is_complete() {
    for (verdict, minimum) in [("mobile", 900), ("other", 1200), ("impossible", 300)] {
        let listed = cases().filter(|case| case.verdict == verdict).count();
        assert!(listed >= minimum, "{listed} {verdict}");
    }
}
