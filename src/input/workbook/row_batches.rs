//! The rows of a table on a sheet in batches.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::array::{ArrayBuilder, ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::SchemaRef;

use super::sheet::Row;
use super::table::Table;
use crate::input::notes::{FileLine, InputNotes};
use crate::input::read_ahead::Sink;
use crate::input::schema_union::BatchAdapter;
use crate::input::settings::BATCH_BYTES;
use crate::input::source::ListFile;

/// Collects rows, and sends them on as batches.
pub(super) struct BatchBuilder<'a> {
    pub(super) file: &'a ListFile,
    pub(super) notes: &'a InputNotes,
    pub(super) adapter: Option<&'a BatchAdapter>,
    schema: SchemaRef,
    first_row: u64,
    /// The place in the table of each of the sheet's columns.
    places: HashMap<u32, usize>,
    columns: Vec<StringBuilder>,
    bytes: usize,
    batch_rows: usize,
}

impl<'a> BatchBuilder<'a> {
    pub(super) fn new(
        file: &'a ListFile,
        table: &Table,
        schema: SchemaRef,
        adapter: Option<&'a BatchAdapter>,
        notes: &'a InputNotes,
        batch_rows: usize,
    ) -> Self {
        let places = table.columns.iter().enumerate().map(|(place, column)| (*column, place)).collect();
        let columns = table.columns.iter().map(|_| StringBuilder::new()).collect();
        let first_row = table.first_row;
        Self { file, notes, adapter, schema, first_row, places, columns, bytes: 0, batch_rows }
    }

    /// Adds a row of the sheet, unless it stands above the table's first.
    pub(super) fn add(&mut self, row: &Row, sink: &mut Sink<'_>) -> ControlFlow<()> {
        if row.number < self.first_row {
            return ControlFlow::Continue(());
        }
        let rows = self.rows();
        for cell in &row.cells {
            match self.places.get(&cell.column) {
                // A column that comes twice in a damaged row keeps its first cell.
                Some(&place) if self.columns[place].len() == rows => {
                    self.bytes += cell.text.len();
                    self.columns[place].append_value(&cell.text);
                }
                _ => self.note_outside(row.number),
            }
        }
        if self.columns.iter().all(|column| column.len() == rows) {
            return ControlFlow::Continue(());
        }
        for column in &mut self.columns {
            if column.len() == rows {
                column.append_null();
            }
        }
        match rows + 1 >= self.batch_rows || self.bytes >= BATCH_BYTES {
            true => self.flush(sink),
            false => ControlFlow::Continue(()),
        }
    }

    /// Sends what was collected.
    pub(super) fn flush(&mut self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        if self.rows() == 0 {
            return ControlFlow::Continue(());
        }
        let columns: Vec<ArrayRef> =
            self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        self.bytes = 0;
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        let batch = batch.expect("every column is nullable text and has a cell for each row");
        sink(match self.adapter {
            Some(adapter) => adapter.adapt(&batch).expect("text becomes text"),
            None => batch,
        })
    }

    fn rows(&self) -> usize {
        // The last column is filled up with the row, as every other.
        self.columns.iter().map(ArrayBuilder::len).min().unwrap_or(0)
    }

    fn note_outside(&self, line: u64) {
        self.notes.note_cell_outside(|| FileLine { file: self.file.path().to_owned(), line });
    }
}
