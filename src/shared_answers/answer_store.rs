//! A store of answers: where it is, and the names of its files.

use bytes::Bytes;

use super::part_writer::part_of;
use super::store_format;
use crate::ledger::{AnswerOrigin, Entry};
use crate::model::UtcMillis;
use crate::storage::{Bucket, ObjectInfo, Place, PutIf, Storage, StorageError, StorageErrorKind};

const PARTS: &str = "parts";
const SORTED: &str = "sorted";
const LEASES: &str = "_lease";
const FORMAT: &str = "_hlr.json";
/// How many answers are written at once where there are many.
const ENTRIES_OF_A_PART: usize = 100_000;

/// A store of answers that was opened.
#[derive(Clone, Debug)]
pub(crate) struct AnswerStore {
    bucket: Bucket,
    /// Without a slash at its end; empty for the whole bucket.
    prefix: String,
    /// The shared folder, if it is one.
    folder: Option<std::path::PathBuf>,
}

impl AnswerStore {
    /// Opens the store at a URL, or in a folder that exists.
    pub(crate) fn open(place: &Place, storage: &Storage) -> Result<Self, StorageError> {
        match place {
            Place::Object(url) => {
                let bucket = storage.bucket(url)?;
                Ok(Self { bucket, prefix: url.key().trim_end_matches('/').to_owned(), folder: None })
            }
            Place::Local(folder) => {
                let bucket = storage.folder(folder)?;
                Ok(Self { bucket, prefix: String::new(), folder: Some(folder.clone()) })
            }
        }
    }

    /// Makes sure that it holds answers of this origin.
    pub(crate) async fn ensure_holds(&self, origin: AnswerOrigin) -> Result<(), StorageError> {
        store_format::ensure(&self.bucket, &self.key(FORMAT), origin).await
    }

    /// Whose answers it holds.
    pub(crate) async fn origin(&self) -> Result<AnswerOrigin, StorageError> {
        let origin = store_format::read(&self.bucket, &self.key(FORMAT)).await?;
        origin.ok_or_else(|| {
            StorageError::new(self.name(), StorageErrorKind::NotFound)
                .because("there are no shared answers here")
                .with_help("check the URL; a run with --answers begins a store")
        })
    }

    /// How many bytes its files take.
    pub(crate) async fn bytes(&self) -> Result<u64, StorageError> {
        Ok(self.files().await?.iter().map(|file| file.size).sum())
    }

    pub(super) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The shared folder, if it is one: files in it can be locked.
    pub(super) fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// The URL of the store, for messages.
    pub(crate) fn name(&self) -> String {
        self.bucket.url(&self.prefix).to_string()
    }

    fn key(&self, name: &str) -> String {
        match self.prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        }
    }

    /// The key of the lease of a contract.
    pub(super) fn lease_key(&self, contract: &str) -> String {
        self.key(&format!("{LEASES}/{contract}.json"))
    }

    /// The files of answers.
    pub(super) async fn files(&self) -> Result<Vec<ObjectInfo>, StorageError> {
        let mut files = Vec::new();
        for folder in [SORTED, PARTS] {
            match self.bucket.list(&self.key(folder)).await {
                Ok(found) => files.extend(found.into_iter().filter(|file| file.key.ends_with(".parquet"))),
                Err(error) if error.kind() == StorageErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(files)
    }

    /// The URLs of the files of answers, each with its size in bytes.
    pub(crate) async fn file_names(&self) -> Result<Vec<(String, u64)>, StorageError> {
        let name = |file: ObjectInfo| (self.bucket.url(&file.key).to_string(), file.size);
        Ok(self.files().await?.into_iter().map(name).collect())
    }

    /// Whether a file is a part, and not sorted with others.
    pub(super) fn is_part(&self, file: &ObjectInfo) -> bool {
        file.key.strip_prefix(&self.key(PARTS)).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Stores a part under a name of its own.
    pub(super) async fn put_part(&self, run: &str, number: u64, content: Bytes) -> Result<(), StorageError> {
        let key = self.key(&format!("{PARTS}/part-{}-{run}-{number:06}.parquet", UtcMillis::now().0));
        self.bucket.put(&key, content, PutIf::Absent).await.map(drop)
    }

    /// Stores these answers as parts of the usual size.
    pub(crate) async fn put_entries(&self, run: &str, entries: Vec<Entry>) -> Result<(), StorageError> {
        for (number, entries) in entries.chunks(ENTRIES_OF_A_PART).enumerate() {
            let content = part_of(entries.to_vec()).map_err(|fault| {
                StorageError::new(self.name(), StorageErrorKind::Failed)
                    .because("a part cannot be written")
                    .with_source(fault)
            })?;
            self.put_part(&format!("{run}-left"), number as u64, content.into()).await?;
        }
        Ok(())
    }

    /// The key of a new sorted file.
    pub(super) fn sorted_key(&self, id: &str, number: usize) -> String {
        self.key(&format!("{SORTED}/sorted-{}-{id}-{number:05}.parquet", UtcMillis::now().0))
    }
}
