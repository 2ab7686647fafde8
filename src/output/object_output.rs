//! An output in an object store: written to a temporary file on this machine, and uploaded when it
//! is whole.
//!
//! So nothing is visible before, whatever the store is, the partial rows of a run that stopped have
//! a name of their own, and a store that is down at the end of a run costs no row: they are kept in
//! the file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tempfile::TempDir;

use super::encoding::EncodedSize;
use super::error::OutputError;
use super::local_output::{Staged, partial_name};
use super::partitions::{FILE, is_partition_of};
use super::settings::{OutputSettings, Replace};
use super::staged_output::StagedOutput;
use crate::staging::{StagedFile, StagedFolder};
use crate::storage::{Bucket, ObjectInfo, ObjectUrl, PutIf, StorageError, StorageErrorKind};

/// The last object of a folder: it says that all others are there. Spark's and Hadoop's name.
const SUCCESS: &str = "_SUCCESS";

/// A place in an object store that was checked, and the temporary file.
#[derive(Debug)]
pub(super) struct ObjectTarget {
    bucket: Bucket,
    url: ObjectUrl,
    pub(super) staged: Staged,
    folder: TempDir,
    /// As long as it is open, no other run takes the folder for one that a killed run has left.
    _lock: File,
}

/// How the names of temporary folders begin, and of those with rows that somebody should take.
const FOLDER: &str = "hlr-output-";
const KEPT_FOLDER: &str = "hlr-kept-";
/// The locked file in a temporary folder.
const LOCK: &str = "lock";

fn locked_folder() -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new().prefix(FOLDER).tempdir()?;
    let lock = File::create(folder.path().join(LOCK))?;
    lock.try_lock()?;
    Ok((folder, lock))
}

