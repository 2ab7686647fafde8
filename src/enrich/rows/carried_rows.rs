//! `--only unresolved`: rows of an enriched file that already have a verdict keep the cells of the
//! earlier run.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::kernels::zip::zip;

use crate::enrich::added_columns::{ADDED, COLUMN, data_type};
use crate::model::{Msisdn, Status, StreamError, cells_as};

/// The indices of the columns of an earlier run.
#[derive(Clone, Copy, Debug)]
pub(super) struct EarlierColumns {
    /// Those of [`ADDED`].
    pub(super) added: [usize; ADDED.len()],
    /// That of [`COLUMN`], if there is one.
    pub(super) origin: Option<usize>,
}

/// The rows of one batch that keep the verdict of an earlier run.
#[derive(Debug)]
pub(super) struct CarriedRows {
    /// Whether a row is carried; never null.
    is_carried: BooleanArray,
    /// The columns of the earlier run, in the order and with the types of [`ADDED`].
    columns: Vec<ArrayRef>,
    /// The column that each number came from, if the earlier run said so.
    origins: Option<ArrayRef>,
}

impl CarriedRows {
    /// Reads the columns of the earlier run, by their indices. In a CSV file they are text.
    pub(super) fn read(batch: &RecordBatch, earlier: EarlierColumns) -> Result<Self, StreamError> {
        let EarlierColumns { added, origin } = earlier;
        let typed = |(column, index): (&str, usize)| {
            let cells = cells_as(&data_type(column), batch.column(index))?;
            Ok::<_, StreamError>(cells.as_string_opt::<i32>().map_or(cells.clone(), without_empty_texts))
        };
        let columns: Vec<_> = ADDED.into_iter().zip(added).map(typed).collect::<Result<_, _>>()?;
        let statuses = columns[STATUS].as_string::<i32>().iter().map(status_of);
        let is_carried =
            statuses.map(|status| Some(status.is_some_and(|status| !status.lacks_verdict()))).collect();
        let origins = origin.map(|index| typed((COLUMN, index))).transpose()?;
        Ok(Self { is_carried, columns, origins })
    }

    /// The number that the earlier run found in each row.
    pub(super) fn numbers(&self) -> Vec<Option<Msisdn>> {
        let digits = self.columns[MSISDN].as_string::<i32>();
        digits.iter().map(|digits| Msisdn::new(digits?.parse().ok()?)).collect()
    }

    /// The columns that the numbers come from: of carried rows from the earlier run, of the others
    /// from `new`.
    pub(super) fn merge_origins(&self, new: ArrayRef) -> Result<ArrayRef, StreamError> {
        match &self.origins {
            Some(earlier) => Ok(zip(&self.is_carried, earlier, &new)?),
            None => Ok(new),
        }
    }

    /// The status that a row keeps; `None` for a row that is looked up.
    pub(super) fn status(&self, row: usize) -> Option<Status> {
        let text = self.columns[STATUS].as_string::<i32>();
        self.is_carried
            .value(row)
            .then(|| status_of(Some(text.value(row))).expect("a carried row has a known status"))
    }

    /// The columns for all rows: of carried rows from the earlier run, of the others from `new`.
    pub(super) fn merge_with(&self, new: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, StreamError> {
        let mut new = new.into_iter();
        let mut columns = Vec::with_capacity(new.len());
        for (earlier, new) in self.columns.iter().zip(new.by_ref()) {
            columns.push(zip(&self.is_carried, earlier, &new)?);
        }
        // The cost is what this run paid, so it is always new.
        columns.extend(new);
        Ok(columns)
    }
}

/// The added columns have no empty texts; in a CSV file, an empty text is a null.
fn without_empty_texts(cells: &StringArray) -> ArrayRef {
    Arc::new(cells.iter().map(|cell| cell.filter(|text| !text.is_empty())).collect::<StringArray>())
}

/// The index of the number in [`ADDED`].
const MSISDN: usize = 0;
/// The index of the status in [`ADDED`].
const STATUS: usize = 1;

fn status_of(text: Option<&str>) -> Option<Status> {
    Status::ALL.into_iter().find(|status| Some(status.text()) == text)
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::datatypes::DataType;

    use super::*;

    /// A batch of all added columns as text, with these statuses.
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
    fn rows_with_a_verdict_keep_it_whatever_the_types() {
        let batch = batch([Some("dead"), Some("unknown"), None, Some("something else")]);
        let earlier = EarlierColumns { added: std::array::from_fn(|index| index), origin: None };
        let carried = CarriedRows::read(&batch, earlier).unwrap();
        assert_eq!([0, 1, 2, 3].map(|row| carried.status(row)), [Some(Status::Dead), None, None, None]);
        let new = ADDED.map(|name| arrow::array::new_null_array(&data_type(name), 4));
        let cost = arrow::array::new_null_array(&DataType::Float64, 4);
        let columns = carried.merge_with(new.into_iter().chain([cost]).collect()).unwrap();
        assert_eq!(columns.len(), ADDED.len() + 1);
        for (column, name) in columns.iter().zip(ADDED) {
            assert_eq!(*column.data_type(), data_type(name));
            assert_eq!(column.is_valid(0), name != "reason", "{name}: an empty text in CSV is a null");
            assert!(column.is_null(1), "{name}");
        }
    }
}
