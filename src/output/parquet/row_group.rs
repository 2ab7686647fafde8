//! A row group while it is written: its columns are encoded side by side.

use std::iter;

use ::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use ::parquet::errors::ParquetError;
use ::parquet::schema::types::SchemaDescriptor;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{FieldRef, SchemaRef};
use futures::executor::block_on;
use futures::future::join_all;

use crate::worker_threads::WorkerThreads;

/// The columns of a row group so far.
pub(super) struct RowGroup {
    columns: Vec<Column>,
    rows: usize,
}

/// A column, with a writer for each of its leaves: a nested column has several.
struct Column {
    field: FieldRef,
    writers: Vec<ArrowColumnWriter>,
}

impl RowGroup {
    /// The row group of this number, without rows.
    pub(super) fn new(
        factory: &ArrowRowGroupWriterFactory,
        layout: &SchemaDescriptor,
        schema: &SchemaRef,
        nth: usize,
    ) -> Result<Self, ParquetError> {
        let mut writers = factory.create_column_writers(nth)?.into_iter();
        let mut columns_of_leaves =
            (0..layout.num_columns()).map(|leaf| layout.get_column_root_idx(leaf)).peekable();
        let columns = schema.fields().iter().enumerate().map(|(nth, field)| {
            let leaves = iter::from_fn(|| columns_of_leaves.next_if_eq(&nth)).count();
            Column { field: field.clone(), writers: writers.by_ref().take(leaves).collect() }
        });
        Ok(Self { columns: columns.collect(), rows: 0 })
    }

    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How much memory it takes.
    pub(super) fn memory_size(&self) -> usize {
        self.columns.iter().flat_map(|column| &column.writers).map(ArrowColumnWriter::memory_size).sum()
    }

    /// Adds the rows of these batches.
    pub(super) fn write(
        &mut self,
        batches: &[RecordBatch],
        threads: &WorkerThreads,
    ) -> Result<(), ParquetError> {
        self.rows += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let cells = |nth: usize| batches.iter().map(|batch| batch.column(nth).clone()).collect::<Vec<_>>();
        let columns = std::mem::take(&mut self.columns).into_iter().enumerate();
        let encoding = columns.map(|(nth, column)| (column, cells(nth)));
        self.columns = side_by_side(threads, encoding, |(column, cells)| column.write(&cells))?;
        Ok(())
    }

    /// The encoded columns.
    pub(super) fn close(self, threads: &WorkerThreads) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        let writers = self.columns.into_iter().flat_map(|column| column.writers);
        side_by_side(threads, writers, ArrowColumnWriter::close)
    }
}

impl Column {
    fn write(mut self, cells: &[ArrayRef]) -> Result<Self, ParquetError> {
        for cells in cells {
            for (leaf, writer) in compute_leaves(&self.field, cells)?.iter().zip(&mut self.writers) {
                writer.write(leaf)?;
            }
        }
        Ok(self)
    }
}

/// Does the same work with each item, on all threads, and gives the results in the order of the items.
fn side_by_side<I: Send + 'static, T: Send + 'static>(
    threads: &WorkerThreads,
    items: impl Iterator<Item = I>,
    work: impl Fn(I) -> Result<T, ParquetError> + Copy + Send + 'static,
) -> Result<Vec<T>, ParquetError> {
    let done = block_on(join_all(items.map(|item| threads.run(move || work(item)))));
    let panicked = || ParquetError::General("internal error: the encoder of a column panicked".into());
    done.into_iter().map(|done| done.unwrap_or_else(|| Err(panicked()))).collect()
}
