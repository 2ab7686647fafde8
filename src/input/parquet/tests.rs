//! Types and metadata survive; damaged files are named.

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
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

fn write_with(path: &Path, batch: &RecordBatch, properties: WriterProperties) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn every_codec_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    let batch = numbers("msisdn", (0..1_000).collect(), false);
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ] {
        write_with(&path, &batch, WriterProperties::builder().set_compression(codec).build());
        let (_, rows, batches) = read(&[&path], 2_000).unwrap_or_else(|error| panic!("{codec}: {error}"));
        assert_eq!((rows, &batches[0]), (1_000, &batch), "{codec}");
    }
}

#[test]
fn lzo_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    let batch = numbers("msisdn", vec![1], false);
    write_with(&path, &batch, WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    // The codec stands in the footer as a field of its own: Snappy is 1, LZO is 3, each as a zigzag
    // number. The one byte that makes the footer say LZO is found by trying.
    let bytes = fs::read(&path).unwrap();
    let refused = (4..bytes.len() - 8).filter(|&place| bytes[place] == 2).find_map(|place| {
        let mut changed = bytes.clone();
        changed[place] = 6;
        fs::write(&path, changed).unwrap();
        read(&[&path], 10).err().filter(|error| error.contains("LZO"))
    });
    assert!(refused.unwrap().contains("column `msisdn` is compressed with LZO, which is not supported"));
}

#[test]
fn an_encrypted_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.parquet");
    fs::write(&path, b"PARE and something PARE").unwrap();
    assert!(read(&[&path], 10).unwrap_err().contains("this Parquet file is encrypted"));
}

#[test]
fn files_with_other_types_and_columns_are_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.parquet"), folder.path().join("new.parquet"));
    let text = |texts: &[&str]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let ints = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    write(
        &old,
        &RecordBatch::try_from_iter([("phone", ints(vec![46_701_740_605])), ("id", ints(vec![1 << 60]))])
            .unwrap(),
    );
    let floats = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let columns =
        [("id", floats(vec![0.5])), ("plan", text(&["gold"])), ("phone", floats(vec![447_700_900_123.0]))];
    write(&new, &RecordBatch::try_from_iter(columns).unwrap());
    let (schema, rows, batches) = read(&[&old, &new], 10).unwrap();
    let kinds: Vec<_> =
        schema.fields().iter().map(|field| (field.name().as_str(), field.data_type())).collect();
    // The footer shows that every number of a telephone is exact, and that an ID is not.
    assert_eq!(kinds, [("phone", &DataType::Float64), ("id", &DataType::Utf8), ("plan", &DataType::Utf8)]);
    assert_eq!(rows, 2);
    assert_eq!(batches[0].column(0), &floats(vec![46_701_740_605.0]));
    assert_eq!(batches[0].column(1), &text(&["1152921504606846976"]));
    assert_eq!((batches[0].column(2).null_count(), batches[1].column(2)), (1, &text(&["gold"])));
}

#[test]
fn a_hive_folder_is_one_list() {
    let folder = tempfile::tempdir().unwrap();
    for (path, value) in
        [("c=SE/dt=2026-11-25/b.parquet", 2), ("c=GB/dt=__HIVE_DEFAULT_PARTITION__/a.parquet", 1)]
    {
        write_with(
            &folder.path().join(path),
            &numbers("msisdn", vec![value], false),
            WriterProperties::default(),
        );
    }
    fs::write(folder.path().join("_SUCCESS"), "").unwrap();
    fs::write(folder.path().join("c=SE/.b.parquet.crc"), "x").unwrap();
    let pattern = folder.path().join("c=*/dt=*/*.parquet");
    for name in [folder.path(), &pattern] {
        let (schema, _, batches) = read(&[name], 10).unwrap();
        assert_eq!(
            schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
            ["msisdn", "c", "dt"]
        );
        let cells = |batch: &RecordBatch| {
            let text = |column: usize| batch.column(column).as_string::<i32>().clone();
            (text(1).value(0).to_owned(), text(2).is_valid(0).then(|| text(2).value(0).to_owned()))
        };
        assert_eq!(cells(&batches[0]), ("GB".into(), None));
        assert_eq!(cells(&batches[1]), ("SE".into(), Some("2026-11-25".into())));
    }
}

#[test]
fn a_pattern_within_a_delta_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("_delta_log")).unwrap();
    let path = folder.path().join("c=SE/part.parquet");
    write_with(&path, &numbers("msisdn", vec![1], false), WriterProperties::default());
    let pattern = folder.path().join("c=*/*.parquet");
    assert!(read(&[folder.path()], 10).unwrap_err().contains("Delta"));
    assert!(read(&[&pattern], 10).unwrap_err().contains("Delta"));
    assert_eq!(read(&[&path], 10).unwrap().1, 1);
}
