//! Columns inside of columns: `contact.phone` is a field of a struct, `phones[]` the elements of a
//! list, `contacts[].phone` a field of each element.
//!
//! The column that contains them goes out as it came in; only the numbers are read from here.

use arrow::array::{
    Array, ArrayRef, AsArray, LargeListArray, LargeStringArray, LargeStringBuilder, RecordBatch, StructArray,
};
use arrow::compute::{cast, is_null, nullif};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::cell_text::for_each_text;
use crate::model::StreamError;
use crate::numbering::Refusal;

/// What stands between the elements of a list: a cell of several lines holds several numbers.
const SEPARATOR: char = '\n';

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'a> {
    Field(&'a str),
    Elements,
}

/// The index of the column that a path leads into.
pub(super) fn outer_column(schema: &Schema, path: &str) -> Option<usize> {
    resolved(schema, path).map(|(column, _)| column)
}

/// The field at this path: that of a struct, or text where the path leads into a list. `None` where
/// the path is the name of a column, or leads nowhere.
pub(super) fn nested_field(schema: &Schema, path: &str) -> Option<Field> {
    let (column, steps) = resolved(schema, path)?;
    let mut kind = schema.field(column).data_type();
    let mut is_in_list = false;
    for step in steps {
        kind = match (step, kind) {
            (Step::Field(name), DataType::Struct(fields)) => fields.find(name)?.1.data_type(),
            (
                Step::Elements,
                DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _),
            ) => {
                is_in_list = true;
                item.data_type()
            }
            _ => return None,
        };
    }
    match (is_in_list, kind.is_nested()) {
        (true, true) => None,
        (true, false) => Some(Field::new(path, DataType::LargeUtf8, true)),
        (false, _) => Some(Field::new(path, kind.clone(), true)),
    }
}

/// The values at this path, one for each row. Null in a struct or list is null here. The elements
/// of a list are joined with line feeds; those that are null are left out.
///
/// # Errors
///
/// When the path leads nowhere in this batch.
pub(super) fn nested_column(batch: &RecordBatch, path: &str) -> Result<ArrayRef, StreamError> {
    let schema = batch.schema();
    let found = resolved(&schema, path);
    let (column, steps) =
        found.ok_or_else(|| ArrowError::SchemaError(format!("there is no column {path:?}")))?;
    values_at(batch.column(column).clone(), &steps)
}

/// The top-level column, by the longest name that the path begins with, and the steps from there.
fn resolved<'a>(schema: &Schema, path: &'a str) -> Option<(usize, Vec<Step<'a>>)> {
    let begins = |name: &str| {
        !name.is_empty() && path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let fields = schema.fields().iter().enumerate().filter(|(_, field)| begins(field.name()));
    let (column, field) = fields.max_by_key(|(_, field)| field.name().len())?;
    Some((column, steps(&path[field.name().len()..])?))
}

fn steps(mut rest: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(Step::Elements);
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Field(&after[..end]));
            rest = &after[end..];
        }
    }
    Some(steps)
}

fn values_at(column: ArrayRef, steps: &[Step<'_>]) -> Result<ArrayRef, StreamError> {
    let Some((step, rest)) = steps.split_first() else { return Ok(column) };
    match (step, column.data_type()) {
        (Step::Field(name), DataType::Struct(_)) => values_at(child(column.as_struct(), name)?, rest),
        (Step::Elements, DataType::List(item) | DataType::FixedSizeList(item, _)) => {
            let list = cast(&column, &DataType::LargeList(item.clone()))?;
            joined(list.as_list::<i64>(), rest)
        }
        (Step::Elements, DataType::LargeList(_)) => joined(column.as_list::<i64>(), rest),
        (step, kind) => {
            Err(ArrowError::SchemaError(format!("a column of the type {kind} has no {step:?}")).into())
        }
    }
}

/// A field of a struct. Where the struct is null, so is the field, whatever is stored under it.
fn child(column: &StructArray, name: &str) -> Result<ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("there is no field {name:?}"));
    let child = column.column_by_name(name).ok_or_else(missing)?;
    if column.null_count() == 0 {
        return Ok(child.clone());
    }
    nullif(child, &is_null(column)?)
}

