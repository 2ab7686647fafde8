//! Columns whose values have no type in common: objects and lists become JSON text, text and
//! numbers stay as they were written.

use std::sync::Arc;

use arrow::array::{ArrayRef, LargeStringBuilder};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::json::reader::{ArrayDecoder, DecoderContext, DecoderFactory, Tape, TapeElement};

/// The type of these columns, which no other column of an NDJSON list has.
pub(super) const JSON_TEXT: DataType = DataType::LargeUtf8;

/// Makes the decoder for columns of the type [`JSON_TEXT`].
#[derive(Debug)]
pub(super) struct JsonTextFactory;

impl DecoderFactory for JsonTextFactory {
    fn make_default_decoder(
        &self,
        _: &DecoderContext,
        field: &FieldRef,
        _: bool,
    ) -> Result<Option<Box<dyn ArrayDecoder>>, ArrowError> {
        Ok((field.data_type() == &JSON_TEXT).then(|| Box::new(JsonTextDecoder) as Box<dyn ArrayDecoder>))
    }
}

struct JsonTextDecoder;

impl ArrayDecoder for JsonTextDecoder {
    fn decode(&mut self, tape: &Tape<'_>, places: &[u32]) -> Result<ArrayRef, ArrowError> {
        let mut cells = LargeStringBuilder::new();
        let mut text = String::new();
        for &place in places {
            match tape.get(place) {
                TapeElement::Null => cells.append_null(),
                TapeElement::String(index) => cells.append_value(tape.get_string(index)),
                _ => {
                    text.clear();
                    write_value(tape, place, &mut text)?;
                    cells.append_value(&text);
                }
            }
        }
        Ok(Arc::new(cells.finish()))
    }
}

/// Writes the value at this place; returns the place after it.
fn write_value(tape: &Tape<'_>, place: u32, text: &mut String) -> Result<u32, ArrowError> {
    match tape.get(place) {
        TapeElement::Null => text.push_str("null"),
        TapeElement::True => text.push_str("true"),
        TapeElement::False => text.push_str("false"),
        TapeElement::Number(index) => text.push_str(tape.get_string(index)),
        TapeElement::String(index) => {
            let quoted = serde_json::to_string(tape.get_string(index));
            text.push_str(&quoted.expect("text has a JSON form"));
        }
        TapeElement::StartList(end) => {
            text.push('[');
            let mut next = place + 1;
            while next < end {
                if next > place + 1 {
                    text.push(',');
                }
                next = write_value(tape, next, text)?;
            }
            text.push(']');
        }
        TapeElement::StartObject(end) => {
            text.push('{');
            let mut next = place + 1;
            while next < end {
                if next > place + 1 {
                    text.push(',');
                }
                next = write_value(tape, next, text)?;
                text.push(':');
                next = write_value(tape, next, text)?;
            }
            text.push('}');
        }
        _ => return Err(tape.error(place, "a JSON value")),
    }
    tape.next(place, "a JSON value")
}
