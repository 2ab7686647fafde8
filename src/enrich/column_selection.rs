//! Which columns are written.

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::StreamExt;

use super::RowReader;
use super::filter::column_index;
use crate::model::{ColumnError, RecordStream};

/// The columns to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnChoice {
    /// The list's own columns to write; all of them if empty.
    pub(crate) keep: Vec<String>,
    /// Columns not to write, whether they are the list's own or added.
    pub(crate) drop: Vec<String>,
    /// Columns that are written in any case, because the output is partitioned by them.
    pub(crate) needed: Vec<String>,
}

impl ColumnChoice {
    /// The indices of the columns to write, in their order.
    ///
    /// # Errors
    ///
    /// When a named column does not exist, or no column would be left.
    pub(crate) fn places(&self, reader: &RowReader) -> Result<Vec<usize>, ColumnError> {
        let own: Vec<String> = reader.own_columns().collect();
        self.indices_among(&own, &reader.schema())
    }

    fn indices_among(&self, own: &[String], enriched: &Schema) -> Result<Vec<usize>, ColumnError> {
        let own_indices: Vec<usize> = (0..own.len()).collect();
        let own_schema = enriched.project(&own_indices).expect("the list's own columns come first");
        for name in &self.keep {
            column_index(name, &own_schema, "keep_columns")?;
        }
        for name in &self.drop {
            column_index(name, enriched, "drop_columns")?;
        }
        let is_written = |name: &String| {
            let is_kept = self.keep.is_empty() || !own.contains(name) || self.keep.contains(name);
            self.needed.contains(name) || is_kept && !self.drop.contains(name)
        };
        let fields = enriched.fields().iter().enumerate();
        let indices: Vec<usize> =
            fields.filter(|(_, field)| is_written(field.name())).map(|(index, _)| index).collect();
        match indices.len() > self.needed.len() {
            true => Ok(indices),
            false => {
                Err(ColumnError::new("drop_columns leaves no column to write")
                    .with_help("drop fewer columns"))
            }
        }
    }
}

/// The columns with these indices.
///
/// # Panics
///
/// When an index is outside of the schema.
pub(crate) fn columns_at(rows: RecordStream, indices: Vec<usize>) -> RecordStream {
    let schema = Arc::new(rows.schema().project(&indices).expect("the indices are of this schema"));
    RecordStream::new(schema, rows.map(move |batch| Ok(batch?.project(&indices)?)))
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
                .indices_among(&own, &enriched)
        };
        assert_eq!(choice(&[], &[], &[]).unwrap(), [0, 1, 2, 3]);
        assert_eq!(choice(&["id"], &["hlr_location"], &[]).unwrap(), [0, 2]);
        assert_eq!(choice(&[], &["phone", "hlr_status"], &["hlr_status"]).unwrap(), [0, 2, 3]);
        assert!(choice(&["hlr_status"], &[], &[]).unwrap_err().problem.contains("keep_columns"));
        assert!(choice(&["id"], &["id", "hlr_status", "hlr_location"], &[]).is_err());
        assert!(choice(&["id"], &["id", "hlr_location"], &["hlr_status"]).is_err());
    }
}
