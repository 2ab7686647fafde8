//! What is true of every list on disk, whatever is in the file.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use ::csv::{ByteRecord, ReaderBuilder};
use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use futures::StreamExt;
use hlr_enrich::internals::input::{
    CsvFile, Delimiter, Header, InputNotes, InputSettings, Opened, Sign, open,
};
use hlr_enrich::internals::model::StreamError;

/// Rows after these are not checked: a small archive may hold millions.
const MAX_ROWS: usize = 10_000;
/// A shorter list has no row above the limit, and is inspected completely before its columns are
/// decided.
const SHORT_LIST: usize = 64 << 10;

/// Reads the bytes as a list: with everything detected, with the detected settings given, without a
/// header, in the dialect of RFC 4180, and with the first delimiter in it that a user could name.
///
/// # Panics
///
/// When an invariant does not hold.
pub fn hold(content: &[u8]) {
    let folder = tempfile::tempdir().expect("the folder for temporary files can be written to");
    let path = folder.path().join("list.csv");
    fs::write(&path, content).expect("the folder for temporary files can be written to");
    let list = List { path: &path, content };

    let Some(detected) = list.read(|_| {}) else { return };
    if let Some(delimiter) = content.iter().copied().find(|&byte| can_be_given(byte)) {
        list.read(|settings| (settings.delimiter, settings.batch_rows) = (Some(delimiter.into()), 7));
    }
    let Some(file) = detected.file.as_ref().filter(|_| !detected.names.is_empty()) else { return };
    let given = list
        .read(|settings| {
            give(settings, file);
            settings.header = if file.has_header { Header::Present } else { Header::Absent };
            settings.batch_rows = 3;
        })
        .expect("detected settings can be given");
    assert_eq!(given.names, detected.names);
    let shared = given.rows.len().min(detected.rows.len());
    assert!(given.rows[..shared] == detected.rows[..shared], "smaller batches have other rows");
    list.read(|settings| {
        give(settings, file);
        (settings.header, settings.batch_rows) = (Header::Absent, 1);
    })
    .expect("the header may be a row");
    if [&detected, &given].iter().all(|table| table.end == End::Whole) {
        assert_eq!(given.rows.len(), detected.rows.len());
    }
    list.read(|settings| plain(settings, file.delimiter));
}

/// The dialect that was detected.
fn give(settings: &mut InputSettings, file: &CsvFile) {
    let sign = |sign: Option<char>| sign.map_or(Sign::Absent, |sign| Sign::Byte(sign as u8));
    settings.delimiter = Some(file.delimiter);
    (settings.quote, settings.escape) = (sign(file.quote), sign(file.escape));
}

/// What the csv crate reads by itself: the first line is a header, and nothing is above it.
fn plain(settings: &mut InputSettings, delimiter: Delimiter) {
    settings.delimiter = Some(delimiter);
    (settings.quote, settings.escape) = (Sign::Byte(b'"'), Sign::Absent);
    (settings.header, settings.skip_lines) = (Header::Present, Some(0));
}

/// The bytes that the command line accepts as a delimiter.
fn can_be_given(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n')
}

struct List<'a> {
    path: &'a Path,
    content: &'a [u8],
}

/// What was read from a list.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    end: End,
    /// How the list was read; `None` for Parquet.
    file: Option<CsvFile>,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// At [`MAX_ROWS`].
    Cut,
    Failed,
}

