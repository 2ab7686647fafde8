//! Which columns of a list hold the country of each row.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::cell_text::{for_each_text, may_hold_numbers};
use super::number_column::find_named;
use crate::model::ColumnError;
use crate::numbering::{self, Region, region_column_candidates};

/// The largest share of the non-empty cells of a column of countries that names none.
const MAX_UNKNOWN: f64 = 0.1;

/// The index of the column with the countries, if one is named.
pub(super) fn find(schema: &Schema, named: Option<&str>) -> Result<Option<usize>, ColumnError> {
    let Some(named) = named else { return Ok(None) };
    let column = find_named(schema, named).map_err(|error| ColumnError {
        help: error.help.map(|help| help.replace("--column", "--region-column")),
        ..error
    })?;
    let field = schema.field(column);
    if may_hold_numbers(field.data_type()) {
        return Ok(Some(column));
    }
    let (name, data_type) = (field.name(), field.data_type());
    let problem =
        format!("column {name:?} has the type {data_type}, and countries are text or calling codes");
    Err(ColumnError::new(problem).with_help("name another column with --region-column"))
}

/// The names of the columns that look like countries, by their content and, first, by their name.
pub(super) fn columns_of_countries(schema: &Schema, sample: &[RecordBatch]) -> Vec<String> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let by_name = region_column_candidates(&names);
    let others = (0..names.len()).filter(|column| !by_name.contains(column));
    let with_countries = by_name.iter().copied().filter(|column| has_countries(*column, sample, Text::Any));
    let by_content = others.filter(|column| has_countries(*column, sample, Text::Letters));
    with_countries.chain(by_content).map(|column| names[column].to_owned()).collect()
}

/// Which texts count as countries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// Calling codes too.
    Any,
    /// A column of small numbers can be anything.
    Letters,
}

fn has_countries(column: usize, sample: &[RecordBatch], texts: Text) -> bool {
    let (mut known, mut filled) = (0_u64, 0_u64);
    for batch in sample {
        if !may_hold_numbers(batch.column(column).data_type()) {
            return false;
        }
        let count = for_each_text(batch.column(column), |text| {
            let Ok(text) = text else { return };
            let is_known = Region::from_name(text).is_some();
            if !is_known && numbering::is_placeholder(text) {
                return;
            }
            filled += 1;
            let counts = texts == Text::Any || text.chars().any(char::is_alphabetic);
            known += u64::from(counts && is_known);
        });
        if count.is_err() {
            return false;
        }
    }
    filled > 0 && known as f64 >= (1.0 - MAX_UNKNOWN) * filled as f64
}
