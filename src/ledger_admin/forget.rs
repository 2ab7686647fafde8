//! Which numbers are to be forgotten.

use futures::StreamExt;

use crate::enrich::{EnrichSettings, Only, Order, Row, RowReader, Window};
use crate::input;
use crate::input::{InputError, InputSettings};
use crate::model::{ColumnError, Msisdn, StreamError};
use crate::numbering::{Region, parse};

/// Why nothing is forgotten yet.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NotForgotten {
    /// The list cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The list cannot be read to its end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StreamError),
    /// It is not clear which column holds the numbers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Column(#[from] ColumnError),
    /// Something is no number, and might be meant as one.
    #[error(
        "{count} of them are no numbers that a ledger can hold, the first in place {place} ({why}); nothing was forgotten"
    )]
    NoNumbers {
        /// How many.
        count: u64,
        /// The place of the first, counted from 1.
        place: u64,
        /// Why it is none.
        why: &'static str,
    },
}

/// The numbers that were named, and those of a list.
///
/// # Errors
///
/// When one of them is no number: somebody's request would be left undone.
pub async fn numbers_of(
    named: &[String],
    list: Option<(InputSettings, Option<String>)>,
    region: Option<Region>,
) -> Result<Vec<Msisdn>, NotForgotten> {
    let mut found = Found::default();
    for text in named {
        found.add(parse(text, region).map_or_else(|refusal| Err(refusal.text()), Ok));
    }
    if let Some((settings, column)) = list {
        let mut batches = input::open(&settings)?.batches;
        let reader = RowReader::new(&batches.schema(), &reading(column, region))?;
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
    found.numbers()
}

#[derive(Default)]
struct Found {
    numbers: Vec<Msisdn>,
    count: u64,
    bad: u64,
    first_bad: Option<(u64, &'static str)>,
}

impl Found {
    fn add(&mut self, number: Result<Msisdn, &'static str>) {
        self.count += 1;
        match number {
            Ok(msisdn) => self.numbers.push(msisdn),
            Err(why) => {
                self.bad += 1;
                self.first_bad.get_or_insert((self.count, why));
            }
        }
    }

    fn numbers(self) -> Result<Vec<Msisdn>, NotForgotten> {
        match self.first_bad {
            Some((place, why)) => Err(NotForgotten::NoNumbers { count: self.bad, place, why }),
            None => Ok(self.numbers),
        }
    }
}

/// A list is read as a run would read it.
fn reading(column: Option<String>, region: Option<Region>) -> EnrichSettings {
    EnrichSettings {
        column,
        region,
        product: Default::default(),
        prefix: "hlr_".into(),
        order: Order::Input,
        window: Window::default(),
        only: Only::All,
        tariff: Default::default(),
        cost_column: false,
    }
}
