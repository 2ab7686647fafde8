//! Which column holds the numbers, and what its cells contain.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Schema};

use crate::model::{ColumnError, Msisdn, StreamError};
use crate::numbering::{self, Refusal, Region};

/// The index of the column with the numbers: the one that is named in the settings, or the one that
/// its name shows among the `kept` ones, which no added column replaces.
pub(super) fn choose(schema: &Schema, kept: &[usize], named: Option<&str>) -> Result<usize, ColumnError> {
    let name = |column: usize| schema.field(column).name().as_str();
    let column = match named {
        Some(named) => find_named(&(0..schema.fields().len()).map(name).collect::<Vec<_>>(), named)?,
        None if kept.len() == 1 => kept[0],
        None => {
            let names: Vec<&str> = kept.iter().map(|column| name(*column)).collect();
            kept[numbering::find_number_column(&names)?]
        }
    };
    let field = schema.field(column);
    if !may_hold_numbers(field.data_type()) {
        let (name, data_type) = (field.name(), field.data_type());
        let problem =
            format!("column {name:?} has the type {data_type}, and numbers are text or whole numbers");
        return Err(ColumnError::new(problem).with_help("name another column with --column"));
    }
    Ok(column)
}

/// The column with exactly this name, or else the only one with this name in any case.
fn find_named(names: &[&str], named: &str) -> Result<usize, ColumnError> {
    if let Some(column) = names.iter().position(|name| *name == named) {
        return Ok(column);
    }
    let is_same_in_any_case = |name: &&str| name.trim().to_lowercase() == named.trim().to_lowercase();
    let mut columns = names.iter().enumerate().filter(|(_, name)| is_same_in_any_case(name));
    match (columns.next(), columns.next()) {
        (Some((column, _)), None) => Ok(column),
        _ => Err(ColumnError::new(format!("there is no column {named:?}"))
            .with_help(format!("give --column one of: {}", names.join(", ")))),
    }
}

fn may_hold_numbers(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => may_hold_numbers(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Float64 => true,
        other => other.is_integer(),
    }
}

/// The number of each cell, or the reason why it has none.
pub(super) fn read(
    column: &ArrayRef,
    region: Option<Region>,
) -> Result<Vec<Result<Msisdn, Refusal>>, StreamError> {
    let parse = |cell: Option<&str>| numbering::normalise(cell.unwrap_or_default(), region);
    // In text, a leading minus may be a dash; in a number, it is a sign.
    let parse_positive = |cell: Option<&str>| match cell {
        Some(cell) if cell.starts_with('-') => Err(Refusal::NotANumber),
        cell => parse(cell),
    };
    let numbers = match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(parse).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(parse).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(parse).collect(),
        DataType::Float64 => {
            let cells = column.as_primitive::<Float64Type>();
            float_texts(cells).iter().map(|cell| parse_positive(cell.as_deref())).collect()
        }
        DataType::Dictionary(_, values) => read(&cast(column, values)?, region)?,
        _ => cast(column, &DataType::Utf8)?.as_string::<i32>().iter().map(parse_positive).collect(),
    };
    Ok(numbers)
}

/// A column of whole numbers with an empty cell often arrives as floating point. As long as a
/// number is whole and small enough to be exact, its digits are those of the list.
fn float_texts(cells: &Float64Array) -> Vec<Option<String>> {
    cells.iter().map(|cell| cell.map(|number| number.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, Int32Array, Int64Array, StringArray, UInt64Array};
    use arrow::datatypes::Field;

    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    #[test]
    fn the_named_column_is_taken_whatever_its_case() {
        let schema = schema(&["id", "Anschluss"]);
        assert_eq!(choose(&schema, &[0, 1], Some("Anschluss")).unwrap(), 1);
        assert_eq!(choose(&schema, &[0, 1], Some("anschluss")).unwrap(), 1);
        let error = choose(&schema, &[0, 1], Some("phone")).unwrap_err();
        assert!(error.problem.contains("\"phone\""), "{error}");
        assert_eq!(error.help.unwrap(), "give --column one of: id, Anschluss");
    }

    #[test]
    fn the_only_column_needs_no_name() {
        assert_eq!(choose(&schema(&["column_1"]), &[0], None).unwrap(), 0);
    }

    #[test]
    fn columns_that_are_replaced_are_not_candidates() {
        let schema = schema(&["id", "hlr_msisdn", "phone"]);
        assert_eq!(choose(&schema, &[0, 1, 2], None).unwrap(), 1);
        assert_eq!(choose(&schema, &[0, 2], None).unwrap(), 2);
    }

    #[test]
    fn a_column_of_another_type_is_refused() {
        let schema = Schema::new(vec![Field::new("phone", DataType::Boolean, true)]);
        assert!(choose(&schema, &[0], None).unwrap_err().to_string().contains("Boolean"));
    }

    #[test]
    fn every_type_of_number_column_is_read() {
        let text = StringArray::from(vec![Some("+46 70-174 06 05"), None]);
        let text: ArrayRef = Arc::new(text);
        let expected = [Ok(Msisdn::new(46_701_740_605).unwrap()), Err(Refusal::Empty)];
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        for data_type in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, dictionary] {
            let column = cast(&text, &data_type).unwrap();
            assert_eq!(read(&column, None).unwrap(), expected, "{data_type}");
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
            assert_eq!(read(&column, None).unwrap(), expected, "{}", column.data_type());
        }
    }

    #[test]
    fn a_number_that_is_not_whole_or_not_positive_is_refused() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![46_701_740_605.5, f64::NAN]));
        let negative: ArrayRef = Arc::new(Int64Array::from(vec![-46_701_740_605]));
        let negative_float: ArrayRef = Arc::new(Float64Array::from(vec![-46_701_740_605.0]));
        let dictionary = |values| DataType::Dictionary(Box::new(DataType::Int32), Box::new(values));
        let encoded = cast(&negative, &dictionary(DataType::Int64)).unwrap();
        for column in [floats, negative, negative_float, encoded] {
            assert!(read(&column, None).unwrap().iter().all(Result::is_err), "{column:?}");
        }
    }
}
