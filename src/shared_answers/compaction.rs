//! Compaction: many small files become large ones that are sorted by number.
//!
//! New files are complete before old ones are removed, so a compaction that is killed leaves some
//! answers twice, which is the same to every reader; the next one removes them. Nothing is
//! forgotten: the files keep every answer ever paid for, unless a filter says otherwise.

use std::fs::File;
use std::path::Path;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::answer_store::AnswerStore;
use super::catalog::open_all;
use super::merge::Merge;
use super::part_file::AnswerFile;
use super::part_writer::{AnswerFileWriter, ROW_GROUP_ROWS};
use crate::ledger::Entry;
use crate::storage::{ObjectInfo, ObjectReader, Storage, StorageError, StorageErrorKind};

/// How many parts are merged at once.
const PARTS_AT_ONCE: usize = 512;
/// How many answers are in memory at once while parts are merged: 24 bytes each.
const ANSWERS_AT_ONCE: usize = 4_000_000;
/// How many answers a sorted file has, more or less.
const ROWS_OF_A_FILE: usize = 32 * ROW_GROUP_ROWS;
/// How many files are removed at once.
const REMOVALS_AT_ONCE: usize = 32;

/// What a compaction has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Answers in the new files.
    pub answers: u64,
    /// Answers that were removed.
    pub removed: u64,
    /// How many files there were.
    pub files_before: usize,
    /// How many files there are now.
    pub files_after: usize,
}

/// Which answers stay.
pub(crate) type Filter<'a> = dyn FnMut(&Entry) -> bool + Send + 'a;

impl AnswerStore {
    /// Sorts all answers into large files. Answers that the filter does not keep are gone after it.
    pub(crate) async fn compact(&self, keep: &mut Filter<'_>) -> Result<Compacted, StorageError> {
        let objects = self.files().await?;
        self.sort(objects, keep).await
    }

    /// Sorts the answers of parts into large files, beside those that are there.
    pub(crate) async fn compact_parts(&self) -> Result<Compacted, StorageError> {
        let objects = self.files().await?.into_iter().filter(|file| self.is_part(file)).collect();
        self.sort(objects, &mut |_| true).await
    }

    async fn sort(&self, objects: Vec<ObjectInfo>, keep: &mut Filter<'_>) -> Result<Compacted, StorageError> {
        let folder = tempfile::tempdir().map_err(|fault| self.no_space(fault))?;
        let files = self.sorted_runs(&objects, folder.path()).await?;
        let mut compacted = Compacted { files_before: objects.len(), ..Compacted::default() };
        let id = format!("{:08x}", fastrand::u32(..));
        let mut merge = Merge::of(&files)?;
        let (mut entries, mut is_open) = (Vec::new(), true);
        while is_open {
            let path = folder.path().join("sorted.parquet");
            let mut rows = 0;
            let mut writer = self.writer(&path)?;
            while rows < ROWS_OF_A_FILE && is_open {
                is_open = merge.next_number(&mut entries)?;
                let before = entries.len();
                entries.retain(&mut *keep);
                compacted.removed += (before - entries.len()) as u64;
                rows += entries.len();
                writer.write(&mut entries).map_err(|fault| self.no_space(fault))?;
            }
            writer.finish().map_err(|fault| self.no_space(fault))?;
            if rows > 0 {
                let key = self.sorted_key(&id, compacted.files_after);
                self.bucket().upload(&key, path, false).await?;
                compacted.files_after += 1;
                compacted.answers += rows as u64;
            }
        }
        self.remove(objects).await?;
        Ok(compacted)
    }

    /// Calls back with every answer, by number; the newest of a number first.
    pub(crate) async fn for_each(&self, mut each: impl FnMut(&Entry)) -> Result<(), StorageError> {
        let objects = self.files().await?;
        let folder = tempfile::tempdir().map_err(|fault| self.no_space(fault))?;
        let files = self.sorted_runs(&objects, folder.path()).await?;
        let mut merge = Merge::of(&files)?;
        let mut entries = Vec::new();
        while merge.next_number(&mut entries)? {
            entries.iter().for_each(&mut each);
        }
        Ok(())
    }

    /// The files, few enough to be merged at once: where there are many parts, or large ones, they
    /// are merged into temporary files first.
    async fn sorted_runs(
        &self,
        objects: &[ObjectInfo],
        folder: &Path,
    ) -> Result<Vec<AnswerFile>, StorageError> {
        let (parts, others): (Vec<ObjectInfo>, Vec<ObjectInfo>) =
            objects.iter().cloned().partition(|file| self.is_part(file));
        let temporary = Storage::default().folder(folder)?;
        let mut runs = open_all(self, &others)?;
        let (mut waiting, mut answers, mut number) = (Vec::new(), 0, 0);
        for parts in parts.chunks(PARTS_AT_ONCE) {
            for file in open_all(self, parts)? {
                let of_file = file.rows_of_largest_group();
                if waiting.len() == PARTS_AT_ONCE || answers + of_file > ANSWERS_AT_ONCE {
                    let name = format!("run-{number}.parquet");
                    self.merge_into(&waiting, &folder.join(&name))?;
                    let object = temporary.head(&name).await?;
                    runs.push(AnswerFile::open(ObjectReader::new(temporary.clone(), object))?);
                    (answers, number) = (0, number + 1);
                    waiting.clear();
                }
                answers += of_file;
                waiting.push(file);
            }
        }
        runs.extend(waiting);
        Ok(runs)
    }

    fn merge_into(&self, files: &[AnswerFile], path: &Path) -> Result<(), StorageError> {
        let mut merge = Merge::of(files)?;
        let mut writer = self.writer(path)?;
        let mut entries = Vec::new();
        while merge.next_number(&mut entries)? {
            writer.write(&mut entries).map_err(|fault| self.no_space(fault))?;
        }
        writer.finish().map_err(|fault| self.no_space(fault))?;
        Ok(())
    }

    fn writer(&self, path: &Path) -> Result<AnswerFileWriter<File>, StorageError> {
        let file = File::create(path).map_err(|fault| self.no_space(fault))?;
        AnswerFileWriter::new(file).map_err(|fault| self.no_space(fault))
    }

    async fn remove(&self, objects: Vec<ObjectInfo>) -> Result<(), StorageError> {
        let removals = stream::iter(objects).map(|object| {
            let removal = self.bucket().delete(&object.key);
            async move { removal.await }
        });
        removals.buffer_unordered(REMOVALS_AT_ONCE).try_collect::<()>().await
    }

    fn no_space(&self, fault: impl std::error::Error + Send + Sync + 'static) -> StorageError {
        StorageError::new(self.name(), StorageErrorKind::Failed)
            .because("a temporary file for its answers cannot be used")
            .with_source(fault)
            .with_help("free disk space, or set TMPDIR to a folder with room")
    }
}
