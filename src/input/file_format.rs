//! What a file is, by its first bytes. Names lie; they serve only to explain.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{InputError, malformed};

/// The two kinds of list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// Text, maybe compressed.
    Csv,
    Parquet,
}

/// How files that people mistake for CSV begin, and what to do about each.
const FOREIGN: [(&[u8], &str); 6] = [
    (
        b"PK\x03\x04",
        "this is an Excel workbook or a zip archive; save the sheet as CSV UTF-8, or unpack the archive",
    ),
    (b"\xD0\xCF\x11\xE0", "this is an old Excel workbook; save the sheet as CSV UTF-8"),
    (b"BZh91AY&SY", "this is compressed with bzip2, which is not read; use .gz, .zst or no compression"),
    (b"\xFD7zXZ\0", "this is compressed with xz, which is not read; use .gz, .zst or no compression"),
    (b"ARROW1\0\0", "this is an Arrow file; convert it to Parquet"),
    (b"%PDF-", "this is a PDF document; a list is CSV or Parquet"),
];

/// Looks into a regular file. Pipes and devices are not touched, because what is read from them is gone:
/// they can only be CSV.
pub(super) fn of_file(path: &Path) -> Result<FileFormat, InputError> {
    let unreadable = |source| InputError::Read { path: path.to_owned(), source };
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Ok(FileFormat::Csv);
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut head)).map_err(unreadable)?;
    let kind = of_bytes(&head, path)?;
    if kind == FileFormat::Csv && is_named_parquet(path) {
        let problem = match head.is_empty() {
            true => "the file is empty",
            false => {
                "this is not Parquet although its name says so; it may be cut short or damaged: fetch it again, \
                 or rename it to .csv if it is text"
            }
        };
        return Err(malformed(path, problem));
    }
    Ok(kind)
}

/// Judges the first bytes of a file, or of what a compressed file holds.
pub(super) fn of_bytes(head: &[u8], path: &Path) -> Result<FileFormat, InputError> {
    if head.starts_with(b"PAR1") || head.starts_with(b"PARE") {
        return Ok(FileFormat::Parquet);
    }
    match FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, problem)) => Err(malformed(path, *problem)),
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

    use super::*;

    #[test]
    fn content_decides_and_the_name_explains() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            of_file(&path).map_err(|error| error.to_string())
        };
        assert_eq!(kind("list.csv", b"PAR1...."), Ok(FileFormat::Parquet));
        assert_eq!(kind("list.csv", b"phone\n"), Ok(FileFormat::Csv));
        assert_eq!(kind("list", b""), Ok(FileFormat::Csv));
        for (name, content, part) in [
            ("list.parquet", &b"phone\n"[..], "not Parquet although"),
            ("list.pq", b"", "list.pq: the file is empty"),
            ("list.xlsx", b"PK\x03\x04\x14\0", "save the sheet as CSV"),
            ("list.csv.xz", b"\xFD7zXZ\0\0", "xz"),
        ] {
            let message = kind(name, content).unwrap_err();
            assert!(message.contains(part) && message.contains(name), "{message}");
        }
    }
}