impl List<'_> {
    /// `None` when the file is refused before its first row.
    fn read(&self, change: impl FnOnce(&mut InputSettings)) -> Option<Table> {
        let paths = vec![self.path.to_str().expect("the name is ASCII").to_owned()];
        let mut settings = InputSettings::new(paths);
        change(&mut settings);
        let batch_rows = settings.batch_rows;
        let opened = match open(&settings) {
            Ok(opened) => opened,
            Err(refused) => {
                self.an_error_names_the_file(&refused);
                return None;
            }
        };
        let notes = opened.notes.clone();
        let file = notes.csv_files().first().cloned();
        let (names, rows, end) = self.drain(opened, batch_rows);
        let table = Table { names, rows, end, file };
        if table.file.is_some() {
            every_column_has_a_name_of_its_own(&table.names);
            self.the_findings_are_of_this_list(&table, &notes);
            let is_plain = settings.skip_lines == Some(0)
                && settings.header == Header::Present
                && notes.repaired_quotes().count + notes.repeated_headers().count == 0
                && notes.csv_files().iter().all(|file| file.remarks.is_empty());
            if is_plain {
                self.the_rows_are_those_of_the_csv_crate(&table);
            }
        }
        Some(table)
    }

    fn drain(&self, opened: Opened, batch_rows: usize) -> (Vec<String>, Vec<Vec<Option<String>>>, End) {
        let schema = opened.batches.schema();
        let mut batches = opened.batches;
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it has no driver");
        let mut rows = Vec::new();
        while let Some(batch) = runtime.block_on(batches.next()) {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    assert!(!matches!(error, StreamError::TaskPanicked(_)), "reading panicked");
                    self.an_error_names_the_file(&error);
                    assert!(runtime.block_on(batches.next()).is_none(), "an error ends the list");
                    return (names, rows, End::Failed);
                }
            };
            assert_eq!(batch.schema(), schema);
            assert!((1..=batch_rows).contains(&batch.num_rows()), "{} rows", batch.num_rows());
            if rows.len() > MAX_ROWS {
                return (names, rows, End::Cut);
            }
            let is_text = schema.fields().iter().all(|field| *field.data_type() == DataType::Utf8);
            for row in (0..batch.num_rows()).filter(|_| is_text) {
                let cells = batch.columns().iter().map(|column| column.as_string::<i32>());
                rows.push(cells.map(|cells| cells.is_valid(row).then(|| cells.value(row).into())).collect());
            }
        }
        (names, rows, End::Whole)
    }

    fn an_error_names_the_file(&self, error: &impl std::error::Error) {
        assert!(error.to_string().contains("list.csv"), "{error}");
    }

    fn the_findings_are_of_this_list(&self, table: &Table, notes: &InputNotes) {
        let (short, long) = (notes.short_rows(), notes.long_rows());
        // Reading is ahead of a list that was cut.
        if table.end == End::Whole {
            assert!(short.count + long.count <= table.rows.len() as u64, "{short:?}, {long:?}");
        }
        if table.file.as_ref().is_some_and(is_plain) {
            let line_ends =
                self.content.iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count() as u64;
            for line in [short, long, notes.windows_1252_cells()].iter().flat_map(|finding| &finding.first) {
                assert!((1..=line_ends + 1).contains(&line.line), "{line}");
            }
        }
    }

    /// Only for short lists in UTF-8: the csv crate knows no other encoding, and does not limit a
    /// quote.
    fn the_rows_are_those_of_the_csv_crate(&self, table: &Table) {
        let Some(file) = table.file.as_ref().filter(|file| is_plain(file)) else { return };
        if self.content.len() >= SHORT_LIST {
            return;
        }
        assert!(table.end == End::Whole, "a short list ends unexpectedly");
        let text = self.content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(self.content);
        let mut reader = ReaderBuilder::new()
            .delimiter(file.delimiter.byte().expect("other delimiters have a remark"))
            .flexible(true)
            .has_headers(false)
            .from_reader(text);
        let expected: Vec<ByteRecord> =
            reader.byte_records().collect::<Result<_, _>>().expect("a slice can be read");
        let expected = &expected[usize::from(file.has_header)..];
        assert_eq!(table.rows.len(), expected.len(), "rows");
        for (row, expected) in table.rows.iter().zip(expected) {
            // Cells that are not UTF-8 have another encoding, and surplus cells are joined to the
            // last column.
            let own = if expected.len() > row.len() { row.len() - 1 } else { row.len() };
            for (index, cell) in row.iter().enumerate().take(own) {
                match expected.get(index).map(str::from_utf8) {
                    Some(Ok("\\N")) => {}
                    Some(Ok(written)) => assert_eq!(cell.as_deref(), Some(written)),
                    Some(Err(_)) => assert!(cell.is_some()),
                    None => assert_eq!(*cell, None),
                }
            }
        }
    }
}

fn is_plain(file: &CsvFile) -> bool {
    file.encoding == "UTF-8" && file.compression.is_none()
}

fn every_column_has_a_name_of_its_own(names: &[String]) {
    assert!(names.iter().all(|name| !name.trim().is_empty()), "{names:?}");
    let distinct: HashSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
}
