//! What each row is to the job: a number to look up, a refusal, or a row that keeps its verdict.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};

use crate::enrich::added_columns::{ADDED, AddedColumns};
use super::carried_rows::CarriedRows;
use super::number_column;
use crate::enrich::settings::{EnrichSettings, Only};
use crate::model::{ColumnError, Msisdn, Status, StreamError};
use crate::numbering::{Refusal, Region};

/// Reads batches of one schema.
pub struct RowReader {
    columns: AddedColumns,
    number_column: usize,
    number_column_name: String,
    region: Option<Region>,
    /// The indices of the columns of an earlier run, when rows may keep them.
    earlier: Option<[usize; ADDED.len()]>,
}

/// What a row is to the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Its number is looked up.
    Asked(Msisdn),
    /// It has no number that can be looked up, for this reason.
    Refused(Refusal),
    /// It keeps the verdict of an earlier run.
    Carried(Status),
}

/// The rows of one batch.
pub struct Rows {
    cells: Vec<Result<Msisdn, Refusal>>,
    carried: Option<CarriedRows>,
}

impl RowReader {
    /// The names of the input's columns that are in the output too; the added ones follow them.
    pub fn own_columns(&self) -> impl Iterator<Item = String> + '_ {
        let fields = self.columns.schema();
        (0..self.columns.kept().len()).map(move |index| fields.field(index).name().clone())
    }

    /// The places in the input of the columns that come out too.
    pub(super) fn own_places(&self) -> &[usize] {
        self.columns.kept()
    }

    /// Checks that input of this schema can be enriched.
    ///
    /// # Errors
    ///
    /// When it is not clear which column has the numbers, when the input has a column of the same
    /// name as an added one, or when it lacks a column that is needed.
    pub fn new(input: &Schema, settings: &EnrichSettings) -> Result<Self, ColumnError> {
        let columns = AddedColumns::new(input, &settings.prefix, settings.cost_column.into())?;
        let earlier = match settings.only {
            Only::All => None,
            Only::Unresolved => Some(columns.earlier().ok_or_else(|| not_enriched(&settings.prefix))?),
        };
        let number_column = number_column::choose(input, columns.kept(), settings.column.as_deref())?;
        let number_column_name = input.field(number_column).name().clone();
        if !columns.kept().contains(&number_column) {
            let problem = format!(
                "the numbers cannot be read from column {number_column_name:?}: an earlier run added it, and this run \
                 replaces it"
            );
            return Err(ColumnError::new(problem).with_help(
                "name the list's own column with --column, or give the added columns another prefix with --prefix",
            ));
        }
        Ok(Self { columns, number_column, number_column_name, region: settings.region, earlier })
    }

    /// The name of the column that the numbers are read from.
    #[must_use]
    pub fn number_column(&self) -> &str {
        &self.number_column_name
    }

    /// The schema of the enriched batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.columns.schema()
    }

    /// What the rows of a batch are.
    ///
    /// # Errors
    ///
    /// When a column does not have the type of the schema.
    pub fn read(&self, batch: &RecordBatch) -> Result<Rows, StreamError> {
        let cells = number_column::read(batch.column(self.number_column), self.region)?;
        let carried = self.earlier.map(|indices| CarriedRows::read(batch, indices)).transpose()?;
        Ok(Rows { cells, carried })
    }

    /// The batch with its added columns.
    pub(super) fn assemble(
        &self,
        batch: &RecordBatch,
        rows: &Rows,
        added: Vec<ArrayRef>,
    ) -> Result<RecordBatch, StreamError> {
        let added = match &rows.carried {
            Some(carried) => carried.merge_with(added)?,
            None => added,
        };
        self.columns.assemble(batch, added)
    }
}

impl Rows {
    /// The rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        self.cells.iter().enumerate().map(|(row, cell)| {
            match (self.carried.as_ref().and_then(|carried| carried.status(row)), cell) {
                (Some(status), _) => Row::Carried(status),
                (None, Ok(msisdn)) => Row::Asked(*msisdn),
                (None, Err(refusal)) => Row::Refused(*refusal),
            }
        })
    }

    /// The numbers to look up, in the order of their rows.
    #[must_use]
    pub fn numbers(&self) -> Vec<Msisdn> {
        let asked = |row| match row {
            Row::Asked(msisdn) => Some(msisdn),
            Row::Refused(_) | Row::Carried(_) => None,
        };
        self.iter().filter_map(asked).collect()
    }
}

fn not_enriched(prefix: &str) -> ColumnError {
    let (first, last) = (ADDED[0], ADDED[ADDED.len() - 1]);
    ColumnError::new(format!(
        "--only unresolved needs a file that was enriched before, with all columns from {prefix}{first} to {prefix}{last}"
    ))
    .with_help("keep all added columns in the first run, and use the --prefix of that run")
}
