//! Files that grow under a hidden name beside the place where they will stand.

use std::fs::{File, Permissions};
use std::path::Path;

/// The folder in which a file stands, or will.
#[must_use]
pub fn parent_folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts the names in a folder on disk, so that they survive a power cut as the files do. Some file systems do so unasked and
/// cannot be asked, so a refusal is no reason to fail.
pub fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// What anything new gets, of which the umask takes its part: 0o666 for a file, 0o777 for a folder. What is temporary is
/// private by default; a result is not.
#[cfg(unix)]
#[must_use]
pub fn default_permissions(mode: u32) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;

    Some(Permissions::from_mode(mode))
}

/// Nothing is to be said of them here.
#[cfg(not(unix))]
#[must_use]
pub fn default_permissions(_: u32) -> Option<Permissions> {
    None
}
