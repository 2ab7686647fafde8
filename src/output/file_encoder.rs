//! The encoder of a file or a stream, by its format.

use arrow::datatypes::SchemaRef;

use super::csv::CsvEncoder;
use super::encoder::{Encoder, Sink};
use super::format::OutputFormat;
use super::ndjson::NdjsonEncoder;
use super::parquet::{ParquetEncoder, encoder_threads};
use super::settings::OutputSettings;
use crate::model::BoxError;

/// Starts a file or a stream of this format. Fails when the format cannot hold one of the columns.
pub(super) fn file_encoder(
    format: OutputFormat,
    sink: Sink,
    schema: &SchemaRef,
    settings: &OutputSettings,
) -> Result<Box<dyn Encoder>, BoxError> {
    Ok(match format {
        OutputFormat::Parquet => Box::new(ParquetEncoder::new(sink, schema, settings, encoder_threads()?)?),
        OutputFormat::Csv => Box::new(CsvEncoder::new(sink, schema)?),
        OutputFormat::Ndjson => Box::new(NdjsonEncoder::new(sink, schema)?),
    })
}
