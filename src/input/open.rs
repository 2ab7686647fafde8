//! The way in: files are found, inspected, and handed to the reader of their format.

use std::path::PathBuf;

use super::error::InputError;
use super::file_format::FileFormat;
use super::opened::Opened;
use super::paths::ListSource;
use super::settings::InputSettings;
use super::{csv, file_format, parquet, paths};

/// Finds the files, inspects each, and starts to read them.
///
/// Files are CSV (plain, `.gz` or `.zst`) or Parquet, distinguished by content. All files of a
/// list have one format and the same columns. This call reads the beginning of every file, so on a
/// pipe it waits for the first 64 KiB or the end.
///
/// # Errors
///
/// When a file is missing, is not a list, or has other columns than the first. Later errors come
/// through the stream.
pub fn open(settings: &InputSettings) -> Result<Opened, InputError> {
    let files = match paths::expand(&settings.paths)? {
        ListSource::StandardInput => return csv::open_standard_input(settings),
        ListSource::Files(files) => files,
    };
    match format_of_all(&files)? {
        FileFormat::Csv => csv::open_files(files, settings),
        FileFormat::Parquet => parquet::open_files(files, settings),
    }
}

fn format_of_all(files: &[PathBuf]) -> Result<FileFormat, InputError> {
    let first = file_format::of_file(&files[0])?;
    for other in &files[1..] {
        if file_format::of_file(other)? != first {
            return Err(InputError::DifferentFormats { first: files[0].clone(), other: other.clone() });
        }
    }
    Ok(first)
}
