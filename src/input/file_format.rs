//! The format of a file, by its first bytes. Names may be wrong; they only help to explain.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::InputError;

/// The formats of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// Text, maybe compressed.
    Csv,
    Parquet,
}

/// How files begin that people mistake for lists, what each is, and what to do about it.
const FOREIGN: [(&[u8], &str, &str); 6] = [
    (
        b"PK\x03\x04",
        "this is an Excel workbook or a zip archive",
        "save the sheet as CSV UTF-8, or unpack the archive",
    ),
    (b"\xD0\xCF\x11\xE0", "this is an old Excel workbook", "save the sheet as CSV UTF-8"),
    (
        b"BZh91AY&SY",
        "this is compressed with bzip2, which is not supported",
        "use .gz, .zst or no compression",
    ),
    (b"\xFD7zXZ\0", "this is compressed with xz, which is not supported", "use .gz, .zst or no compression"),
    (b"ARROW1\0\0", "this is an Arrow file", "convert it to Parquet"),
    (b"%PDF-", "this is a PDF document", "give a CSV or Parquet file"),
];

/// Looks into a regular file. Pipes and devices are always CSV: they are not touched, because they
/// cannot be read twice.
pub(super) fn of_file(path: &Path) -> Result<FileFormat, InputError> {
    let unreadable = |source| InputError::Read { path: path.to_owned(), source };
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Ok(FileFormat::Csv);
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut head)).map_err(unreadable)?;
    let format = of_bytes(&head, path)?;
    if format == FileFormat::Csv && is_named_parquet(path) {
        let (problem, help) = match head.is_empty() {
            true => ("the file is empty", "check how it was made"),
            false => (
                "this is not Parquet although its name says so",
                "fetch it again if it is damaged or cut short, or rename it to .csv if it is text",
            ),
        };
        return Err(InputError::malformed(path, problem, help));
    }
    Ok(format)
}

/// The format by the first bytes of a file, or of the content of a compressed file.
pub(super) fn of_bytes(head: &[u8], path: &Path) -> Result<FileFormat, InputError> {
    if head.starts_with(b"PAR1") || head.starts_with(b"PARE") {
        return Ok(FileFormat::Parquet);
    }
    match FOREIGN.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some((_, problem, help)) => Err(InputError::malformed(path, *problem, *help)),
        None => Ok(FileFormat::Csv),
    }
}

fn is_named_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("parquet") || ending.eq_ignore_ascii_case("pq"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use miette::Diagnostic;

    use super::*;

    #[test]
    fn content_decides_and_the_name_explains() {
        let folder = tempfile::tempdir().unwrap();
        let format = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            of_file(&path).map_err(|error| format!("{error}; {}", error.help().unwrap()))
        };
        assert_eq!(format("list.csv", b"PAR1...."), Ok(FileFormat::Parquet));
        assert_eq!(format("list.csv", b"phone\n"), Ok(FileFormat::Csv));
        assert_eq!(format("list", b""), Ok(FileFormat::Csv));
        for (name, content, part) in [
            ("list.parquet", &b"phone\n"[..], "not Parquet although"),
            ("list.pq", b"", "list.pq: the file is empty"),
            ("list.xlsx", b"PK\x03\x04\x14\0", "save the sheet as CSV"),
            ("list.csv.xz", b"\xFD7zXZ\0\0", "xz"),
        ] {
            let message = format(name, content).unwrap_err();
            assert!(message.contains(part) && message.contains(name), "{message}");
        }
    }
}
