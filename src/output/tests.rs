//! StagedOutput tables in, whole files out, and nothing left behind.

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray,
    StructArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray, UInt16Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use futures::{StreamExt, stream};

use super::*;

/// One row of everything, one row of nulls.
fn many_types() -> RecordBatch {
    let name = Arc::new(StringArray::from(vec![Some("Åse, \"x\""), None])) as ArrayRef;
    let instants = TimestampMillisecondArray::from(vec![Some(1_772_353_800_000), None]);
    let seen = Arc::new(instants.clone().with_timezone("Europe/Oslo")) as ArrayRef;
    let person = StructArray::new(
        vec![Field::new("name", DataType::Utf8, true), Field::new("seen", seen.data_type().clone(), true)]
            .into(),
        vec![name.clone(), seen],
        Some(vec![true, false].into()),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", name),
        ("large", Arc::new(LargeStringArray::from(vec![Some("=1+1"), None]))),
        ("view", Arc::new(StringViewArray::from(vec![Some("line\nbreak"), None]))),
        ("dictionary", Arc::new([Some("se"), None].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("int", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        ("small", Arc::new(UInt16Array::from(vec![Some(7), None]))),
        ("float", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![Some(12_345), None]).with_precision_and_scale(20, 4).unwrap(),
            ),
        ),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("date", Arc::new(Date32Array::from(vec![Some(20_513), None]))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b"\x00\xFF"[..]), None]))),
        ("utc", Arc::new(instants.with_timezone("UTC"))),
        ("local", Arc::new(TimestampMicrosecondArray::from(vec![Some(1_772_353_800_000_001), None]))),
        ("seconds", Arc::new(TimestampSecondArray::from(vec![Some(-1), None]).with_timezone("+02:00"))),
        (
            "list",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None])),
        ),
        ("person", Arc::new(person)),
        ("nothing", Arc::new(NullArray::new(2))),
    ];
    let mut fields = Vec::new();
    for (name, column) in &columns {
        let note = HashMap::from([("note".to_owned(), (*name).to_owned())]);
        fields.push(Field::new(*name, column.data_type().clone(), true).with_metadata(note));
    }
    let schema = Schema::new_with_metadata(fields, HashMap::from([("origin".to_owned(), "crm".to_owned())]));
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect()).unwrap()
}

fn numbers(values: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_from_iter([("n", column)]).unwrap()
}

fn stream_of(batches: Vec<RecordBatch>) -> RecordStream {
    RecordStream::new(batches[0].schema(), stream::iter(batches.into_iter().map(Ok)))
}

async fn write(settings: &OutputSettings, batches: Vec<RecordBatch>) -> Result<StagedOutput, WriteError> {
    prepare(settings)?.write(stream_of(batches), Arc::default()).await
}

fn read_parquet(path: &Path) -> (Vec<RecordBatch>, Arc<::parquet::file::metadata::ParquetMetaData>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let (schema, metadata) = (builder.schema().clone(), builder.metadata().clone());
    let batches = builder.build().unwrap();
    let batches =
        batches.map(|batch| RecordBatch::try_new(schema.clone(), batch.unwrap().columns().to_vec()).unwrap());
    (batches.collect(), metadata)
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn every_type_and_all_metadata_survive_in_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let whole = write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap();
    assert_eq!(whole.rows, 2);
    let bytes = whole.bytes;
    assert_eq!(whole.commit().unwrap(), path);
    assert_eq!(path.metadata().unwrap().len(), bytes);
    let (batches, metadata) = read_parquet(&path);
    assert_eq!(batches, [many_types()]);
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    assert!(pairs.iter().any(|pair| pair.key == "origin" && pair.value.as_deref() == Some("crm")));
}

#[tokio::test]
async fn row_groups_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let settings = OutputSettings { row_group_bytes: 64 << 10, ..OutputSettings::new(&path) };
    let batches: Vec<_> = (0..40).map(|part| numbers(part * 4096..(part + 1) * 4096)).collect();
    write(&settings, batches).await.unwrap().commit().unwrap();
    let (_, metadata) = read_parquet(&path);
    assert_eq!(metadata.file_metadata().num_rows(), 40 * 4096);
    assert!(metadata.num_row_groups() > 5);
}

#[tokio::test]
async fn every_type_has_a_form_in_csv() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap().commit().unwrap();
    let mut reader = ::csv::Reader::from_path(&path).unwrap();
    let schema = many_types().schema();
    assert!(reader.headers().unwrap().iter().eq(schema.fields().iter().map(|field| field.name())));
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let expected = [
        "Åse, \"x\"",
        "=1+1",
        "line\nbreak",
        "se",
        "9223372036854775807",
        "7",
        "0.1",
        "1.2345",
        "true",
        "2026-03-01",
        "00ff",
        "2026-03-01T08:30:00.000Z",
        "2026-03-01T08:30:00.000001",
        "1969-12-31T23:59:59Z",
        "[1,null]",
        "{\"name\":\"Åse, \\\"x\\\"\",\"seen\":\"2026-03-01T08:30:00.000Z\"}",
        "",
    ];
    assert_eq!(rows[0].iter().collect::<Vec<_>>(), expected);
    assert_eq!(rows[1].iter().collect::<Vec<_>>(), [""; 17].map(|cell| cell));
}

