//! Which columns of a list hold the numbers and the countries of its rows.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};

use super::cell_text::may_hold_numbers;
use super::nested_column::{nested_column, nested_field, outer_column};
use super::number_settings::NumberSettings;
use crate::model::{ColumnError, StreamError, WRITTEN_NAME};
use crate::numbering::{self, NumberColumnError};

/// A column with numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NumberColumn {
    /// Its name, or its path: `contact.phone`, `phones[]`.
    pub(super) name: String,
    /// The index of the column, or of the one that the path leads into.
    pub(super) index: usize,
    is_nested: bool,
}

impl NumberColumn {
    fn at(schema: &Schema, index: usize) -> Self {
        Self { name: schema.field(index).name().clone(), index, is_nested: false }
    }

    /// Its cells.
    pub(super) fn cells(&self, batch: &RecordBatch) -> Result<ArrayRef, StreamError> {
        match self.is_nested {
            true => Ok(nested_column(batch, &self.name)?),
            false => Ok(batch.column(self.index).clone()),
        }
    }
}

/// The columns with the numbers, in order of preference: those that are named in the settings, or
/// the one that its name shows among the `kept` ones, which no added column replaces.
pub(super) fn choose(
    schema: &Schema,
    kept: &[usize],
    settings: &NumberSettings,
) -> Result<Vec<NumberColumn>, ColumnError> {
    let columns = match settings.columns.as_slice() {
        [] => vec![NumberColumn::at(schema, found_by_name(schema, kept)?)],
        named => named.iter().map(|name| find_column(schema, name)).collect::<Result<Vec<_>, _>>()?,
    };
    if let Some(nth) = (1..columns.len()).find(|nth| columns[..*nth].contains(&columns[*nth])) {
        return Err(ColumnError::new(format!("the column {:?} is named twice", columns[nth].name)));
    }
    Ok(columns)
}

/// The column of this name, or the one that this path leads to.
fn find_column(schema: &Schema, named: &str) -> Result<NumberColumn, ColumnError> {
    match (find_named(schema, named), nested_field(schema, named), outer_column(schema, named)) {
        (Ok(index), ..) => {
            ensure_may_hold_numbers(schema.field(index), schema.field(index).name())?;
            Ok(NumberColumn::at(schema, index))
        }
        (Err(_), Some(field), Some(index)) => {
            ensure_may_hold_numbers(&field, named)?;
            Ok(NumberColumn { name: named.to_owned(), index, is_nested: true })
        }
        (Err(error), ..) => Err(error),
    }
}

/// The only column, or the one whose name means a telephone number.
fn found_by_name(schema: &Schema, kept: &[usize]) -> Result<usize, ColumnError> {
    let only_column = if let [only] = kept { Some(*only) } else { None };
    let column = only_column.map_or_else(|| best_name(schema, kept), Ok)?;
    ensure_may_hold_numbers(schema.field(column), schema.field(column).name())?;
    Ok(column)
}

fn best_name(schema: &Schema, kept: &[usize]) -> Result<usize, ColumnError> {
    let names: Vec<&str> = kept.iter().map(|column| schema.field(*column).name().as_str()).collect();
    let column = kept[numbering::find_number_column(&names)?];
    let namesakes = namesakes(schema, kept, column);
    match namesakes.len() {
        1 => Ok(column),
        _ => Err(NumberColumnError::Several { candidates: namesakes }.into()),
    }
}

/// The names of the columns that are written with the same name as this one, itself included.
fn namesakes(schema: &Schema, kept: &[usize], column: usize) -> Vec<String> {
    let written = |column: usize| {
        let field = schema.field(column);
        field.metadata().get(WRITTEN_NAME).unwrap_or(field.name()).trim().to_lowercase()
    };
    let same = kept.iter().filter(|other| written(**other) == written(column));
    same.map(|other| schema.field(*other).name().clone()).collect()
}

/// The column with exactly this name, or else the only one with this name in any case.
pub(super) fn find_named(schema: &Schema, named: &str) -> Result<usize, ColumnError> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
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