fn joined(list: &LargeListArray, rest: &[Step<'_>]) -> Result<ArrayRef, StreamError> {
    let values = as_text(&values_at(list.values().clone(), rest)?)?;
    let mut cells = LargeStringBuilder::with_capacity(list.len(), values.value_data().len());
    let mut cell = String::new();
    for row in 0..list.len() {
        if list.is_null(row) {
            cells.append_null();
            continue;
        }
        cell.clear();
        let offsets = list.value_offsets();
        for element in offsets[row] as usize..offsets[row + 1] as usize {
            if values.is_valid(element) {
                if !cell.is_empty() {
                    cell.push(SEPARATOR);
                }
                cell.push_str(values.value(element));
            }
        }
        cells.append_value(&cell);
    }
    Ok(std::sync::Arc::new(cells.finish()))
}

/// Simple values as text, as a column of numbers is read.
fn as_text(values: &ArrayRef) -> Result<LargeStringArray, StreamError> {
    /// In place of a negative number, so that its digits are not read without their sign.
    const NO_NUMBER: &str = "(negative)";
    let mut texts = LargeStringBuilder::with_capacity(values.len(), 0);
    for_each_text(values, |text| match text {
        Ok(text) => texts.append_value(text),
        Err(Refusal::Empty) => texts.append_null(),
        Err(_) => texts.append_value(NO_NUMBER),
    })?;
    Ok(texts.finish())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, ListArray, StringArray};
    use arrow::datatypes::{Fields, Int64Type};

    use super::*;

    fn batch() -> RecordBatch {
        let fields: Fields =
            vec![Field::new("phone", DataType::Utf8, true), Field::new("id", DataType::Int64, false)].into();
        let phones: ArrayRef = Arc::new(StringArray::from(vec![Some("46701740605"), Some("hidden"), None]));
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let nulls = Some(vec![true, false, true].into());
        let contact = StructArray::new(fields.clone(), vec![phones, ids], nulls);
        let numbers = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(46_701_740_605), None, Some(447_700_900_123)]),
            None,
            Some(vec![]),
        ]);
        let item = Arc::new(Field::new("item", DataType::Struct(fields), true));
        let offsets = arrow::buffer::OffsetBuffer::from_lengths([2, 0, 1]);
        let contacts = ListArray::new(item, offsets, Arc::new(contact.clone()), None);
        let columns: [(&str, ArrayRef); 4] = [
            ("contact", Arc::new(contact.clone())),
            ("phones", Arc::new(numbers)),
            ("contacts", Arc::new(contacts)),
            ("contact.v2", Arc::new(contact)),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn texts(path: &str) -> Vec<Option<String>> {
        let column = cast(&nested_column(&batch(), path).unwrap(), &DataType::Utf8).unwrap();
        column.as_string::<i32>().iter().map(|cell| cell.map(Into::into)).collect()
    }

    #[test]
    fn a_field_of_a_struct_is_null_where_the_struct_is() {
        let expected = [Some("46701740605".to_owned()), None, None];
        assert_eq!(texts("contact.phone"), expected);
        assert_eq!(texts("contact.v2.phone"), expected);
        let ids = nested_column(&batch(), "contact.id").unwrap();
        assert_eq!(ids.as_ref(), &Int64Array::from(vec![Some(1), None, Some(3)]));
        assert_eq!(nested_field(&batch().schema(), "contact.id").unwrap().data_type(), &DataType::Int64);
    }

    #[test]
    fn elements_of_a_list_are_lines_of_a_cell() {
        let both = "46701740605\n447700900123".to_owned();
        assert_eq!(texts("phones[]"), [Some(both), None, Some(String::new())]);
        let first = "46701740605".to_owned();
        assert_eq!(texts("contacts[].phone"), [Some(first), Some(String::new()), Some(String::new())]);
        assert_eq!(nested_field(&batch().schema(), "phones[]").unwrap().data_type(), &DataType::LargeUtf8);
    }

    #[test]
    fn a_slice_has_the_rows_of_the_slice() {
        let column = nested_column(&batch().slice(2, 1), "contact.id").unwrap();
        assert_eq!(column.as_ref(), &Int64Array::from(vec![3]));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_none() {
        let schema = batch().schema();
        for path in [
            "contact",
            "contact.",
            "contact.x",
            "contact[]",
            "phones.x",
            "phones[0]",
            "x.y",
            "contacts[]",
            "",
            ".",
        ] {
            assert_eq!(nested_field(&schema, path), None, "{path}");
        }
        assert!(nested_column(&batch(), "x.y").is_err());
        assert!(nested_column(&batch(), "contacts[]").is_err());
    }
}