/// Removes what killed runs have left: it has numbers, and takes space.
fn remove_left_folders() {
    for entry in fs::read_dir(tempfile::env::temp_dir()).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(FOLDER));
        let lock = entry.path().join(LOCK);
        if is_ours && File::open(lock).is_ok_and(|file| file.try_lock().is_ok()) {
            // If it cannot be removed, the next run tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// All rows, encoded, in a temporary file or folder.
#[derive(Debug)]
pub(super) struct ObjectOutput {
    pub(super) target: ObjectTarget,
    pub(super) size: EncodedSize,
    pub(super) settings: OutputSettings,
}

impl ObjectTarget {
    /// Makes sure, as far as that can be known without writing, that the output can be uploaded.
    pub(super) fn prepare(url: ObjectUrl, settings: &OutputSettings) -> Result<Self, OutputError> {
        let path = &settings.path;
        let bucket = settings.storage.bucket(&url)?;
        remove_left_folders();
        let (folder, lock) = locked_folder().map_err(|fault| OutputError::write(path, fault))?;
        let local = folder
            .path()
            .join(url.key().rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("output"));
        let staged = if settings.partition_by.is_empty() {
            settings.format()?;
            if url.key().is_empty() || url.key().ends_with('/') {
                return Err(OutputError::IsFolder { path: path.clone() });
            }
            ensure_is_free_or_replaceable(&bucket, &url, settings)?;
            StagedFile::beside(&local).map(Staged::File)
        } else {
            let url = folder_url(&url);
            ensure_folder_is_free_or_replaceable(&bucket, &url, settings)?;
            StagedFolder::beside(&local).map(Staged::Partitions)
        };
        let staged = staged.map_err(|fault| OutputError::write(path, fault))?;
        Ok(Self { bucket, url, staged, folder, _lock: lock })
    }
}

fn ensure_is_free_or_replaceable(
    bucket: &Bucket,
    url: &ObjectUrl,
    settings: &OutputSettings,
) -> Result<(), OutputError> {
    match bucket.head(url.key()).wait() {
        Ok(_) if settings.replace == Replace::Never => {
            Err(OutputError::Exists { path: settings.path.clone() })
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == StorageErrorKind::NotFound => ensure_bucket_exists(bucket, url),
        Err(error) => Err(error.into()),
    }
}

/// Stores say the same of a missing object and of one in a missing bucket, but list only what is
/// there.
fn ensure_bucket_exists(bucket: &Bucket, url: &ObjectUrl) -> Result<(), OutputError> {
    match bucket.has_any(url.key()).wait() {
        Err(error) if error.kind() == StorageErrorKind::NotFound => {
            Err(StorageError::new(url.of_bucket(), StorageErrorKind::NoBucket).into())
        }
        Err(error) if error.kind() == StorageErrorKind::NoBucket => Err(error.into()),
        // Whoever may write need not be allowed to list.
        _ => Ok(()),
    }
}

fn ensure_folder_is_free_or_replaceable(
    bucket: &Bucket,
    folder: &ObjectUrl,
    settings: &OutputSettings,
) -> Result<(), OutputError> {
    let there = bucket.list(folder.key()).wait()?;
    match settings.replace {
        _ if there.is_empty() => ensure_bucket_exists(bucket, folder),
        Replace::Never => Err(OutputError::Exists { path: settings.path.clone() }),
        Replace::Allowed if holds_only_partitions(&there, folder, &settings.partition_by) => Ok(()),
        Replace::Allowed => Err(OutputError::ForeignContent { path: settings.path.clone() }),
    }
}

/// Whether these objects are partitions by these columns and nothing else.
fn holds_only_partitions(objects: &[ObjectInfo], folder: &ObjectUrl, partition_by: &[String]) -> bool {
    objects.iter().all(|object| {
        let below = object.key.strip_prefix(folder.key()).map(|rest| rest.trim_start_matches('/'));
        below.is_some_and(|below| {
            let parts: Vec<&str> = below.split('/').collect();
            below == SUCCESS
                || (parts.len() == partition_by.len() + 1
                    && parts.iter().zip(partition_by).all(|(part, column)| is_partition_of(part, column))
                    && parts[partition_by.len()].ends_with(".parquet"))
        })
    })
}

fn folder_url(url: &ObjectUrl) -> ObjectUrl {
    url.with_key(url.key().trim_end_matches('/'))
}

impl StagedOutput for ObjectOutput {
    fn rows(&self) -> u64 {
        self.size.rows
    }

    fn bytes(&self) -> u64 {
        self.size.bytes
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        let Self { target, settings, .. } = *self;
        async move {
            let may_replace = settings.replace == Replace::Allowed;
            let key = target.url.key().to_owned();
            match target.upload(&key, &settings, may_replace).await {
                Ok(()) => Ok(settings.path),
                Err((target, error)) if error.kind() == StorageErrorKind::AlreadyExists => {
                    let kept = target.upload_partial(&settings).await?;
                    Err(OutputError::Taken { path: settings.path, kept })
                }
                Err((target, error)) => Err(target.keep(&settings.path, error)),
            }
        }
        .boxed()
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move { drop(self) }.boxed()
    }

    fn commit_partial(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        let Self { target, settings, .. } = *self;
        async move { target.upload_partial(&settings).await }.boxed()
    }
}

/// What was not uploaded, and why.
type NotUploaded = (ObjectTarget, StorageError);

impl ObjectTarget {
    async fn upload(
        self,
        key: &str,
        settings: &OutputSettings,
        may_replace: bool,
    ) -> Result<(), NotUploaded> {
        let uploaded = match &self.staged {
            Staged::File(file) => self.bucket.upload(key, file.path().to_owned(), may_replace).await,
            Staged::Partitions(folder) => {
                let files = files_below(folder.path());
                self.upload_folder(key.trim_end_matches('/'), files, settings, may_replace).await
            }
        };
        uploaded.map_err(|error| (self, error))
    }

    /// Under names that nobody has used, so that nothing is overwritten; the older files go after
    /// that, and the mark comes last.
    async fn upload_folder(
        &self,
        folder: &str,
        files: io::Result<Vec<(String, PathBuf)>>,
        settings: &OutputSettings,
        may_replace: bool,
    ) -> Result<(), StorageError> {
        let folder = self.url.with_key(folder);
        let files = files.map_err(|fault| {
            StorageError::new(&folder, StorageErrorKind::Failed)
                .because("the temporary folder cannot be read")
                .with_source(fault)
        })?;
        let older = self.bucket.list(folder.key()).await?;
        let is_ours = holds_only_partitions(&older, &folder, &settings.partition_by);
        if !older.is_empty() && (!may_replace || !is_ours) {
            return Err(StorageError::new(&folder, StorageErrorKind::AlreadyExists));
        }
        let mark = folder.join(SUCCESS);
        self.bucket.delete(mark.key()).await?;
        let run = format!("{:016x}", fastrand::u64(..));
        let mut uploaded: Vec<String> = Vec::new();
        for (place, (partition, file)) in files.into_iter().enumerate() {
            let object = folder.join(&partition).join(&format!("part-{run}-{place:05}.parquet"));
            if let Err(error) = self.bucket.upload(object.key(), file, false).await {
                for key in uploaded {
                    // What stays has no mark beside it.
                    let _ = self.bucket.delete(&key).await;
                }
                return Err(error);
            }
            uploaded.push(object.key().to_owned());
        }
        for object in older {
            self.bucket.delete(&object.key).await?;
        }
        self.bucket.put(mark.key(), Bytes::new(), PutIf::Always).await.map(drop)
    }

    async fn upload_partial(self, settings: &OutputSettings) -> Result<PathBuf, OutputError> {
        let path = match settings.path.to_str() {
            Some(name) => partial_name(Path::new(name.trim_end_matches('/')), 1),
            None => partial_name(&settings.path, 1),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = match self.url.key().trim_end_matches('/').rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name,
        };
        match self.upload(&key, settings, true).await {
            Ok(()) => Ok(path),
            Err((target, error)) => Err(target.keep(&path, error)),
        }
    }

    /// The rows may have been paid for: where they could not be uploaded, they stay on this machine.
    fn keep(self, path: &Path, error: StorageError) -> OutputError {
        // Whoever looks for it finds it by the message.
        let kept = match self.staged {
            Staged::File(file) => file.keep().unwrap_or_default(),
            Staged::Partitions(partitions) => partitions.keep(),
        };
        let folder = self.folder.keep();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().replacen(FOLDER, KEPT_FOLDER, 1);
        let renamed = folder.with_file_name(name);
        let kept = match fs::rename(&folder, &renamed) {
            Ok(()) => renamed.join(kept.file_name().unwrap_or_default()),
            Err(_) => kept,
        };
        OutputError::NotUploaded { path: path.to_owned(), kept, source: error.into() }
    }
}

/// The files of a staged folder, each with its partition.
fn files_below(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let (mut files, mut folders) = (Vec::new(), vec![(String::new(), folder.to_owned())]);
    while let Some((partition, folder)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                let below = if partition.is_empty() { name } else { format!("{partition}/{name}") };
                folders.push((below, entry.path()));
            } else if name == FILE {
                files.push((partition.clone(), entry.path()));
            }
        }
    }
    files.sort();
    Ok(files)
}