fn ensure_may_hold_numbers(field: &Field, name: &str) -> Result<(), ColumnError> {
    let data_type = field.data_type();
    if may_hold_numbers(data_type) {
        return Ok(());
    }
    let problem = format!("column {name:?} has the type {data_type}, and numbers are text or whole numbers");
    let help = match data_type {
        DataType::Struct(fields) => match fields.first() {
            Some(inner) => format!("name a field of it, such as --column {name}.{}", inner.name()),
            None => "name another column with --column".into(),
        },
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            format!("name its elements with --column '{name}[]', or a field of them")
        }
        _ => "name another column with --column".into(),
    };
    Err(ColumnError::new(problem).with_help(help))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    fn chosen(schema: &Schema, kept: &[usize], named: &[&str]) -> Result<Vec<usize>, ColumnError> {
        let columns = named.iter().map(|name| (*name).to_owned()).collect();
        let chosen = choose(schema, kept, &NumberSettings { columns, ..NumberSettings::default() })?;
        Ok(chosen.iter().map(|column| column.index).collect())
    }

    #[test]
    fn named_columns_are_taken_in_their_order_whatever_their_case() {
        let schema = schema(&["id", "Anschluss", "Handy"]);
        assert_eq!(chosen(&schema, &[0, 1, 2], &["Anschluss"]).unwrap(), [1]);
        assert_eq!(chosen(&schema, &[0, 1, 2], &["handy", "anschluss"]).unwrap(), [2, 1]);
        let error = chosen(&schema, &[0, 1, 2], &["Handy", "phone"]).unwrap_err();
        assert!(error.problem.contains("\"phone\""), "{error}");
        assert_eq!(error.help.unwrap(), "give --column one of: id, Anschluss, Handy");
        let error = chosen(&schema, &[0, 1, 2], &["Handy", "handy"]).unwrap_err();
        assert_eq!(error.problem, "the column \"Handy\" is named twice");
    }

    #[test]
    fn the_only_column_needs_no_name() {
        assert_eq!(chosen(&schema(&["column_1"]), &[0], &[]).unwrap(), [0]);
    }

    #[test]
    fn columns_that_are_replaced_are_not_candidates() {
        let schema = schema(&["id", "hlr_msisdn", "phone"]);
        assert_eq!(chosen(&schema, &[0, 1, 2], &[]).unwrap(), [1]);
        assert_eq!(chosen(&schema, &[0, 2], &[]).unwrap(), [2]);
    }

    #[test]
    fn of_columns_with_the_same_name_the_user_chooses() {
        let renamed = |name: &str, written: &str| {
            let written: HashMap<_, _> = [(WRITTEN_NAME.to_owned(), written.to_owned())].into();
            Field::new(name, DataType::Utf8, true).with_metadata(written)
        };
        let fields = vec![
            Field::new("id", DataType::Utf8, true),
            Field::new("Phone", DataType::Utf8, true),
            renamed("Phone_2", "Phone"),
        ];
        let schema = Schema::new(fields);
        let error = chosen(&schema, &[0, 1, 2], &[]).unwrap_err();
        assert_eq!(error.help.unwrap(), "choose one with --column: \"Phone\", \"Phone_2\"");
        assert_eq!(chosen(&schema, &[0, 1, 2], &["Phone_2"]).unwrap(), [2]);
        let others = Schema::new(vec![Field::new("mobile", DataType::Utf8, true), renamed("note_2", "note")]);
        assert_eq!(chosen(&others, &[0, 1], &[]).unwrap(), [0], "only the number's column matters");
    }

    #[test]
    fn a_column_of_another_type_is_refused() {
        let schema = Schema::new(vec![Field::new("phone", DataType::Boolean, true)]);
        assert!(chosen(&schema, &[0], &[]).unwrap_err().to_string().contains("Boolean"));
    }

    #[test]
    fn a_nested_column_is_named_by_its_path() {
        let phone = Field::new("phone", DataType::Utf8, true);
        let fields = vec![
            Field::new("id", DataType::Int64, true),
            Field::new("contact", DataType::Struct(vec![phone].into()), true),
            Field::new("phones", DataType::new_list(DataType::Utf8, true), true),
        ];
        let schema = Schema::new(fields);
        assert_eq!(chosen(&schema, &[0, 1, 2], &["contact.phone", "phones[]"]).unwrap(), [1, 2]);
        for (named, help) in [("contact", "--column contact.phone"), ("phones", "'phones[]'")] {
            let error = chosen(&schema, &[0, 1, 2], &[named]).unwrap_err();
            assert!(error.help.as_ref().unwrap().contains(help), "{error:?}");
        }
        assert!(chosen(&schema, &[0, 1, 2], &["contact.mobile"]).is_err());
    }
}
