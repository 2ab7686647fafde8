//! Files and folders that get their name when they are complete.
//!
//! A [`StagedFile`] or [`StagedFolder`] is created under a hidden name in the folder of its target,
//! because a rename is a single step only within one file system. A commit gives it the target's
//! name; dropping it removes it. So whoever reads the folder sees the old content or the new one,
//! never a part of it. What goes into a staged file, and which name it gets, is its owner's
//! decision.

mod file_names;
mod special_files;

use std::fs;
use std::fs::{File, Permissions};
use std::io;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

pub(crate) use self::file_names::{MAX_NAME_BYTES, fitting_name, sibling};
pub(crate) use self::special_files::{SpecialFile, is_same_file, standard_output};

/// What a new file may be at most; the umask takes its part.
const FILE_MODE: u32 = 0o666;
/// What a new file with personal data may be.
const PRIVATE_FILE_MODE: u32 = 0o600;
/// The same for a new folder.
const FOLDER_MODE: u32 = 0o777;

/// A commit that failed. What was staged is still there, under its hidden name.
#[derive(Debug)]
pub(crate) struct CommitError<T> {
    pub(crate) error: io::Error,
    pub(crate) staged: T,
}

impl<T> From<CommitError<T>> for io::Error {
    fn from(failed: CommitError<T>) -> Self {
        failed.error
    }
}

/// A file under a hidden name. It is locked, so that it can be distinguished from one that a killed
/// process has left.
#[derive(Debug)]
pub(crate) struct StagedFile(NamedTempFile);

/// Removes what killed processes have left under the hidden names of `target`: it still has
/// numbers. What another process is writing is locked, and stays.
pub(crate) fn remove_left_files(target: &Path) {
    if !cfg!(unix) {
        return;
    }
    let prefix = hidden_prefix(target);
    for entry in fs::read_dir(parent_folder(target)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".part"));
        let is_ours = random.is_some_and(|text| text.len() == 6 && text.chars().all(char::is_alphanumeric));
        let path = entry.path();
        if !is_ours || !File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            continue;
        }
        // If it cannot be removed, the next run tries again.
        let _ = match path.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        };
    }
}

/// Gives what is kept an ending that is not that of a left file.
fn kept(path: PathBuf) -> PathBuf {
    let name = path.with_extension("kept");
    match fs::rename(&path, &name) {
        Ok(()) => name,
        Err(_) => path,
    }
}

/// Locks what is being written. Where a file system has no locks, nothing is removed either.
fn lock(file: &File) {
    // Elsewhere a lock would keep readers out too.
    if cfg!(unix) {
        let _ = file.try_lock();
    }
}

impl StagedFile {
    /// Creates a file in the folder of `target`. It has the permissions of the file there, or those
    /// of any new file.
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        let prefix = hidden_prefix(target);
        let file = hidden(&prefix, FILE_MODE).tempfile_in(parent_folder(target))?;
        lock(file.as_file());
        if let Ok(existing) = target.metadata() {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self(file))
    }

    /// The same, for personal data: only its owner can read the file.
    pub(crate) fn private_beside(target: &Path) -> io::Result<Self> {
        let prefix = hidden_prefix(target);
        Ok(Self(hidden(&prefix, PRIVATE_FILE_MODE).tempfile_in(parent_folder(target))?))
    }

    /// The file as it is named for now.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A second handle on the file, for a writer that wants to own one.
    pub(crate) fn handle(&self) -> io::Result<File> {
        self.0.as_file().try_clone()
    }

    /// Appends bytes.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Gives the file this name. Another file of that name is replaced as a whole, or not at all.
    pub(crate) fn commit(self, path: &Path) -> Result<(), CommitError<Self>> {
        let file = self.synced()?;
        file.persist(path)
            .map_err(|failed| CommitError { error: failed.error, staged: Self(failed.file) })?;
        sync_folder(parent_folder(path));
        Ok(())
    }

    /// Gives the file this name, unless something has it already: that is
    /// [`io::ErrorKind::AlreadyExists`].
    pub(crate) fn commit_no_replace(self, path: &Path) -> Result<(), CommitError<Self>> {
        let file = self.synced()?;
        file.persist_noclobber(path)
            .map_err(|failed| CommitError { error: failed.error, staged: Self(failed.file) })?;
        sync_folder(parent_folder(path));
        Ok(())
    }

    /// Leaves the file under a hidden name that nobody cleans up, and returns that, unless the file
    /// is removed anyway.
    pub(crate) fn keep(self) -> Option<PathBuf> {
        self.0.keep().ok().map(|(_, path)| kept(path))
    }

    fn synced(self) -> Result<NamedTempFile, CommitError<Self>> {
        match self.0.as_file().sync_all() {
            Ok(()) => Ok(self.0),
            Err(error) => Err(CommitError { error, staged: self }),
        }
    }
}

/// A folder under a hidden name. Whoever writes into it syncs the files.
#[derive(Debug)]
pub(crate) struct StagedFolder {
    folder: TempDir,
    /// As long as it is open, the folder is locked.
    _lock: Option<File>,
}

