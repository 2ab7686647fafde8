//! A staged output on a local disk: a commit renames the file or folder.

use std::io;
use std::path::{Path, PathBuf};

use futures::FutureExt;
use futures::future::BoxFuture;

use super::encoding::EncodedSize;
use super::error::OutputError;
use super::partitions::holds_only_partitions;
use super::settings::{OutputSettings, Replace};
use super::staged_output::StagedOutput;
use crate::staging::{CommitError, StagedFile, StagedFolder, sibling};

/// What is on disk under a hidden name.
#[derive(Debug)]
pub(super) enum Staged {
    /// A file in one of the formats.
    File(StagedFile),
    /// A folder of partitions.
    Partitions(StagedFolder),
}

/// All rows, encoded and on disk, in the folder of the output.
#[derive(Debug)]
pub(super) struct LocalOutput {
    pub(super) staged: Staged,
    pub(super) size: EncodedSize,
    pub(super) settings: OutputSettings,
}

impl StagedOutput for LocalOutput {
    fn rows(&self) -> u64 {
        self.size.rows
    }

    fn bytes(&self) -> u64 {
        self.size.bytes
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        let Self { staged, settings, .. } = *self;
        let commit = async move {
            match staged {
                Staged::File(file) => commit_file(file, &settings),
                Staged::Partitions(folder) => commit_partitions(folder, &settings),
            }?;
            Ok(settings.path)
        };
        commit.boxed()
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move { drop(self) }.boxed()
    }

    fn commit_partial(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        let Self { staged, settings, .. } = *self;
        let commit = async move {
            match staged {
                Staged::File(file) => commit_partial_file(file, &settings.path),
                Staged::Partitions(folder) => commit_partial_partitions(folder, &settings),
            }
        };
        commit.boxed()
    }
}

fn commit_file(file: StagedFile, settings: &OutputSettings) -> Result<(), OutputError> {
    let path = &settings.path;
    let refused = |failed: CommitError<StagedFile>| not_named(path, failed.staged.keep(), failed.error);
    if settings.replace == Replace::Allowed {
        return file.commit(path).map_err(refused);
    }
    match file.commit_no_replace(path) {
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
            let kept = commit_partial_file(failed.staged, path)?;
            Err(OutputError::Taken { path: path.clone(), kept })
        }
        committed => committed.map_err(refused),
    }
}

fn commit_partial_file(file: StagedFile, path: &Path) -> Result<PathBuf, OutputError> {
    let partial = partial_name(path, 1);
    match file.commit(&partial) {
        Ok(()) => Ok(partial),
        Err(failed) => Err(not_named(&partial, failed.staged.keep(), failed.error)),
    }
}

/// Commits to a name that is free, or that other partitions have which may be replaced.
fn commit_partitions(folder: StagedFolder, settings: &OutputSettings) -> Result<(), OutputError> {
    let OutputSettings { path, replace, partition_by, .. } = settings;
    let committed = match folder.commit_no_replace(path) {
        // The folder may have changed in the hours since the start, so its content is checked
        // again.
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
            if *replace == Replace::Never || !is_ours(path, partition_by) {
                let kept = commit_partial_partitions(failed.staged, settings)?;
                return Err(OutputError::Taken { path: path.clone(), kept });
            }
            failed.staged.commit(path)
        }
        committed => committed,
    };
    committed.map_err(|failed| not_named(path, Some(failed.staged.keep()), failed.error))
}

/// Commits to the partial name, or to one like it that is free or has partial partitions.
fn commit_partial_partitions(
    folder: StagedFolder,
    settings: &OutputSettings,
) -> Result<PathBuf, OutputError> {
    let exists = |path: &PathBuf| path.symlink_metadata().is_ok();
    let path = (1..)
        .map(|number| partial_name(&settings.path, number))
        .find(|path| !exists(path) || is_ours(path, &settings.partition_by))
        .expect("the numbers do not run out");
    let committed = if exists(&path) { folder.commit(&path) } else { folder.commit_no_replace(&path) };
    match committed {
        Ok(()) => Ok(path),
        Err(failed) => Err(not_named(&path, Some(failed.staged.keep()), failed.error)),
    }
}

fn is_ours(folder: &Path, partition_by: &[String]) -> bool {
    holds_only_partitions(folder, partition_by).unwrap_or(false)
}

/// The rows may have been paid for: where they could not get their name, they stay where they are.
fn not_named(path: &Path, kept: Option<PathBuf>, source: io::Error) -> OutputError {
    match kept {
        Some(kept) => OutputError::NotNamed { path: path.to_owned(), kept, source },
        None => OutputError::write(path, source),
    }
}

/// `out.partial.csv` for `out.csv`, and `out.partial` for `out`. The number is for a name that is
/// taken.
pub(super) fn partial_name(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut ending = match path.extension() {
        Some(ending) => format!(".partial.{}", ending.to_string_lossy()),
        None => ".partial".to_owned(),
    };
    if number > 1 {
        ending.push_str(&format!("-{number}"));
    }
    sibling(path, "", &stem, &ending)
}
