//! Lists, outputs and answers on object stores, against a small store of our own that has every
//! fault. `tests/object_stores` does the same against other people's servers.

#![cfg(feature = "cloud")]

mod answers;
mod credentials;
mod faults;
mod lists;
mod outputs;
mod stub;

use std::env;
use std::process::Command;

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

/// Runs `tests/object_stores` with the interpreter that `HLR_PYTHON` names, if `HLR_STORES` is set:
/// it needs the packages of its `requirements.txt`. `HLR_AZURITE` names Azurite's blob server.
#[test]
fn servers_of_other_peoples_making_agree() {
    let (Some(python), Some(_)) = (env::var_os("HLR_PYTHON"), env::var_os("HLR_STORES")) else { return };
    let done = Command::new(python)
        .args(["-m", "pytest", "-q", "--durations=5", "tests/object_stores"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("HLR_PROGRAM", env!("CARGO_BIN_EXE_hlr"))
        .status()
        .expect("the interpreter of HLR_PYTHON can be started");
    assert!(done.success(), "pytest ended with {done}");
}
