//! Bytes as text, the same in all text formats.
//!
//! Some engines write text into columns of bytes (Parquet's `BINARY` without a kind), so bytes that are
//! text are written as text. Anything else, and every value with control characters, is written as
//! `\x` and hexadecimal digits, the form of PostgreSQL.

use arrow::array::{Array, AsArray, LargeBinaryArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The values of a column of bytes.
pub(super) struct BytesText(LargeBinaryArray);

impl BytesText {
    /// `None` for a column of another type.
    pub(super) fn of(column: &dyn Array) -> Result<Option<Self>, ArrowError> {
        use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary};
        if !matches!(column.data_type(), Binary | LargeBinary | BinaryView | FixedSizeBinary(_)) {
            return Ok(None);
        }
        let bytes = cast(column, &LargeBinary)?;
        Ok(Some(Self(bytes.as_binary::<i64>().clone())))
    }

    /// Appends the text of a row that is not null.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        let bytes = self.0.value(row);
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => out.extend_from_slice(bytes),
            _ => {
                out.extend_from_slice(b"\\x");
                for &byte in bytes {
                    out.push(HEX_DIGITS[usize::from(byte >> 4)]);
                    out.push(HEX_DIGITS[usize::from(byte & 15)]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, Int32Array};

    use super::*;

    fn written(column: &ArrayRef) -> Vec<String> {
        let texts = BytesText::of(column).unwrap().unwrap();
        let text = |row| {
            let mut out = Vec::new();
            texts.write(row, &mut out);
            String::from_utf8(out).unwrap()
        };
        (0..column.len()).map(text).collect()
    }

    #[test]
    fn bytes_that_are_text_stay_text_and_others_become_digits() {
        let bytes: [&[u8]; 6] = [b"+46701740605", "Åsa".as_bytes(), b"", b"\xff\x00", b"a\tb", b"\x00"];
        let expected = ["+46701740605", "Åsa", "", r"\xff00", r"\x610962", r"\x00"];
        let column: ArrayRef = Arc::new(BinaryArray::from_iter_values(bytes));
        for kind in [DataType::Binary, DataType::LargeBinary, DataType::BinaryView] {
            assert_eq!(written(&cast(&column, &kind).unwrap()), expected, "{kind}");
        }
        let fixed = FixedSizeBinaryArray::try_from_iter([b"SE", b"\x01\x02"].into_iter()).unwrap();
        assert_eq!(written(&(Arc::new(fixed) as ArrayRef)), ["SE", r"\x0102"]);
    }

    #[test]
    fn a_column_of_another_type_has_no_bytes() {
        assert!(BytesText::of(&Int32Array::from(vec![1])).unwrap().is_none());
    }
}
