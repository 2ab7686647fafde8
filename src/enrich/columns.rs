//! The columns that are added: their names, their types, and where they go.
//!
//! They follow the input's own columns. Columns that an earlier run added are replaced; any other column
//! of the same name is a clash, and an error before anything is asked.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::error::{ColumnError, StageError};

/// The columns, in their order, without their prefix.
pub const ADDED: [&str; 14] = [
    "msisdn",
    "status",
    "result",
    "mcc",
    "mnc",
    "location",
    "network",
    "country",
    "location_country",
    "roaming",
    "source",
    "checked_at",
    "attempts",
    "reason",
];

/// What marks a field in the file's metadata as one of ours.
const MARK: &str = "hlr_enrich.column";

/// The output's schema, and how the input's columns get there.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    schema: SchemaRef,
    /// The input's columns that stay, by their place.
    kept: Vec<usize>,
}

impl Columns {
    /// Adds the columns, each with the prefix, to the input's.
    pub(super) fn new(input: &Schema, prefix: &str) -> Result<Self, ColumnError> {
        let names = ADDED.map(|name| format!("{prefix}{name}"));
        let is_there = |name: &String| input.fields().iter().any(|field| field.name() == name);
        // CSV has no metadata; a list that has all of our columns has them from us.
        let all_there = names.iter().all(is_there);
        let mut kept = Vec::new();
        for (place, field) in input.fields().iter().enumerate() {
            match names.iter().any(|name| name == field.name()) {
                false => kept.push(place),
                true if all_there || field.metadata().contains_key(MARK) => {}
                true => {
                    return Err(ColumnError(format!(
                        "the input has a column {:?} already, and it is not from an earlier run; choose other \
                         names for the new columns with --prefix",
                        field.name()
                    )));
                }
            }
        }
        let own = kept.iter().map(|place| input.fields()[*place].clone());
        let added = ADDED.iter().zip(&names).map(|(column, name)| Arc::new(added_field(column, name)));
        let fields: Vec<_> = own.chain(added).collect();
        Ok(Self { schema: Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())), kept })
    }

    /// The input's columns that are in the output too, by their place.
    pub(super) fn kept(&self) -> &[usize] {
        &self.kept
    }

    pub(super) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The input's columns and the added ones, as one batch.
    pub(super) fn assemble(
        &self,
        batch: &RecordBatch,
        added: [ArrayRef; ADDED.len()],
    ) -> Result<RecordBatch, StageError> {
        let own = self.kept.iter().map(|place| batch.column(*place).clone());
        Ok(RecordBatch::try_new(self.schema.clone(), own.chain(added).collect())?)
    }
}

fn added_field(column: &str, name: &str) -> Field {
    let data_type = match column {
        "roaming" => DataType::Boolean,
        "checked_at" => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        "attempts" => DataType::UInt16,
        _ => DataType::Utf8,
    };
    let mark = HashMap::from([(MARK.to_owned(), column.to_owned())]);
    Field::new(name, data_type, true).with_metadata(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    fn names(columns: &Columns) -> Vec<String> {
        columns.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    #[test]
    fn our_columns_follow_the_inputs_own() {
        let columns = Columns::new(&schema(&["id", "phone"]), "hlr_").unwrap();
        let names = names(&columns);
        assert_eq!(names[..4], ["id", "phone", "hlr_msisdn", "hlr_status"]);
        assert_eq!(names.len(), 2 + ADDED.len());
    }

    #[test]
    fn columns_of_an_earlier_run_are_replaced() {
        let once = Columns::new(&schema(&["id", "phone"]), "hlr_").unwrap();
        let twice = Columns::new(&once.schema, "hlr_").unwrap();
        assert_eq!(names(&twice), names(&once));
        let from_csv: Vec<_> = names(&once);
        let from_csv = schema(&from_csv.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names(&Columns::new(&from_csv, "hlr_").unwrap()), names(&once));
    }

    #[test]
    fn any_other_clash_is_an_error_that_names_the_flag() {
        let clash = schema(&["id", "phone", "hlr_status"]);
        let error = Columns::new(&clash, "hlr_").unwrap_err().to_string();
        assert!(error.contains("--prefix") && error.contains("hlr_status"), "{error}");
        assert!(Columns::new(&clash, "lookup_").is_ok());
    }
}
