//! How the numbers of a list are read, decided once for all its parts.

use serde::{Deserialize, Serialize};

use super::{Inspected, RowsJob, RowsSource};
use crate::enrich::{RowReader, normalise_read};
use crate::job::error::StartError;
use crate::lookup::StopSignal;
use crate::model::RecordStream;
use crate::numbering::BareNumbers;

/// How the numbers of a list are read. A list that is read in parts, on many machines, is read like
/// this in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberReading {
    /// The columns with the numbers, in order of preference.
    columns: Vec<String>,
    bare: BareNumbers,
}

impl RowsJob {
    /// Decides on some rows of a list how its numbers are read. Nothing is sent.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read, have too few numbers, or do not tell how their numbers are
    /// meant.
    pub async fn read_numbers(self, source: RowsSource) -> Result<NumberReading, StartError> {
        let Inspected { list, .. } = self.inspect(source, &StopSignal::default()).await?;
        let reader = list.reader;
        Ok(NumberReading { columns: reader.number_columns().to_vec(), bare: reader.bare_numbers() })
    }

    /// The rows of a part of a list with their numbers in international digits, and why a row has
    /// none. Nothing is sent, and a part may lack numbers.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read.
    pub async fn normalise_part(
        self,
        source: RowsSource,
        reading: &NumberReading,
    ) -> Result<RecordStream, StartError> {
        let rows = self.open(source, &StopSignal::default()).await?.0.rows;
        let mut settings = self.row_settings();
        settings.numbers.columns.clone_from(&reading.columns);
        let mut reader = RowReader::new(&rows.schema(), &settings)?;
        if !reader.is_decided() {
            reader.decide(reading.bare);
        }
        Ok(normalise_read(rows, reader, &settings))
    }
}
