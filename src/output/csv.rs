//! CSV: RFC 4180 in UTF-8 with a header, quoted where it must be, lines ending in LF.
//!
//! A null is an empty cell, as an empty text is. Timestamps are written as [`super::instants`] says, bytes
//! are hexadecimal, and what is nested becomes JSON text. A cell that begins with `=`, `+`, `-` or `@` is
//! written as it is: a spreadsheet may take it for a formula, but changing it would change the user's data.

use std::fs::File;
use std::io::Write;

use ::csv::{Writer, WriterBuilder};
use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::encoder::Fault;
use super::ndjson;
use super::timestamps::TimestampText;

const BUFFER_BYTES: usize = 256 << 10;

/// A CSV file that is being written.
pub(super) struct Encoder {
    writer: Writer<File>,
    options: EncoderOptions,
    cell: Vec<u8>,
}

impl Encoder {
    /// Writes the header. Fails when a column has no form as text.
    pub(super) fn new(file: File, schema: &SchemaRef) -> Result<Self, Fault> {
        let mut writer = WriterBuilder::new().buffer_capacity(BUFFER_BYTES).from_writer(file);
        writer.write_record(schema.fields().iter().map(|field| field.name())).map_err(plain)?;
        let mut encoder = Self { writer, options: ndjson::options(), cell: Vec::new() };
        encoder.write(&RecordBatch::new_empty(schema.clone()))?;
        Ok(encoder)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
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
                self.writer.write_field(cell).map_err(plain)?;
            }
            self.writer.write_record(None::<&[u8]>).map_err(plain)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<File, Fault> {
        Ok(self.writer.into_inner().map_err(|fault| fault.into_error())?)
    }
}

/// The cells of a column, by how they become text.
enum Cells<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    TimestampText(TimestampText),
    Json(NullableEncoder<'a>),
    Other(ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef, field: &'a FieldRef, options: &'a EncoderOptions) -> Result<Self, Fault> {
        if let Some(instants) = TimestampText::of(column) {
            return Ok(Self::TimestampText(instants));
        }
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::LargeUtf8 => Self::LargeText(column.as_string()),
            DataType::Utf8View => Self::TextView(column.as_string_view()),
            nested if nested.is_nested() => Self::Json(make_encoder(field, column, options)?),
            _ => Self::Other(ArrayFormatter::try_new(column, &FormatOptions::new())?),
        })
    }

    /// The text of a cell that is not null; what is not text yet is written into the scratch space.
    fn text<'b>(&'b mut self, row: usize, scratch: &'b mut Vec<u8>) -> Result<&'b [u8], Fault> {
        match self {
            Self::Text(texts) => return Ok(texts.value(row).as_bytes()),
            Self::LargeText(texts) => return Ok(texts.value(row).as_bytes()),
            Self::TextView(texts) => return Ok(texts.value(row).as_bytes()),
            Self::TimestampText(instants) => instants.write(row, scratch),
            Self::Json(encoder) => encoder.encode(row, scratch),
            Self::Other(formatter) => write!(scratch, "{}", formatter.value(row).try_to_string()?)?,
        }
        Ok(scratch)
    }
}

/// A dictionary as the values it stands for.
fn plain_values(column: &ArrayRef) -> Result<ArrayRef, Fault> {
    match column.data_type() {
        DataType::Dictionary(_, value) => Ok(cast(column, value)?),
        _ => Ok(column.clone()),
    }
}

/// What the file system said, where it was the file system.
fn plain(fault: ::csv::Error) -> Fault {
    match fault.into_kind() {
        ::csv::ErrorKind::Io(fault) => fault.into(),
        other => format!("the CSV writer refuses a row: {other:?}").into(),
    }
}
