//! Buckets that were opened, and requests to them.

use std::collections::HashMap;
use std::future::IntoFuture;
use std::ops::Range;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::block_cache::BlockCache;
use super::clouds;
use super::create::create;
use super::error::{StorageError, StorageErrorKind};
use super::explain::explain;
use super::http_client::Connector;
use super::object_info::{ObjectInfo, ObjectVersion};
use super::settings::StorageSettings;
use super::url::ObjectUrl;
use crate::sync;

/// Requests need no more: they wait for the network.
const RUNTIME_THREADS: usize = 2;

/// The way to every object store. Clones share the buckets that were opened.
#[derive(Clone, Debug, Default)]
pub struct Storage(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    settings: StorageSettings,
    client: OnceLock<Arc<Client>>,
    /// By the URLs of buckets.
    buckets: Mutex<HashMap<ObjectUrl, Bucket>>,
}

/// What all buckets share.
#[derive(Debug)]
struct Client {
    connector: Connector,
    /// Present until it is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Client {
    fn drop(&mut self) {
        // A runtime must not be dropped as usual on a thread of another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Storage {
    /// Nothing is opened, and nothing is sent.
    #[must_use]
    pub fn new(settings: StorageSettings) -> Self {
        Self(Arc::new(Inner { settings, ..Inner::default() }))
    }

    /// The bucket of a URL. The first time, its credentials are looked for.
    pub(crate) fn bucket(&self, url: &ObjectUrl) -> Result<Bucket, StorageError> {
        let root = url.of_bucket();
        if let Some(bucket) = sync::lock(&self.0.buckets).get(&root) {
            return Ok(bucket.clone());
        }
        let client = self.client(url)?;
        let opened = clouds::client(url, &self.0.settings, &client.connector)?;
        Request { client: client.clone(), work: opened.check }.wait()?;
        let bucket = Bucket { root: root.clone(), store: opened.store, client, blocks: Arc::default() };
        sync::lock(&self.0.buckets).insert(root, bucket.clone());
        Ok(bucket)
    }

    /// A folder on this machine, or one that machines share.
    pub(crate) fn folder(&self, folder: &std::path::Path) -> Result<Bucket, StorageError> {
        let root = ObjectUrl::of_folder(folder)?;
        let client = self.client(&root)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| {
            StorageError::new(&root, StorageErrorKind::Failed)
                .because("this folder cannot be used")
                .with_source(error)
                .with_help("create it first")
        })?;
        Ok(Bucket { root, store: Arc::new(store), client, blocks: Arc::default() })
    }

    fn client(&self, url: &ObjectUrl) -> Result<Arc<Client>, StorageError> {
        if let Some(client) = self.0.client.get() {
            return Ok(client.clone());
        }
        let failed = |error: crate::model::BoxError| {
            StorageError::new(url, StorageErrorKind::Failed)
                .because("cannot start an HTTP client")
                .with_source(error)
        };
        let connector = Connector::new(&self.0.settings).map_err(|error| failed(error.into()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(RUNTIME_THREADS)
            .thread_name("object store")
            .enable_all()
            .build()
            .map_err(|error| failed(error.into()))?;
        Ok(self.0.client.get_or_init(|| Arc::new(Client { connector, runtime: Some(runtime) })).clone())
    }
}

/// A bucket whose credentials were found.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    root: ObjectUrl,
    pub(super) store: Arc<dyn ObjectStore>,
    client: Arc<Client>,
    /// Parts of its objects that were read last.
    pub(super) blocks: Arc<Mutex<BlockCache>>,
}

/// When an object may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PutIf {
    Always,
    /// Nobody has written it.
    Absent,
    /// Nobody has written it since.
    Unchanged(ObjectVersion),
}

impl Bucket {
    /// The URL of a key.
    pub(crate) fn url(&self, key: &str) -> ObjectUrl {
        self.root.with_key(key)
    }

    /// What is known about an object.
    pub(crate) fn head(&self, key: &str) -> Request<ObjectInfo> {
        self.request(key, |store, path| async move { store.head(&path).await.map(ObjectInfo::from) })
    }

    /// All objects below a folder, at any depth, sorted by key.
    pub(crate) fn list(&self, folder: &str) -> Request<Vec<ObjectInfo>> {
        self.request(folder, |store, path| async move {
            let found = store.list(Some(&path)).map_ok(ObjectInfo::from);
            let mut objects: Vec<_> = found.try_collect().await?;
            objects.sort_unstable_by(|one, other| one.key.cmp(&other.key));
            Ok(objects)
        })
    }

