//! The file that is being written, under a hidden name beside the place where it will stand.

use std::fs::{File, Permissions};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempPath};

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(super) struct Aside(NamedTempFile);

impl Aside {
    /// Creates it in the folder of `target`, with the permissions of the file there, or with those that any
    /// new file gets.
    pub(super) fn create(target: &Path) -> io::Result<Self> {
        let folder = folder_of(target);
        if !folder.is_dir() {
            let message = format!("there is no folder {}; create it first", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".part");
        let new_file = new_file_permissions();
        if let Some(permissions) = new_file {
            builder.permissions(permissions);
        }
        let file = builder.tempfile_in(folder)?;
        if let Ok(existing) = target.metadata() {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self(file))
    }

    /// The open file, and its place on disk, which is emptied when it is dropped.
    pub(super) fn into_parts(self) -> (File, TempPath) {
        self.0.into_parts()
    }
}

/// The folder in which a file stands.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A temporary file is private by default; a result is not, so the umask alone decides.
#[cfg(unix)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}
