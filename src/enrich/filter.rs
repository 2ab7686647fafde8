//! `--filter`: which rows of the list are used.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{can_cast_types, cast, filter_record_batch};
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use futures::{StreamExt, future};

use crate::model::{ColumnError, RecordStream, StreamError};
use crate::suggest::nearest;
use crate::telemetry::Counters;

/// A condition on a column of the list: `country=SE|NO`, `consent!=no`, `left=` for an empty cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    column: String,
    is_one_of: bool,
    values: Vec<String>,
}

/// A text that is not a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{0:?} is not a valid condition: expected column=value, column=this|that or column!=value")]
pub(crate) struct InvalidCondition(String);

impl FromStr for Condition {
    type Err = InvalidCondition;

    fn from_str(text: &str) -> Result<Self, InvalidCondition> {
        let invalid = || InvalidCondition(text.to_owned());
        let (column, values) = text.split_once('=').ok_or_else(invalid)?;
        let (column, is_one_of) = match column.strip_suffix('!') {
            Some(column) => (column, false),
            None => (column, true),
        };
        if column.trim().is_empty() {
            return Err(invalid());
        }
        let values = values.split('|').map(|value| value.trim().to_owned()).collect();
        Ok(Self { column: column.trim().to_owned(), is_one_of, values })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_one_of { "=" } else { "!=" };
        write!(f, "{}{sign}{}", self.column, self.values.join("|"))
    }
}

impl Condition {
    /// Whether each row of a batch meets the condition.
    fn matches(&self, column: usize, batch: &RecordBatch) -> Result<BooleanArray, StreamError> {
        let column = batch.column(column);
        let text = as_text(column)?;
        let is_number = column.data_type().is_numeric();
        // In a column of numbers, 2 is 2.0.
        let same_number = |value: &str, cell: &str| {
            is_number && value.parse::<f64>().is_ok_and(|value| cell.parse() == Ok(value))
        };
        let is_match = |cell: Option<&str>| {
            let cell = cell.unwrap_or_default().trim();
            self.values.iter().any(|value| value == cell || same_number(value, cell)) == self.is_one_of
        };
        Ok(text.as_string::<i32>().iter().map(|cell| Some(is_match(cell))).collect())
    }
}

/// The rows that meet every condition. The others are counted as filtered.
///
/// # Errors
///
/// When a condition is about a column that the list does not have.
pub(crate) fn rows_that_fit(
    list: RecordStream,
    conditions: &[Condition],
    counters: Arc<Counters>,
) -> Result<RecordStream, ColumnError> {
    if conditions.is_empty() {
        return Ok(list);
    }
    let schema = list.schema();
    let with_index = |condition: &Condition| {
        let index = column_index(&condition.column, &schema, "filter")?;
        let data_type = schema.field(index).data_type();
        if data_type.is_nested() || !can_cast_types(data_type, &DataType::Utf8) {
            let name = &condition.column;
            let problem =
                format!("filter: column {name:?} has the type {data_type}, which cannot be compared");
            return Err(ColumnError::new(problem).with_help("filter by a column of texts, numbers or dates"));
        }
        Ok((index, condition.clone()))
    };
    let conditions: Vec<_> = conditions.iter().map(with_index).collect::<Result<_, ColumnError>>()?;
    let matching = list.map(move |batch| {
        let mut batch = batch?;
        for (column, condition) in &conditions {
            let rows = batch.num_rows();
            batch = filter_record_batch(&batch, &condition.matches(*column, &batch)?)?;
            counters.filtered.add((rows - batch.num_rows()) as u64);
        }
        Ok(batch)
    });
    // Everywhere in the program, a batch has at least one row.
    let has_rows = |batch: &Result<RecordBatch, StreamError>| {
        future::ready(!batch.as_ref().is_ok_and(|batch| batch.num_rows() == 0))
    };
    Ok(RecordStream::new(schema, matching.filter(has_rows)))
}

