//! Which columns are written.

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::StreamExt;

use super::RowReader;
use super::filter::place_of;
use crate::model::{ColumnError, RecordStream};

/// The columns that are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnChoice {
    /// Of the list's own, these only; all when it is empty.
    pub(crate) keep: Vec<String>,
    /// These not, whosever they are.
    pub(crate) drop: Vec<String>,
    /// These in any case, because the rows are told apart by them.
    pub(crate) needed: Vec<String>,
}

impl ColumnChoice {
    /// The places of the columns to write, in their order.
    ///
    /// # Errors
    ///
    /// When a column is named that there is not, or none would be left.
    pub(crate) fn places(&self, reader: &RowReader) -> Result<Vec<usize>, ColumnError> {
        let own: Vec<String> = reader.own_columns().collect();
        self.places_among(&own, &reader.schema())
    }

    fn places_among(&self, own: &[String], enriched: &Schema) -> Result<Vec<usize>, ColumnError> {
        let places: Vec<usize> = (0..own.len()).collect();
        let of_the_list = enriched.project(&places).expect("the list's own columns come first");
        for name in &self.keep {
            place_of(name, &of_the_list, "keep_columns")?;
        }
        for name in &self.drop {
            place_of(name, enriched, "drop_columns")?;
        }
        let is_written = |name: &String| {
            let is_kept = self.keep.is_empty() || !own.contains(name) || self.keep.contains(name);
            self.needed.contains(name) || is_kept && !self.drop.contains(name)
        };
        let fields = enriched.fields().iter().enumerate();
        let places: Vec<usize> =
            fields.filter(|(_, field)| is_written(field.name())).map(|(place, _)| place).collect();
        match places.len() > self.needed.len() {
            true => Ok(places),
            false => Err(ColumnError::new("drop_columns leaves no column to write")),
        }
    }
}

/// The columns at these places.
///
/// # Panics
///
/// When a place is outside of the schema.
pub(crate) fn columns_at(rows: RecordStream, places: Vec<usize>) -> RecordStream {
    let schema = Arc::new(rows.schema().project(&places).expect("the places are of this schema"));
    RecordStream::new(schema, rows.map(move |batch| Ok(batch?.project(&places)?)))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn columns_are_kept_and_dropped_by_name() {
        let schema = |names: &[&str]| {
            Schema::new(
                names
                    .iter()
                    .map(|name| arrow::datatypes::Field::new(*name, DataType::Utf8, true))
                    .collect::<Vec<_>>(),
            )
        };
        let own = ["id", "phone"].map(str::to_owned);
        let enriched = schema(&["id", "phone", "hlr_status", "hlr_location"]);
        let choice = |keep: &[&str], drop: &[&str], needed: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            ColumnChoice { keep: owned(keep), drop: owned(drop), needed: owned(needed) }
                .places_among(&own, &enriched)
        };
        assert_eq!(choice(&[], &[], &[]).unwrap(), [0, 1, 2, 3]);
        assert_eq!(choice(&["id"], &["hlr_location"], &[]).unwrap(), [0, 2]);
        assert_eq!(choice(&[], &["phone", "hlr_status"], &["hlr_status"]).unwrap(), [0, 2, 3]);
        assert!(choice(&["hlr_status"], &[], &[]).unwrap_err().problem.contains("keep_columns"));
        assert!(choice(&["id"], &["id", "hlr_status", "hlr_location"], &[]).is_err());
        assert!(choice(&["id"], &["id", "hlr_location"], &["hlr_status"]).is_err());
    }
}
