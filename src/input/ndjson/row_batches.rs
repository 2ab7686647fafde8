//! The rows of one NDJSON file in batches.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::ReaderBuilder;
use arrow::json::reader::Decoder;

use super::json_text::JsonTextFactory;
use super::lines::Lines;
use crate::input::error::InputError;
use crate::input::settings::BATCH_BYTES;

/// A file that is being read the second time.
pub(super) struct RowBatches {
    lines: Lines,
    decoder: Decoder,
    batch_rows: usize,
}

impl RowBatches {
    pub(super) fn new(lines: Lines, schema: SchemaRef, batch_rows: usize) -> Self {
        let decoder = ReaderBuilder::new(schema)
            .with_batch_size(batch_rows)
            .with_coerce_primitive(true)
            .with_strict_mode(true)
            .with_decoder_factory(Arc::new(JsonTextFactory))
            .build_decoder();
        Self { lines, decoder: decoder.expect("every inferred type has a decoder"), batch_rows }
    }

    /// The next rows, fewer than wanted where they are long; `None` after the last.
    pub(super) fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        let (mut bytes, mut rows) = (0, 0);
        while rows < self.batch_rows && bytes < BATCH_BYTES {
            let Some(line) = self.lines.advance()? else { break };
            bytes += line.len();
            rows += 1;
            let is_one_object = self.decoder.decode(line).is_ok_and(|read| read == line.len())
                && !self.decoder.has_partial_record()
                && self.decoder.len() == rows;
            if !is_one_object {
                return Err(self.changed());
            }
        }
        // The text of the decoder's error contains values of the list.
        self.decoder.flush().map_err(|_| self.changed())
    }

    fn changed(&self) -> InputError {
        self.lines.malformed(
            "or one just before it is not what it was when the file was inspected",
            "run again when nothing writes to the file any more",
        )
    }
}
