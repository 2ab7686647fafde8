//! Limits that are checked before a workbook is opened, because its reader takes memory for what
//! the file says about itself.

use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};

use calamine::{Ods, OdsError, Reader, Sheets, Xls, XlsError, Xlsb, XlsbError, Xlsx, XlsxError};
use memchr::memmem;
use zip::ZipArchive;

use super::kind::{WorkbookKind, kind_of};
use crate::humanize::grouped;
use crate::input::error::InputError;
use crate::input::source::{ListFile, RangeCursor};

/// What a workbook is read through.
pub(super) type WorkbookReader = io::BufReader<RangeCursor>;

/// The most that a part may hold that is read as a whole: the texts of an xlsx or xlsb, or an ods.
const MAX_PART_BYTES: u64 = 160 << 20;
const MAX_ODS_BYTES: u64 = 64 << 20;
const MAX_XLS_BYTES: u64 = 32 << 20;
/// Each takes some 100 bytes.
const MAX_XLS_CELLS: u64 = 2_500_000;
/// The shortest form of a text in the table of texts: `<si/>`.
const SHORTEST_TEXT: u64 = 5;

const SAVE_AS_CSV: &str = "save the sheet as CSV UTF-8 and give that";

/// Opens a workbook whose size is within the limits.
pub(super) fn open(file: &ListFile) -> Result<Sheets<WorkbookReader>, InputError> {
    let reader = || Ok::<_, InputError>(file.ranges()?.reader_at(0));
    let kind = kind_of(file)?.ok_or_else(|| changed(file))?;
    match kind {
        WorkbookKind::Xls => {
            ensure_at_most(file, file.length().unwrap_or(0), MAX_XLS_BYTES)?;
            ensure_cells_of_xls_fit(file)?;
            Xls::new(reader()?).map(Sheets::Xls).or_else(|fault| match fault {
                XlsError::Password => Err(protected(file)),
                // An xlsx with a password has the container of xls.
                fault => match Xlsx::new(reader()?) {
                    Err(XlsxError::Password) => Err(protected(file)),
                    _ => Err(damaged(file, fault)),
                },
            })
        }
        WorkbookKind::Xlsx => {
            ensure_parts_fit(file, MAX_PART_BYTES)?;
            Xlsx::new(reader()?).map(Sheets::Xlsx).map_err(|fault| match fault {
                XlsxError::Password => protected(file),
                fault => damaged(file, fault),
            })
        }
        WorkbookKind::Xlsb => {
            ensure_parts_fit(file, MAX_PART_BYTES)?;
            Xlsb::new(reader()?).map(Sheets::Xlsb).map_err(|fault| match fault {
                XlsbError::Password => protected(file),
                fault => damaged(file, fault),
            })
        }
        WorkbookKind::Ods => {
            ensure_parts_fit(file, MAX_ODS_BYTES)?;
            Ods::new(reader()?).map(Sheets::Ods).map_err(|fault| match fault {
                OdsError::Password => protected(file),
                fault => damaged(file, fault),
            })
        }
    }
}

/// Runs a part of the reader that may panic on a damaged workbook.
pub(super) fn guarded<T>(
    file: &ListFile,
    read: impl FnOnce() -> Result<T, InputError>,
) -> Result<T, InputError> {
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let help = "open it in a spreadsheet program and save it again, or save the sheet as CSV UTF-8";
        Err(InputError::malformed(file.path(), "this workbook is damaged: its reader gave up", help))
    })
}

/// Checks the parts that are read as a whole. The sheets of xlsx and xlsb are streamed, and
/// pictures are not read at all.
fn ensure_parts_fit(file: &ListFile, limit: u64) -> Result<(), InputError> {
    let mut archive = ZipArchive::new(file.ranges()?.reader_at(0)).map_err(|fault| damaged(file, fault))?;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|fault| damaged(file, fault))?;
        let name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        let is_streamed =
            name.contains("worksheets/") || name.contains("media/") || name.contains("Pictures/");
        if !is_streamed {
            ensure_at_most(file, part.size(), limit)?;
        }
    }
    ensure_count_of_texts(file, &mut archive)
}

