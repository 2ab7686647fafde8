//! What each format makes of every Arrow type.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray,
    StructArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray, UInt16Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use futures::stream;

use super::{names_in, numbers, read_parquet, write};
use crate::model::RecordStream;
use crate::output::{OutputError, OutputSettings, WriteError, prepare};

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

#[tokio::test]
async fn every_type_and_all_metadata_survive_in_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet");
    let whole = write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap();
    assert_eq!(whole.rows(), 2);
    let bytes = whole.bytes();
    assert_eq!(whole.commit().await.unwrap(), path);
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
    write(&settings, batches).await.unwrap().commit().await.unwrap();
    let (_, metadata) = read_parquet(&path);
    assert_eq!(metadata.file_metadata().num_rows(), 40 * 4096);
    assert!(metadata.num_row_groups() > 5);
}

#[tokio::test]
async fn every_type_has_a_form_in_csv() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap().commit().await.unwrap();
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
        "\\x00ff",
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
    write(&OutputSettings::new(&path), vec![many_types()]).await.unwrap().commit().await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0],
        serde_json::json!({
            "text": "Åse, \"x\"", "large": "=1+1", "view": "line\nbreak", "dictionary": "se", "int": i64::MAX,
            "small": 7, "float": 0.1, "decimal": 1.2345, "bool": true, "date": "2026-03-01", "bytes": "\\x00ff",
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
        assert_eq!(whole.rows(), 0);
        whole.commit().await.unwrap();
    }
    assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap(), "n\n");
    assert_eq!(fs::read_to_string(folder.path().join("out.ndjson")).unwrap(), "");
    assert_eq!(read_parquet(&folder.path().join("out.parquet")).1.file_metadata().num_rows(), 0);
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
