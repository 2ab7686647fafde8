//! Types come from all lines, no value is lost, and a line that is no object is named.

use std::fs;
use std::io::Write;
use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::json::LineDelimitedWriter;
use futures::TryStreamExt;
use miette::Diagnostic;

use crate::input::{InputError, InputSettings, ListLength, Opened, open};

fn opened(folder: &Path, files: &[(&str, &[u8])]) -> Result<Opened, InputError> {
    let paths = files.iter().map(|(name, content)| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    });
    open(&InputSettings { batch_rows: 2, ..InputSettings::new(paths.collect()) })
}

fn read(files: &[(&str, &[u8])]) -> RecordBatch {
    let folder = tempfile::tempdir().unwrap();
    let opened = opened(folder.path(), files).unwrap();
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches: Vec<RecordBatch> = runtime.block_on(opened.batches.try_collect()).unwrap();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 2));
    concat_batches(&schema, &batches).unwrap()
}

/// The types of the columns, and the rows as NDJSON without nulls.
fn shown(files: &[(&str, &[u8])]) -> (Vec<String>, Vec<String>) {
    let batch = read(files);
    let kinds = batch
        .schema()
        .fields()
        .iter()
        .map(|field| format!("{}: {}", field.name(), field.data_type()))
        .collect();
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let text = String::from_utf8(writer.into_inner()).unwrap();
    (kinds, text.lines().map(Into::into).collect())
}

fn one(content: &str) -> (Vec<String>, Vec<String>) {
    shown(&[("list.ndjson", content.as_bytes())])
}

