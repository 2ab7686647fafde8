//! CSV: RFC 4180 in UTF-8 with a header, quoted where it must be, lines ending in LF.
//!
//! A null is an empty cell, as an empty text is. Timestamps have the form of [`super::timestamps`],
//! bytes that of [`super::bytes_text`], and nested values become JSON text. A cell that begins with `=`, `+`, `-`
//! or `@` is written as it is: a spreadsheet may take it for a formula, but changing it would
//! change the user's data.

use std::io::Write;

use ::csv::{Writer, WriterBuilder};
use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::bytes_text::BytesText;
use super::encoder::{Encoder, Sink};
use super::ndjson::json_options;
use super::timestamps::TimestampText;
use crate::model::BoxError;

const BUFFER_BYTES: usize = 256 << 10;

/// A CSV file that is being written.
pub(super) struct CsvEncoder {
    writer: Writer<Sink>,
    options: EncoderOptions,
    cell: Vec<u8>,
}

impl CsvEncoder {
    /// Writes the header. Fails when a column cannot be written as text.
    pub(super) fn new(sink: Sink, schema: &SchemaRef) -> Result<Self, BoxError> {
        let mut writer = WriterBuilder::new().buffer_capacity(BUFFER_BYTES).from_writer(sink);
        writer.write_record(schema.fields().iter().map(|field| field.name())).map_err(io_fault)?;
        let mut encoder = Self { writer, options: json_options(), cell: Vec::new() };
        encoder.write(&RecordBatch::new_empty(schema.clone()))?;
        Ok(encoder)
    }
}

impl Encoder for CsvEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let columns = batch.columns().iter().map(plain_values).collect::<Result<Vec<_>, _>>()?;
        let mut cells = Vec::with_capacity(columns.len());
        for (column, field) in columns.iter().zip(batch.schema_ref().fields()) {
            cells.push(Cells::of(column, field, &self.options)?);
        }
        for row in 0..batch.num_rows() {
            for (column, cells) in columns.iter().zip(&mut cells) {
                self.cell.clear();
                let cell = match column.is_null(row) {
                    true => &[],
                    false => cells.text(row, &mut self.cell)?,
                };
                self.writer.write_field(cell).map_err(io_fault)?;
            }
            self.writer.write_record(None::<&[u8]>).map_err(io_fault)?;
        }
        Ok(())
    }

    fn flush_rows(&mut self) -> Result<bool, BoxError> {
        self.writer.flush()?;
        Ok(true)
    }

    fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        let mut sink = self.writer.into_inner().map_err(|fault| fault.into_error())?;
        Ok(sink.finish()?)
    }
}

/// The cells of a column, by the way in which they become text.
enum Cells<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Timestamps(TimestampText),
    Bytes(BytesText),
    Json(NullableEncoder<'a>),
    Other(ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef, field: &'a FieldRef, options: &'a EncoderOptions) -> Result<Self, BoxError> {
        if let Some(timestamps) = TimestampText::of(column) {
            return Ok(Self::Timestamps(timestamps));
        }
        if let Some(bytes) = BytesText::of(column)? {
            return Ok(Self::Bytes(bytes));
        }
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::LargeUtf8 => Self::LargeText(column.as_string()),
            DataType::Utf8View => Self::TextView(column.as_string_view()),
            nested if nested.is_nested() => Self::Json(make_encoder(field, column, options)?),
            _ => Self::Other(ArrayFormatter::try_new(column, &FormatOptions::new())?),
        })
    }

    /// The text of a cell that is not null. Other values are written into `scratch`.
    fn text<'b>(&'b mut self, row: usize, scratch: &'b mut Vec<u8>) -> Result<&'b [u8], BoxError> {
        match self {
            Self::Text(texts) => return Ok(texts.value(row).as_bytes()),
            Self::LargeText(texts) => return Ok(texts.value(row).as_bytes()),
            Self::TextView(texts) => return Ok(texts.value(row).as_bytes()),
            Self::Timestamps(timestamps) => timestamps.write(row, scratch),
            Self::Bytes(bytes) => bytes.write(row, scratch),
            Self::Json(encoder) => encoder.encode(row, scratch),
            Self::Other(formatter) => write!(scratch, "{}", formatter.value(row).try_to_string()?)?,
        }
        Ok(scratch)
    }
}

/// A dictionary as the values it stands for.
fn plain_values(column: &ArrayRef) -> Result<ArrayRef, BoxError> {
    match column.data_type() {
        DataType::Dictionary(_, value) => Ok(cast(column, value)?),
        _ => Ok(column.clone()),
    }
}

/// The error of the file system, where it is one: the caller looks for a full disk.
fn io_fault(fault: ::csv::Error) -> BoxError {
    match fault.into_kind() {
        ::csv::ErrorKind::Io(fault) => fault.into(),
        other => format!("the CSV writer rejected a row: {other:?}").into(),
    }
}
