//! Opening Parquet files as one list, and reading them one after the other.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::file::metadata::ParquetMetaData;
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};

use crate::input::columns::ensure_same_columns;
use crate::input::error::InputError;
use crate::input::notes::InputNotes;
use crate::input::opened::{ListLength, Opened};
use crate::input::read_ahead::read_ahead;
use crate::input::settings::{BATCH_BYTES, InputSettings};

/// Opens these files, at least one, as one list. All have the same columns by name, order and type.
/// The metadata is the first file's, and a column is nullable if it is so in any file.
pub(in crate::input) fn open_files(
    files: Vec<PathBuf>,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let mut rows = 0;
    let mut schema: Option<Schema> = None;
    for path in &files {
        let builder = open_file(path)?;
        rows += u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        schema = Some(match schema {
            None => Schema::clone(builder.schema()),
            Some(first) => {
                ensure_same_columns((&files[0], &first), (path, builder.schema()))?;
                with_nullability_of(&first, builder.schema())
            }
        });
    }
    let schema = Arc::new(schema.expect("a list has at least one file"));
    let batches = Batches {
        schema: schema.clone(),
        files: files.clone().into_iter(),
        current: None,
        batch_rows: settings.batch_rows.max(1),
    };
    Ok(Opened {
        batches: read_ahead(schema, batches)?,
        length: ListLength::Rows(rows),
        files,
        notes: Arc::new(InputNotes::default()),
    })
}

type Builder = ParquetRecordBatchReaderBuilder<File>;

fn open_file(path: &Path) -> Result<Builder, InputError> {
    let file = File::open(path).map_err(|source| InputError::Read { path: path.to_owned(), source })?;
    Builder::try_new(file).map_err(|fault| damaged(path, fault))
}

fn damaged(path: &Path, fault: impl std::error::Error + Send + Sync + 'static) -> InputError {
    InputError::Malformed {
        path: path.to_owned(),
        problem: "this Parquet file is damaged, cut short, or of an unsupported kind".into(),
        help: Some("fetch it again, or write it again".into()),
        source: Some(Box::new(fault)),
    }
}

fn with_nullability_of(first: &Schema, other: &Schema) -> Schema {
    let fields: Vec<Field> = first
        .fields()
        .iter()
        .zip(other.fields())
        .map(|(one, two)| one.as_ref().clone().with_nullable(one.is_nullable() || two.is_nullable()))
        .collect();
    Schema::new_with_metadata(fields, first.metadata().clone())
}

/// How many rows make a batch: as many as wanted, or fewer where rows are long by the file's
/// metadata.
fn batch_rows(wanted: usize, metadata: &ParquetMetaData) -> usize {
    let longest = metadata
        .row_groups()
        .iter()
        .filter(|group| group.num_rows() > 0)
        .map(|group| group.total_byte_size() / group.num_rows())
        .max();
    let row_bytes = usize::try_from(longest.unwrap_or(0)).unwrap_or(0).max(1);
    wanted.min(BATCH_BYTES / row_bytes).max(1)
}

/// The batches of all files, one file after the other.
struct Batches {
    schema: SchemaRef,
    files: vec::IntoIter<PathBuf>,
    current: Option<(PathBuf, ParquetRecordBatchReader)>,
    batch_rows: usize,
}

impl Batches {
    fn next_file(&mut self) -> Result<bool, InputError> {
        let Some(path) = self.files.next() else { return Ok(false) };
        let builder = open_file(&path)?;
        let rows = batch_rows(self.batch_rows, builder.metadata());
        let reader = builder.with_batch_size(rows).build().map_err(|fault| damaged(&path, fault))?;
        self.current = Some((path, reader));
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            if let Some((path, reader)) = &mut self.current
                && let Some(batch) = reader.next()
            {
                let batch = batch.and_then(|batch| in_schema(batch, &self.schema));
                return batch.map(Some).map_err(|fault| damaged(path, fault));
            }
            if !self.next_file()? {
                return Ok(None);
            }
        }
    }
}

/// The reader's batches lack the metadata of the schema, and may have stricter nullability.
fn in_schema(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, arrow::error::ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}
