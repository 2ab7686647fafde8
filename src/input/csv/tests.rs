//! Whole files in, whole tables out, through [`open`].

mod quotes;
mod refusals;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray};
use futures::TryStreamExt;
use miette::Diagnostic;
use proptest::prelude::*;

use crate::input::{
    CsvFile, Delimiter, Header, InputError, InputNotes, InputSettings, ListLength, Opened, Sign, open,
};
use crate::model::with_causes;

/// What was read: column names, rows with `None` for null, and the notes.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    batches: Vec<usize>,
    notes: std::sync::Arc<InputNotes>,
}

impl Table {
    /// Cells joined with `|`, null as `~`.
    fn lines(&self) -> Vec<String> {
        let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "~".into());
        self.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
    }
}

fn drain(opened: Opened) -> Result<Table, String> {
    let notes = opened.notes.clone();
    let names = opened.batches.schema().fields().iter().map(|field| field.name().clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches: Vec<_> = runtime.block_on(opened.batches.try_collect()).map_err(|error| printed(&error))?;
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &arrow::array::ArrayRef| {
                (!column.is_null(row)).then(|| column.as_string::<i32>().value(row).to_owned())
            };
            rows.push(batch.columns().iter().map(cell).collect());
        }
    }
    Ok(Table { names, rows, batches: batches.iter().map(|batch| batch.num_rows()).collect(), notes })
}

fn read_paths(paths: &[&Path], change: impl FnOnce(&mut InputSettings)) -> Result<Table, String> {
    let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let mut settings = InputSettings::new(paths);
    change(&mut settings);
    drain(open(&settings).map_err(|error| printed(&error))?)
}

/// Everything that the command line prints of an error: what is wrong, why, and what to do.
fn printed(error: &impl Diagnostic) -> String {
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    with_causes(error) + &help
}

fn try_read(content: impl AsRef<[u8]>) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    fs::write(&path, content).unwrap();
    read_paths(&[&path], |_| {})
}

fn read(content: impl AsRef<[u8]>) -> Table {
    try_read(content).unwrap()
}

#[test]
fn cells_are_kept_as_they_were_written() {
    for (content, lines) in [
        ("a,b\n1,2\n3,4\n", vec!["1|2", "3|4"]),
        ("a,b\r\n1,2\r\n3,4\r\n", vec!["1|2", "3|4"]),
        ("a,b\n1,2\n3,4", vec!["1|2", "3|4"]),
        ("a;b\n 1 ;\"2\"\n;\"\"\n", vec![" 1 |2", "|"]),
        ("a,b\n\"1\n2\",\"say \"\"hi\"\"\"\n", vec!["1\n2|say \"hi\""]),
        ("a,b\n\"1\r\n2\",3\n", vec!["1\r\n2|3"]),
        ("a,b\n5\" pipe,it's\n", vec!["5\" pipe|it's"]),
        ("a,b\nx\0y,z\n", vec!["x\0y|z"]),
        ("a,b\n=1+1,'46\n", vec!["=1+1|'46"]),
        ("a,b\n1,NULL\n", vec!["1|NULL"]),
        ("a,b\n1,.\n.,2\n", vec!["1|.", ".|2"]),
        ("a\n.\n.", vec![".", "."]),
        ("a,b\n1,x\nx,2\n", vec!["1|x", "x|2"]),
        ("a\nx\nx", vec!["x", "x"]),
        ("a,b\n", vec![]),
        ("a,b", vec![]),
    ] {
        assert_eq!(read(content).lines(), lines, "{content:?}");
    }
}

#[test]
fn an_empty_line_is_not_a_row_and_all_others_are() {
    assert_eq!(read("a,b\n\n1,2\n\n\n,\n\" \"\n\n").lines(), ["1|2", "|", " |~"]);
    assert_eq!(read("a\r\n\r\n1\r\n\"\"\r\n\r\n").lines(), ["1", ""]);
}

#[test]
fn columns_get_names() {
    assert_eq!(read("id,phone,phone,\n1,2,3,4\n").names, ["id", "phone", "phone_2", "column_4"]);
    let table = read("Bob;46701\nAnn;46702\n");
    assert_eq!((table.names.len(), table.lines()), (2, vec!["Bob|46701".into(), "Ann|46702".into()]));
}

#[test]
fn ragged_rows_are_made_to_fit_and_noted() {
    let table = read("id,note\n1\n2,a, b,,c,,\n3,x,,\n4,y\n5,\"p\nq\",r\n");
    assert_eq!(table.lines(), ["1|~", "2|a, b,,c", "3|x", "4|y", "5|p\nq,r"]);
    let lines =
        |finding: crate::input::Finding| finding.first.iter().map(|line| line.line).collect::<Vec<_>>();
    assert_eq!((table.notes.short_rows().count, lines(table.notes.short_rows())), (1, vec![2]));
    assert_eq!((table.notes.long_rows().count, lines(table.notes.long_rows())), (3, vec![3, 4, 6]));
    assert_eq!(table.notes.warnings().len(), 2);
}

