//! The text of a cell, whatever the type of its column.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use crate::model::StreamError;
use crate::numbering::Refusal;

/// Whether a column of this type may hold numbers.
pub(super) fn may_hold_numbers(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => may_hold_numbers(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Float64 => true,
        // A column without a single value has numbers in no row.
        DataType::Null => true,
        other => other.is_integer() || other.is_decimal() || is_binary(other),
    }
}

fn is_binary(data_type: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary};
    matches!(data_type, Binary | LargeBinary | BinaryView | FixedSizeBinary(_))
}

/// Calls `visit` with the text of each cell, or with why it has none.
///
/// In text, a leading minus may be a dash; in a number, it is a sign. A column of whole numbers
/// with an empty cell often arrives as floating point: as long as a number is whole and small
/// enough to be exact, its digits are those of the list.
pub(super) fn for_each_text(
    column: &ArrayRef,
    mut visit: impl FnMut(Result<&str, Refusal>),
) -> Result<(), StreamError> {
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().for_each(|cell| visit(text(cell))),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().for_each(|cell| visit(text(cell))),
        DataType::Utf8View => column.as_string_view().iter().for_each(|cell| visit(text(cell))),
        DataType::Float64 => {
            for cell in column.as_primitive::<Float64Type>() {
                visit(digits(cell.map(|number| number.to_string()).as_deref()));
            }
        }
        DataType::Dictionary(_, values) => for_each_text(&cast(column, values)?, visit)?,
        kind if is_binary(kind) => {
            let cells = cast(column, &DataType::LargeBinary)?;
            cells.as_binary::<i64>().iter().for_each(|cell| visit(text(cell.map(text_of).as_deref())));
        }
        kind if kind.is_decimal() => {
            let cells = cast(column, &DataType::Utf8)?;
            let cells = cells.as_string::<i32>().iter();
            cells.for_each(|cell| visit(digits(cell.map(without_zero_fraction))));
        }
        _ => {
            let cells = cast(column, &DataType::Utf8)?;
            cells.as_string::<i32>().iter().for_each(|cell| visit(digits(cell)));
        }
    }
    Ok(())
}

/// Text that an engine stored as bytes; the padding of a fixed length is left out.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    String::from_utf8_lossy(&bytes[..end])
}

/// `46701740605.00` of a decimal column is a whole number.
fn without_zero_fraction(cell: &str) -> &str {
    match cell.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => cell,
    }
}

fn text(cell: Option<&str>) -> Result<&str, Refusal> {
    cell.ok_or(Refusal::Empty)
}

/// The digits of a number, if it is not negative.
fn digits(cell: Option<&str>) -> Result<&str, Refusal> {
    match text(cell) {
        Ok(cell) if cell.starts_with('-') => Err(Refusal::NotANumber),
        cell => cell,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        BinaryArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int32Array,
        Int64Array, StringArray, UInt64Array,
    };

    use super::*;

    fn texts(column: &ArrayRef) -> Vec<Result<String, Refusal>> {
        let mut texts = Vec::new();
        for_each_text(column, |text| texts.push(text.map(str::to_owned))).unwrap();
        texts
    }

    #[test]
    fn every_type_of_column_is_read_as_text() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("+46 70-174 06 05"), None]));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        for data_type in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, dictionary] {
            let column = cast(&text, &data_type).unwrap();
            let expected = [Ok("+46 70-174 06 05".to_owned()), Err(Refusal::Empty)];
            assert_eq!(texts(&column), expected, "{data_type}");
        }
        let numbers: [ArrayRef; 3] = [
            Arc::new(Int64Array::from(vec![Some(46_701_740_605), None])),
            Arc::new(UInt64Array::from(vec![Some(46_701_740_605), None])),
            Arc::new(Float64Array::from(vec![Some(46_701_740_605.0), None])),
        ];
        let keys = Int32Array::from(vec![Some(0), None]);
        let values = Arc::new(Float64Array::from(vec![46_701_740_605.0]));
        let encoded: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
        for column in numbers.into_iter().chain([encoded]) {
            let expected = [Ok("46701740605".to_owned()), Err(Refusal::Empty)];
            assert_eq!(texts(&column), expected, "{}", column.data_type());
        }
    }

    #[test]
    fn decimals_and_bytes_are_read_by_their_digits() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(46_701_740_605), None]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("46701740605"), None]));
        let padded = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
            [Some(b"46701740605\0\0\0\0".as_slice()), None].into_iter(),
            15,
        );
        let mut columns: Vec<ArrayRef> = vec![Arc::new(padded.unwrap())];
        for kind in [
            DataType::Decimal64(18, 0),
            DataType::Decimal128(18, 0),
            DataType::Decimal128(20, 2),
            DataType::Decimal128(38, 18),
            DataType::Decimal256(76, 10),
        ] {
            columns.push(cast(&numbers, &kind).unwrap());
        }
        for kind in [DataType::Binary, DataType::LargeBinary, DataType::BinaryView] {
            columns.push(cast(&text, &kind).unwrap());
        }
        for column in columns {
            assert!(may_hold_numbers(column.data_type()));
            let expected = [Ok("46701740605".to_owned()), Err(Refusal::Empty)];
            assert_eq!(texts(&column), expected, "{}", column.data_type());
        }
        let nulls = arrow::array::new_null_array(&DataType::Null, 1);
        assert_eq!(texts(&nulls), [Err(Refusal::Empty)]);
        let half = Decimal128Array::from(vec![4_670_174_060_550, -4_670_174_060_500]);
        let half: ArrayRef = Arc::new(half.with_precision_and_scale(20, 2).unwrap());
        assert_eq!(texts(&half), [Ok("46701740605.50".to_owned()), Err(Refusal::NotANumber)]);
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![b"\xFF46701740605".as_slice()]));
        assert_eq!(texts(&bytes), [Ok("\u{FFFD}46701740605".to_owned())], "not a number, and not lost");
    }

    #[test]
    fn a_minus_is_a_sign_in_numbers_and_a_dash_in_text() {
        let negative: ArrayRef = Arc::new(Int64Array::from(vec![-46_701_740_605]));
        let negative_float: ArrayRef = Arc::new(Float64Array::from(vec![-46_701_740_605.0]));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Int64));
        let encoded = cast(&negative, &dictionary).unwrap();
        for column in [negative, negative_float, encoded] {
            assert_eq!(texts(&column), [Err(Refusal::NotANumber)], "{column:?}");
        }
        let dash: ArrayRef = Arc::new(StringArray::from(vec!["- 46701740605"]));
        assert_eq!(texts(&dash), [Ok("- 46701740605".to_owned())]);
    }
}
