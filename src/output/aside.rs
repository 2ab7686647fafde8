//! What is being written, under a hidden name beside the place where it will stand.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

use super::format::Format;
use crate::staging::{default_permissions, parent_folder};

/// A file or a folder that is removed when it is dropped.
#[derive(Debug)]
pub(super) enum Aside {
    /// A file in one of the formats.
    File(Format, NamedTempFile),
    /// A folder of partitions.
    Folder(TempDir),
}

/// What is open for writing.
pub(super) enum Open {
    /// A file in one of the formats.
    File(Format, File),
    /// A folder of partitions.
    Folder(PathBuf),
}

/// Its place on disk, which is emptied when it is dropped.
#[derive(Debug)]
pub(super) enum Place {
    File(TempPath),
    Folder(TempDir),
}

impl Aside {
    /// Creates a file in the folder of `target`, with the permissions of the file there, or with those that any
    /// new file gets.
    pub(super) fn file(format: Format, target: &Path) -> io::Result<Self> {
        let prefix = hidden(target);
        let file = beside(target, &prefix, 0o666)?.tempfile_in(parent_folder(target))?;
        if let Ok(existing) = target.metadata() {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self::File(format, file))
    }

    /// Creates a folder beside `target`.
    pub(super) fn folder(target: &Path) -> io::Result<Self> {
        let prefix = hidden(target);
        Ok(Self::Folder(beside(target, &prefix, 0o777)?.tempdir_in(parent_folder(target))?))
    }

    /// What is open, and its place on disk.
    pub(super) fn into_parts(self) -> (Open, Place) {
        match self {
            Self::File(format, file) => {
                let (file, place) = file.into_parts();
                (Open::File(format, file), Place::File(place))
            }
            Self::Folder(folder) => (Open::Folder(folder.path().to_owned()), Place::Folder(folder)),
        }
    }
}

/// How a hidden name for `target` begins.
fn hidden(target: &Path) -> String {
    format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy())
}

/// A hidden name beside `target`, and the permissions that anything new gets.
fn beside<'a>(target: &Path, prefix: &'a str, mode: u32) -> io::Result<Builder<'a, 'static>> {
    let folder = parent_folder(target);
    if !folder.is_dir() {
        let message = format!("there is no folder {}; create it first", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(".part");
    if let Some(permissions) = default_permissions(mode) {
        builder.permissions(permissions);
    }
    Ok(builder)
}
