//! Types and metadata survive; damaged files are named.

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use futures::TryStreamExt;

use crate::input::{InputSettings, ListLength, open};

fn write(path: &Path, batch: &RecordBatch) {
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn read(paths: &[&Path], batch_rows: usize) -> Result<(SchemaRef, u64, Vec<RecordBatch>), String> {
    let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let opened = open(&InputSettings { batch_rows, ..InputSettings::new(paths) })
        .map_err(|error| error.to_string())?;
    let ListLength::Rows(rows) = opened.length else { panic!("Parquet knows its rows") };
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches = runtime.block_on(opened.batches.try_collect()).map_err(|error| error.to_string())?;
    Ok((schema, rows, batches))
}

fn numbers(name: &str, values: Vec<i64>, nullable: bool) -> RecordBatch {
    let schema = Schema::new(vec![Field::new(name, DataType::Int64, nullable)]);
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from(values))]).unwrap()
}

#[test]
fn nested_columns_and_all_metadata_are_carried_through() {
    let noted = |name: &str, kind| {
        Field::new(name, kind, true).with_metadata(HashMap::from([("unit".to_owned(), name.to_owned())]))
    };
    let inner = Arc::new(noted("city", DataType::Utf8));
    let places =
        StructArray::from(vec![(inner, Arc::new(StringArray::from(vec![Some("Bodø"), None])) as ArrayRef)]);
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let schema = Schema::new_with_metadata(
        vec![
            noted("place", arrow::array::Array::data_type(&places).clone()),
            noted("tags", arrow::array::Array::data_type(&lists).clone()),
        ],
        HashMap::from([("origin".to_owned(), "crm".to_owned())]),
    );
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(places), Arc::new(lists)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    write(&path, &batch);
    let (schema, rows, batches) = read(&[&path], 100).unwrap();
    assert_eq!((schema, rows, batches), (batch.schema(), 2, vec![batch]));
}

#[test]
fn files_follow_each_other_and_either_may_bring_the_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write(&a, &numbers("msisdn", vec![1, 2, 3], false));
    write(&b, &numbers("msisdn", vec![4], true));
    let (schema, rows, batches) = read(&[&b, &a], 2).unwrap();
    assert!(schema.field(0).is_nullable());
    assert!(batches.iter().all(|batch| batch.schema() == schema));
    assert_eq!((rows, batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>()), (4, vec![1, 2, 1]));
}

#[test]
fn long_rows_make_small_batches() {
    let text: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..40).map(|row| format!("{row}").repeat(300_000))));
    let batch = RecordBatch::try_from_iter([("note", text)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    write(&path, &batch);
    let (_, _, batches) = read(&[&path], 4096).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 40);
    assert!(batches.iter().all(|batch| batch.num_rows() <= 8));
}

#[test]
fn a_file_without_rows_is_a_list_without_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    write(&path, &numbers("msisdn", vec![], true));
    let (_, rows, batches) = read(&[&path], 10).unwrap();
    assert_eq!((rows, batches.len()), (0, 0));
}

#[test]
fn damaged_and_different_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    write(&file("whole.parquet"), &numbers("msisdn", (0..10_000).collect(), true));
    write(&file("other.parquet"), &numbers("phone", vec![1], true));
    fs::write(file("list.csv"), "msisdn\n1\n").unwrap();
    let bytes = fs::read(file("whole.parquet")).unwrap();
    fs::write(file("cut.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    let mut scratched = bytes;
    scratched[8..200].fill(0xFF);
    fs::write(file("scratched.parquet"), scratched).unwrap();
    for (names, parts) in [
        (&["cut.parquet"][..], ["cut.parquet", "cut short"]),
        (&["scratched.parquet"], ["scratched.parquet", "damaged"]),
        (&["whole.parquet", "other.parquet"], ["`msisdn` in the first and `phone`", "no column is in both"]),
        (&["whole.parquet", "list.csv"], ["different formats", "list.csv"]),
    ] {
        let paths: Vec<_> = names.iter().map(|name| file(name)).collect();
        let message = read(&paths.iter().map(AsRef::as_ref).collect::<Vec<_>>(), 100).unwrap_err();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
}
