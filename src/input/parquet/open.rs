//! Opening Parquet files as one list, and reading them one after the other.

use std::sync::Arc;
use std::vec;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::file::{ParquetFile, damaged};
use super::whole_numbers::wide_integers;
use crate::input::error::InputError;
use crate::input::notes::InputNotes;
use crate::input::opened::{ListLength, Opened};
use crate::input::read_ahead::read_ahead;
use crate::input::schema_union::{BatchAdapter, FileColumns, unite};
use crate::input::settings::InputSettings;
use crate::input::source::ListFile;

/// Opens these files, at least one, as one list, with their columns united by name. The metadata is
/// the first file's, and a column is nullable if it is so in any file or missing in one.
pub(in crate::input) fn open_files(
    files: Vec<ListFile>,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let mut rows = 0;
    let mut columns = Vec::with_capacity(files.len());
    for file in &files {
        let opened = ParquetFile::open(file)?;
        opened.ensure_known_codecs(file)?;
        rows += u64::try_from(opened.metadata().file_metadata().num_rows()).unwrap_or(0);
        let mut own = FileColumns::new(file.path(), opened.schema().clone(), Some(file));
        own.wide_integers = wide_integers(opened.metadata());
        columns.push(own);
    }
    let union = unite(&columns)?;
    let paths = files.iter().map(|file| file.path().to_owned()).collect();
    let batches = Batches {
        schema: union.schema.clone(),
        files: files.into_iter().zip(union.adapters).collect::<Vec<_>>().into_iter(),
        current: None,
        batch_rows: settings.batch_rows.max(1),
    };
    Ok(Opened {
        batches: read_ahead(union.schema, batches)?,
        length: ListLength::Rows(rows),
        files: paths,
        notes: Arc::new(InputNotes::default().with_remarks(union.remarks)),
    })
}

/// The batches of all files, one file after the other.
struct Batches {
    schema: SchemaRef,
    files: vec::IntoIter<(ListFile, Option<BatchAdapter>)>,
    current: Option<CurrentFile>,
    batch_rows: usize,
}

struct CurrentFile {
    file: ListFile,
    adapter: Option<BatchAdapter>,
    reader: ParquetRecordBatchReader,
}

impl Batches {
    fn next_file(&mut self) -> Result<bool, InputError> {
        let Some((file, adapter)) = self.files.next() else { return Ok(false) };
        let opened = ParquetFile::open(&file)?;
        let reader = opened.batches(self.batch_rows).map_err(|fault| damaged(&file, fault))?;
        self.current = Some(CurrentFile { file, adapter, reader });
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            if let Some(CurrentFile { file, adapter, reader }) = &mut self.current
                && let Some(batch) = reader.next()
            {
                let batch = batch.map_err(|fault| damaged(file, fault))?;
                let batch = match adapter {
                    Some(adapter) => adapter.adapt(&batch).map_err(|fault| not_converted(file, fault)),
                    None => in_schema(batch, &self.schema).map_err(|fault| damaged(file, fault)),
                };
                return batch.map(Some);
            }
            if !self.next_file()? {
                return Ok(None);
            }
        }
    }
}

fn not_converted(file: &ListFile, fault: ArrowError) -> InputError {
    InputError::Malformed {
        path: file.path().to_owned(),
        problem: "a value has no place in the type that the files have in common".into(),
        help: Some("run the file by itself, or write it with the types of the others".into()),
        source: Some(Box::new(fault)),
    }
}

/// The reader's batches lack the metadata of the schema, and may have stricter nullability.
fn in_schema(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}
