//! What each row is to the job: a number to look up, a refusal, or a row that keeps its verdict.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Schema, SchemaRef};

use super::carried_rows::{CarriedRows, EarlierColumns};
use super::number_column;
use super::number_reader::{NumberReader, Numbers};
use super::number_settings::SeveralNumbers;
use super::region_column;
use crate::enrich::added_columns::{ADDED, AddedColumns, COLUMN, COST};
use crate::enrich::settings::{EnrichSettings, Only};
use crate::model::{ColumnError, Msisdn, Status, StreamError};
use crate::numbering::{BareEvidence, BareNumbers, Refusal, has_telephone_name};

/// Reads batches of one schema.
#[derive(Debug)]
pub struct RowReader {
    columns: AddedColumns,
    numbers: NumberReader,
    /// The names of the columns with the numbers, in order of preference.
    number_columns: Vec<String>,
    /// The columns of an earlier run, when rows may keep them.
    earlier: Option<EarlierColumns>,
    /// Whether a column tells which of several columns each number comes from.
    has_origins: bool,
    is_guess: bool,
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

/// The rows that come out for one batch.
#[derive(Debug)]
pub struct Rows {
    numbers: Numbers,
    carried: Option<CarriedRows>,
}

impl RowReader {
    /// The names of the input's columns that are in the output too; the added ones follow them.
    pub fn own_columns(&self) -> impl Iterator<Item = String> + '_ {
        let fields = self.columns.schema();
        (0..self.columns.kept().len()).map(move |index| fields.field(index).name().clone())
    }

    /// The places in the input of the columns that come out too.
    pub(in crate::enrich) fn own_places(&self) -> &[usize] {
        self.columns.kept()
    }

    /// Checks that input of this schema can be enriched.
    ///
    /// # Errors
    ///
    /// When it is not clear which column has the numbers, when the input has a column of the same
    /// name as an added one, or when it lacks a column that is needed.
    pub fn new(input: &Schema, settings: &EnrichSettings) -> Result<Self, ColumnError> {
        if input.fields().is_empty() {
            return Err(ColumnError::new("the list is empty: it has neither columns nor rows").with_help(
                "check how it was made; a list has at least a row with the names of its columns",
            ));
        }
        // Rows that are carried keep the column of their number.
        let origin = match settings.only {
            Only::All => None,
            Only::Unresolved => input.index_of(&format!("{}{COLUMN}", settings.prefix)).ok(),
        };
        let has_origins = settings.numbers.columns.len() > 1 || origin.is_some();
        let requested = [(COST, settings.cost_column), (COLUMN, has_origins)];
        let requested = requested.into_iter().filter_map(|(column, is_wanted)| is_wanted.then_some(column));
        let columns = AddedColumns::new(input, &settings.prefix, &requested.collect::<Vec<_>>())?;
        let earlier = match settings.only {
            Only::All => None,
            Only::Unresolved if settings.numbers.several == SeveralNumbers::Rows => {
                return Err(rows_again());
            }
            Only::Unresolved => {
                let added = columns.earlier().ok_or_else(|| not_enriched(&settings.prefix))?;
                Some(EarlierColumns { added, origin })
            }
        };
        let chosen = number_column::choose(input, columns.kept(), &settings.numbers)?;
        let region_column = region_column::find(input, settings.numbers.region_column.as_deref())?;
        let number_columns: Vec<String> = chosen.iter().map(|column| column.name.clone()).collect();
        if let Some(place) = chosen.iter().position(|column| !columns.kept().contains(&column.index)) {
            return Err(replaced(&number_columns[place]));
        }
        let numbers = NumberReader::new(chosen, region_column, &settings.numbers);
        let is_guess = settings.numbers.columns.is_empty() && !has_telephone_name(&number_columns[0]);
        Ok(Self { columns, numbers, number_columns, earlier, has_origins, is_guess })
    }

    /// The names of the columns that the numbers are read from, in order of preference.
    #[must_use]
    pub fn number_columns(&self) -> &[String] {
        &self.number_columns
    }

