//! NDJSON: one object on each line, UTF-8, with every column in every object.
//!
//! A null is written as `null`, so that a reader that guesses columns from the first lines finds
//! them all. Integers and decimals are JSON numbers with all their digits, timestamps are text (see
//! [`super::timestamps`]), bytes as well (see [`super::bytes_text`]), and numbers that JSON lacks (NaN, infinity) are
//! `null`.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, StructArray};
use arrow::datatypes::{Field, FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::{
    Encoder as JsonEncoder, EncoderFactory, EncoderOptions, NullableEncoder, make_encoder,
};

use super::bytes_text::BytesText;
use super::encoder::{Encoder, Sink};
use super::timestamps::TimestampText;
use crate::model::BoxError;

const BUFFER_BYTES: usize = 256 << 10;

/// An NDJSON file that is being written.
pub(super) struct NdjsonEncoder {
    writer: BufWriter<Sink>,
    options: EncoderOptions,
    line: Vec<u8>,
}

impl NdjsonEncoder {
    /// Fails when a column cannot be written as JSON.
    pub(super) fn new(sink: Sink, schema: &SchemaRef) -> Result<Self, BoxError> {
        let mut encoder = Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, sink),
            options: json_options(),
            line: Vec::new(),
        };
        encoder.write(&RecordBatch::new_empty(schema.clone()))?;
        Ok(encoder)
    }
}

impl Encoder for NdjsonEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
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

    fn flush_rows(&mut self) -> Result<bool, BoxError> {
        self.writer.flush()?;
        Ok(true)
    }

    fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        let mut sink = self.writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(sink.finish()?)
    }
}

/// How values become JSON, here and in the nested cells of a CSV file.
pub(super) fn json_options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(OwnTexts))
}

/// The values whose text is written here: Arrow's own writer needs a database of time zones for every
/// named zone, even UTC, and writes all bytes as digits.
#[derive(Debug)]
struct OwnTexts;

impl EncoderFactory for OwnTexts {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn JsonEncoder> = if let Some(timestamps) = TimestampText::of(array) {
            Box::new(Quoted(timestamps))
        } else if let Some(texts) = BytesText::of(array)? {
            Box::new(Escaped { texts, text: Vec::new() })
        } else {
            return Ok(None);
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// Text without a character that JSON escapes.
struct Quoted(TimestampText);

impl JsonEncoder for Quoted {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        self.0.write(row, out);
        out.push(b'"');
    }
}

struct Escaped {
    texts: BytesText,
    text: Vec<u8>,
}

impl JsonEncoder for Escaped {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        self.text.clear();
        self.texts.write(row, &mut self.text);
        let text = std::str::from_utf8(&self.text).expect("bytes are written as text");
        serde_json::to_writer(out, text).expect("memory takes every write");
    }
}
