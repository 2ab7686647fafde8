//! Reads which numbers are to be forgotten.

use futures::StreamExt;

use crate::enrich::{EnrichSettings, NumberSettings, Only, Order, Row, RowReader, SeveralNumbers, Window};
use crate::humanize::grouped;
use crate::input;
use crate::input::{InputError, InputSettings};
use crate::model::{ColumnError, Msisdn, StreamError};
use crate::numbering::{Region, normalise};

/// Why the numbers cannot be read. Nothing is forgotten then.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ForgetError {
    /// The list cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The list cannot be read to its end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stream(#[from] StreamError),
    /// It is not clear which column holds the numbers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Column(#[from] ColumnError),
    /// Some of the texts are not valid numbers.
    #[error("{} of the numbers {} not valid, the first at position {position} ({reason})", grouped(*count), verb(*count))]
    #[diagnostic(help("correct them and run the command again; nothing was forgotten"))]
    InvalidNumbers {
        /// How many.
        count: u64,
        /// The position of the first, counted from 1.
        position: u64,
        /// Why the first is not valid.
        reason: &'static str,
    },
}

fn verb(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The numbers that were named, and those of a list.
///
/// # Errors
///
/// If one of them is not valid: then somebody's request would not be fulfilled.
pub async fn numbers_to_forget(
    named: &[String],
    list: Option<(InputSettings, Option<String>)>,
    region: Option<Region>,
) -> Result<Vec<Msisdn>, ForgetError> {
    let mut found = Found::default();
    for text in named {
        found.add(normalise(text, region).map_or_else(|refusal| Err(refusal.text()), Ok));
    }
    if let Some((settings, column)) = list {
        let mut batches = input::open(&settings)?.batches;
        let reader = RowReader::new(&batches.schema(), &reader_settings(column, region))?;
        while let Some(batch) = batches.next().await {
            for row in reader.read(&batch?)?.iter() {
                match row {
                    Row::Asked(msisdn) => found.add(Ok(msisdn)),
                    Row::Refused(refusal) => found.add(Err(refusal.text())),
                    Row::Carried(_) => {}
                }
            }
        }
    }
    found.into_numbers()
}

/// The numbers read so far.
#[derive(Default)]
struct Found {
    numbers: Vec<Msisdn>,
    count: u64,
    invalid: u64,
    first_invalid: Option<(u64, &'static str)>,
}

impl Found {
    fn add(&mut self, number: Result<Msisdn, &'static str>) {
        self.count += 1;
        match number {
            Ok(msisdn) => self.numbers.push(msisdn),
            Err(reason) => {
                self.invalid += 1;
                self.first_invalid.get_or_insert((self.count, reason));
            }
        }
    }

    fn into_numbers(self) -> Result<Vec<Msisdn>, ForgetError> {
        match self.first_invalid {
            Some((position, reason)) => {
                Err(ForgetError::InvalidNumbers { count: self.invalid, position, reason })
            }
            None => Ok(self.numbers),
        }
    }
}

/// A list is read as a run reads it.
fn reader_settings(column: Option<String>, region: Option<Region>) -> EnrichSettings {
    EnrichSettings {
        numbers: NumberSettings {
            columns: column.into_iter().collect(),
            region,
            // As a number on the command line.
            international: region.is_none(),
            // Every number of a cell is to be forgotten.
            several: SeveralNumbers::Rows,
            ..NumberSettings::default()
        },
        product: Default::default(),
        prefix: "hlr_".into(),
        order: Order::Input,
        window: Window::default(),
        only: Only::All,
        tariff: Default::default(),
        cost_column: false,
    }
}
