//! A local file becomes an object: in one request, or in parts that nobody sees before the last.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt, TryStreamExt};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::sync::oneshot;

use super::bucket::{Bucket, path_of};
use super::create::create;
use super::error::{StorageError, StorageErrorKind};
use super::explain::explain;
use super::url::ObjectUrl;

/// Larger files are sent in parts. A put can be conditional, which parts cannot.
const ONE_REQUEST: u64 = 64 << 20;
/// The size of a part, unless there would be too many.
const PART_BYTES: u64 = 16 << 20;
/// S3 takes 10,000 parts.
const MOST_PARTS: u64 = 9_000;
/// How many parts are on their way at once; each is held in memory.
const PARTS_AT_ONCE: usize = 4;

impl Bucket {
    /// Uploads a file. Without `may_replace`, it is an error when the object exists: where one
    /// request is enough, the store makes sure of it, and else it is looked up before and after
    /// the parts are sent. Dropping the future aborts the upload.
    pub(crate) async fn upload(
        &self,
        key: &str,
        file: PathBuf,
        may_replace: bool,
    ) -> Result<(), StorageError> {
        let (store, source) = (self.store.clone(), Source { url: self.url(key), file });
        let (_wanted, dropped) = oneshot::channel::<()>();
        let work = self.work(async move {
            match source.length()? {
                length if length <= ONE_REQUEST => source.put(&store, length, may_replace).await,
                length => source.put_in_parts(&store, length, may_replace, dropped).await,
            }
        });
        work.await
    }
}

/// A file, and the object that it becomes.
struct Source {
    url: ObjectUrl,
    file: PathBuf,
}

impl Source {
    fn length(&self) -> Result<u64, StorageError> {
        self.file.metadata().map(|found| found.len()).map_err(|fault| self.unreadable(fault))
    }

    async fn put(
        &self,
        store: &Arc<dyn ObjectStore>,
        length: u64,
        may_replace: bool,
    ) -> Result<(), StorageError> {
        let content = self.read(0, length).await?;
        let path = path_of(&self.url)?;
        let put = match may_replace {
            true => store.put(&path, PutPayload::from_bytes(content)).await.map(drop),
            false => create(store, &path, &content).await.map(drop),
        };
        put.map_err(|error| explain(&self.url, error))
    }

    async fn put_in_parts(
        &self,
        store: &Arc<dyn ObjectStore>,
        length: u64,
        may_replace: bool,
        dropped: oneshot::Receiver<()>,
    ) -> Result<(), StorageError> {
        self.ensure_is_absent(store, may_replace).await?;
        let path = path_of(&self.url)?;
        let mut upload = store.put_multipart(&path).await.map_err(|error| explain(&self.url, error))?;
        let sent = tokio::select! {
            sent = self.send_parts(&mut *upload, length) => sent,
            _ = dropped => {
                Err(StorageError::new(&self.url, StorageErrorKind::Failed).because("the upload was aborted"))
            }
        };
        let sent = match sent {
            Ok(()) => self.ensure_is_absent(store, may_replace).await,
            failed => failed,
        };
        let sent = match sent {
            Ok(()) => upload.complete().await.map(drop).map_err(|error| explain(&self.url, error)),
            failed => failed,
        };
        if sent.is_err() {
            // What the store keeps of a broken upload is billed. A rule of the bucket removes what
            // this does not.
            let _ = upload.abort().await;
        }
        sent
    }

    async fn send_parts(&self, upload: &mut dyn MultipartUpload, length: u64) -> Result<(), StorageError> {
        let part = PART_BYTES.max(length.div_ceil(MOST_PARTS));
        let parts =
            (0..length.div_ceil(part)).map(|number| (number * part, part.min(length - number * part)));
        // A part is numbered when it is handed over, so they are read one after the other.
        let mut on_their_way = FuturesUnordered::new();
        for (start, length) in parts {
            let content = self.read(start, length).await?;
            on_their_way.push(upload.put_part(PutPayload::from_bytes(content)));
            if on_their_way.len() == PARTS_AT_ONCE {
                on_their_way.next().await.transpose().map_err(|error| explain(&self.url, error))?;
            }
        }
        on_their_way.try_collect::<()>().await.map_err(|error| explain(&self.url, error))
    }

    async fn ensure_is_absent(
        &self,
        store: &Arc<dyn ObjectStore>,
        may_replace: bool,
    ) -> Result<(), StorageError> {
        if may_replace {
            return Ok(());
        }
        match store.head(&path_of(&self.url)?).await {
            Ok(_) => Err(StorageError::new(&self.url, StorageErrorKind::AlreadyExists)),
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(explain(&self.url, error)),
        }
    }

    async fn read(&self, start: u64, length: u64) -> Result<Bytes, StorageError> {
        let file = self.file.clone();
        let reading = tokio::task::spawn_blocking(move || read_part(&file, start, length));
        match reading.await {
            Ok(read) => read.map_err(|fault| self.unreadable(fault)),
            Err(fault) => Err(self.unreadable(io::Error::other(fault))),
        }
    }

    fn unreadable(&self, fault: io::Error) -> StorageError {
        StorageError::new(&self.url, StorageErrorKind::Failed)
            .because(format!("cannot read {}, which should become this object", self.file.display()))
            .with_source(fault)
    }
}

fn read_part(file: &Path, start: u64, length: u64) -> io::Result<Bytes> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut content)?;
    match content.len() as u64 == length {
        true => Ok(content.into()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
