//! What is left of object stores without the Cargo feature `cloud`: an error. The other types exist,
//! and no value of them does.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;

use super::error::{StorageError, StorageErrorKind};
use super::settings::StorageSettings;
use super::url::ObjectUrl;
use crate::model::Holder;

/// The way to every object store.
#[derive(Clone, Debug, Default)]
pub struct Storage(());

impl Storage {
    /// Nothing is opened.
    #[must_use]
    pub fn new(_: StorageSettings) -> Self {
        Self(())
    }

    pub(crate) fn bucket(&self, url: &ObjectUrl) -> Result<Bucket, StorageError> {
        Err(StorageError::new(url, StorageErrorKind::NotBuiltIn))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Bucket(Infallible);

#[derive(Clone, Debug)]
pub(crate) struct ObjectReader(Infallible);

#[derive(Debug)]
pub(crate) struct Lease(Infallible);

pub(crate) struct Request<T>(Infallible, Option<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectInfo {
    pub(crate) key: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectVersion;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PutIf {
    Always,
}

#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "there is no lease")]
pub(crate) struct LeaseTimes {
    pub(crate) ttl: std::time::Duration,
    pub(crate) handover: std::time::Duration,
    pub(crate) wait: std::time::Duration,
}

#[derive(Debug)]
pub(crate) enum LeaseError {
    #[expect(dead_code, reason = "nobody holds a lease")]
    Held(Holder),
    #[expect(dead_code, reason = "there is no bucket for one")]
    Storage(StorageError),
}

impl Bucket {
    pub(crate) fn head(&self, _: &str) -> Request<ObjectInfo> {
        match self.0 {}
    }

    pub(crate) fn list(&self, _: &str) -> Request<Vec<ObjectInfo>> {
        match self.0 {}
    }

    pub(crate) fn has_any(&self, _: &str) -> Request<bool> {
        match self.0 {}
    }

    pub(crate) fn put(&self, _: &str, _: Bytes, _: PutIf) -> Request<ObjectVersion> {
        match self.0 {}
    }

    pub(crate) fn delete(&self, _: &str) -> Request<()> {
        match self.0 {}
    }

    pub(crate) async fn upload(&self, _: &str, _: PathBuf, _: bool) -> Result<(), StorageError> {
        match self.0 {}
    }
}

impl<T> Request<T> {
    pub(crate) fn wait(self) -> Result<T, StorageError> {
        match self.0 {}
    }
}

impl<T> IntoFuture for Request<T> {
    type Output = Result<T, StorageError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        match self.0 {}
    }
}

impl ObjectReader {
    pub(crate) fn new(bucket: Bucket, _: ObjectInfo) -> Self {
        match bucket.0 {}
    }

    pub(crate) fn url(&self) -> ObjectUrl {
        match self.0 {}
    }

    pub(crate) fn length(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Lease {
    pub(crate) async fn take(
        bucket: &Bucket,
        _: &str,
        _: Holder,
        _: LeaseTimes,
        _: Value,
        _: impl FnMut(&Holder) + Send,
    ) -> Result<Self, LeaseError> {
        match bucket.0 {}
    }

    pub(crate) async fn remove(self) -> Result<(), StorageError> {
        match self.0 {}
    }
}
