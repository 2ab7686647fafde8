//! Tables in, complete files out, and nothing left behind.

mod commits;
mod formats;
mod partitions;
#[cfg(unix)]
mod streams;

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use futures::stream;
use miette::Diagnostic;

use super::{OutputError, OutputSettings, StagedOutput, WriteError, prepare};
use crate::model::{RecordStream, with_causes};

fn numbers(values: std::ops::Range<i64>) -> RecordBatch {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_from_iter([("n", column)]).unwrap()
}

fn stream_of(batches: Vec<RecordBatch>) -> RecordStream {
    RecordStream::new(batches[0].schema(), stream::iter(batches.into_iter().map(Ok)))
}

async fn write(
    settings: &OutputSettings,
    batches: Vec<RecordBatch>,
) -> Result<Box<dyn StagedOutput>, WriteError> {
    prepare(settings)?.write(stream_of(batches), Arc::default()).await
}

fn read_parquet(path: &Path) -> (Vec<RecordBatch>, Arc<::parquet::file::metadata::ParquetMetaData>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let (schema, metadata) = (builder.schema().clone(), builder.metadata().clone());
    let batches = builder.build().unwrap();
    let batches =
        batches.map(|batch| RecordBatch::try_new(schema.clone(), batch.unwrap().columns().to_vec()).unwrap());
    (batches.collect(), metadata)
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Everything that the command line prints of an error: what is wrong, why, and what to do.
fn printed(error: &OutputError) -> String {
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    with_causes(error) + &help
}
