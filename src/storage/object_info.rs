//! What is known about an object without reading it.

use object_store::{ObjectMeta, PutResult};

/// An object, as far as it is known without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectInfo {
    pub(crate) key: String,
    pub(crate) size: u64,
    pub(crate) version: ObjectVersion,
}

/// Which of the contents that a key has had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObjectVersion {
    pub(super) e_tag: Option<String>,
    pub(super) version: Option<String>,
}

impl From<ObjectMeta> for ObjectInfo {
    fn from(meta: ObjectMeta) -> Self {
        let version = ObjectVersion { e_tag: meta.e_tag, version: meta.version };
        Self { key: meta.location.to_string(), size: meta.size, version }
    }
}

impl From<PutResult> for ObjectVersion {
    fn from(put: PutResult) -> Self {
        Self { e_tag: put.e_tag, version: put.version }
    }
}
