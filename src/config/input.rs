//! Which list is read, and in which form.

use encoding_rs::Encoding;

use super::diagnostics::{Location, Problem};
use super::resolver::{ConfigResolver, Resolved};
use crate::input::{Delimiter, Header, InputSettings, Sign};

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
    let delimiter = delimiter.map(|text| resolver.check("delimiter", delimiter_of(&text))).transpose();
    let header = match resolver.raw.header {
        None => Header::Detect,
        Some(true) => Header::Present,
        Some(false) => Header::Absent,
    };
    let quote = resolver.raw.quote.clone();
    let quote = quote.map_or(Ok(Sign::Detect), |text| resolver.check("quote", sign_of(&text)));
    let escape = resolver.raw.escape.clone();
    let escape = escape.map_or(Ok(Sign::Detect), |text| resolver.check("escape", sign_of(&text)));
    let encoding = resolver.raw.encoding.clone();
    let encoding = encoding.map(|text| resolver.check("encoding", encoding_of(&text))).transpose();
    Ok(InputSettings {
        delimiter: delimiter?,
        sheet: resolver.raw.sheet.clone(),
        header,
        skip_lines: resolver.raw.skip_lines,
        quote: quote?,
        escape: escape?,
        encoding: encoding?,
        ..InputSettings::new(named?)
    })
}

fn delimiter_of(text: &str) -> Result<Delimiter, Problem> {
    let text = if matches!(text, "tab" | "\\t") { "\t" } else { text };
    Delimiter::new(text).ok_or_else(|| {
        Problem::new("this is not a delimiter")
            .with_help("use one to four characters, such as ; or , or ||, or the word tab")
    })
}

fn sign_of(text: &str) -> Result<Sign, Problem> {
    match text.as_bytes() {
        b"none" => Ok(Sign::Absent),
        [byte] if byte.is_ascii_graphic() && !byte.is_ascii_alphanumeric() => Ok(Sign::Byte(*byte)),
        _ => Err(Problem::new("this is not a quote or an escape character")
            .with_help("use one character, such as \" or ' or \\, or the word none")),
    }
}

fn encoding_of(text: &str) -> Result<&'static Encoding, Problem> {
    Encoding::for_label(text.as_bytes()).ok_or_else(|| {
        Problem::new("this encoding is unknown").with_help(
            "use a name of the WHATWG Encoding Standard, such as utf-8, windows-1251, gbk or utf-16le",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_one_character_or_none() {
        assert_eq!(sign_of("none").ok(), Some(Sign::Absent));
        assert_eq!(sign_of("'").ok(), Some(Sign::Byte(b'\'')));
        assert_eq!(sign_of("\\").ok(), Some(Sign::Byte(b'\\')));
        for text in ["", "''", "a", "é", "\n"] {
            assert!(sign_of(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn delimiters_may_have_several_characters() {
        for (text, expected) in [("tab", "\t"), ("\\t", "\t"), (";", ";"), ("||", "||"), ("¦", "¦")] {
            assert_eq!(delimiter_of(text).ok().unwrap().as_str(), expected);
        }
        for text in ["", "a", "\"", "\n", "|||||"] {
            assert!(delimiter_of(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn encodings_have_the_names_of_the_web() {
        assert_eq!(encoding_of("Latin1").ok().unwrap().name(), "windows-1252");
        assert_eq!(encoding_of("cp1251").ok().unwrap().name(), "windows-1251");
        assert!(encoding_of("ebcdic").is_err());
    }
}
