//! The format of a file, by its first bytes. Names may be wrong; they only help to explain.

use std::path::Path;

use super::csv::{ZIP_MAGIC, inspect_zip};
use super::error::InputError;
use super::source::ListFile;

/// The formats of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    /// Text, maybe compressed.
    Csv,
    Parquet,
}

/// How files begin that people mistake for lists, what each is, and what to do about it.
const FOREIGN: [(&[u8], &str, &str); 29] = [
    (b"\xD0\xCF\x11\xE0", "this is an old Excel workbook", "save the sheet as CSV UTF-8"),
    (b"ARROW1", "this is an Arrow file", "convert it to Parquet"),
    (b"FEA1", "this is a Feather file", "convert it to Parquet"),
    (b"\xFF\xFF\xFF\xFF", "this is an Arrow stream", "convert it to Parquet"),
    (b"Obj\x01", "this is an Avro file", "convert it to Parquet or CSV"),
    (b"ORC", "this is an ORC file", "convert it to Parquet or CSV"),
    (
        b"SQLite format 3\0",
        "this is an SQLite database",
        "export the table: sqlite3 -csv -header FILE 'SELECT ...'",
    ),
    (b"\x00\x01\x00\x00Standard ", "this is an Access database", "export the table as CSV"),
    (b"!BDN", "this is an Outlook data file", "export the contacts as CSV"),
    (b"\x89HDF\r\n\x1A\n", "this is an HDF5 file", "convert it to Parquet or CSV"),
    (b"\x93NUMPY", "this is a NumPy array", "convert it to Parquet or CSV"),
    (b"\x80\x04\x95", "this is a Python pickle", "convert it to Parquet or CSV"),
    (b"$FL2@(#)", "this is an SPSS file", "save it as CSV"),
    (b"<stata_dta>", "this is a Stata file", "save it as CSV"),
    (b"%PDF-", "this is a PDF document", "give a CSV or Parquet file"),
    (b"\x89PNG\r\n", IMAGE, "give a CSV or Parquet file"),
    (b"\xFF\xD8\xFF", IMAGE, "give a CSV or Parquet file"),
    (b"GIF8", IMAGE, "give a CSV or Parquet file"),
    (b"II*\0", IMAGE, "give a CSV or Parquet file"),
    (b"MM\0*", IMAGE, "give a CSV or Parquet file"),
    (b"\0\0\0\x18ftyp", IMAGE, "give a CSV or Parquet file"),
    (b"RIFF", "this is an image, a sound or a film", "give a CSV or Parquet file"),
    (b"Rar!\x1A\x07", "this is a RAR archive", UNPACK),
    (b"7z\xBC\xAF\x27\x1C", "this is a 7-Zip archive", UNPACK),
    (b"\x04\x22\x4D\x18", "this is compressed with LZ4, which is not supported", UNPACK),
    (b"\x1F\x9D", "this is compressed with compress, which is not supported", UNPACK),
    (b"\x1F\x8B", "this is gzip data of an unknown kind", UNPACK),
    (b"\x7FELF", "this is a program", "give a CSV or Parquet file"),
    (b"!<arch>\n", "this is a library or a package", "give a CSV or Parquet file"),
];

const IMAGE: &str = "this is an image";
const UNPACK: &str = "unpack it first; .zip, .gz, .zst, .bz2 and .xz are read as they are";

/// Where the header of a tar archive has its name.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Looks into a regular file that is not a workbook. Pipes and devices are always CSV: they are not touched, because they
/// cannot be read twice.
pub(super) fn of_file(file: &ListFile) -> Result<FileFormat, InputError> {
    if !file.can_be_reopened() {
        return Ok(FileFormat::Csv);
    }
    let (path, head) = (file.path(), file.head(512)?);
    if head.starts_with(ZIP_MAGIC) {
        inspect_zip(file)?;
        return Ok(FileFormat::Csv);
    }
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
    if head.starts_with(ZIP_MAGIC) {
        let (problem, help) = ("this is a zip archive or a workbook from a pipe", "save it to a file first");
        return Err(InputError::malformed(path, problem, help));
    }
    if head.get(TAR.0..).is_some_and(|rest| rest.starts_with(TAR.1)) {
        return Err(InputError::malformed(path, "this is a tar archive", UNPACK));
    }
    match FOREIGN
        .iter()
        .find(|(magic, ..)| head.starts_with(magic) && !is_gzip(head) && !is_text(head, magic))
    {
        Some((_, problem, help)) => Err(InputError::malformed(path, *problem, *help)),
        None => Ok(FileFormat::Csv),
    }
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(b"\x1F\x8B\x08")
}

/// Whether letters that begin another format may begin a column's name: `ORCID,phone`.
fn is_text(head: &[u8], magic: &[u8]) -> bool {
    magic.len() <= 6 && magic.is_ascii() && magic.iter().all(u8::is_ascii_alphanumeric) && {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.len() > magic.len()
            && line.iter().all(|byte| (b' '..0x7F).contains(byte) || matches!(byte, b'\t' | b'\r'))
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
            of_file(&path.into()).map_err(|error| format!("{error}; {}", error.help().unwrap()))
        };
        assert_eq!(format("list.csv", b"PAR1...."), Ok(FileFormat::Parquet));
        assert_eq!(format("list.csv", b"phone\n"), Ok(FileFormat::Csv));
        assert_eq!(format("list", b""), Ok(FileFormat::Csv));
        assert_eq!(format("list.csv", b"ORCID,phone\n"), Ok(FileFormat::Csv));
        assert_eq!(format("list.csv", b"RIFF;phone\n"), Ok(FileFormat::Csv));
        for (name, content, part) in [
            ("list.parquet", &b"phone\n"[..], "not Parquet although"),
            ("list.pq", b"", "list.pq: the file is empty"),
            ("list.xls", b"\xD0\xCF\x11\xE0\xA1", "save the sheet as CSV"),
            ("list.csv", b"SQLite format 3\0", "SQLite"),
            ("list.csv", b"Obj\x01\x04", "Avro"),
            ("list.csv", b"ORC\x00\x01", "ORC"),
            ("list.csv", b"ARROW1\0\0", "Arrow"),
            ("list.csv", b"\x89PNG\r\n\x1A\n", "image"),
            ("list.csv", b"7z\xBC\xAF\x27\x1C", "7-Zip"),
            ("list.csv", &[&[b'x'; 257][..], b"ustar\0"].concat(), "tar archive"),
        ] {
            let message = format(name, content).unwrap_err();
            assert!(message.contains(part) && message.contains(name), "{message}");
        }
    }
}
