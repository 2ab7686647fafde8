//! The files of a store at one moment, and where the answers to a number may be.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::answer_store::AnswerStore;
use super::part_file::AnswerFile;
use super::row_group::RowGroup;
use crate::storage::{ObjectInfo, ObjectReader, StorageError, StorageErrorKind};

/// How many footers are read at once.
const FOOTERS_AT_ONCE: usize = 16;

/// All row groups of a store.
pub(super) struct Catalog {
    groups: Vec<RowGroup>,
    parts: usize,
}

impl Catalog {
    /// Reads the footers of these files. A file that was compacted meanwhile is an error.
    pub(super) fn read(store: &AnswerStore, files: Vec<ObjectInfo>) -> Result<Self, StorageError> {
        let parts = files.iter().filter(|file| store.is_part(file)).count();
        let files = open_all(store, &files)?;
        let mut groups = Vec::new();
        for file in files {
            let file = Arc::new(file);
            for (index, numbers) in file.groups()?.into_iter().enumerate() {
                groups.push(RowGroup::new(file.clone(), index, numbers));
            }
        }
        Ok(Self { groups, parts })
    }

    pub(super) fn groups(&self) -> &[RowGroup] {
        &self.groups
    }

    /// How many files are not sorted with others.
    pub(super) fn parts(&self) -> usize {
        self.parts
    }
}

pub(super) fn open_all(store: &AnswerStore, files: &[ObjectInfo]) -> Result<Vec<AnswerFile>, StorageError> {
    let next = AtomicUsize::new(0);
    let open_next = || {
        let mut opened = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            opened.push(AnswerFile::open(ObjectReader::new(store.bucket().clone(), file.clone()))?);
        }
        Ok(opened)
    };
    let threads = FOOTERS_AT_ONCE.min(NonZeroUsize::MIN.get().max(files.len()));
    let opened: Vec<Result<Vec<AnswerFile>, StorageError>> = thread::scope(|scope| {
        let opening: Vec<_> = (0..threads).map(|_| scope.spawn(open_next)).collect();
        opening.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked()))).collect()
    });
    opened.into_iter().collect::<Result<Vec<_>, _>>().map(|files| files.into_iter().flatten().collect())
}

fn panicked() -> StorageError {
    StorageError::new("shared answers", StorageErrorKind::Failed)
        .because("internal error: a task panicked; please report this")
}
