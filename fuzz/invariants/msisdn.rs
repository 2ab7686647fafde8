//! What is true for every cell that is read as a number, whatever it contains.

use hlr_enrich::internals::model::Msisdn;
use hlr_enrich::internals::numbering::{Refusal, Region, normalise as parse};

/// Reads the bytes as a cell, with and without a home region. The first two letters name the region
/// (`SE070-174 06 05`); otherwise it is Sweden.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let named = text.get(..2).and_then(|letters| letters.parse::<Region>().ok());
    let cell = if named.is_some() { &text[2..] } else { &text };
    let home = named.or_else(|| "SE".parse().ok());
    for home in [None, home] {
        let read = parse(cell, home);
        match read {
            Ok(msisdn) => a_number_is_read_back(msisdn, home, cell),
            Err(refusal) => a_refusal_has_a_reason(refusal, home, cell),
        }
        assert_eq!(
            parse(&format!("\u{feff}\" {cell}\t\""), home),
            read,
            "characters around a number change the result"
        );
    }
    if cell.starts_with('+') {
        assert_eq!(parse(cell, None), parse(cell, home), "the region changes a number with a plus");
    }
}

fn a_number_is_read_back(msisdn: Msisdn, home: Option<Region>, cell: &str) {
    let digits = msisdn.digits();
    assert!((Msisdn::MIN_DIGITS..=Msisdn::MAX_DIGITS).contains(&digits.len()));
    assert_eq!(digits.parse().ok().and_then(Msisdn::new), Some(msisdn));
    assert_eq!(parse(&digits, None), Ok(msisdn), "digits alone");
    let spaced: Vec<String> = digits.chars().map(String::from).collect();
    for international in
        [format!("+{}", &*digits), format!("00{}", &*digits), format!("+{}", spaced.join(" "))]
    {
        assert_eq!(parse(&international, home), Ok(msisdn), "{international:?}");
    }
    // A country code has at most three digits, so the last four digits are always in the cell.
    let mut written: String = cell.chars().filter_map(european_digit).collect();
    let ending = &digits[digits.len() - 4..];
    let is_whole = written.ends_with(ending) || (written.pop() == Some('0') && written.ends_with(ending));
    assert!(is_whole, "the number ends in digits that are not in the cell");
    let shown = format!("{msisdn:?}");
    assert!(!shown.contains(&*digits), "a whole number is shown: {shown}");
}

fn a_refusal_has_a_reason(refusal: Refusal, home: Option<Region>, cell: &str) {
    assert_eq!(Refusal::ALL[refusal.index()], refusal);
    match refusal {
        Refusal::Empty => assert!(!cell.contains(|c: char| c.is_ascii_digit()), "digits were ignored"),
        Refusal::NationalWithoutRegion => assert_eq!(home, None),
        _ => {}
    }
}

/// The value of a digit in one of the scripts that are read, as a European digit.
fn european_digit(char: char) -> Option<char> {
    let value = match char {
        '0'..='9' => u32::from(char) - u32::from('0'),
        '０'..='９' => u32::from(char) - u32::from('０'),
        '\u{660}'..='\u{669}' => u32::from(char) - 0x660,
        '\u{6F0}'..='\u{6F9}' => u32::from(char) - 0x6F0,
        _ => return None,
    };
    char::from_digit(value, 10)
}
