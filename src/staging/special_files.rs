//! Names that stand for a stream and not for a file on disk: FIFOs, devices, sockets, and the open
//! files of the process (`/dev/stdout`, `/dev/fd/63`).
//!
//! They are written to as they are. A rename would replace them by a file, and whoever reads them
//! would wait forever.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// How many symbolic links are followed, as on Linux.
const MAX_LINKS: usize = 40;

/// What a name stands for, if it is not a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpecialFile {
    /// The standard output of this process.
    StandardOutput,
    /// Another open file of this process: `/dev/fd/63`.
    OpenFile,
    /// A named pipe. Opening it waits for its reader.
    Fifo,
    /// A Unix socket that somebody listens on.
    Socket,
    /// A terminal, `/dev/null` or another device without a file system.
    Device,
    /// A disk. Nobody wants a table written over it.
    Disk,
}

impl SpecialFile {
    /// What the name stands for; `None` for a file, a folder, or nothing that exists. Links are
    /// followed.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            if let Some(open) = Self::among_open_files(&path) {
                return Some(open);
            }
            let Ok(link) = fs::read_link(&path) else { break };
            path = path.parent().map_or(link.clone(), |folder| folder.join(&link));
        }
        Self::of_type(&path)
    }

    /// Links among the open files show other names, such as `pipe:[4711]`, so they are not followed.
    fn among_open_files(path: &Path) -> Option<Self> {
        let text = path.to_str()?;
        if !cfg!(unix) {
            return None;
        }
        let number = match text {
            "/dev/stdin" => "0",
            "/dev/stdout" => "1",
            "/dev/stderr" => "2",
            _ => text.strip_prefix("/dev/fd/").or_else(|| text.strip_prefix("/proc/self/fd/"))?,
        };
        number.parse::<u32>().ok()?;
        Some(if number == "1" { Self::StandardOutput } else { Self::OpenFile })
    }

    #[cfg(unix)]
    fn of_type(path: &Path) -> Option<Self> {
        use std::os::unix::fs::FileTypeExt;

        let kind = path.metadata().ok()?.file_type();
        let kinds = [
            (kind.is_fifo(), Self::Fifo),
            (kind.is_socket(), Self::Socket),
            (kind.is_char_device(), Self::Device),
            (kind.is_block_device(), Self::Disk),
        ];
        kinds.into_iter().find_map(|(is_this, kind)| is_this.then_some(kind))
    }

    /// Other systems have no such names in their folders.
    #[cfg(not(unix))]
    fn of_type(_: &Path) -> Option<Self> {
        None
    }

    /// Opens it for writing. A FIFO without a reader blocks the thread until there is one.
    pub(crate) fn open(self, path: &Path) -> io::Result<File> {
        match self {
            Self::StandardOutput => standard_output(),
            Self::Socket => connect(path),
            Self::Disk => Err(io::Error::other("this is a disk")),
            // Appending keeps what a shell has written into the file before.
            Self::OpenFile => File::options().append(true).open(path),
            Self::Fifo | Self::Device => File::options().write(true).open(path),
        }
    }
}

/// A second handle on standard output, without its buffer.
pub(crate) fn standard_output() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    handle.map(File::from)
}

#[cfg(unix)]
fn connect(path: &Path) -> io::Result<File> {
    let socket = std::os::unix::net::UnixStream::connect(path)?;
    Ok(File::from(std::os::fd::OwnedFd::from(socket)))
}

#[cfg(not(unix))]
fn connect(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether two names stand for the same file, by whatever path or link.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (identity(one), identity(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<std::path::PathBuf> {
    path.canonicalize().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn streams_are_told_from_files_also_behind_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        let _listener = UnixListener::bind(at("socket")).unwrap();
        fs::write(at("file"), "").unwrap();
        for (link, target) in [
            ("to-pipe", "pipe"),
            ("to-link", "to-pipe"),
            ("to-file", "file"),
            ("to-null", "/dev/null"),
            ("to-output", "/dev/stdout"),
            ("to-nothing", "nothing"),
            ("to-itself", "to-itself"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        for (name, expected) in [
            ("pipe", Some(SpecialFile::Fifo)),
            ("to-pipe", Some(SpecialFile::Fifo)),
            ("to-link", Some(SpecialFile::Fifo)),
            ("socket", Some(SpecialFile::Socket)),
            ("to-null", Some(SpecialFile::Device)),
            ("to-output", Some(SpecialFile::StandardOutput)),
            ("/dev/stdout", Some(SpecialFile::StandardOutput)),
            ("/proc/self/fd/1", Some(SpecialFile::StandardOutput)),
            ("/dev/fd/1", Some(SpecialFile::StandardOutput)),
            ("/dev/fd/63", Some(SpecialFile::OpenFile)),
            ("/dev/stderr", Some(SpecialFile::OpenFile)),
            ("/dev/null", Some(SpecialFile::Device)),
            ("file", None),
            ("to-file", None),
            ("to-nothing", None),
            ("to-itself", None),
            ("nothing", None),
            ("-", None),
            (".", None),
        ] {
            assert_eq!(SpecialFile::at(&at(name)), expected, "{name}");
        }
        assert!(is_same_file(&at("file"), &at("to-file")));
        assert!(!is_same_file(&at("file"), &at("pipe")) && !is_same_file(&at("nothing"), &at("nothing")));
    }
}