/// The cells as text; timestamps with a time zone in UTC, as output files have them.
fn as_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let utc = cast(column, &DataType::Timestamp(*unit, None))?;
            let text = cast(&utc, &DataType::Utf8)?;
            let cells = text.as_string::<i32>().iter().map(|cell| cell.map(|cell| format!("{cell}Z")));
            Ok(Arc::new(cells.collect::<StringArray>()))
        }
        _ => cast(column, &DataType::Utf8),
    }
}

/// The index of a column that a setting names.
pub(super) fn column_index(name: &str, schema: &Schema, key: &str) -> Result<usize, ColumnError> {
    schema.index_of(name).map_err(|_| {
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let help = match nearest(name, columns.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => format!("the columns are {}", columns.join(", ")),
        };
        ColumnError::new(format!("{key}: there is no column {name:?}")).with_help(help)
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, TimestampMillisecondArray};
    use futures::{TryStreamExt, stream};

    use super::*;

    fn list() -> RecordStream {
        let country: ArrayRef = Arc::new(StringArray::from(vec![Some("SE"), Some(" NO "), None, Some("DK")]));
        let age: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), None]));
        let batch = RecordBatch::try_from_iter([("country", country), ("age", age)]).unwrap();
        RecordStream::new(batch.schema(), stream::iter([Ok(batch)]))
    }

    async fn ages(conditions: &[&str]) -> (Vec<Option<i64>>, u64) {
        let conditions: Vec<Condition> = conditions.iter().map(|text| text.parse().unwrap()).collect();
        let counters = Arc::new(Counters::default());
        let rows = rows_that_fit(list(), &conditions, counters.clone()).unwrap();
        let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
        let ages = batches.iter().flat_map(|batch| {
            batch.column(1).as_primitive::<arrow::datatypes::Int64Type>().iter().collect::<Vec<_>>()
        });
        (ages.collect(), counters.filtered.get())
    }

    #[tokio::test]
    async fn rows_are_filtered_by_their_cells() {
        for (conditions, matching) in [
            (&["country=SE|NO"][..], vec![Some(1), Some(2)]),
            (&["country!=SE"], vec![Some(2), Some(3), None]),
            (&["country="], vec![Some(3)]),
            (&["age=2|3"], vec![Some(2), Some(3)]),
            (&["age=2.0"], vec![Some(2)]),
            (&["age!="], vec![Some(1), Some(2), Some(3)]),
            (&["country=SE|NO", "age=2"], vec![Some(2)]),
            (&["country=FR"], vec![]),
        ] {
            let filtered = 4 - matching.len() as u64;
            assert_eq!(ages(conditions).await, (matching, filtered), "{conditions:?}");
        }
    }

    #[test]
    fn timestamps_are_compared_in_utc_and_structures_not_at_all() {
        let timestamps = TimestampMillisecondArray::from(vec![Some(1_771_654_600_000), None]);
        let timestamps: ArrayRef = Arc::new(timestamps.with_timezone("Europe/Stockholm"));
        let text = as_text(&timestamps).unwrap();
        assert_eq!(text.as_string::<i32>().value(0), "2026-02-21T06:16:40Z");
        let field = arrow::datatypes::Field::new("x", DataType::Int64, true);
        let schema = Arc::new(Schema::new(vec![arrow::datatypes::Field::new(
            "person",
            DataType::Struct(vec![field].into()),
            true,
        )]));
        let rows = RecordStream::new(schema, stream::empty());
        let condition = "person=x".parse().unwrap();
        let Err(error) = rows_that_fit(rows, &[condition], Arc::default()) else {
            panic!("the column is a structure")
        };
        assert!(error.problem.contains("person"), "{error}");
    }

    #[test]
    fn invalid_conditions_and_unknown_columns_are_errors() {
        for text in ["country", "=SE", "!=SE"] {
            assert!(text.parse::<Condition>().unwrap_err().to_string().contains("column!=value"), "{text}");
        }
        let condition = "contry=SE".parse().unwrap();
        let Err(error) = rows_that_fit(list(), &[condition], Arc::default()) else {
            panic!("no such column")
        };
        assert!(error.problem.contains("\"contry\""), "{error}");
        assert_eq!(error.help.unwrap(), "did you mean \"country\"?");
    }
}