impl StagedFolder {
    /// Creates a folder in the folder of `target`, with the permissions of any new folder.
    pub(crate) fn beside(target: &Path) -> io::Result<Self> {
        let prefix = hidden_prefix(target);
        let folder = hidden(&prefix, FOLDER_MODE).tempdir_in(parent_folder(target))?;
        let lock_of = File::open(folder.path()).ok();
        lock_of.iter().for_each(lock);
        Ok(Self { folder, _lock: lock_of })
    }

    /// The folder as it is named for now.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder this name. An older folder steps aside first and is removed last: not every
    /// system can swap two folders in one step.
    pub(crate) fn commit(self, path: &Path) -> Result<(), CommitError<Self>> {
        let older = match set_aside(path) {
            Ok(older) => older,
            Err(error) => return Err(CommitError { error, staged: self }),
        };
        let committed = self.commit_no_replace(path);
        if committed.is_err() && fs::rename(older.path().join(OLDER), path).is_err() {
            // The older folder could not go back; better kept elsewhere than removed.
            let _ = older.keep();
        }
        committed
    }

    /// Gives the folder this name, unless something has it already: that is
    /// [`io::ErrorKind::AlreadyExists`].
    pub(crate) fn commit_no_replace(self, path: &Path) -> Result<(), CommitError<Self>> {
        let renamed = match path.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(self.folder.path(), path),
        };
        if let Err(error) = renamed {
            return Err(CommitError { error, staged: self });
        }
        // It has another name now, so there is nothing to remove.
        let _ = self.folder.keep();
        sync_folder(parent_folder(path));
        Ok(())
    }

    /// Leaves the folder under a hidden name that nobody cleans up, and returns that.
    pub(crate) fn keep(self) -> PathBuf {
        kept(self.folder.keep())
    }
}

/// What a folder is called inside the temporary folder it steps aside into.
const OLDER: &str = "older";

/// Moves a folder into a temporary one beside it, which removes it when dropped.
fn set_aside(path: &Path) -> io::Result<TempDir> {
    let aside = Builder::new().prefix(".replaced.").tempdir_in(parent_folder(path))?;
    fs::rename(path, aside.path().join(OLDER))?;
    Ok(aside)
}

/// The most bytes of a target's name in its hidden name: the dots, six random characters and the
/// ending `.part` are added.
const HIDDEN_NAME_BYTES: usize = MAX_NAME_BYTES - "..xxxxxx.part".len();

/// How a hidden name for `target` begins.
pub(crate) fn hidden_prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.", file_names::start_of(&name, HIDDEN_NAME_BYTES))
}

fn hidden(prefix: &str, mode: u32) -> Builder<'_, 'static> {
    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(".part");
    if let Some(permissions) = permissions(mode) {
        builder.permissions(permissions);
    }
    builder
}

/// Temporary files are private by default; a result is not.
#[cfg(unix)]
fn permissions(mode: u32) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;

    Some(Permissions::from_mode(mode))
}

/// Other systems inherit permissions from the folder.
#[cfg(not(unix))]
fn permissions(_: u32) -> Option<Permissions> {
    None
}

/// The folder of a file, whether or not the file exists.
pub(crate) fn parent_folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts the names in a folder on disk, so that they survive a power cut as the files do. Some file
/// systems do so by themselves and refuse to be asked, so a refusal is not a failure.
pub(crate) fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_staged_file_is_hidden_until_its_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut staged = StagedFile::beside(&path).unwrap();
        staged.write_all(b"rows").unwrap();
        let [hidden] = &names_in(folder.path())[..] else { panic!("one file") };
        assert!(hidden.starts_with(".out.csv.") && hidden.ends_with(".part"), "{hidden}");
        staged.commit_no_replace(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "rows");
        drop(StagedFile::beside(&path).unwrap());
        assert_eq!(names_in(folder.path()), ["out.csv"]);
    }

    #[test]
    fn the_longest_name_can_be_staged() {
        let folder = tempfile::tempdir().unwrap();
        for letter in ["x", "å", "電"] {
            let name = letter.repeat(255 / letter.len());
            let path = folder.path().join(&name);
            StagedFile::beside(&path).unwrap().commit(&path).unwrap();
            assert_eq!(names_in(folder.path()), [name]);
            fs::remove_file(&path).unwrap();
            StagedFolder::beside(&path).unwrap().commit(&path).unwrap_err();
            StagedFolder::beside(&path).unwrap().commit_no_replace(&path).unwrap();
            fs::remove_dir(&path).unwrap();
        }
    }

    #[test]
    fn a_commit_that_fails_gives_the_staged_file_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        fs::write(&path, "older").unwrap();
        let mut staged = StagedFile::beside(&path).unwrap();
        staged.write_all(b"newer").unwrap();
        let failed = staged.commit_no_replace(&path).unwrap_err();
        assert_eq!(failed.error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
        failed.staged.commit(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "newer");
    }

    #[test]
    fn a_staged_folder_replaces_another_only_when_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("older"), "").unwrap();
        let staged = StagedFolder::beside(&path).unwrap();
        fs::write(staged.path().join("newer"), "").unwrap();
        let failed = staged.commit_no_replace(&path).unwrap_err();
        assert_eq!(failed.error.kind(), io::ErrorKind::AlreadyExists);
        failed.staged.commit(&path).unwrap();
        assert_eq!(names_in(folder.path()), ["out"]);
        assert_eq!(names_in(&path), ["newer"]);
    }
}