    /// Whether there is any object below a folder.
    pub(crate) fn has_any(&self, folder: &str) -> Request<bool> {
        self.request(
            folder,
            |store, path| async move { Ok(store.list(Some(&path)).try_next().await?.is_some()) },
        )
    }

    /// A small object as a whole.
    pub(crate) fn get(&self, key: &str) -> Request<(Bytes, ObjectVersion)> {
        self.request(key, |store, path| async move {
            let found = store.get(&path).await?;
            let version = ObjectInfo::from(found.meta.clone()).version;
            Ok((found.bytes().await?, version))
        })
    }

    /// A part of an object. It is an error when the object is not of this version any more.
    pub(crate) fn range(&self, key: &str, range: Range<u64>, version: &ObjectVersion) -> Request<Bytes> {
        const TRIES: u32 = 4;
        let if_match = version.e_tag.clone();
        self.request(key, move |store, path| async move {
            let mut tries = 1;
            loop {
                let options = GetOptions {
                    if_match: if_match.clone(),
                    range: Some(GetRange::Bounded(range.clone())),
                    ..GetOptions::default()
                };
                let body = async { store.get_opts(&path, options).await?.bytes().await };
                match body.await {
                    // The client repeats requests; a body that breaks off, it does not.
                    Err(object_store::Error::Generic { .. }) if tries < TRIES => tries += 1,
                    result => return result,
                }
            }
        })
    }

    /// Writes an object as a whole.
    pub(crate) fn put(&self, key: &str, content: Bytes, when: PutIf) -> Request<ObjectVersion> {
        self.request(key, move |store, path| async move {
            let mode = match when {
                PutIf::Always => PutMode::Overwrite,
                PutIf::Absent => return create(&store, &path, &content).await,
                PutIf::Unchanged(ObjectVersion { e_tag, version }) => {
                    PutMode::Update(UpdateVersion { e_tag, version })
                }
            };
            let options = PutOptions { mode, ..PutOptions::default() };
            store.put_opts(&path, PutPayload::from_bytes(content), options).await.map(ObjectVersion::from)
        })
    }

    /// Removes an object. That there is none is no error.
    pub(crate) fn delete(&self, key: &str) -> Request<()> {
        self.request(key, |store, path| async move {
            match store.delete(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                result => result,
            }
        })
    }

    fn request<T, F>(
        &self,
        key: &str,
        work: impl FnOnce(Arc<dyn ObjectStore>, Path) -> F + Send + 'static,
    ) -> Request<T>
    where
        F: Future<Output = object_store::Result<T>> + Send,
    {
        let (store, url) = (self.store.clone(), self.url(key));
        self.work(async move {
            let path = path_of(&url)?;
            work(store, path).await.map_err(|error| explain(&url, error))
        })
    }

    pub(crate) fn work<T>(
        &self,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'static,
    ) -> Request<T> {
        Request { client: self.client.clone(), work: work.boxed() }
    }
}

/// Keys are taken as they stand.
pub(super) fn path_of(url: &ObjectUrl) -> Result<Path, StorageError> {
    Path::parse(url.key()).map_err(|fault| {
        StorageError::new(url, StorageErrorKind::InvalidUrl)
            .because("a key of this form cannot be used")
            .with_source(fault)
    })
}

/// A request that is not sent yet: wait for it, or await it. It runs on the runtime of the store.
#[must_use = "nothing is sent until it is waited for"]
pub(crate) struct Request<T> {
    client: Arc<Client>,
    work: BoxFuture<'static, Result<T, StorageError>>,
}

impl<T: Send + 'static> Request<T> {
    /// Blocks this thread until the request has ended.
    pub(crate) fn wait(self) -> Result<T, StorageError> {
        let (done, result) = mpsc::sync_channel(1);
        let work = self.work;
        self.client.spawn(async move {
            // It fails if the thread that waited is gone.
            let _ = done.send(work.await);
        });
        result.recv().unwrap_or_else(|_| Err(panicked()))
    }

    /// Begins the request, which goes on while nobody looks.
    pub(crate) fn start(self) -> oneshot::Receiver<Result<T, StorageError>> {
        let (done, result) = oneshot::channel();
        let work = self.work;
        self.client.spawn(async move {
            // It fails if nobody waits any more.
            let _ = done.send(work.await);
        });
        result
    }
}

impl<T: Send + 'static> IntoFuture for Request<T> {
    type Output = Result<T, StorageError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let result = self.start();
        async move { result.await.unwrap_or_else(|_| Err(panicked())) }.boxed()
    }
}

impl Client {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            drop(runtime.spawn(work));
        }
    }
}

fn panicked() -> StorageError {
    StorageError::new("object store", StorageErrorKind::Failed)
        .because("internal error: a request panicked; please report this")
}
