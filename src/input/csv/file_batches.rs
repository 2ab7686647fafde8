//! The rows of one file in batches. Every cell passes this loop.

use std::borrow::Cow;
use std::sync::Arc;

use ::csv::ByteRecord;
use arrow::array::{Array, ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::SchemaRef;

use super::dialect::Dialect;
use super::encoding::from_windows_1252;
use super::row_reader::RowReader;
use super::source::TextSource;
use super::text::Text;
use crate::input::error::InputError;
use crate::input::notes::InputNotes;
use crate::input::settings::BATCH_BYTES;

/// A file that is being read.
pub(super) struct FileBatches {
    reader: RowReader,
    dialect: Dialect,
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    notes: Arc<InputNotes>,
    /// The cells of the header, once it was read.
    header: Option<ByteRecord>,
    header_rows_ahead: usize,
}

/// A quoted cell of more lines is reported if it has delimiters.
const MANY_LINES: u64 = 5;

impl FileBatches {
    /// Rows with fewer or more cells than the schema has columns are made to fit.
    pub(super) fn new(
        text: Text,
        source: TextSource,
        dialect: Dialect,
        schema: SchemaRef,
        notes: Arc<InputNotes>,
    ) -> Self {
        Self {
            reader: RowReader::new(text, source, dialect, schema.fields().len()),
            dialect,
            columns: schema.fields().iter().map(|_| StringBuilder::new()).collect(),
            schema,
            notes,
            header: None,
            header_rows_ahead: dialect.header_rows,
        }
    }

    /// Up to `batch_rows` rows, fewer where they are long; `None` after the last.
    pub(super) fn next_batch(&mut self, batch_rows: usize) -> Result<Option<RecordBatch>, InputError> {
        while self.header_rows_ahead > 0 {
            self.header_rows_ahead -= 1;
            self.reader.advance()?;
            self.header = Some(self.reader.row().clone());
        }
        let (mut rows, mut bytes) = (0, 0);
        while rows < batch_rows && bytes < BATCH_BYTES && self.reader.advance()? {
            if self.is_header_again() {
                self.notes.note_repeated_header(|| self.reader.line());
                continue;
            }
            self.append_row();
            rows += 1;
            bytes += self.reader.row().as_slice().len();
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(finish).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        Ok(Some(batch.expect("every column is nullable text and has a cell for each row")))
    }

    /// Lists that were joined have the header of each. A single column has no header that could be
    /// distinguished from a row.
    fn is_header_again(&self) -> bool {
        let row = self.reader.row();
        self.header.as_ref().is_some_and(|header| {
            header.len() > 1 && header.as_slice().len() == row.as_slice().len() && header == row
        })
    }

    fn append_row(&mut self) {
        let Self { reader, columns, notes, dialect, .. } = self;
        note_quotes(reader, notes, dialect);
        let cells = Cells::of(reader, notes);
        let width = columns.len();
        if cells.count() > width {
            let (last, others) = columns.split_last_mut().expect("a list has at least one column");
            for (index, column) in others.iter_mut().enumerate() {
                column.append_value(cells.text(index));
            }
            return last.append_value(cells.joined_from(others.len(), dialect.delimiter.as_str()));
        }
        let (present, missing) = columns.split_at_mut(cells.count());
        for (index, column) in present.iter_mut().enumerate() {
            match cells.text(index) {
                text if dialect.has_mysql_nulls && text == "\\N" => column.append_null(),
                text => column.append_value(text),
            }
        }
        if !missing.is_empty() {
            missing.iter_mut().for_each(StringBuilder::append_null);
            notes.note_short_row(|| reader.line());
        }
    }
}

fn note_quotes(reader: &RowReader, notes: &InputNotes, dialect: &Dialect) {
    let rows = reader.rows();
    if rows.is_repaired() {
        notes.note_repaired_quote(|| reader.line());
    }
    if rows.spans_lines() && rows.breaks_within() > MANY_LINES {
        let delimiter = dialect.read_delimiter();
        let hides_rows = |cell: &[u8]| {
            memchr::memchr_iter(b'\n', cell).count() as u64 > MANY_LINES
                && memchr::memchr(delimiter, cell).is_some()
        };
        if reader.row().iter().any(hides_rows) {
            notes.note_long_cell(|| reader.line());
        }
    }
}

/// The cells of one row as text.
struct Cells<'a> {
    reader: &'a RowReader,
    notes: &'a InputNotes,
    /// All cells without separators, if that is UTF-8: one check for the whole row.
    text: Option<&'a str>,
}

impl<'a> Cells<'a> {
    fn of(reader: &'a RowReader, notes: &'a InputNotes) -> Self {
        Self { reader, notes, text: str::from_utf8(reader.row().as_slice()).ok() }
    }

    fn count(&self) -> usize {
        self.reader.row().len()
    }

    fn text(&self, index: usize) -> Cow<'a, str> {
        // `get` fails where a range cuts a character in two: the row as a whole is UTF-8 only
        // because the bytes on both sides of a delimiter happen to make a character.
        let row = self.reader.row();
        match self.text.and_then(|text| text.get(row.range(index)?)) {
            Some(cell) => Cow::Borrowed(cell),
            None => self.decode(&row[index]),
        }
    }

    fn decode(&self, cell: &'a [u8]) -> Cow<'a, str> {
        match str::from_utf8(cell) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                self.notes.note_windows_1252(|| self.reader.line());
                from_windows_1252(cell)
            }
        }
    }

    /// The cell of the last column and the surplus cells after it, joined by delimiters. Empty
    /// cells at the end are dropped, because many lists end every row with a delimiter.
    fn joined_from(&self, last: usize, delimiter: &str) -> Cow<'a, str> {
        let row = self.reader.row();
        let filled = (last + 1..row.len()).rev().find(|&index| !row[index].is_empty());
        let Some(filled) = filled else {
            if row.len() > last + 2 {
                self.notes.note_long_row(|| self.reader.line());
            }
            return self.text(last);
        };
        self.notes.note_long_row(|| self.reader.line());
        let mut joined = self.text(last).into_owned();
        for index in last + 1..=filled {
            joined.push_str(delimiter);
            joined.push_str(&self.text(index));
        }
        Cow::Owned(joined)
    }
}

/// The column so far. Its builder starts again with as much capacity as this batch needed.
fn finish(column: &mut StringBuilder) -> ArrayRef {
    let array = column.finish();
    *column = StringBuilder::with_capacity(array.len(), array.value_data().len());
    Arc::new(array)
}
