//! Creating an object that must not be there yet.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, Result};

use super::object_info::ObjectVersion;

/// How often a conflict with another request is met before it is an error.
const MOST_CONFLICTS: u32 = 8;
/// The pause after a conflict; it grows with each.
const PAUSE: Duration = Duration::from_millis(50);

/// Creates an object.
///
/// That a store refuses does not mean that somebody else's object is there: an earlier try may have
/// succeeded and its reply may be lost, or another request was under way (S3 answers 409). So what
/// is there is looked at.
///
/// # Errors
///
/// [`Error::AlreadyExists`] where another object is there.
pub(super) async fn create(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    content: &Bytes,
) -> Result<ObjectVersion> {
    let mut conflicts = 0;
    loop {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let refused = match store.put_opts(path, PutPayload::from_bytes(content.clone()), options).await {
            Err(error @ Error::AlreadyExists { .. }) => error,
            result => return result.map(ObjectVersion::from),
        };
        match store.get(path).await {
            Ok(found) => {
                let version =
                    ObjectVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                let is_ours = found.meta.size == content.len() as u64 && found.bytes().await? == *content;
                return if is_ours { Ok(version) } else { Err(refused) };
            }
            Err(Error::NotFound { .. }) if conflicts < MOST_CONFLICTS => {
                conflicts += 1;
                tokio::time::sleep(PAUSE * conflicts).await;
            }
            Err(Error::NotFound { .. }) => return Err(refused),
            Err(error) => return Err(error),
        }
    }
}
