//! Rows into FIFOs and devices, as they are done.

use std::fs;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use futures::{SinkExt, channel::mpsc};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{numbers, printed, write};
use crate::model::RecordStream;
use crate::output::{OutputFormat, OutputSettings, is_stream, prepare};

const PATIENCE: Duration = Duration::from_secs(20);

fn fifo() -> (tempfile::TempDir, OutputSettings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    (folder, OutputSettings { format: Some(OutputFormat::Csv), ..OutputSettings::new(path) })
}

fn reader_of(path: &Path) -> JoinHandle<Vec<u8>> {
    let path = path.to_owned();
    spawn_blocking(move || fs::read(path).unwrap())
}

/// A stream of rows that a test feeds.
fn fed() -> (mpsc::Sender<RecordBatch>, RecordStream) {
    let (sender, batches) = mpsc::channel(1);
    (sender, RecordStream::new(numbers(0..0).schema(), futures::StreamExt::map(batches, Ok)))
}

#[tokio::test]
async fn every_format_goes_into_a_fifo() {
    let (_folder, mut settings) = fifo();
    for format in [OutputFormat::Csv, OutputFormat::Ndjson, OutputFormat::Parquet] {
        settings.format = Some(format);
        let read = reader_of(&settings.path);
        let written = write(&settings, vec![numbers(0..3), numbers(3..5)]).await.unwrap();
        assert!(written.is_stream() && !written.reader_has_gone());
        assert_eq!(written.rows(), 5);
        let read = read.await.unwrap();
        assert_eq!(read.len() as u64, written.bytes(), "{format:?}");
        assert_eq!(written.commit().await.unwrap(), settings.path);
        match format {
            OutputFormat::Csv => assert_eq!(read, b"n\n0\n1\n2\n3\n4\n"),
            OutputFormat::Ndjson => assert!(read.starts_with(b"{\"n\":0}\n{\"n\":1}\n")),
            OutputFormat::Parquet => assert!(read.starts_with(b"PAR1") && read.ends_with(b"PAR1")),
        }
    }
    assert!(settings.path.metadata().unwrap().file_type().is_fifo());
}

#[tokio::test]
async fn a_batch_goes_out_before_the_next_one_is_there() {
    let (_folder, settings) = fifo();
    let (mut rows, batches) = fed();
    let written = Arc::new(AtomicU64::new(0));
    let writing = {
        let (target, written) = (prepare(&settings).unwrap(), written.clone());
        let task = async move { target.write(batches, written).await.map(|output| output.rows()) };
        crate::task::AbortOnDrop::spawn(task)
    };
    let path = settings.path.clone();
    let mut lines = spawn_blocking(move || BufReader::new(File::open(path).unwrap())).await.unwrap();
    for (batch, last) in [(numbers(0..2), "1"), (numbers(2..3), "2")] {
        rows.send(batch).await.unwrap();
        let reading = spawn_blocking(move || {
            let mut line = String::new();
            while line.trim_end() != last {
                line.clear();
                assert!(lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            }
            lines
        });
        lines = tokio::time::timeout(PATIENCE, reading).await.unwrap().unwrap();
    }
    drop(rows);
    assert_eq!(tokio::time::timeout(PATIENCE, writing).await.unwrap().unwrap().unwrap(), 3);
    assert_eq!(written.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_rows_without_an_error() {
    let (_folder, mut settings) = fifo();
    for (format, delivered) in [(OutputFormat::Csv, 2), (OutputFormat::Parquet, 0)] {
        settings.format = Some(format);
        let (mut rows, batches) = fed();
        let target = prepare(&settings).unwrap();
        let writing =
            crate::task::AbortOnDrop::spawn(async move { target.write(batches, Arc::default()).await });
        let path = settings.path.clone();
        let reader = spawn_blocking(move || File::open(path).unwrap()).await.unwrap();
        rows.send(numbers(0..2)).await.unwrap();
        // The second batch is taken from the channel only after the first is written.
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(reader);
        // Rows after this go nowhere, and somebody has to give one where only a write finds out.
        let mut sent = 0;
        while rows.send(numbers(2..4)).await.is_ok() && sent < 100 {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let output = tokio::time::timeout(PATIENCE, writing).await.unwrap().unwrap().unwrap();
        assert!(output.reader_has_gone(), "{format:?}");
        assert_eq!(output.rows(), delivered, "{format:?}: Parquet is unreadable without its footer");
        output.discard().await;
    }
}

#[tokio::test]
async fn a_fifo_without_a_reader_is_waited_for_and_the_wait_can_be_dropped() {
    let (_folder, settings) = fifo();
    let target = prepare(&settings).unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), target.open()).await.is_err());
    let read = reader_of(&settings.path);
    write(&settings, vec![numbers(0..1)]).await.unwrap();
    assert_eq!(read.await.unwrap(), b"n\n0\n");
}

#[tokio::test]
async fn streams_are_refused_where_they_make_no_sense() {
    let (_folder, settings) = fifo();
    let partitioned = OutputSettings { partition_by: vec!["n".into()], ..settings.clone() };
    assert!(printed(&prepare(&partitioned).unwrap_err()).contains("which is a stream"));
    for (name, part) in [("-", "--format csv, ndjson or parquet"), ("/dev/null", "--format")] {
        assert!(printed(&prepare(&OutputSettings::new(name)).unwrap_err()).contains(part));
    }
    let missing = OutputSettings { path: PathBuf::from("/dev/fd/977"), ..settings };
    assert!(printed(&prepare(&missing).unwrap_err()).contains("/dev/fd/977"));
    assert!(is_stream(Path::new("-")) && is_stream(Path::new("/dev/null")) && !is_stream(Path::new("a-")));
    let null = OutputSettings { path: "/dev/null".into(), ..missing };
    assert_eq!(write(&null, vec![numbers(0..9)]).await.unwrap().rows(), 9);
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
}
