//! Writes to a pipe, a socket, a terminal or a device, and sees when its reader goes away.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::model::BoxError;

/// How long to wait before trying again to write to a stream that is full and does not block.
const FULL_STREAM_PAUSE: Duration = Duration::from_millis(5);

/// The writing end of a stream. It counts the bytes that were taken.
#[derive(Debug)]
pub(super) struct StreamWriter {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl StreamWriter {
    pub(super) fn new(file: File) -> Self {
        Self { file, bytes: Arc::default() }
    }

    /// The counter of the bytes that were taken.
    pub(super) fn bytes_written(&self) -> Arc<AtomicU64> {
        self.bytes.clone()
    }
}

impl Write for StreamWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(bytes) {
                Ok(taken) => {
                    self.bytes.fetch_add(taken as u64, Ordering::Relaxed);
                    return Ok(taken);
                }
                // Another process that shares the stream may have made it non-blocking.
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => pause(),
                Err(fault) => return Err(fault),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[expect(clippy::disallowed_methods, reason = "the output has a thread of its own")]
fn pause() {
    thread::sleep(FULL_STREAM_PAUSE);
}

/// Whether a write failed because nobody reads the stream any more.
pub(super) fn is_reader_gone(fault: &BoxError) -> bool {
    let fault = fault.downcast_ref::<io::Error>();
    fault.is_some_and(|fault| matches!(fault.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset))
}

/// Sees that the reader of a pipe goes away, before the next row is written. Where the system does
/// not tell, a write finds out.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct ReaderWatch(Option<tokio::net::unix::pipe::Sender>);

#[cfg(unix)]
impl ReaderWatch {
    /// Watches a stream. Files cannot be watched; they have no reader.
    pub(super) fn of(file: &File) -> Self {
        // The handle is never written to, so it need not be non-blocking. Standard output is shared
        // with other processes, which must not find it so.
        let watched = file.try_clone().and_then(tokio::net::unix::pipe::Sender::from_file_unchecked);
        Self(watched.ok())
    }

    /// Waits until the reader has gone. Never returns for a stream that cannot be watched.
    pub(super) async fn reader_gone(&self) {
        let gone = match &self.0 {
            Some(pipe) => pipe.ready(tokio::io::Interest::ERROR).await.is_ok_and(|state| state.is_error()),
            None => false,
        };
        if !gone {
            std::future::pending::<()>().await;
        }
    }
}

/// On this platform only a write finds out.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct ReaderWatch;

#[cfg(not(unix))]
impl ReaderWatch {
    pub(super) fn of(_: &File) -> Self {
        Self
    }

    pub(super) async fn reader_gone(&self) {
        std::future::pending().await
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn pipe() -> (std::io::PipeReader, File) {
        let (reader, writer) = std::io::pipe().expect("there are file descriptors");
        (reader, File::from(OwnedFd::from(writer)))
    }

    #[test]
    fn a_full_stream_that_does_not_block_is_tried_again() {
        let (mut reader, writer) = UnixStream::pair().unwrap();
        writer.set_nonblocking(true).unwrap();
        let mut writer = StreamWriter::new(File::from(OwnedFd::from(writer)));
        let bytes = writer.bytes_written();
        let content = vec![b'x'; 8 << 20];
        let reading = thread::spawn(move || {
            pause();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            read.len()
        });
        writer.write_all(&content).unwrap();
        drop(writer);
        assert_eq!(reading.join().unwrap(), content.len());
        assert_eq!(bytes.load(Ordering::Relaxed), content.len() as u64);
    }

    #[test]
    fn a_write_without_a_reader_says_so() {
        let (reader, writer) = pipe();
        drop(reader);
        let fault: BoxError = StreamWriter::new(writer).write_all(b"row").unwrap_err().into();
        assert!(is_reader_gone(&fault));
        let full: BoxError = io::Error::from(ErrorKind::StorageFull).into();
        assert!(!is_reader_gone(&full) && !is_reader_gone(&"no such column".into()));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_reader_that_leaves_is_seen_without_a_write() {
        let (reader, writer) = pipe();
        let watch = ReaderWatch::of(&writer);
        let early = tokio::time::timeout(Duration::from_millis(50), watch.reader_gone()).await;
        assert!(early.is_err(), "the reader is there");
        drop(reader);
        tokio::time::timeout(Duration::from_secs(10), watch.reader_gone()).await.unwrap();
        // Files have no reader.
        let file = ReaderWatch::of(&tempfile::tempfile().unwrap());
        assert!(tokio::time::timeout(Duration::from_millis(50), file.reader_gone()).await.is_err());
    }
}
