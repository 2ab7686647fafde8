//! `--only unresolved`: rows of an enriched file that have their word already keep what the earlier run wrote.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::kernels::zip::zip;

use super::added_columns::{ADDED, data_type};
use crate::model::{Status, StreamError, cells_as};

/// Which rows are asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// Every row with a number.
    #[default]
    All,
    /// Those of an enriched file whose status is `unknown` or `not_checked`, or missing.
    Unresolved,
}

/// The rows of one batch that keep what they have.
pub(super) struct CarriedOver {
    /// Whether a row keeps what it has; never null.
    resolved: BooleanArray,
    /// What the earlier run wrote, in the order and the types of [`ADDED`].
    columns: Vec<ArrayRef>,
}

impl CarriedOver {
    /// Reads the columns of the earlier run, by their places. From a CSV file they are text.
    pub(super) fn read(batch: &RecordBatch, places: [usize; ADDED.len()]) -> Result<Self, StreamError> {
        let typed = |(column, place): (&str, usize)| {
            let cells = cells_as(&data_type(column), batch.column(place))?;
            Ok::<_, StreamError>(cells.as_string_opt::<i32>().map_or(cells.clone(), without_empty_texts))
        };
        let columns: Vec<_> = ADDED.into_iter().zip(places).map(typed).collect::<Result<_, _>>()?;
        let statuses = columns[STATUS].as_string::<i32>().iter().map(status_of);
        let resolved =
            statuses.map(|status| Some(status.is_some_and(|status| !status.lacks_verdict()))).collect();
        Ok(Self { resolved, columns })
    }

    /// The status that a row keeps; `None` for a row that is asked about.
    pub(super) fn status(&self, row: usize) -> Option<Status> {
        let text = self.columns[STATUS].as_string::<i32>();
        self.resolved.value(row).then(|| status_of(Some(text.value(row))).expect("it was read before"))
    }

    /// The columns for all rows: kept ones from before, the others from `new`.
    pub(super) fn over(&self, new: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, StreamError> {
        let mut new = new.into_iter();
        let mut columns = Vec::with_capacity(new.len());
        for (before, after) in self.columns.iter().zip(new.by_ref()) {
            columns.push(zip(&self.resolved, before, &after)?);
        }
        // What this run paid is this run's to say.
        columns.extend(new);
        Ok(columns)
    }
}

/// None of our columns has an empty text; in a CSV file, it is how nothing is written.
fn without_empty_texts(cells: &StringArray) -> ArrayRef {
    Arc::new(cells.iter().map(|cell| cell.filter(|text| !text.is_empty())).collect::<StringArray>())
}

/// The place of the status among [`ADDED`].
const STATUS: usize = 1;

fn status_of(text: Option<&str>) -> Option<Status> {
    Status::ALL.into_iter().find(|status| Some(status.text()) == text)
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::datatypes::DataType;

    use super::*;

    /// A batch of all our columns as text, with these statuses.
    fn batch(statuses: [Option<&str>; 4]) -> RecordBatch {
        let column = |name: &str| -> ArrayRef {
            let cells = match name {
                "status" => statuses,
                "checked_at" => [Some("2026-11-24T18:00:00Z"); 4],
                "attempts" => [Some("2"); 4],
                "roaming" => [Some("false"), None, None, None],
                "reason" => [Some(""); 4],
                _ => [Some("x"); 4],
            };
            Arc::new(StringArray::from(cells.to_vec()))
        };
        RecordBatch::try_from_iter(ADDED.map(|name| (name, column(name)))).unwrap()
    }

    #[test]
    fn rows_with_their_word_keep_it_whatever_the_types() {
        let batch = batch([Some("dead"), Some("unknown"), None, Some("something else")]);
        let carried = CarriedOver::read(&batch, std::array::from_fn(|place| place)).unwrap();
        assert_eq!([0, 1, 2, 3].map(|row| carried.status(row)), [Some(Status::Dead), None, None, None]);
        let new = ADDED.map(|name| arrow::array::new_null_array(&data_type(name), 4));
        let cost = arrow::array::new_null_array(&DataType::Float64, 4);
        let columns = carried.over(new.into_iter().chain([cost]).collect()).unwrap();
        assert_eq!(columns.len(), ADDED.len() + 1);
        for (column, name) in columns.iter().zip(ADDED) {
            assert_eq!(*column.data_type(), data_type(name));
            assert_eq!(column.is_valid(0), name != "reason", "{name}: what is empty in CSV is nothing");
            assert!(column.is_null(1), "{name}");
        }
    }
}
