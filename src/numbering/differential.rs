//! 20,000 spellings, compared with what libphonenumber reads in them.
//! `tools/numbering_differential.py` writes the list. `tests/data/numbering-differences.csv` has the
//! spellings that are read otherwise, and why; `HLR_UPDATE_DOCS=1 cargo test --lib differential`
//! writes it again.

use super::{Refusal, normalise, tables};

/// The smallest share of spellings that are read as libphonenumber reads them.
const MIN_EQUAL: f64 = 0.998;

/// Numbers of Iran and Austria.
const SIX_DIGITS: [&str; 3] = ["9601", "1112", "1 112"];

struct Case {
    region: &'static str,
    form: &'static str,
    text: &'static str,
    outcome: &'static str,
}

fn cases() -> impl Iterator<Item = Case> {
    tables::rows(include_str!("../../tests/data/numbering-differential.csv"))
        .map(|[region, form, text, outcome]| Case { region, form, text, outcome })
}

/// The outcome in libphonenumber's words.
fn read(case: &Case) -> String {
    match normalise(case.text, case.region.parse().ok()) {
        Ok(msisdn) => msisdn.digits().to_string(),
        Err(Refusal::NotMobile(kind)) => Refusal::NotMobile(kind).text().to_owned(),
        Err(_) if case.outcome == "voicemail" => "voicemail".to_owned(),
        Err(_) => "invalid".to_owned(),
    }
}

/// Why another outcome than libphonenumber's is right; `None` where nothing says so.
fn reason(case: &Case, read: &str) -> Option<&'static str> {
    let digits = case.text.bytes().filter(u8::is_ascii_digit).count();
    let is_digits = digits == case.text.len();
    Some(match case.form {
        _ if digits > 15 => "no international number has more than 15 digits (ITU-T E.164)",
        _ if SIX_DIGITS.iter().any(|number| case.text.ends_with(number)) => {
            "six digits with the calling code are a service number and too few for an HLR"
        }
        "trunk after plus" | "trunk and digits" if read.starts_with("573") => {
            "libphonenumber takes 03 for the prefix of a carrier; then nine digits are left; ten are a number"
        }
        "dialled from abroad" if case.region == "HK" => {
            "libphonenumber takes a digit of the calling code for a part of the access code; 00 is dialled there too"
        }
        "dialled from abroad" if read == "invalid" => {
            "in doubt: a number of one country after 00 and of another one after the local access code"
        }
        "own calling code" if case.region == "AX" => {
            "not asked about by either; after the calling code it is a fixed line"
        }
        "trunk and digits" if case.region == "IL" => {
            "not asked about by either; 0 is the trunk prefix and 015 is no access code"
        }
        _ if is_digits && !case.region.is_empty() && case.outcome == "invalid" => {
            "digits alone that are too many for a number of the region are a foreign number"
        }
        _ if ![case.outcome, read]
            .iter()
            .any(|text| text.starts_with(|char: char| char.is_ascii_digit())) =>
        {
            "not asked about by either; only the reason differs"
        }
        _ => return None,
    })
}

#[test]
fn spellings_are_read_as_libphonenumber_reads_them() {
    let total = cases().count();
    let list_path = "tests/data/numbering-differences.csv";
    let mut list = String::from("region,form,text,libphonenumber,hlr,reason\n");
    let mut differences = 0;
    for case in cases() {
        let read = read(&case);
        if read != case.outcome {
            let Case { region, form, text, outcome } = case;
            let reason =
                reason(&case, &read).unwrap_or_else(|| panic!("{region} {form} {text} became {read}"));
            list += &format!("{region},{form},{text},{outcome},{read},{reason}\n");
            differences += 1;
        }
    }
    if option_env!("HLR_UPDATE_DOCS").is_some() {
        std::fs::write(list_path, &list).unwrap();
    }
    let equal = 1.0 - f64::from(differences) / total as f64;
    assert!(total == 20_000 && equal >= MIN_EQUAL, "{differences} of {total} differ");
    assert_eq!(list, std::fs::read_to_string(list_path).unwrap());
}
