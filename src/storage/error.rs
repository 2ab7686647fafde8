//! What goes wrong with an object store, in words for its user.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use miette::Diagnostic;

use crate::model::BoxError;

/// An object store refused something, or could not be reached.
#[derive(Clone, Debug)]
pub struct StorageError {
    url: String,
    kind: StorageErrorKind,
    reason: Option<String>,
    help: Option<String>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// The URL cannot be understood.
    InvalidUrl,
    /// This program was built without the Cargo feature `cloud`.
    NotBuiltIn,
    /// No credentials were found.
    NoCredentials,
    /// The credentials are not accepted.
    NotAccepted,
    /// The credentials give no right to do this.
    NotPermitted,
    /// There is no such object.
    NotFound,
    /// There is no such bucket or container.
    NoBucket,
    /// The bucket is in another region.
    OtherRegion,
    /// The object exists, and must not be replaced.
    AlreadyExists,
    /// The object was replaced since it was looked at.
    Changed,
    /// The store cannot be reached, or has a fault.
    Failed,
}

impl StorageError {
    pub(crate) fn new(url: impl fmt::Display, kind: StorageErrorKind) -> Self {
        Self { url: url.to_string(), kind, reason: None, help: None, source: None }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into().into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> StorageErrorKind {
        self.kind
    }

    /// The URL or name at which it went wrong.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.kind {
            StorageErrorKind::InvalidUrl => "this URL cannot be used",
            StorageErrorKind::NotBuiltIn => "this program was built without object stores",
            StorageErrorKind::NoCredentials => "no credentials were found",
            StorageErrorKind::NotAccepted => "the store does not accept these credentials",
            StorageErrorKind::NotPermitted => "these credentials give no right to do this",
            StorageErrorKind::NotFound => "there is no such object",
            StorageErrorKind::NoBucket => "there is no such bucket",
            StorageErrorKind::OtherRegion => "the bucket is in another region",
            StorageErrorKind::AlreadyExists => "it exists already",
            StorageErrorKind::Changed => "it was replaced while it was read",
            StorageErrorKind::Failed => "the object store failed",
        };
        write!(f, "{}: {}", self.url, self.reason.as_deref().unwrap_or(words))
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl Diagnostic for StorageError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let usual = match self.kind {
            StorageErrorKind::NotBuiltIn => Some("build it with --features cloud"),
            StorageErrorKind::NotFound => Some("check the URL"),
            StorageErrorKind::NoBucket => Some("check the URL, and the account of these credentials"),
            StorageErrorKind::Changed => Some("run again when nobody writes it"),
            StorageErrorKind::OtherRegion => Some("name its region with AWS_REGION"),
            _ => None,
        };
        let help = self.help.as_deref().or(usual)?;
        Some(Box::new(help))
    }
}

impl From<StorageError> for io::Error {
    fn from(error: StorageError) -> Self {
        let kind = match error.kind {
            StorageErrorKind::NotFound | StorageErrorKind::NoBucket => io::ErrorKind::NotFound,
            StorageErrorKind::NotAccepted
            | StorageErrorKind::NotPermitted
            | StorageErrorKind::NoCredentials => io::ErrorKind::PermissionDenied,
            StorageErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// The error of a store behind an error of a reader or writer, which tells less.
pub(crate) fn storage_error_behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StorageError> {
    let mut error: Option<&'a (dyn Error + 'static)> = Some(error);
    while let Some(fault) = error {
        if let Some(found) = fault.downcast_ref::<StorageError>() {
            return Some(found);
        }
        // What is in it is not its source.
        let inner = fault.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        error = match inner {
            Some(inner) => Some(inner),
            None => fault.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_store_is_found_wherever_it_is() {
        let error = || StorageError::new("s3://b/x", StorageErrorKind::Changed);
        let in_io = io::Error::from(error());
        let twice = io::Error::other(io::Error::from(error()));
        let parquet = parquet::errors::ParquetError::from(io::Error::from(error()));
        for error in [&in_io as &(dyn Error + 'static), &twice, &parquet] {
            let found = storage_error_behind(error).expect("it is in there");
            assert_eq!((found.kind(), found.location()), (StorageErrorKind::Changed, "s3://b/x"));
        }
        assert!(storage_error_behind(&io::Error::other("another")).is_none());
    }
}
