//! Rows of numbers whose answers are known, with the columns of an enriched file and no others.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;

use super::added_columns::{ADDED, CostColumn, added_field};
use super::column_builders::ColumnBuilders;
use super::outcome_text;
use crate::lookup::Reply;
use crate::model::{Answered, Money, Msisdn, Outcome, Product, Source};

/// The columns of [`ADDED`], each with the prefix.
pub(crate) fn added_schema(prefix: &str) -> SchemaRef {
    let field = |name: &'static str| added_field(name, &format!("{prefix}{name}"));
    Arc::new(Schema::new(ADDED.into_iter().map(field).collect::<Vec<_>>()))
}

/// A row for each number and its answer of an earlier run, as an enriched file has it.
pub(crate) fn answered_rows(
    answers: Vec<(Msisdn, Answered)>,
    product: Product,
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let mut columns = ColumnBuilders::new(answers.len(), CostColumn::No);
    for (msisdn, answered) in answers {
        let outcome = Outcome::Answered(answered);
        let reply = Reply { outcome, source: Source::Ledger, cost: Money::ZERO };
        columns.append_asked(msisdn, &reply, outcome_text::status(&reply.outcome, product));
    }
    RecordBatch::try_new(schema.clone(), columns.finish())
}