    /// Whether the column is taken only because there is no other: neither the user nor its name says
    /// that it has numbers.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        self.is_guess
    }

    /// The schema of the enriched batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.columns.schema()
    }

    /// Whether it is known how numbers without `+` or `00` are read. If not, the first rows of the
    /// list decide: see [`super::ListSample::decide`].
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.numbers.is_decided()
    }

    /// How numbers without `+` or `00` are read, where no region tells.
    #[must_use]
    pub fn bare_numbers(&self) -> BareNumbers {
        self.numbers.bare()
    }

    /// From now on, numbers without `+` or `00` are read like this.
    pub fn decide(&mut self, bare: BareNumbers) {
        self.numbers.decide(bare);
    }

    pub(super) fn add_evidence(
        &self,
        batch: &RecordBatch,
        evidence: &mut BareEvidence,
    ) -> Result<(), StreamError> {
        self.numbers.add_evidence(batch, evidence)
    }

    /// What the rows of a batch are.
    ///
    /// # Errors
    ///
    /// When a column does not have the type of the schema.
    pub fn read(&self, batch: &RecordBatch) -> Result<Rows, StreamError> {
        let carried = self.earlier.map(|earlier| CarriedRows::read(batch, earlier)).transpose()?;
        let earlier = carried.as_ref().map(CarriedRows::numbers);
        let numbers = self.numbers.read(batch, earlier.as_deref())?;
        Ok(Rows { numbers, carried })
    }

    /// The batch with its added columns.
    pub(in crate::enrich) fn assemble(
        &self,
        batch: &RecordBatch,
        rows: &Rows,
        added: Vec<ArrayRef>,
    ) -> Result<RecordBatch, StreamError> {
        let mut added = match &rows.carried {
            Some(carried) => carried.merge_with(added)?,
            None => added,
        };
        if self.has_origins {
            let origins = self.origins(&rows.numbers);
            added.push(match &rows.carried {
                Some(carried) => carried.merge_origins(origins)?,
                None => origins,
            });
        }
        self.columns.assemble(&rows.own_columns(batch)?, added)
    }

    /// The column that each number comes from, if there are several.
    pub(in crate::enrich) fn origins_of(&self, rows: &Rows) -> Option<ArrayRef> {
        self.has_origins.then(|| self.origins(&rows.numbers))
    }

    /// The name of the column that each number comes from.
    fn origins(&self, numbers: &Numbers) -> ArrayRef {
        let origin = |row: usize| numbers.origins.get(row).copied().unwrap_or(0);
        let cells = numbers.cells.iter().enumerate();
        let names = cells.map(|(row, cell)| cell.is_ok().then(|| self.number_columns[origin(row)].as_str()));
        Arc::new(names.collect::<StringArray>())
    }
}

impl Rows {
    /// The rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        self.numbers.cells.iter().enumerate().map(|(row, cell)| {
            match (self.carried.as_ref().and_then(|carried| carried.status(row)), cell) {
                (Some(status), _) => Row::Carried(status),
                (None, Ok(msisdn)) => Row::Asked(*msisdn),
                (None, Err(refusal)) => Row::Refused(*refusal),
            }
        })
    }

    /// How many rows come out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.cells.len()
    }

    /// Whether no row comes out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.cells.is_empty()
    }

    /// The columns of their batch, with each row as often as it comes out.
    pub(in crate::enrich) fn own_columns(&self, batch: &RecordBatch) -> Result<RecordBatch, StreamError> {
        match &self.numbers.sources {
            None => Ok(batch.clone()),
            Some(sources) => Ok(take_record_batch(batch, &UInt32Array::from(sources.clone()))?),
        }
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

fn replaced(column: &str) -> ColumnError {
    let problem = format!(
        "the numbers cannot be read from column {column:?}: an earlier run added it, and this run replaces it"
    );
    ColumnError::new(problem).with_help(
        "name the list's own column with --column, or give the added columns another prefix with --prefix",
    )
}

fn rows_again() -> ColumnError {
    ColumnError::new("--only unresolved cannot be used with --several-numbers rows")
        .with_help("the enriched file already has a row for each number; leave out --several-numbers")
}

fn not_enriched(prefix: &str) -> ColumnError {
    let (first, last) = (ADDED[0], ADDED[ADDED.len() - 1]);
    ColumnError::new(format!(
        "--only unresolved needs a file that was enriched before, with all columns from {prefix}{first} to {prefix}{last}"
    ))
    .with_help("keep all added columns in the first run, and use the --prefix of that run")
}
