//! The columns that are added: their names, their types, and where they go.
//!
//! They follow the input's own columns. AddedColumns that an earlier run added are replaced; any other column
//! of the same name is a clash, and an error before anything is asked.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::model::{ColumnError, StreamError, utc_moments};

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

/// A further column, on request: what this run paid for the row, in the contract's currency.
pub const COST: &str = "cost";

/// What marks a field in the file's metadata as one of ours.
const MARK: &str = "hlr_enrich.column";

/// Whether there is a column of what each row cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CostColumn {
    Yes,
    No,
}

/// The output's schema, and how the input's columns get there.
#[derive(Clone, Debug)]
pub(super) struct AddedColumns {
    schema: SchemaRef,
    /// The input's columns that stay, by their place.
    kept: Vec<usize>,
    /// Where the input has the columns of [`ADDED`], if an earlier run has added them all.
    earlier: Option<[usize; ADDED.len()]>,
}

impl AddedColumns {
    /// Adds the columns, each with the prefix, to the input's.
    pub(super) fn new(input: &Schema, prefix: &str, cost: CostColumn) -> Result<Self, ColumnError> {
        let names = ADDED.map(|name| format!("{prefix}{name}"));
        let cost_name = format!("{prefix}{COST}");
        let place = |name: &String| input.fields().iter().position(|field| field.name() == name);
        // CSV has no metadata; a list that has all of our columns has them from us.
        let earlier: Option<Vec<usize>> = names.iter().map(place).collect();
        let earlier = earlier.and_then(|places| places.try_into().ok());
        let all_there = earlier.is_some();
        let mut kept = Vec::new();
        for (place, field) in input.fields().iter().enumerate() {
            let is_cost = *field.name() == cost_name;
            match is_cost || names.iter().any(|name| name == field.name()) {
                false => kept.push(place),
                // Somebody else's, and not in the way.
                true if is_cost && cost == CostColumn::No && !all_there => kept.push(place),
                true if all_there || field.metadata().contains_key(MARK) => {}
                true => {
                    return Err(ColumnError::new(format!(
                        "the input has a column {:?} already, and it is not from an earlier run; choose other \
                         names for the new columns with --prefix",
                        field.name()
                    )));
                }
            }
        }
        let own = kept.iter().map(|place| input.fields()[*place].clone());
        let cost = (cost == CostColumn::Yes).then_some((COST, &cost_name));
        let added = ADDED.into_iter().zip(&names).chain(cost);
        let added = added.map(|(column, name)| Arc::new(added_field(column, name)));
        let fields: Vec<_> = own.chain(added).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, input.metadata().clone()));
        Ok(Self { schema, kept, earlier })
    }

    /// Where the input has the columns of [`ADDED`], if an earlier run has added them all.
    pub(super) fn earlier(&self) -> Option<[usize; ADDED.len()]> {
        self.earlier
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
        added: Vec<ArrayRef>,
    ) -> Result<RecordBatch, StreamError> {
        let own = self.kept.iter().map(|place| batch.column(*place).clone());
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

fn added_field(column: &str, name: &str) -> Field {
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
    fn our_columns_follow_the_inputs_own() {
        let columns = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", CostColumn::No).unwrap();
        let names = names(&columns);
        assert_eq!(names[..4], ["id", "phone", "hlr_msisdn", "hlr_status"]);
        assert_eq!(names.len(), 2 + ADDED.len());
    }

    #[test]
    fn columns_of_an_earlier_run_are_replaced() {
        let once = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", CostColumn::No).unwrap();
        let twice = AddedColumns::new(&once.schema, "hlr_", CostColumn::No).unwrap();
        assert_eq!(names(&twice), names(&once));
        let from_csv: Vec<_> = names(&once);
        let from_csv = schema(&from_csv.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names(&AddedColumns::new(&from_csv, "hlr_", CostColumn::No).unwrap()), names(&once));
    }

    #[test]
    fn the_cost_is_a_column_on_request_and_goes_with_the_others() {
        let with = AddedColumns::new(&schema(&["id", "phone"]), "hlr_", CostColumn::Yes).unwrap();
        assert_eq!(names(&with).last().unwrap(), "hlr_cost");
        assert_eq!(with.earlier(), None);
        let without = AddedColumns::new(&with.schema, "hlr_", CostColumn::No).unwrap();
        assert_eq!(names(&without).last().unwrap(), "hlr_reason");
        assert_eq!(without.earlier().unwrap()[0], 2);
        let own = AddedColumns::new(&schema(&["phone", "hlr_cost"]), "hlr_", CostColumn::No).unwrap();
        assert_eq!(names(&own)[..2], ["phone", "hlr_cost"]);
        assert!(AddedColumns::new(&schema(&["phone", "hlr_cost"]), "hlr_", CostColumn::Yes).is_err());
    }

    #[test]
    fn any_other_clash_is_an_error_that_names_the_flag() {
        let clash = schema(&["id", "phone", "hlr_status"]);
        let error = AddedColumns::new(&clash, "hlr_", CostColumn::No).unwrap_err().to_string();
        assert!(error.contains("--prefix") && error.contains("hlr_status"), "{error}");
        assert!(AddedColumns::new(&clash, "lookup_", CostColumn::No).is_ok());
    }
}
