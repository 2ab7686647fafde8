//! Text to numbers without a request: which number each row has, or why it has none.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{Schema, SchemaRef};
use futures::StreamExt;

use super::added_columns::COLUMN;
use super::rows::{Row, RowReader, after_decision};
use super::settings::EnrichSettings;
use crate::model::{ColumnError, RecordStream, StreamError};

/// The columns of the input, and two of the columns of an enriched file: `msisdn`, the number in
/// international digits, and `reason`, why a row has none; where several columns have numbers,
/// `column` too, the one that the number comes from. They are text, with the prefix of the settings.
///
/// # Errors
///
/// When the number column is not clear, or one of the added columns exists already.
pub fn normalise(rows: RecordStream, settings: &EnrichSettings) -> Result<RecordStream, ColumnError> {
    let reader = RowReader::new(&rows.schema(), settings)?;
    Ok(normalise_read(rows, reader, settings))
}

/// The same, with an existing reader.
pub(crate) fn normalise_read(
    rows: RecordStream,
    reader: RowReader,
    settings: &EnrichSettings,
) -> RecordStream {
    let (own, added) = (reader.own_places().to_vec(), ["msisdn", "reason", COLUMN]);
    let enriched = reader.schema();
    let names = added.map(|name| format!("{}{name}", settings.prefix));
    let own_fields = enriched.fields().iter().take(own.len());
    let added_fields = enriched.fields().iter().skip(own.len()).filter(|field| names.contains(field.name()));
    let fields: Vec<_> = own_fields.chain(added_fields).cloned().collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, enriched.metadata().clone()));
    let of_rows = schema.clone();
    after_decision(rows, reader, schema, move |rows, reader| {
        let of_batches = of_rows.clone();
        let batches = rows.map(move |batch| normalised(&batch?, &reader, &own, of_batches.clone()));
        RecordStream::new(of_rows, batches)
    })
}

fn normalised(
    batch: &RecordBatch,
    reader: &RowReader,
    own: &[usize],
    schema: SchemaRef,
) -> Result<RecordBatch, StreamError> {
    let (mut numbers, mut reasons) = (StringBuilder::new(), StringBuilder::new());
    let rows = reader.read(batch)?;
    for row in rows.iter() {
        let (number, reason) = match row {
            Row::Asked(msisdn) => (Some(msisdn.digits()), None),
            Row::Refused(refusal) => (None, Some(refusal.text())),
            Row::Carried(_) => (None, None),
        };
        numbers.append_option(number.as_deref());
        reasons.append_option(reason);
    }
    let own = rows.own_columns(&batch.project(own)?)?;
    let added: [ArrayRef; 2] = [Arc::new(numbers.finish()), Arc::new(reasons.finish())];
    let columns = own.columns().iter().cloned().chain(added).chain(reader.origins_of(&rows)).collect();
    Ok(RecordBatch::try_new(schema, columns)?)
}
