//! NDJSON: one object a line, UTF-8, with every column in every object.
//!
//! A null is written as `null`, so that a reader which guesses columns from the first lines finds them all.
//! Integers and decimals are JSON numbers with all their digits, timestamps are text (see
//! [`super::instants`]), bytes are hexadecimal, and a number that JSON has no form for (NaN, infinity) is `null`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, StructArray};
use arrow::datatypes::{Field, FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::{
    Encoder as JsonEncoder, EncoderFactory, EncoderOptions, NullableEncoder, make_encoder,
};

use super::encoder::Fault;
use super::timestamps::TimestampText;

const BUFFER_BYTES: usize = 256 << 10;

/// An NDJSON file that is being written.
pub(super) struct Encoder {
    writer: BufWriter<File>,
    options: EncoderOptions,
    line: Vec<u8>,
}

impl Encoder {
    /// Fails when a column has no form in JSON.
    pub(super) fn new(file: File, schema: &SchemaRef) -> Result<Self, Fault> {
        let mut encoder = Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, file),
            options: options(),
            line: Vec::new(),
        };
        encoder.write(&RecordBatch::new_empty(schema.clone()))?;
        Ok(encoder)
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
        let rows = StructArray::from(batch.clone());
        let field: FieldRef = Arc::new(Field::new_struct("", batch.schema().fields().clone(), false));
        let mut encoder = make_encoder(&field, &rows, &self.options)?;
        for row in 0..batch.num_rows() {
            self.line.clear();
            encoder.encode(row, &mut self.line);
            self.line.push(b'\n');
            self.writer.write_all(&self.line)?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<File, Fault> {
        Ok(self.writer.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    }
}

/// How values become JSON, here and in the nested cells of a CSV file.
pub(super) fn options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(Timestamps))
}

/// Arrow's own writer knows no zone by name, not even UTC, without a database of zones.
#[derive(Debug)]
struct Timestamps;

impl EncoderFactory for Timestamps {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let quoted =
            TimestampText::of(array).map(|instants| Box::new(Quoted(instants)) as Box<dyn JsonEncoder>);
        Ok(quoted.map(|encoder| NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

struct Quoted(TimestampText);

impl JsonEncoder for Quoted {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        self.0.write(row, out);
        out.push(b'"');
    }
}
