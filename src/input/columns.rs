//! The names of columns: made unique within a file, compared between files.

use std::collections::HashSet;
use std::path::Path;

use arrow::datatypes::Schema;

use super::error::InputError;

/// The metadata of a field whose column has another name in the file: a blank one, or the same as
/// another column. Its value is the name in the file.
pub const WRITTEN_NAME: &str = "hlr_enrich.written_name";

/// Gives every column a name of its own: `column_3` where the third is blank, `phone_2` where there
/// is a `phone` already. Names that are unique stay as they are.
pub(super) fn unique_names(written: &[String]) -> Vec<String> {
    let reserved: HashSet<&str> = written.iter().map(String::as_str).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut names = Vec::with_capacity(written.len());
    for (index, name) in written.iter().enumerate() {
        let blank = name.trim().is_empty();
        let wanted = if blank { format!("column_{}", index + 1) } else { name.clone() };
        let is_free = |name: &str, own: bool| !taken.contains(name) && (own || !reserved.contains(name));
        let unique = match is_free(&wanted, !blank) {
            true => wanted,
            false => (2..)
                .map(|number| format!("{wanted}_{number}"))
                .find(|name| is_free(name, false))
                .expect("the numbers do not run out"),
        };
        taken.insert(unique.clone());
        names.push(unique);
    }
    names
}

/// Names for columns without any.
pub(super) fn numbered_names(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("column_{number}")).collect()
}

/// Refuses a file whose columns differ from the first file's by number, name, order or type.
pub(super) fn ensure_same_columns(
    (first_path, first): (&Path, &Schema),
    (other_path, other): (&Path, &Schema),
) -> Result<(), InputError> {
    let Some(difference) = difference(first, other) else { return Ok(()) };
    let (first, other) = (first_path.to_owned(), other_path.to_owned());
    Err(InputError::DifferentColumns { first, other, difference })
}

fn difference(first: &Schema, other: &Schema) -> Option<String> {
    for (index, (one, two)) in first.fields().iter().zip(other.fields()).enumerate() {
        let number = index + 1;
        if one.name() != two.name() {
            return Some(format!(
                "column {number} is `{}` in the first and `{}` in the other",
                one.name(),
                two.name()
            ));
        }
        if one.data_type() != two.data_type() {
            return Some(format!(
                "`{}` is {} in the first and {} in the other",
                one.name(),
                one.data_type(),
                two.data_type()
            ));
        }
    }
    let (one, two) = (first.fields().len(), other.fields().len());
    (one != two).then(|| format!("the first has {one} columns and the other {two}"))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn every_column_gets_a_name_of_its_own() {
        for (written, unique) in [
            (vec!["name", "phone"], vec!["name", "phone"]),
            (vec!["phone", "phone", "phone"], vec!["phone", "phone_2", "phone_3"]),
            (vec!["phone", "phone", "phone_2"], vec!["phone", "phone_3", "phone_2"]),
            (vec!["", " ", "x"], vec!["column_1", "column_2", "x"]),
            (vec!["column_2", ""], vec!["column_2", "column_2_2"]),
        ] {
            let written: Vec<String> = written.into_iter().map(Into::into).collect();
            assert_eq!(unique_names(&written), unique);
        }
    }

    #[test]
    fn the_first_difference_is_named() {
        let schema = |fields: &[(&str, DataType)]| {
            Schema::new(
                fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>(),
            )
        };
        let first = schema(&[("id", DataType::Int64), ("phone", DataType::Utf8)]);
        for (other, part) in [
            (
                schema(&[("id", DataType::Int64), ("tel", DataType::Utf8)]),
                "column 2 is `phone` in the first and `tel`",
            ),
            (
                schema(&[("id", DataType::Int32), ("phone", DataType::Utf8)]),
                "`id` is Int64 in the first and Int32",
            ),
            (schema(&[("id", DataType::Int64)]), "the first has 2 columns and the other 1"),
        ] {
            let message = ensure_same_columns((Path::new("a.csv"), &first), (Path::new("b.csv"), &other))
                .unwrap_err()
                .to_string();
            assert!(
                message.contains(part) && message.contains("a.csv") && message.contains("b.csv"),
                "{message}"
            );
        }
    }
}