#[tokio::test]
async fn every_type_has_a_form_in_ndjson() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.ndjson");
    write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap().commit().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0],
        serde_json::json!({
            "text": "Åse, \"x\"", "large": "=1+1", "view": "line\nbreak", "dictionary": "se", "int": i64::MAX,
            "small": 7, "float": 0.1, "decimal": 1.2345, "bool": true, "date": "2026-03-01", "bytes": "00ff",
            "utc": "2026-03-01T08:30:00.000Z", "local": "2026-03-01T08:30:00.000001",
            "seconds": "1969-12-31T23:59:59Z", "list": [1, null],
            "person": {"name": "Åse, \"x\"", "seen": "2026-03-01T08:30:00.000Z"}, "nothing": null,
        })
    );
    let nulls = lines[1].as_object().unwrap();
    assert_eq!((lines.len(), nulls.len()), (2, 17));
    assert!(nulls.values().all(serde_json::Value::is_null), "{nulls:?}");
}

#[tokio::test]
async fn a_result_without_rows_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.parquet", "out.csv", "out.ndjson"] {
        let path = folder.path().join(name);
        let whole = write(&OutputSettings::new(&path), vec![numbers(0..0)]).await.unwrap();
        assert_eq!(whole.rows, 0);
        whole.commit().unwrap();
    }
    assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap(), "n\n");
    assert_eq!(fs::read_to_string(folder.path().join("out.ndjson")).unwrap(), "");
    assert_eq!(read_parquet(&folder.path().join("out.parquet")).1.file_metadata().num_rows(), 0);
}

#[tokio::test]
async fn an_existing_file_is_replaced_only_with_leave() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let mut settings = OutputSettings::new(&path);
    let message = prepare(&settings).unwrap_err().to_string();
    assert!(message.contains("out.csv exists already") && message.contains("--force"), "{message}");
    settings.replace = Replace::Allowed;
    let whole = write(&settings, vec![numbers(0..1)]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    whole.commit().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[tokio::test]
async fn a_file_that_came_into_being_meanwhile_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let whole = write(&OutputSettings::new(&path), vec![numbers(0..1)]).await.unwrap();
    fs::write(&path, "another's").unwrap();
    let error = whole.commit().unwrap_err();
    assert!(error.to_string().contains("out.partial.csv"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "another's");
    assert_eq!(fs::read_to_string(folder.path().join("out.partial.csv")).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.csv", "out.partial.csv"]);
}

#[tokio::test]
async fn a_partial_result_is_named_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.v2.csv");
    fs::write(folder.path().join("out.v2.partial.csv"), "older").unwrap();
    let kept =
        write(&OutputSettings::new(&path), vec![numbers(0..1)]).await.unwrap().commit_partial().unwrap();
    assert_eq!(kept, folder.path().join("out.v2.partial.csv"));
    assert_eq!(fs::read_to_string(kept).unwrap(), "n\n0\n");
    assert_eq!(names_in(folder.path()), ["out.v2.partial.csv"]);
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
    write(&settings, vec![numbers(0..1)]).await.unwrap().commit().unwrap();
    assert_eq!(mode(&path), mode(&ordinary));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    settings.replace = Replace::Allowed;
    write(&settings, vec![numbers(0..1)]).await.unwrap().commit().unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn what_cannot_be_written_is_refused_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (name, part) in [
        ("out.xlsx", ".parquet, .csv or .ndjson"),
        ("-", ".parquet, .csv or .ndjson"),
        ("folder.csv", "this is a folder"),
        ("nowhere/out.csv", "create it first"),
    ] {
        let error = prepare(&OutputSettings::new(folder.path().join(name))).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let message = format!("{error}: {cause}");
        assert!(message.contains(part) && message.contains(name), "{message}");
    }
    assert_eq!(names_in(folder.path()), ["folder.csv"]);
}

#[tokio::test]
async fn an_error_of_the_rows_ends_the_write_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.parquet", "out.csv", "out.ndjson"] {
        let target = prepare(&OutputSettings::new(folder.path().join(name))).unwrap();
        assert_eq!(names_in(folder.path()).len(), 1, "the file grows aside");
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
    assert_eq!((written.load(Ordering::Relaxed), whole.rows), (7, 7));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error_of_the_file() {
    let settings = OutputSettings { row_group_bytes: 1, ..OutputSettings::new("out.x") };
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let batches: Vec<_> = (0..50).map(|part| numbers(part * 10_000..(part + 1) * 10_000)).collect();
        let encoder = Encoder::new(aside::Open::File(format, full), &batches[0].schema(), &settings).unwrap();
        let error = encoder::encode_all(encoder, stream_of(batches), Arc::default(), &settings.path)
            .await
            .unwrap_err();
        let WriteError::Output(error @ OutputError::Write { .. }) = error else { panic!("{error}") };
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("No space left"), "{format:?}: {cause}");
    }
}