#[test]
fn lines_are_counted_from_one_with_either_line_end() {
    let text = "id,note\n1,\"a\nb\"\n\n\n2\n3,c\n4\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let lines = read(&text).notes.short_rows().first;
        assert_eq!(lines.iter().map(|line| line.line).collect::<Vec<_>>(), [6, 8], "{text:?}");
        assert!(lines[0].file.ends_with("list.csv"));
    }
}

#[test]
fn cells_that_are_not_utf_8_are_windows_1252() {
    let table = read(b"navn,by\n\xC3\x85se,Bod\xC3\xB8\nBj\xF6rk,\xC3\x85s\nx\xC3,\x85\n");
    assert_eq!(table.lines(), ["Åse|Bodø", "Björk|Ås", "xÃ|…"]);
    assert_eq!(table.notes.windows_1252_cells().count, 3);
    assert_eq!(table.notes.windows_1252_cells().first[0].line, 3);
}

#[test]
fn encodings_and_archives_are_unwrapped() {
    let text = "navn;tlf\nÅse;+4670\n\"a\nb\";\n";
    let utf16: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gzip = |part: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    let (first, second) = text.as_bytes().split_at(12);
    for (content, encoding, compression) in [
        (text.as_bytes().to_vec(), "UTF-8", None),
        (format!("\u{FEFF}{text}").into_bytes(), "UTF-8", None),
        (utf16.clone(), "UTF-16LE", None),
        (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16BE", None),
        ([gzip(first), gzip(second)].concat(), "UTF-8", Some("gzip")),
        (gzip(&utf16), "UTF-16LE", Some("gzip")),
        (zstd::encode_all(text.as_bytes(), 1).unwrap(), "UTF-8", Some("zstd")),
    ] {
        let table = read(content);
        assert_eq!(
            (table.names.join("|"), table.lines()),
            ("navn|tlf".into(), vec!["Åse|+4670".into(), "a\nb|".into()])
        );
        let [CsvFile { delimiter, has_header, encoding: found, compression: packed, .. }] =
            table.notes.csv_files()
        else {
            panic!("one file was read")
        };
        assert_eq!(
            (*delimiter, *has_header, *found, *packed),
            (Delimiter::from(b';'), true, encoding, compression)
        );
    }
}

#[test]
fn a_header_that_is_repeated_is_not_a_row() {
    let table = read("id,phone\n1,46\nid,phone\n2,47\n");
    assert_eq!(table.lines(), ["1|46", "2|47"]);
    assert_eq!(table.notes.repeated_headers().first[0].line, 3);
}

#[test]
fn lines_are_counted_in_the_file_whatever_is_above_the_table() {
    for above in ["sep=;\n", "Report\nof X\n", "Report;\n;\n"] {
        let lines = above.matches('\n').count() as u64;
        let table =
            read(format!("{above}id;phone;n\n1;46701740605;x\n2\n3;46701740607;y\n4;46701740607;y\n"));
        assert_eq!(table.notes.short_rows().first[0].line, lines + 3, "{above:?}");
        assert_eq!(table.rows.len(), 4);
    }
}

#[test]
fn legacy_encodings_are_detected_or_given() {
    let text = "имя;телефон\nАнна Каренина;+79161234567\nБорис Годунов;+79161234568\n";
    for name in ["windows-1251", "KOI8-R", "x-mac-cyrillic", "UTF-8"] {
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
        let bytes = encoding.encode(text).0;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        fs::write(&path, &bytes).unwrap();
        let given = read_paths(&[&path], |settings| settings.encoding = Some(encoding)).unwrap();
        assert_eq!(given.lines()[0], "Анна Каренина|+79161234567", "{name}");
        assert_eq!(given.names[1], "телефон");
        if name != "x-mac-cyrillic" {
            let found = read(&bytes);
            assert_eq!((found.lines(), found.names), (given.lines(), given.names), "{name}");
        }
    }
    let (shift_jis, ..) =
        encoding_rs::SHIFT_JIS.encode("名前,電話番号\n山田太郎,+819012345678\n鈴木一郎,+819012345679\n");
    let table = read(&shift_jis);
    assert_eq!(table.lines()[0], "山田太郎|+819012345678");
    assert!(table.notes.remarks()[0].contains("Shift_JIS"), "{:?}", table.notes.remarks());
}

#[test]
fn an_empty_file_has_no_rows_and_no_columns() {
    let table = read("");
    assert_eq!((table.names.len(), table.rows.len()), (0, 0));
    assert!(table.notes.remarks()[0].contains("is empty"));
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
    fs::write(&a, "").unwrap();
    fs::write(&b, "id,phone\n1,46\n").unwrap();
    assert_eq!(read_paths(&[&a, &b, &a], |_| {}).unwrap().lines(), ["1|46"]);
}

#[test]
fn several_files_are_one_list_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b, c) = (folder.path().join("a.csv"), folder.path().join("b.csv"), folder.path().join("c.csv"));
    fs::write(&a, "id,phone\n1,46\n").unwrap();
    fs::write(&b, "id;phone\n2;47\n3").unwrap();
    fs::write(&c, "id,tel\n4,48\n").unwrap();
    let table = read_paths(&[&b, &a], |_| {}).unwrap();
    assert_eq!(table.lines(), ["2|47", "3|~", "1|46"]);
    assert_eq!(table.notes.csv_files().len(), 2);
    let table = read_paths(&[&a, &c], |_| {}).unwrap();
    assert_eq!(
        (table.names.join("|"), table.lines()),
        ("id|phone|tel".into(), vec!["1|46|~".into(), "4|~|48".into()])
    );
    let remarks = table.notes.remarks().join("; ");
    for part in ["`phone` is missing in", "c.csv", "`tel` is missing in", "a.csv"] {
        assert!(remarks.contains(part), "{remarks}");
    }
}

