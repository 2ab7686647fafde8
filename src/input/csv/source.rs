//! Where the text of a list comes from: a file or standard input.

use std::io::{self, Read};
use std::path::Path;

use super::compression::DamagedArchive;
use super::zip_archive;
use super::zip_archive::{Entry, MAGIC as ZIP_MAGIC};
use crate::input::error::InputError;
use crate::input::source::ListFile;

/// What standard input is called in messages.
const STANDARD_INPUT: &str = "standard input";

/// Where text comes from.
pub(super) enum TextSource {
    StandardInput,
    File(ListFile),
}

impl TextSource {
    /// What messages call it.
    pub(super) fn name(&self) -> &Path {
        match self {
            Self::StandardInput => Path::new(STANDARD_INPUT),
            Self::File(file) => file.path(),
        }
    }

    /// What the user called it.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::StandardInput => Path::new("-"),
            Self::File(file) => file.path(),
        }
    }

    /// The file, unless it is standard input.
    pub(super) fn file(&self) -> Option<&ListFile> {
        match self {
            Self::StandardInput => None,
            Self::File(file) => Some(file),
        }
    }

    /// Whether it can be read from the beginning a second time, unlike a pipe.
    pub(super) fn can_be_reopened(&self) -> bool {
        match self {
            Self::StandardInput => false,
            Self::File(file) => file.can_be_reopened(),
        }
    }

    /// The error of a read that failed.
    pub(super) fn unreadable(&self, source: io::Error) -> InputError {
        let path = self.name().to_owned();
        match source.get_ref().is_some_and(|inner| inner.is::<DamagedArchive>()) {
            true => InputError::Malformed {
                path,
                problem: source.to_string(),
                help: Some("fetch the file again".into()),
                source: source.into_inner().and_then(DamagedArchive::cause),
            },
            false => InputError::Read { path, source },
        }
    }

    /// Whether it is a file in a zip archive.
    pub(super) fn is_zipped(&self) -> bool {
        match self {
            Self::File(file) => zip_entry(file).is_ok_and(|entry| entry.is_some()),
            Self::StandardInput => false,
        }
    }

    /// The text of a file, or of the only file in a zip archive.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::StandardInput => Ok(Box::new(io::stdin())),
            Self::File(file) => match zip_entry(file)? {
                Some(entry) => zip_archive::unpack(file, entry),
                None => file.stream(),
            },
        }
    }
}

/// The list in a zip archive; `None` for other files. Pipes are not touched.
fn zip_entry(file: &ListFile) -> io::Result<Option<Entry>> {
    if file.length().is_none() {
        return Ok(None);
    }
    let mut start = [0; ZIP_MAGIC.len()];
    let is_zip = file.stream()?.read_exact(&mut start).is_ok() && start == *ZIP_MAGIC;
    match is_zip.then(|| zip_archive::inspect(file)) {
        Some(Ok(entry)) => Ok(Some(entry)),
        _ => Ok(None),
    }
}