#[tokio::test]
async fn a_column_without_a_form_is_refused_before_a_row_is_asked_for() {
    use arrow::datatypes::{UnionFields, UnionMode};
    let members = UnionFields::try_new([0], [Field::new("a", DataType::Int32, true)]).unwrap();
    let schema =
        Arc::new(Schema::new(vec![Field::new("odd", DataType::Union(members, UnionMode::Dense), true)]));
    let folder = tempfile::tempdir().unwrap();
    for name in ["out.csv", "out.ndjson"] {
        let target = prepare(&OutputSettings::new(folder.path().join(name))).unwrap();
        let unasked = stream::poll_fn(|_| panic!("no row may be asked for"));
        let error =
            target.write(RecordStream::new(schema.clone(), unasked), Arc::default()).await.unwrap_err();
        assert!(matches!(error, WriteError::Output(OutputError::Write { .. })));
    }
    assert!(names_in(folder.path()).is_empty());
}

/// A table with a column to part it by, and a null in it.
fn parted(countries: &[Option<&str>], first: i64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + countries.len() as i64));
    let country: ArrayRef = Arc::new(StringArray::from(countries.to_vec()));
    RecordBatch::try_from_iter([("id", ids), ("country", country)]).unwrap()
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        match entry.is_dir() {
            true => files.extend(files_below(&entry).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => files.push(name),
        }
    }
    files.sort();
    files
}

fn ids_in(file: &Path) -> Vec<i64> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert!(
        batches.iter().all(|batch| batch.num_columns() == 1),
        "the partition's column is in the folder's name"
    );
    let ids = batches.iter().map(|batch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap());
    ids.flat_map(|ids| ids.values().to_vec()).collect()
}

#[tokio::test]
async fn rows_are_parted_into_folders_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enriched");
    for (replace, expected) in [(Replace::Never, true), (Replace::Never, false), (Replace::Allowed, true)] {
        let settings = OutputSettings {
            partition_by: vec!["country".into()],
            // So little that row groups are written early.
            row_group_bytes: 1,
            replace,
            ..OutputSettings::new(&path)
        };
        let Ok(target) = prepare(&settings) else {
            assert!(!expected);
            continue;
        };
        let batches = vec![
            parted(&[Some("SE"), None, Some("NO"), Some("SE")], 0),
            parted(&[Some("NO"), Some("SE")], 4),
        ];
        let whole = target.write(stream_of(batches), Arc::default()).await.unwrap();
        assert_eq!(whole.rows, 6);
        assert!(replace == Replace::Allowed || !path.exists(), "nothing is there before it is whole");
        assert_eq!(whole.commit().unwrap(), path);
    }
    let files = files_below(folder.path());
    assert_eq!(
        files,
        ["NO", "SE", "__HIVE_DEFAULT_PARTITION__"]
            .map(|part| format!("enriched/country={part}/part-0.parquet"))
    );
    let ids = files.iter().map(|file| ids_in(&folder.path().join(file))).collect::<Vec<_>>();
    assert_eq!(ids, [vec![2, 4], vec![0, 3, 5], vec![1]]);
}

#[tokio::test]
async fn a_folder_that_holds_anything_else_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enriched");
    let settings = OutputSettings {
        partition_by: vec!["country".into()],
        replace: Replace::Allowed,
        ..OutputSettings::new(&path)
    };
    fs::create_dir_all(path.join("country=SE")).unwrap();
    assert!(prepare(&settings).is_ok());
    fs::write(path.join("thesis.txt"), "years of work").unwrap();
    let error = prepare(&settings).unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("more than partitions"));
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, "a file").unwrap();
    let error = prepare(&settings).unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("this is a file"));
}

#[tokio::test]
async fn an_interrupted_run_keeps_its_partitions_apart() {
    let folder = tempfile::tempdir().unwrap();
    let settings = OutputSettings {
        partition_by: vec!["country".into()],
        ..OutputSettings::new(folder.path().join("enriched"))
    };
    for _ in 0..2 {
        let target = prepare(&settings).unwrap();
        let whole = target.write(stream_of(vec![parted(&[Some("SE")], 0)]), Arc::default()).await.unwrap();
        assert_eq!(whole.commit_partial().unwrap(), folder.path().join("enriched.partial"));
        assert_eq!(files_below(folder.path()), ["enriched.partial/country=SE/part-0.parquet"]);
    }
}
