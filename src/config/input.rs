//! Which list is read, and how.

use super::diagnostics::Location;
use super::resolver::ConfigResolver;
use crate::input::{Header, InputSettings};

pub(crate) fn input_settings(reading: &mut ConfigResolver) -> Option<InputSettings> {
    let paths = reading.written.input.clone().map(|texts| texts.0).unwrap_or_default();
    if paths.is_empty() {
        reading.problem_at(Location::Nowhere, "no input: name the list's file, or - for standard input");
    }
    let delimiter = match reading.written.delimiter.clone() {
        Some(text) => reading.sound("delimiter", delimiter(&text)).map(Some),
        None => Some(None),
    };
    let header = match reading.written.header {
        None => Header::Detect,
        Some(true) => Header::Present,
        Some(false) => Header::Absent,
    };
    let settings = InputSettings { delimiter: delimiter?, header, ..InputSettings::new(paths) };
    (!settings.paths.is_empty()).then_some(settings)
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte]
            if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n') =>
        {
            Ok(*byte)
        }
        _ => Err("a delimiter is one character, such as ; or , or |, or the word tab"),
    }
}
