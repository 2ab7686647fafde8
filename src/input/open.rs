//! The way in: files are found, inspected, and handed to the reader of their format.

use super::error::InputError;
use super::file_format::FileFormat;
use super::opened::Opened;
use super::paths::ListSource;
use super::settings::InputSettings;
use super::source::ListFile;
use super::{csv, file_format, ndjson, parquet, paths, workbook};

/// Finds the files, inspects each, and starts to read them.
///
/// Files are CSV or NDJSON (plain, `.gz`, `.zst`, `.bz2` or `.xz`; CSV also `.zip`), Parquet or
/// workbooks, distinguished by content. All files of a list have one format; their columns are united by name. This call reads
/// the beginning of every file, so on a pipe it waits for the first 64 KiB or the end. It reads all
/// of an NDJSON file, to know the types of its columns.
///
/// # Errors
///
/// When a file is missing, is not a list, or has columns that cannot be united with the others'.
/// Later errors come through the stream.
pub fn open(settings: &InputSettings) -> Result<Opened, InputError> {
    open_list(settings).map_err(InputError::or_storage_error)
}

fn open_list(settings: &InputSettings) -> Result<Opened, InputError> {
    let found = match paths::expand(&settings.paths, &settings.storage)? {
        ListSource::StandardInput => return csv::open_standard_input(settings),
        ListSource::Files(found) => found,
    };
    let files = found.files;
    let opened = match format_of_all(&files)? {
        ReaderKind::Csv => csv::open_files(files, settings),
        ReaderKind::Parquet => parquet::open_files(files, settings),
        ReaderKind::Ndjson => ndjson::open_files(files, settings),
        ReaderKind::Workbook => workbook::open_files(files, settings),
    }?;
    opened.notes.add_remarks(found.remarks);
    Ok(opened)
}

/// Who reads a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReaderKind {
    Csv,
    Parquet,
    Ndjson,
    Workbook,
}

fn format_of_all(files: &[ListFile]) -> Result<ReaderKind, InputError> {
    let first = format_of(&files[0])?;
    for other in &files[1..] {
        if format_of(other)? != first {
            let (first, other) = (files[0].path().to_owned(), other.path().to_owned());
            return Err(InputError::DifferentFormats { first, other });
        }
    }
    Ok(first)
}

/// By content. Pipes and devices are CSV: they are not touched, because they cannot be read twice.
fn format_of(file: &ListFile) -> Result<ReaderKind, InputError> {
    if file.can_be_reopened() {
        if workbook::is_workbook(file)? {
            return Ok(ReaderKind::Workbook);
        }
        if ndjson::is_ndjson(file)? {
            return Ok(ReaderKind::Ndjson);
        }
    }
    Ok(match file_format::of_file(file)? {
        FileFormat::Csv => ReaderKind::Csv,
        FileFormat::Parquet => ReaderKind::Parquet,
    })
}