/// The reader takes memory for as many texts as the table says it has.
fn ensure_count_of_texts(
    file: &ListFile,
    archive: &mut ZipArchive<WorkbookReader>,
) -> Result<(), InputError> {
    let Ok(part) = archive.by_name("xl/sharedStrings.xml") else { return Ok(()) };
    let size = part.size();
    let mut head = Vec::new();
    part.take(4096).read_to_end(&mut head).map_err(|fault| damaged(file, fault))?;
    match declared_count(&String::from_utf8_lossy(&head)) {
        Some(count) if count > size / SHORTEST_TEXT => Err(InputError::malformed(
            file.path(),
            "this workbook is damaged: it has fewer texts than it says",
            "open it in a spreadsheet program and save it again",
        )),
        _ => Ok(()),
    }
}

pub(super) fn declared_count(head: &str) -> Option<u64> {
    let (_, rest) = head.split_once("uniqueCount=")?;
    let digits = rest.trim_start_matches(['"', '\'']);
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    Some(digits[..end].parse().unwrap_or(u64::MAX))
}

/// The reader of xls takes memory for every cell between the first and the last of each sheet.
fn ensure_cells_of_xls_fit(file: &ListFile) -> Result<(), InputError> {
    let bytes = file.head(MAX_XLS_BYTES)?;
    let cells = cells_of_xls(&bytes);
    if cells <= MAX_XLS_CELLS {
        return Ok(());
    }
    let cells = grouped(cells);
    let problem = format!("this workbook is too large to be held in memory: its sheets span {cells} cells");
    Err(InputError::malformed(file.path(), problem, SAVE_AS_CSV))
}

/// By the record DIMENSIONS of each sheet, MS-XLS 2.4.90: its number, its length of 14 bytes, first
/// row, row after the last, first column, column after the last, and two zeros.
pub(super) fn cells_of_xls(bytes: &[u8]) -> u64 {
    let cells = |place: usize| {
        let record = bytes.get(place + 4..place + 18)?;
        let row = |from: usize| u32::from_le_bytes(record[from..from + 4].try_into().expect("4 bytes"));
        let column = |from: usize| u16::from_le_bytes([record[from], record[from + 1]]);
        let (rows, columns) = (row(4).checked_sub(row(0))?, column(10).checked_sub(column(8))?);
        let is_one = row(4) <= 65_536 && column(10) <= 256 && record[12..] == [0, 0];
        is_one.then_some(u64::from(rows) * u64::from(columns))
    };
    memmem::find_iter(bytes, b"\x00\x02\x0E\x00").filter_map(cells).sum()
}

fn ensure_at_most(file: &ListFile, bytes: u64, limit: u64) -> Result<(), InputError> {
    if bytes <= limit {
        return Ok(());
    }
    let limit = limit >> 20;
    let problem =
        format!("this workbook is too large to be held in memory: a part of it is over {limit} MiB");
    Err(InputError::malformed(file.path(), problem, SAVE_AS_CSV))
}

fn protected(file: &ListFile) -> InputError {
    let help = "remove the password in the spreadsheet program, or save the sheet as CSV UTF-8";
    InputError::malformed(file.path(), "this workbook is protected with a password", help)
}

fn changed(file: &ListFile) -> InputError {
    InputError::malformed(
        file.path(),
        "the file has changed and is not a workbook now",
        "run again when nothing writes to the file",
    )
}

pub(super) fn damaged(file: &ListFile, fault: impl std::error::Error + Send + Sync + 'static) -> InputError {
    InputError::Malformed {
        path: file.path().to_owned(),
        problem: "this workbook is damaged, cut short, or of an unsupported kind".into(),
        help: Some(
            "open it in a spreadsheet program and save it again, or save the sheet as CSV UTF-8".into(),
        ),
        source: Some(Box::new(fault)),
    }
}
