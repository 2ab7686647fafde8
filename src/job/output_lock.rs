//! The lock of an output: a locked file beside it, or a lease where files cannot be locked.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::lock::{Lock, LockError};
use crate::model::Holder;
use crate::storage::{Lease, LeaseError, LeaseTimes, Place, Storage};

/// How long a run that was cut off from its store keeps others from writing the output.
const TTL: Duration = Duration::from_secs(60);

/// The lock of an output. Whoever ends without giving it back leaves a file that locks nothing, or
/// a lease that ends by itself.
#[derive(Debug)]
pub(crate) enum OutputLock {
    File(Lock),
    Object(Lease),
}

impl OutputLock {
    /// Takes the lock, or reports who holds it. Does not wait.
    pub(crate) async fn take(path: &Path, run_id: &str, storage: &Storage) -> Result<Self, LockError> {
        let url = match Place::of_path(path)? {
            Place::Local(path) => return Lock::take(&path, run_id).map(Self::File),
            Place::Object(url) => url,
        };
        let bucket = storage.bucket(&url)?;
        let times = LeaseTimes { ttl: TTL, handover: Duration::ZERO, wait: Duration::ZERO };
        match Lease::take(&bucket, url.key(), Holder::of_this_process(run_id), times, Value::Null, |_| {})
            .await
        {
            Ok(lease) => Ok(Self::Object(lease)),
            Err(LeaseError::Held(holder)) => {
                Err(LockError::Held { path: path.to_owned(), holder: Some(holder) })
            }
            Err(LeaseError::Storage(error)) => Err(error.into()),
        }
    }

    /// Gives the lock back.
    pub(crate) async fn release(self) {
        match self {
            Self::File(lock) => drop(lock),
            // If it cannot be given back, it ends by itself.
            Self::Object(lease) => drop(lease.remove().await),
        }
    }
}
