//! The first rows of a list, read before anything is asked: they decide how bare numbers are read,
//! and whether the list can be worked with at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt, stream};

use super::number_settings::NumberSettings;
use super::region_column::columns_of_countries;
use super::row_reader::{Row, RowReader};
use crate::enrich::settings::{EnrichSettings, Only};
use crate::humanize::grouped;
use crate::model::{ColumnError, RecordStream, StreamError};
use crate::numbering::{BareEvidence, UnclearNumbers, number_column_candidates};

/// How many rows are looked at, or all if there are fewer.
const SAMPLE_ROWS: usize = 10_000;
/// Long rows make a smaller sample.
const SAMPLE_BYTES: usize = 64 << 20;

/// The first rows of a list. They are held in memory until they are passed on.
#[derive(Debug)]
pub struct ListSample {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rest: RecordStream,
    is_whole: bool,
}

/// What the rows of a sample are. The rest of them has a number that can be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleCounts {
    /// All rows.
    pub rows: u64,
    /// Rows without a number that can be looked up, by reason.
    pub by_reason: BTreeMap<&'static str, u64>,
    /// Rows that keep an earlier verdict.
    pub carried: u64,
}

impl ListSample {
    /// Reads the first rows. An error of the list comes after the rows before it, as in the list.
    pub async fn read(mut rows: RecordStream) -> Self {
        let (schema, mut batches) = (rows.schema(), Vec::new());
        let (mut count, mut bytes) = (0, 0);
        while count < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
            match rows.next().await {
                Some(Ok(batch)) => {
                    (count, bytes) = (count + batch.num_rows(), bytes + batch.get_array_memory_size());
                    batches.push(batch);
                }
                Some(Err(error)) => {
                    rows = RecordStream::new(schema.clone(), stream::iter([Err(error)]));
                    break;
                }
                None => return Self { schema, batches, rest: rows, is_whole: true },
            }
        }
        Self { schema, batches, rest: rows, is_whole: false }
    }

    /// Whether the list has no other rows.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// All rows of the list, those of the sample first.
    #[must_use]
    pub fn into_rows(self) -> RecordStream {
        let Self { schema, batches, rest, is_whole } = self;
        // A stream may not be polled after its end.
        let rest = if is_whole { RecordStream::new(schema.clone(), stream::empty()) } else { rest };
        let mut batches = VecDeque::from(batches);
        // Each batch is dropped as soon as it is passed on.
        let sample = stream::poll_fn(move |_| std::task::Poll::Ready(batches.pop_front().map(Ok)));
        RecordStream::new(schema, sample.chain(rest))
    }

    /// The rows that are looked at; the last batch may have more.
    fn judged(&self) -> impl Iterator<Item = Cow<'_, RecordBatch>> {
        self.batches.iter().scan(SAMPLE_ROWS, |left, batch| {
            let rows = batch.num_rows().min(*left);
            *left -= rows;
            // A slice has a new array for each column, and a list may have thousands.
            Some(if rows == batch.num_rows() {
                Cow::Borrowed(batch)
            } else {
                Cow::Owned(batch.slice(0, rows))
            })
        })
    }

    /// Decides how the reader reads bare numbers, if that is not known.
    ///
    /// # Errors
    ///
    /// When the list has many bare numbers and they may be national.
    pub fn decide(&self, reader: &mut RowReader) -> Result<(), StreamError> {
        if reader.is_decided() {
            return Ok(());
        }
        let mut evidence = BareEvidence::default();
        self.judged().try_for_each(|batch| reader.add_evidence(&batch, &mut evidence))?;
        let bare = evidence.decide().map_err(|unclear| self.unclear(&unclear))?;
        reader.decide(bare);
        Ok(())
    }

    fn unclear(&self, unclear: &UnclearNumbers) -> ColumnError {
        let others = match unclear.other_examples.is_empty() {
            true => String::new(),
            false => format!("; {} would not", unclear.other_examples.join(", ")),
        };
        let problem = format!(
            "it is not clear whether the numbers without + or 00 are national or international: read as \
             international, {} of {} in the first rows would be mobile numbers, such as {}{others}",
            grouped(unclear.mobile),
            grouped(unclear.bare),
            unclear.mobile_examples.join(", "),
        );
        let column = self.columns_of_countries().into_iter().next();
        let column = column.map_or_else(|| "COLUMN".to_owned(), |column| format!("{column:?}"));
        ColumnError::new(problem).with_help(format!(
            "for national numbers name their country with --region, or the column that has \
             it with --region-column {column}; for complete international numbers use --international"
        ))
    }

    /// The names of the columns that look like countries.
    #[must_use]
    pub fn columns_of_countries(&self) -> Vec<String> {
        columns_of_countries(&self.schema, &self.batches)
    }

    /// What the rows of the sample are.
    ///
    /// # Errors
    ///
    /// When a column does not have the type of the schema.
    pub fn count(&self, reader: &RowReader) -> Result<SampleCounts, StreamError> {
        let mut counts = SampleCounts::default();
        for batch in self.judged() {
            reader.read(&batch)?.iter().for_each(|row| counts.add(row));
        }
        Ok(counts)
    }

    /// The error of a list in which no column is named and none is clear, with the columns that
    /// hold numbers: those that are named like it, or else those that have some.
    #[must_use]
    pub fn name_columns(&self, error: ColumnError, settings: &EnrichSettings) -> ColumnError {
        const MIN_SHARE: f64 = 0.1;
        // An enriched file names the column itself.
        if !settings.numbers.columns.is_empty() || settings.only != Only::All {
            return error;
        }
        let names: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
        let by_name = number_column_candidates(&names);
        let (columns, min_share) = match by_name.is_empty() {
            true => ((0..names.len()).collect(), MIN_SHARE),
            false => (by_name, 0.0),
        };
        let shares = columns.iter().filter_map(|column| {
            let share = self.share_of_numbers(*column, settings)?;
            (share >= min_share)
                .then(|| format!("{:?} (a number in {:.0} % of the rows)", names[*column], 100.0 * share))
        });
        let shares: Vec<String> = shares.collect();
        match shares.as_slice() {
            [] => error,
            [only] => error.with_help(format!("choose one with --column, perhaps {only}")),
            several => error.with_help(format!(
                "choose one with --column, or several in order of preference: {}",
                several.join(", ")
            )),
        }
    }

    /// The share of the rows in which a column holds a number that can be looked up.
    fn share_of_numbers(&self, column: usize, settings: &EnrichSettings) -> Option<f64> {
        let name = self.schema.field(column).name().clone();
        let numbers = NumberSettings { columns: vec![name], ..settings.numbers.clone() };
        let region = numbers.region_column.as_deref().and_then(|name| self.schema.index_of(name).ok());
        // A reader looks at all columns of its list, and a list may have many thousand.
        let alone = self.with_columns(region.into_iter().chain([column]).collect())?;
        let settings = EnrichSettings { numbers, only: Only::All, ..settings.clone() };
        let mut reader = RowReader::new(&alone.schema, &settings).ok()?;
        // Where bare numbers are not clear, only the others can be asked about.
        let _ = alone.decide(&mut reader);
        let counts = alone.count(&reader).ok()?;
        Some(counts.numbers() as f64 / counts.rows.max(1) as f64)
    }

    /// The sample with these columns, each once, and without the rest of the list.
    fn with_columns(&self, mut columns: Vec<usize>) -> Option<Self> {
        columns.dedup();
        let schema = Arc::new(self.schema.project(&columns).ok()?);
        let batches = self.judged().map(|batch| batch.project(&columns)).collect::<Result<_, _>>().ok()?;
        let rest = RecordStream::new(schema.clone(), stream::empty());
        Some(Self { schema, batches, rest, is_whole: true })
    }
}

impl SampleCounts {
    fn add(&mut self, row: Row) {
        self.rows += 1;
        match row {
            Row::Asked(_) => {}
            Row::Refused(refusal) => *self.by_reason.entry(refusal.text()).or_default() += 1,
            Row::Carried(_) => self.carried += 1,
        }
    }

    /// Rows whose number can be looked up.
    #[must_use]
    pub fn numbers(&self) -> u64 {
        self.rows - self.carried - self.by_reason.values().sum::<u64>()
    }
}

/// Turns rows into others, once it is decided how the reader reads bare numbers.
pub(in crate::enrich) fn after_decision(
    rows: RecordStream,
    mut reader: RowReader,
    schema: SchemaRef,
    turn: impl FnOnce(RecordStream, RowReader) -> RecordStream + Send + 'static,
) -> RecordStream {
    if reader.is_decided() {
        return turn(rows, reader);
    }
    let decided = stream::once(async move {
        let sample = ListSample::read(rows).await;
        sample.decide(&mut reader)?;
        Ok::<_, StreamError>(turn(sample.into_rows(), reader))
    });
    RecordStream::new(schema, decided.try_flatten())
}