#[test]
fn columns_have_the_types_of_their_values() {
    let (kinds, rows) = one(
        "{\"id\":1,\"x\":0.5,\"ok\":true,\"name\":\"A\",\"none\":null}\n{\"id\":2,\"x\":3,\"extra\":\"e\"}\n",
    );
    assert_eq!(kinds, ["id: Int64", "x: Float64", "ok: Boolean", "name: Utf8", "none: Utf8", "extra: Utf8"]);
    assert_eq!(rows, [r#"{"id":1,"x":0.5,"ok":true,"name":"A"}"#, r#"{"id":2,"x":3.0,"extra":"e"}"#]);
}

#[test]
fn mixed_values_become_text_with_every_digit() {
    let content = r#"{"phone":46701740605,"big":9007199254740993,"huge":1}
{"phone":"+46 70-174 06 05","big":0.5,"huge":123456789012345678901234567890}
{"phone":true,"big":1,"huge":18446744073709551615}"#;
    let (kinds, rows) = one(content);
    assert_eq!(kinds, ["phone: Utf8", "big: Utf8", "huge: Utf8"]);
    assert_eq!(
        rows,
        [
            r#"{"phone":"46701740605","big":"9007199254740993","huge":"1"}"#,
            r#"{"phone":"+46 70-174 06 05","big":"0.5","huge":"123456789012345678901234567890"}"#,
            r#"{"phone":"true","big":"1","huge":"18446744073709551615"}"#,
        ]
    );
}

#[test]
fn a_type_that_shows_late_is_known_from_the_first_row_on() {
    let content = "{\"phone\":46701740605}\n".repeat(100_000) + "{\"phone\":\"+447700900123\",\"late\":1}\n";
    let batch = read(&[("list", content.as_bytes())]);
    assert_eq!((batch.num_rows(), batch.num_columns()), (100_001, 2));
    assert_eq!(batch.column(0).null_count(), 0);
}

#[test]
fn nested_values_keep_their_form() {
    let content = r#"{"contact":{"phone":"46701740605"},"phones":["1","2"],"empty":{},"none":[]}
{"contact":{"name":"Ann"},"phones":[],"empty":{}}"#;
    let (kinds, rows) = one(content);
    assert!(kinds[0].starts_with("contact: Struct") && kinds[1].starts_with("phones: List"), "{kinds:?}");
    assert_eq!(rows[0], r#"{"contact":{"phone":"46701740605"},"phones":["1","2"],"empty":"{}","none":[]}"#);
    assert_eq!(rows[1], r#"{"contact":{"name":"Ann"},"phones":[],"empty":"{}"}"#);
}

#[test]
fn values_without_a_common_type_become_json_text() {
    let content = r#"{"phone":"46701740605","x":{"a":[1]}}
{"phone":["46701740606","\"q\""],"x":7}
{"phone":{"mobile":46701740607,"ok":null},"x":null}"#;
    let (kinds, rows) = one(content);
    assert_eq!(kinds, ["phone: LargeUtf8", "x: LargeUtf8"]);
    assert_eq!(
        rows,
        [
            r#"{"phone":"46701740605","x":"{\"a\":[1]}"}"#,
            r#"{"phone":"[\"46701740606\",\"\\\"q\\\"\"]","x":"7"}"#,
            r#"{"phone":"{\"mobile\":46701740607,\"ok\":null}"}"#,
        ]
    );
}

#[test]
fn objects_that_are_deep_or_have_data_for_names_become_json_text() {
    let deep = format!("{{\"x\":{}1{}}}\n", "[".repeat(60), "]".repeat(60));
    let (kinds, rows) = one(&deep);
    assert!(kinds[0].contains("LargeUtf8"), "{kinds:?}");
    assert_eq!(rows.len(), 1);
    let names: String = (0..2_000).map(|row| format!("{{\"x\":{{\"id{row}\":1}}}}\n")).collect();
    let (kinds, rows) = one(&names);
    assert_eq!(kinds, ["x: LargeUtf8"]);
    assert_eq!(rows[1_999], r#"{"x":"{\"id1999\":1}"}"#);
}

#[test]
fn blank_lines_byte_order_marks_line_ends_and_archives_do_not_matter() {
    let content = b"\xEF\xBB\xBF\r\n{\"a\":1}\r\n\r\n  {\"a\":2}  \r\n{\"a\":3}";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    let packed = packed.finish().unwrap();
    for (name, content) in [
        ("list.txt", content.to_vec()),
        ("list.jsonl.gz", packed),
        ("list", zstd::encode_all(&content[..], 1).unwrap()),
    ] {
        assert_eq!(read(&[(name, &content)]).num_rows(), 3, "{name}");
    }
}

#[test]
fn files_are_one_list_and_partitions_are_columns() {
    let (kinds, rows) =
        shown(&[("c=SE/a.jsonl", b"{\"id\":1}\n"), ("c=GB/b.jsonl", b"{\"id\":\"x\",\"p\":2}\n")]);
    assert_eq!(kinds, ["id: Utf8", "p: Int64", "c: Utf8"]);
    assert_eq!(rows, [r#"{"id":"1","c":"SE"}"#, r#"{"id":"x","p":2,"c":"GB"}"#]);
}

#[test]
fn the_share_that_was_read_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let content = b"{\"a\":1}\n".as_slice();
    let opened = opened(folder.path(), &[("a.ndjson", content)]).unwrap();
    let ListLength::Bytes { total, .. } = opened.length else { panic!("files have a length") };
    assert_eq!(total, content.len() as u64);
}

#[test]
fn a_line_that_is_no_object_is_named_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (content, parts) in [
        ("{\"a\":1}\n{\"a\":\n", ["line 2 is not a complete JSON object", "jq -c ."]),
        ("{\"a\":1}\n46701740605\n", ["line 2 is not a JSON object", "jq -c ."]),
        ("{\"a\":1}\n[1]\n", ["line 2 is not a JSON object", "jq -c '.[]'"]),
        ("{\"a\":1}{\"a\":2}\n", ["trailing characters at column 8", "line 1"]),
        ("{\n\"a\": 1\n}\n", ["line 1 is not a complete JSON object", "on one line"]),
        ("\n\n", ["the file is empty", "check"]),
        ("id,phone\n", ["line 1 is not a complete JSON object", "jq"]),
    ] {
        let error = opened(folder.path(), &[("list.ndjson", content.as_bytes())]).err().unwrap();
        let message = format!("{error}; {}", error.help().unwrap());
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("46701740605"), "{message}");
    }
}

#[test]
fn a_line_that_is_nested_too_deeply_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let nested = |depth, open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for depth in [200, 20_000, 200_000] {
        for value in [nested(depth, "[", "]"), nested(depth, "{\"a\":", "}"), nested(depth, "[{\"a\":", "}]")]
        {
            let content = format!("{{\"a\":1,\"b\":\"x\"}}\n{{\"a\":2,\"b\":{value}}}\n");
            let error = opened(folder.path(), &[("list.ndjson", content.as_bytes())]).err().unwrap();
            let message = error.to_string();
            assert!(message.contains("line 2") && message.contains("recursion limit"), "{message}");
        }
    }
    let content = format!("{{\"a\":{}}}\n", nested(100, "[", "]"));
    assert_eq!(read(&[("list.ndjson", content.as_bytes())]).num_rows(), 1);
}

#[test]
fn a_file_of_json_that_is_not_lines_is_not_ndjson() {
    use crate::input::ndjson::is_ndjson;
    let folder = tempfile::tempdir().unwrap();
    for (content, expected) in [
        (&b"{\"a\":1}\n"[..], true),
        (b"{\"a\":1}", true),
        (b"{\n  \"a\": 1\n}\n", false),
        (b"[{\"a\":1}]\n", false),
        (b"{not json},x\n", false),
        (b"phone\n46\n", false),
        (b"", false),
    ] {
        let path = folder.path().join("list");
        fs::write(&path, content).unwrap();
        assert_eq!(is_ndjson(&path.into()).unwrap(), expected, "{content:?}");
    }
}
