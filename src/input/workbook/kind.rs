//! Which files are workbooks, by their first bytes and the parts of their archive.

use memchr::memmem;

use crate::input::error::InputError;
use crate::input::source::ListFile;

/// The kinds of workbooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkbookKind {
    Xlsx,
    Xlsb,
    Ods,
    /// Also an xlsx with a password, which is wrapped into a container of this form.
    Xls,
}

/// The container of xls.
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const ZIP: &[u8] = b"PK\x03\x04";
/// What the first part of an ods contains, uncompressed, as its format demands.
const ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
/// The list of parts stands at the end of an archive and is searched for names here.
const DIRECTORY_BYTES: u64 = 256 << 10;

/// Whether a file is a workbook. Other archives are not.
pub(in crate::input) fn is_workbook(file: &ListFile) -> Result<bool, InputError> {
    Ok(kind_of(file)?.is_some())
}

pub(super) fn kind_of(file: &ListFile) -> Result<Option<WorkbookKind>, InputError> {
    let head = file.head(128)?;
    if head.starts_with(COMPOUND_FILE) {
        return Ok(Some(WorkbookKind::Xls));
    }
    if !head.starts_with(ZIP) {
        return Ok(None);
    }
    if memmem::find(&head, ODS).is_some() {
        return Ok(Some(WorkbookKind::Ods));
    }
    // The folder may have another name, and programs write it with a backslash.
    let directory = end_of(file)?.to_ascii_lowercase();
    let has = |name: &str| memmem::find(&directory, name.as_bytes()).is_some();
    Ok(if has("workbook.bin") {
        Some(WorkbookKind::Xlsb)
    } else if has("workbook.xml") {
        Some(WorkbookKind::Xlsx)
    } else {
        None
    })
}

fn end_of(file: &ListFile) -> Result<Vec<u8>, InputError> {
    use std::io::Read;
    let ranges = file.ranges()?;
    let mut end = Vec::new();
    ranges
        .unbuffered_at(ranges.length().saturating_sub(DIRECTORY_BYTES))
        .take(DIRECTORY_BYTES)
        .read_to_end(&mut end)
        .map_err(|source| file.unreadable(source))?;
    Ok(end)
}