#[test]
fn settings_override_detection() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    fs::write(&path, "1;2\n3;4\n5;6\n").unwrap();
    let table = read_paths(&[&path], |settings| settings.header = Header::Present).unwrap();
    assert_eq!((table.names.join("|"), table.lines()), ("1|2".into(), vec!["3|4".into(), "5|6".into()]));
    let table = read_paths(&[&path], |settings| settings.delimiter = Some(b','.into())).unwrap();
    assert_eq!(table.lines(), ["1;2", "3;4", "5;6"]);
    let table = read_paths(&[&path], |settings| settings.batch_rows = 2).unwrap();
    assert_eq!(table.batches, [2, 1]);
}

#[test]
fn any_punctuation_may_be_the_delimiter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    for delimiter in (0..=127_u8).filter(|byte| !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte)) {
        for last_line_end in ["\n", ""] {
            let sign = char::from(delimiter);
            fs::write(&path, format!("a{sign}b\n1{sign}2\nx{sign}x{last_line_end}")).unwrap();
            let table = read_paths(&[&path], |settings| settings.delimiter = Some(delimiter.into())).unwrap();
            assert_eq!(table.lines(), ["1|2", "x|x"], "{sign:?}");
        }
    }
}

#[test]
fn long_rows_make_small_batches() {
    let row = format!("1,{}\n", "x".repeat(900 << 10));
    let table = read("id,note\n".to_owned() + &row.repeat(12));
    assert_eq!(table.rows.len(), 12);
    assert!(table.batches.iter().all(|&rows| rows <= 5), "{:?}", table.batches);
}

#[test]
fn the_share_that_was_read_is_known_for_archives_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv.zst");
    fs::write(&path, zstd::encode_all(&*b"id,phone\n1,46\n".repeat(100_000), 1).unwrap()).unwrap();
    let opened = open(&InputSettings::new(vec![path.to_string_lossy().into_owned()])).unwrap();
    let ListLength::Bytes { total, read } = opened.length.clone() else { panic!("a file has a length") };
    assert_eq!(opened.files, std::slice::from_ref(&path));
    drain(opened).unwrap();
    assert_eq!((total, read.load(Ordering::Relaxed)), (path.metadata().unwrap().len(), total));
}

/// What a program writes to a pipe.
#[cfg(unix)]
fn open_piped(content: &[u8]) -> Result<Opened, InputError> {
    use std::os::fd::AsRawFd;
    let (pipe, mut end) = std::io::pipe().unwrap();
    end.write_all(content).unwrap();
    drop(end);
    open(&InputSettings::new(vec![format!("/dev/fd/{}", pipe.as_raw_fd())]))
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_from_its_beginning() {
    let opened = open_piped(b"id,phone\n1,46\n").unwrap();
    assert!(matches!(opened.length, ListLength::Unknown));
    assert_eq!(drain(opened).unwrap().lines(), ["1|46"]);
}

fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = prop_oneof!["[a-z0-9 ]{0,8}", "[,;|\t\"\r\n'.a]{0,6}", "\\PC{0,5}"];
    (1..5_usize)
        .prop_flat_map(move |width| prop::collection::vec(prop::collection::vec(cell.clone(), width), 0..20))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        table in tables(),
        delimiter in prop::sample::select(&b",;\t|"[..]),
        carriage_return in any::<bool>(),
        batch_rows in 1..30_usize,
    ) {
        let width = table.first().map_or(1, Vec::len);
        let names: Vec<String> = (0..width).map(|index| format!("name {index}")).collect();
        let terminator = if carriage_return { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(&names).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        fs::write(&path, writer.into_inner().unwrap()).unwrap();
        let read = read_paths(&[&path], |settings| {
            settings.delimiter = Some(delimiter.into());
            (settings.quote, settings.escape) = (Sign::Byte(b'"'), Sign::Absent);
            settings.batch_rows = batch_rows;
        });
        let read = read.map_err(TestCaseError::fail)?;
        let expected: Vec<Vec<Option<String>>> = table.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
        prop_assert_eq!(read.names, names);
        prop_assert_eq!(read.rows, expected);
    }
}
