//! Lists, outputs and answers on object stores, against a small store of our own that has every
//! fault. `tests/object_stores` does the same against other people's servers.

#![cfg(feature = "cloud")]

mod answers;
mod credentials;
mod faults;
mod lists;
mod outputs;
mod stub;

use crate::harness::Job;

pub use self::stub::{Store, Trouble};

/// What a client is told about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    S3,
    Gcs,
}

impl Kind {
    /// The bucket's URL.
    pub fn lake(self) -> &'static str {
        match self {
            Self::S3 => "s3://lake",
            Self::Gcs => "gs://lake",
        }
    }
}

/// A job whose stores are all this one.
pub fn job_at(store: &Store) -> Job {
    let url = store.url();
    Job::new().with_variables([
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "key-of-tests"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-tests"),
        ("AWS_REGION", "eu-north-1"),
        ("STORAGE_EMULATOR_HOST", url.as_str()),
    ])
}
