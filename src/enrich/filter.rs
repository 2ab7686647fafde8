//! Which rows of the list are worked on.

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

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_condition =
            || format!("{text:?} is no condition; write column=value, column=this|that or column!=value");
        let (column, values) = text.split_once('=').ok_or_else(no_condition)?;
        let (column, is_one_of) = match column.strip_suffix('!') {
            Some(column) => (column, false),
            None => (column, true),
        };
        if column.trim().is_empty() {
            return Err(no_condition());
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
    /// Which rows of a batch it lets through.
    fn lets_through(&self, column: usize, batch: &RecordBatch) -> Result<BooleanArray, StreamError> {
        let column = batch.column(column);
        let text = as_text(column)?;
        let is_number = column.data_type().is_numeric();
        // 2 is 2.0 where numbers are.
        let same_number = |value: &str, cell: &str| {
            is_number && value.parse::<f64>().is_ok_and(|value| cell.parse() == Ok(value))
        };
        let fits = |cell: Option<&str>| {
            let cell = cell.unwrap_or_default().trim();
            self.values.iter().any(|value| value == cell || same_number(value, cell)) == self.is_one_of
        };
        Ok(text.as_string::<i32>().iter().map(|cell| Some(fits(cell))).collect())
    }
}

/// The rows that fulfil every condition. The others are counted as left out.
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
    let place = |condition: &Condition| {
        let place = place_of(&condition.column, &schema, "filter")?;
        let data_type = schema.field(place).data_type();
        if data_type.is_nested() || !can_cast_types(data_type, &DataType::Utf8) {
            let name = &condition.column;
            let text = format!("filter: column {name:?} has no cells that could be compared ({data_type})");
            return Err(ColumnError::new(text));
        }
        Ok((place, condition.clone()))
    };
    let conditions: Vec<_> = conditions.iter().map(place).collect::<Result<_, ColumnError>>()?;
    let fitting = list.map(move |batch| {
        let mut batch = batch?;
        for (column, condition) in &conditions {
            let rows = batch.num_rows();
            batch = filter_record_batch(&batch, &condition.lets_through(*column, &batch)?)?;
            counters.filtered.add((rows - batch.num_rows()) as u64);
        }
        Ok(batch)
    });
    // A batch has at least one row, everywhere.
    let with_rows = |batch: &Result<RecordBatch, StreamError>| {
        future::ready(!batch.as_ref().is_ok_and(|batch| batch.num_rows() == 0))
    };
    Ok(RecordStream::new(schema, fitting.filter(with_rows)))
}

/// The cells as text; moments with a time zone in UTC, as the file has them.
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

pub(super) fn place_of(name: &str, schema: &Schema, key: &str) -> Result<usize, ColumnError> {
    schema.index_of(name).map_err(|_| {
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let offer = match nearest(name, columns.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", columns.join(", ")),
        };
        ColumnError::new(format!("{key}: there is no column {name:?}; {offer}"))
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
    async fn rows_are_let_through_by_what_their_cells_say() {
        for (conditions, fitting) in [
            (&["country=SE|NO"][..], vec![Some(1), Some(2)]),
            (&["country!=SE"], vec![Some(2), Some(3), None]),
            (&["country="], vec![Some(3)]),
            (&["age=2|3"], vec![Some(2), Some(3)]),
            (&["age=2.0"], vec![Some(2)]),
            (&["age!="], vec![Some(1), Some(2), Some(3)]),
            (&["country=SE|NO", "age=2"], vec![Some(2)]),
            (&["country=FR"], vec![]),
        ] {
            let left_out = 4 - fitting.len() as u64;
            assert_eq!(ages(conditions).await, (fitting, left_out), "{conditions:?}");
        }
    }

    #[test]
    fn moments_are_compared_in_utc_and_structures_not_at_all() {
        let moments = TimestampMillisecondArray::from(vec![Some(1_771_654_600_000), None]);
        let moments: ArrayRef = Arc::new(moments.with_timezone("Europe/Stockholm"));
        let text = as_text(&moments).unwrap();
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
            panic!("it is a structure")
        };
        assert!(error.problem.contains("person"), "{error}");
    }

    #[test]
    fn what_is_no_condition_or_no_column_is_told() {
        for text in ["country", "=SE", "!=SE"] {
            assert!(text.parse::<Condition>().unwrap_err().contains("column!=value"), "{text}");
        }
        let condition = "contry=SE".parse().unwrap();
        let Err(error) = rows_that_fit(list(), &[condition], Arc::default()) else {
            panic!("no such column")
        };
        assert!(error.problem.contains("did you mean \"country\"?"), "{error}");
    }
}
