//! The text of a cell, whatever the type of its column.

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
        other => other.is_integer(),
    }
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
        _ => {
            let cells = cast(column, &DataType::Utf8)?;
            cells.as_string::<i32>().iter().for_each(|cell| visit(digits(cell)));
        }
    }
    Ok(())
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

    use arrow::array::{DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray, UInt64Array};

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
