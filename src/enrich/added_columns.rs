//! The columns that are added: their names, their types, and their order.
//!
//! They follow the input's own columns. Columns that an earlier run added are replaced. Any other
//! column of the same name is an error before anything is looked up.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::model::{ColumnError, StreamError, utc_moments};

/// The added columns in their order, without the prefix.
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

/// A column on request: what this run paid for the row, in the currency of the price.
pub const COST: &str = "cost";

/// A column on request: the list's column that the number comes from.
pub const COLUMN: &str = "column";

/// The columns on request, in their order after the others.
const ON_REQUEST: [&str; 2] = [COST, COLUMN];

/// The metadata key of a field that was added by a run. Parquet files keep it.
const MARK: &str = "hlr_enrich.column";

/// Whether a column has the cost of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CostColumn {
    Yes,
    No,
}

impl From<bool> for CostColumn {
    fn from(is_wanted: bool) -> Self {
        if is_wanted { Self::Yes } else { Self::No }
    }
}

/// The output's schema, and which columns of the input are in it.
#[derive(Clone, Debug)]
pub(super) struct AddedColumns {
    schema: SchemaRef,
    /// The indices of the input's columns that stay.
    kept: Vec<usize>,
    /// The indices of the columns of [`ADDED`] in the input, if an earlier run added all of them.
    earlier: Option<[usize; ADDED.len()]>,
}

impl AddedColumns {
    /// Adds the columns, each with the prefix, to those of the input; `requested` are those of
    /// [`ON_REQUEST`] that are wanted.
    pub(super) fn new(input: &Schema, prefix: &str, requested: &[&'static str]) -> Result<Self, ColumnError> {
        let names = ADDED.map(|name| format!("{prefix}{name}"));
        let on_request = ON_REQUEST.map(|name| (name, format!("{prefix}{name}")));
        let index_of = |name: &String| input.fields().iter().position(|field| field.name() == name);
        // CSV has no metadata; a list with all added columns has them from an earlier run.
        let earlier: Option<Vec<usize>> = names.iter().map(index_of).collect();
        let earlier = earlier.and_then(|indices| indices.try_into().ok());
        let is_enriched = earlier.is_some();
        let mut kept = Vec::new();
        for (index, field) in input.fields().iter().enumerate() {
            let on_request = on_request.iter().find(|(_, name)| name == field.name());
            let is_requested = on_request.is_none_or(|(column, _)| requested.contains(column));
            match on_request.is_some() || names.iter().any(|name| name == field.name()) {
                false => kept.push(index),
                // The list's own column, and no column of this run has its name.
                true if !is_requested && !is_enriched => kept.push(index),
                true if is_enriched || field.metadata().contains_key(MARK) => {}
                true => {
                    let problem = format!(
                        "the input already has a column {:?}, which was not added by an earlier run",
                        field.name()
                    );
                    return Err(ColumnError::new(problem)
                        .with_help("give the added columns another prefix with --prefix"));
                }
            }
        }
        let own = kept.iter().map(|index| input.fields()[*index].clone());
        let on_request = on_request.iter().map(|(column, name)| (*column, name));
        let on_request = on_request.filter(|(column, _)| requested.contains(column));
        let added = ADDED.into_iter().zip(&names).chain(on_request);
        let added = added.map(|(column, name)| Arc::new(added_field(column, name)));
        let fields: Vec<_> = own.chain(added).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, input.metadata().clone()));
        Ok(Self { schema, kept, earlier })
    }

    /// The indices of the columns of [`ADDED`] in the input, if an earlier run added all of them.
    pub(super) fn earlier(&self) -> Option<[usize; ADDED.len()]> {
        self.earlier
    }

    /// The indices of the input's columns that are in the output too.
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
        added: Vec<ArrayRef>,
    ) -> Result<RecordBatch, StreamError> {
        let own = self.kept.iter().map(|index| batch.column(*index).clone());
        Ok(RecordBatch::try_new(self.schema.clone(), own.chain(added).collect())?)
    }
}

/// The type of an added column.
pub(super) fn data_type(column: &str) -> DataType {
    match column {
        "roaming" => DataType::Boolean,
        "checked_at" => utc_moments(),
        "attempts" => DataType::UInt16,
        COST => DataType::Float64,
        _ => DataType::Utf8,
    }
}

pub(super) fn added_field(column: &str, name: &str) -> Field {
    let mark = HashMap::from([(MARK.to_owned(), column.to_owned())]);
    Field::new(name, data_type(column), true).with_metadata(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    fn names(columns: &AddedColumns) -> Vec<String> {
        columns.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    #[test]
    fn added_columns_follow_the_inputs_own() {
        let columns = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", &[]).unwrap();
        let names = names(&columns);
        assert_eq!(names[..4], ["id", "phone", "hlr_msisdn", "hlr_status"]);
        assert_eq!(names.len(), 2 + ADDED.len());
    }

    #[test]
    fn columns_of_an_earlier_run_are_replaced() {
        let once = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", &[]).unwrap();
        let twice = AddedColumns::new(&once.schema, "hlr_", &[]).unwrap();
        assert_eq!(names(&twice), names(&once));
        let from_csv: Vec<_> = names(&once);
        let from_csv = schema(&from_csv.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names(&AddedColumns::new(&from_csv, "hlr_", &[]).unwrap()), names(&once));
    }

    #[test]
    fn the_cost_is_a_column_on_request_and_goes_with_the_others() {
        let with = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", &[COST]).unwrap();
        assert_eq!(names(&with).last().unwrap(), "hlr_cost");
        assert_eq!(with.earlier(), None);
        let without = AddedColumns::new(&with.schema, "hlr_", &[]).unwrap();
        assert_eq!(names(&without).last().unwrap(), "hlr_reason");
        assert_eq!(without.earlier().unwrap()[0], 2);
        let own = AddedColumns::new(&schema(&["phone", "hlr_cost"]), "hlr_", &[]).unwrap();
        assert_eq!(names(&own)[..2], ["phone", "hlr_cost"]);
        assert!(AddedColumns::new(&schema(&["phone", "hlr_cost"]), "hlr_", &[COST]).is_err());
    }

    #[test]
    fn any_other_clash_is_an_error_that_names_the_flag() {
        let clash = schema(&["id", "phone", "hlr_status"]);
        let error = AddedColumns::new(&clash, "hlr_", &[]).unwrap_err();
        assert!(error.problem.contains("hlr_status"), "{error}");
        assert!(error.help.unwrap().contains("--prefix"));
        assert!(AddedColumns::new(&clash, "lookup_", &[]).is_ok());
    }
}
