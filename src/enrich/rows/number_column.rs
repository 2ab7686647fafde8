//! Which columns of a list hold the numbers and the countries of its rows.

use arrow::datatypes::Schema;

use super::cell_text::may_hold_numbers;
use super::number_settings::NumberSettings;
use crate::model::ColumnError;
use crate::numbering::{self, NumberColumnError};

/// The metadata key of a field whose name had to be changed, because an earlier column has the
/// same one: the name as it is written.
const WRITTEN_NAME: &str = "hlr_enrich.written_name";

/// The indices of the columns with the numbers, in order of preference: those that are named in the
/// settings, or the one that its name shows among the `kept` ones, which no added column replaces.
pub(super) fn choose(
    schema: &Schema,
    kept: &[usize],
    settings: &NumberSettings,
) -> Result<Vec<usize>, ColumnError> {
    let columns = match settings.columns.as_slice() {
        [] => vec![found_by_name(schema, kept)?],
        named => named.iter().map(|name| find_named(schema, name)).collect::<Result<Vec<_>, _>>()?,
    };
    if let Some(nth) = (1..columns.len()).find(|nth| columns[..*nth].contains(&columns[*nth])) {
        let name = schema.field(columns[nth]).name();
        return Err(ColumnError::new(format!("the column {name:?} is named twice")));
    }
    columns.iter().try_for_each(|column| ensure_may_hold_numbers(schema, *column))?;
    Ok(columns)
}

/// The only column, or the one whose name means a telephone number.
fn found_by_name(schema: &Schema, kept: &[usize]) -> Result<usize, ColumnError> {
    if let [only] = kept {
        return Ok(*only);
    }
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

fn ensure_may_hold_numbers(schema: &Schema, column: usize) -> Result<(), ColumnError> {
    let field = schema.field(column);
    if may_hold_numbers(field.data_type()) {
        return Ok(());
    }
    let (name, data_type) = (field.name(), field.data_type());
    let problem = format!("column {name:?} has the type {data_type}, and numbers are text or whole numbers");
    Err(ColumnError::new(problem).with_help("name another column with --column"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    fn chosen(schema: &Schema, kept: &[usize], named: &[&str]) -> Result<Vec<usize>, ColumnError> {
        let columns = named.iter().map(|name| (*name).to_owned()).collect();
        choose(schema, kept, &NumberSettings { columns, ..NumberSettings::default() })
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
}
