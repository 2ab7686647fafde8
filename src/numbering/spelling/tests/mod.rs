//! [`parse_digits`] and [`parse_all_digits`] on what people and programs write in a cell.

mod foreign;
mod libphonenumber;
mod properties;
mod several;
mod wrapping;

use super::*;

/// What a cell is read as: the number, with its plus sign, or the word of its refusal.
fn read(text: &str) -> String {
    parse_digits(text).map_or_else(|refusal| refusal.text().to_owned(), |parsed| written(&parsed))
}

fn all(text: &str) -> Vec<String> {
    parse_all_digits(text).all.iter().map(written).collect()
}

fn written(parsed: &ParsedDigits) -> String {
    let sign = if parsed.plus_sign == PlusSign::Present { "+" } else { "" };
    format!("{sign}{}", str::from_utf8(parsed.digits()).unwrap())
}

/// Every text is read as one number, with the same digits.
fn assert_read(texts: &[&str], expected: &str) {
    let other: Vec<_> =
        texts.iter().map(|text| (text, read(text))).filter(|(_, got)| got != expected).collect();
    assert!(other.is_empty(), "expected {expected}: {other:#?}");
}
