//! The environment of a configuration, as a value that is passed in: environment variables, and the
//! files that settings name. Nothing else in this folder reads anything outside the process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::storage::StorageSettings;

/// No file that a setting names is larger; a device such as `/dev/zero` has no end.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// Looks up environment variables. Tests pass in their own.
pub struct Environment(Box<Variables>);

type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// These variables and no others.
    #[must_use]
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = BTreeMap::from(owned);
        Self(Box::new(move |name| variables.get(name).cloned()))
    }

    /// The same, where this variable has another value.
    #[must_use]
    pub fn with(self, name: &'static str, value: String) -> Self {
        let Self(others) = self;
        Self(Box::new(move |wanted| if wanted == name { Some(value.clone()) } else { others(wanted) }))
    }

    /// The variable's value; `None` when it is not set, or empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The variables by which object stores are reached.
    #[must_use]
    pub fn storage_settings(&self) -> StorageSettings {
        let value = |name: &str| Some((name.to_owned(), self.variable(name)?));
        let variables = StorageSettings::VARIABLES.into_iter().filter_map(value).collect();
        StorageSettings { variables, ..StorageSettings::default() }
    }

    /// The text of a file that a setting names.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is larger than [`MAX_FILE_BYTES`], or is not UTF-8.
    pub fn text_of(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.bytes_of(path)?)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
    }

    /// The content of a file that a setting names.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is larger than [`MAX_FILE_BYTES`].
    pub fn bytes_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > MAX_FILE_BYTES {
            true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 MiB")),
            false => Ok(bytes),
        }
    }

    /// Whether every user of this machine may read a file.
    #[cfg(unix)]
    #[must_use]
    pub fn others_may_read(&self, path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt;

        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
    }

    /// Not known on this platform.
    #[cfg(not(unix))]
    #[must_use]
    pub fn others_may_read(&self, _: &Path) -> bool {
        false
    }
}
