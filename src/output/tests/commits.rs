//! What becomes of the file when the write succeeds, fails or is dropped.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, stream};

use super::{names_in, numbers, printed, stream_of, write};
use crate::model::{RecordStream, StreamError};
use crate::output::encoder::Sink;
use crate::output::encoding::{Delivery, EncodeError, encode_all};
use crate::output::file_encoder::file_encoder;
use crate::output::{OutputFormat, OutputSettings, Replace, WriteError, prepare};

#[tokio::test]
async fn an_existing_file_is_replaced_only_when_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let mut settings = OutputSettings::new(&path);
    let message = printed(&prepare(&settings).unwrap_err());
    assert!(message.contains("out.csv already exists") && message.contains("--force"), "{message}");
    settings.replace = Replace::Allowed;
    let whole = write(&settings, vec![numbers(0..1)]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    whole.commit().await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[tokio::test]
async fn a_file_created_during_the_run_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let whole = write(&OutputSettings::new(&path), vec![numbers(0..1)]).await.unwrap();
    fs::write(&path, "another's").unwrap();
    let error = whole.commit().await.unwrap_err();
    assert!(printed(&error).contains("out.partial.csv"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "another's");
    assert_eq!(fs::read_to_string(folder.path().join("out.partial.csv")).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.csv", "out.partial.csv"]);
}

#[tokio::test]
async fn a_partial_result_has_the_partial_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.v2.csv");
    fs::write(folder.path().join("out.v2.partial.csv"), "older").unwrap();
    let kept = write(&OutputSettings::new(&path), vec![numbers(0..1)])
        .await
        .unwrap()
        .commit_partial()
        .await
        .unwrap();
    assert_eq!(kept, folder.path().join("out.v2.partial.csv"));
    assert_eq!(fs::read_to_string(kept).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.v2.partial.csv"]);
}

#[tokio::test]
async fn discarded_rows_leave_the_older_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let settings = OutputSettings { replace: Replace::Allowed, ..OutputSettings::new(&path) };
    let staged = write(&settings, vec![numbers(0..1)]).await.unwrap();
    assert!(!staged.is_stream() && !staged.reader_has_gone());
    staged.discard().await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[tokio::test]
async fn partitions_of_a_column_with_a_long_name_are_refused_before_the_first_row() {
    let folder = tempfile::tempdir().unwrap();
    let name = "å".repeat(120);
    let column: arrow::array::ArrayRef = Arc::new(arrow::array::StringArray::from(vec!["SE"]));
    let batch = arrow::array::RecordBatch::try_from_iter([(name.as_str(), column)]).unwrap();
    let settings =
        OutputSettings { partition_by: vec![name], ..OutputSettings::new(folder.path().join("out")) };
    let error = write(&settings, vec![batch]).await.unwrap_err();
    let WriteError::Output(error) = error else { panic!("{error}") };
    assert!(printed(&error).contains("too long names"), "{error}");
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn permissions_are_those_of_any_file_or_of_the_one_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let ordinary = folder.path().join("ordinary");
    fs::write(&ordinary, "").unwrap();
    let path = folder.path().join("out.csv");
    let mut settings = OutputSettings::new(&path);
    write(&settings, vec![numbers(0..1)]).await.unwrap().commit().await.unwrap();
    assert_eq!(mode(&path), mode(&ordinary));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    settings.replace = Replace::Allowed;
    write(&settings, vec![numbers(0..1)]).await.unwrap().commit().await.unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (name, part) in [
        ("out.xlsx", ".parquet, .csv or .ndjson"),
        ("folder.csv", "this is a folder\nhelp: name a file in it"),
        ("nowhere/out.csv", "create the folder first"),
    ] {
        let error = prepare(&OutputSettings::new(folder.path().join(name))).unwrap_err();
        let message = printed(&error);
        assert!(message.contains(part) && message.contains(name), "{message}");
    }
    assert_eq!(names_in(folder.path()), ["folder.csv"]);
}

#[tokio::test]
async fn an_error_of_the_rows_ends_the_write_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.parquet", "out.csv", "out.ndjson"] {
        let target = prepare(&OutputSettings::new(folder.path().join(name))).unwrap();
        assert_eq!(names_in(folder.path()).len(), 1, "the file has a hidden name");
        let batches =
            [Ok(numbers(0..9)), Err(StreamError::TaskPanicked("the rows".into())), Ok(numbers(0..9))];
        let batches = RecordStream::new(numbers(0..0).schema(), stream::iter(batches));
        let error = target.write(batches, Arc::default()).await.unwrap_err();
        assert!(matches!(error, WriteError::Stage(StreamError::TaskPanicked(_))));
        assert!(names_in(folder.path()).is_empty());
    }
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = prepare(&OutputSettings::new(folder.path().join("out.parquet"))).unwrap();
    let endless = stream::iter([Ok(numbers(0..9))]).chain(stream::pending());
    let batches = RecordStream::new(numbers(0..0).schema(), endless);
    let mut writing = Box::pin(target.write(batches, Arc::default()));
    assert!(futures::poll!(&mut writing).is_pending());
    assert_eq!(names_in(folder.path()).len(), 1);
    drop(writing);
    assert!(names_in(folder.path()).is_empty());
    drop(prepare(&OutputSettings::new(folder.path().join("out.csv"))).unwrap());
    assert!(names_in(folder.path()).is_empty());
}

#[tokio::test]
async fn rows_are_counted_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = prepare(&OutputSettings::new(folder.path().join("out.csv"))).unwrap();
    let written = Arc::new(AtomicU64::new(0));
    let whole = target.write(stream_of(vec![numbers(0..5), numbers(5..7)]), written.clone()).await.unwrap();
    assert_eq!((written.load(Ordering::Relaxed), whole.rows()), (7, 7));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_of_the_file() {
    let settings = OutputSettings { row_group_bytes: 1, ..OutputSettings::new("out.x") };
    for format in [OutputFormat::Parquet, OutputFormat::Csv, OutputFormat::Ndjson] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let batches: Vec<_> = (0..50).map(|part| numbers(part * 10_000..(part + 1) * 10_000)).collect();
        let encoder = file_encoder(format, Sink::File(full), &batches[0].schema(), &settings).unwrap();
        let encoded = encode_all(encoder, stream_of(batches), Arc::default(), Delivery::AtTheEnd).await;
        let Err(EncodeError::Write(fault)) = encoded else { panic!("the disk was full") };
        assert!(fault.to_string().contains("No space left"), "{format:?}: {fault}");
    }
}
