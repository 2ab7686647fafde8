//! Object stores: Amazon S3, Google Cloud Storage, Azure Blob Storage, and what speaks their
//! protocols.
//!
//! A [`Storage`] is the way to all of them, with the credentials of the environment; a `Bucket` is
//! one bucket that was opened, with credentials that were found. Readers and writers of files block
//! their threads, so a `Bucket` does too. Requests are made on a runtime of its own: they go on
//! whatever the caller's runtime does.
//!
//! Without the Cargo feature `cloud`, URLs are recognised and refused.

mod error;
mod settings;
mod url;

#[cfg(feature = "cloud")]
mod aws_command;
#[cfg(feature = "cloud")]
mod block_cache;
#[cfg(feature = "cloud")]
mod bucket;
#[cfg(feature = "cloud")]
mod clouds;
#[cfg(feature = "cloud")]
mod create;
#[cfg(feature = "cloud")]
mod explain;
#[cfg(feature = "cloud")]
mod http_client;
#[cfg(feature = "cloud")]
mod lease;
#[cfg(feature = "cloud")]
mod object_info;
#[cfg(feature = "cloud")]
mod object_reader;
#[cfg(feature = "cloud")]
mod this_process;
#[cfg(feature = "cloud")]
mod upload;

#[cfg(not(feature = "cloud"))]
mod not_built_in;

#[cfg(feature = "cloud")]
pub use self::bucket::Storage;
#[cfg(feature = "cloud")]
pub(crate) use self::bucket::{Bucket, PutIf};
pub(crate) use self::error::storage_error_behind;
pub use self::error::{StorageError, StorageErrorKind};
#[cfg(feature = "cloud")]
pub(crate) use self::lease::{Deadline, Lease, LeaseError, LeaseTimes};
#[cfg(not(feature = "cloud"))]
pub use self::not_built_in::Storage;
#[cfg(not(feature = "cloud"))]
pub(crate) use self::not_built_in::{Bucket, Lease, LeaseError, LeaseTimes, ObjectInfo, ObjectReader, PutIf};
#[cfg(feature = "cloud")]
pub(crate) use self::object_info::ObjectInfo;
#[cfg(feature = "cloud")]
pub(crate) use self::object_reader::ObjectReader;
pub use self::settings::StorageSettings;
pub(crate) use self::url::{ObjectUrl, Place, is_object_url};
