//! What is true of every workbook on disk, whatever is in the file.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::DataType;
use futures::TryStreamExt;
use hlr_enrich::internals::input::{Header, InputSettings, open};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How many columns and rows a table made of the bytes has at most.
const COLUMNS: usize = 4;
const ROWS: usize = 100;

/// Reads the bytes as a workbook: it is a table of text, or is refused. Then writes a workbook with
/// the letters and digits among them in its cells: it has the same cells when it is read.
///
/// # Panics
///
/// When an invariant does not hold.
pub fn hold(content: &[u8]) {
    let folder = tempfile::tempdir().expect("the folder for temporary files can be written to");
    let path = folder.path().join("list.xlsx");
    fs::write(&path, content).expect("the folder for temporary files can be written to");
    cells_are_read_as_they_were_written(&folder.path().join("known.xlsx"), content);
    let (large, small) = (read(&path, 4096, false), read(&path, 3, false));
    assert_eq!(large, small, "smaller batches have other rows");
    let Some(table) = large else { return };
    let is_workbook = content.starts_with(b"PK") || content.starts_with(b"\xD0\xCF\x11\xE0");
    assert!(!is_workbook || table.schema().fields().iter().all(|field| field.data_type() == &DataType::Utf8));
}

/// `None` when the list is refused, or its reading breaks off.
fn read(path: &Path, batch_rows: usize, is_known: bool) -> Option<RecordBatch> {
    let paths = vec![path.to_string_lossy().into_owned()];
    let header = if is_known { Header::Present } else { Header::Detect };
    let opened = open(&InputSettings { batch_rows, header, ..InputSettings::new(paths) }).ok()?;
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be built");
    let batches: Vec<RecordBatch> = runtime.block_on(opened.batches.try_collect()).ok()?;
    Some(concat_batches(&schema, &batches).expect("all batches have the schema of the list"))
}

fn cells_are_read_as_they_were_written(path: &Path, content: &[u8]) {
    let table = known_table(content);
    fs::write(path, xlsx(&table)).expect("the folder for temporary files can be written to");
    let read = read(path, 7, true).expect("a workbook without a fault is read");
    let names: Vec<String> = read.schema().fields().iter().map(|field| field.name().clone()).collect();
    let rows = (0..read.num_rows()).map(|row| {
        let cells = read.columns().iter().map(|column| column.as_string::<i32>());
        cells.map(|cells| if cells.is_null(row) { "" } else { cells.value(row) }.to_owned()).collect()
    });
    let read: Vec<Vec<String>> = std::iter::once(names).chain(rows).collect();
    assert_eq!(read, table);
}

/// A header, and rows of which each has a cell.
fn known_table(content: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(content);
    let cells: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .take(COLUMNS * ROWS)
        .map(|cell| cell.chars().take(40).collect())
        .collect();
    let header = (0..COLUMNS).map(|column| format!("name {column}")).collect();
    let rows = cells.chunks_exact(COLUMNS).map(<[String]>::to_vec);
    let filled = rows.filter(|row| row.iter().any(|cell| !cell.is_empty()));
    std::iter::once(header).chain(filled).collect()
}

/// Numbers that a spreadsheet keeps are numbers, and everything else is text.
fn xlsx(table: &[Vec<String>]) -> Vec<u8> {
    let cell = |cell: &String| match cell.as_str() {
        "" => "<c/>".to_owned(),
        digits if is_kept_as_number(digits) => format!("<c><v>{digits}</v></c>"),
        text => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let row = |row: &Vec<String>| format!("<row>{}</row>", row.iter().map(cell).collect::<String>());
    let rows: String = table.iter().map(row).collect();
    let parts = [
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"List\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(name, SimpleFileOptions::default()).expect("the names are distinct");
        archive.write_all(content.as_bytes()).expect("memory can be written to");
    }
    archive.finish().expect("memory can be written to").into_inner()
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

fn relation(kind: &str, target: &str) -> String {
    format!(
        "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/></Relationships>"
    )
}

fn is_kept_as_number(cell: &str) -> bool {
    cell.len() <= 15 && !cell.starts_with('0') && cell.bytes().all(|byte| byte.is_ascii_digit())
}
