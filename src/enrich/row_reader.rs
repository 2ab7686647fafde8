//! What each row is to the job: a number to ask about, a refusal, or a row that has its word already.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};

use super::added_columns::{ADDED, AddedColumns, CostColumn};
use super::carried_over::{CarriedOver, Only};
use super::{EnrichSettings, number_column};
use crate::model::{ColumnError, Msisdn, Status, StreamError};
use crate::numbering::{Refusal, Region};

/// Reads batches of one schema.
pub struct RowReader {
    columns: AddedColumns,
    number_column: usize,
    number_column_name: String,
    region: Option<Region>,
    /// Where the input has the columns of an earlier run, when its rows may keep them.
    earlier: Option<[usize; ADDED.len()]>,
}

/// What a row is to the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// It has a number that is to be asked about.
    Asked(Msisdn),
    /// It has none, for this reason.
    Refused(Refusal),
    /// It keeps what an earlier run wrote.
    Carried(Status),
}

/// The rows of one batch.
pub struct Rows {
    cells: Vec<Result<Msisdn, Refusal>>,
    carried: Option<CarriedOver>,
}

impl RowReader {
    /// The columns of the input's own that come out too, by name; the added ones follow them.
    pub fn own_columns(&self) -> impl Iterator<Item = String> + '_ {
        let fields = self.columns.schema();
        (0..self.columns.kept().len()).map(move |place| fields.field(place).name().clone())
    }

    /// The places in the input of the columns that come out too.
    pub(super) fn own_places(&self) -> &[usize] {
        self.columns.kept()
    }

    /// Checks that the job can be done on input of this schema.
    ///
    /// # Errors
    ///
    /// When the column of the numbers is not clear, or a column that would be added is there already, or one that
    /// is needed is not.
    pub fn new(input: &Schema, settings: &EnrichSettings) -> Result<Self, ColumnError> {
        let cost = if settings.cost_column { CostColumn::Yes } else { CostColumn::No };
        let columns = AddedColumns::new(input, &settings.prefix, cost)?;
        let earlier = match settings.only {
            Only::All => None,
            Only::Unresolved => Some(columns.earlier().ok_or_else(|| not_enriched(&settings.prefix))?),
        };
        let number_column = number_column::choose(input, columns.kept(), settings.column.as_deref())?;
        let number_column_name = input.field(number_column).name().clone();
        if !columns.kept().contains(&number_column) {
            return Err(ColumnError::new(format!(
                "column {number_column_name:?} was added by an earlier run and is replaced by this one, so the \
                 numbers cannot be read from it; name the list's own column with --column, or choose \
                 other names for the new columns with --prefix"
            )));
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
    /// When a column has not the type that its schema promised.
    pub fn read(&self, batch: &RecordBatch) -> Result<Rows, StreamError> {
        let cells = number_column::read(batch.column(self.number_column), self.region)?;
        let carried = self.earlier.map(|places| CarriedOver::read(batch, places)).transpose()?;
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
            Some(carried) => carried.over(added)?,
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

    /// The numbers that are to be asked about, in the order of their rows.
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
    ColumnError::new(format!(
        "--only unresolved takes a file that was enriched before, and the input has not all of its columns, \
         {prefix}{} to {prefix}{}; --prefix says what their names begin with",
        ADDED[0],
        ADDED[ADDED.len() - 1],
    ))
}
