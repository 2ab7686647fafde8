//! Which list is read, and in which form.

use super::diagnostics::{Location, Problem};
use super::resolver::{ConfigResolver, Resolved};
use crate::input::{Header, InputSettings};

/// Which list is read, and in which form.
pub(crate) fn input_settings(resolver: &mut ConfigResolver) -> Resolved<InputSettings> {
    let paths = resolver.raw.input.clone().map(|texts| texts.0).unwrap_or_default();
    let named = match paths.is_empty() {
        true => {
            let problem = Problem::new("no input is named").with_help("name a file, or - for standard input");
            Err(resolver.report_at(Location::Nowhere, problem))
        }
        false => Ok(paths),
    };
    let delimiter = resolver.raw.delimiter.clone();
    let delimiter = delimiter.map(|text| resolver.check("delimiter", delimiter_byte(&text))).transpose();
    let header = match resolver.raw.header {
        None => Header::Detect,
        Some(true) => Header::Present,
        Some(false) => Header::Absent,
    };
    let sheet = resolver.raw.sheet.clone();
    Ok(InputSettings { delimiter: delimiter?, header, sheet, ..InputSettings::new(named?) })
}

fn delimiter_byte(text: &str) -> Result<u8, Problem> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte]
            if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n') =>
        {
            Ok(*byte)
        }
        _ => Err(Problem::new("this is not a delimiter")
            .with_help("use one character, such as ; or , or |, or the word tab")),
    }
}
