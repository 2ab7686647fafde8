//! Text to numbers without a request: which number each row has, or why it has none.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::Schema;
use futures::StreamExt;

use super::rows::{Row, RowReader};
use super::settings::EnrichSettings;
use crate::model::{ColumnError, RecordStream, StreamError};

/// The columns of the input, and two of the columns of an enriched file: `msisdn`, the number in
/// international digits, and `reason`, why a row has none. Both are text, with the prefix of the
/// settings.
///
/// # Errors
///
/// When the number column is not clear, or one of the added columns exists already.
pub fn normalise(rows: RecordStream, settings: &EnrichSettings) -> Result<RecordStream, ColumnError> {
    let reader = RowReader::new(&rows.schema(), settings)?;
    let (own, added) = (reader.own_places().to_vec(), ["msisdn", "reason"]);
    let enriched = reader.schema();
    let names = added.map(|name| format!("{}{name}", settings.prefix));
    let own_fields = enriched.fields().iter().take(own.len());
    let added_fields = enriched.fields().iter().skip(own.len()).filter(|field| names.contains(field.name()));
    let fields: Vec<_> = own_fields.chain(added_fields).cloned().collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, enriched.metadata().clone()));
    let of_batches = schema.clone();
    let batches = rows.map(move |batch| {
        let batch = batch?;
        let (mut numbers, mut reasons) = (StringBuilder::new(), StringBuilder::new());
        for row in reader.read(&batch)?.iter() {
            let (number, reason) = match row {
                Row::Asked(msisdn) => (Some(msisdn.digits()), None),
                Row::Refused(refusal) => (None, Some(refusal.text())),
                Row::Carried(_) => (None, None),
            };
            numbers.append_option(number.as_deref());
            reasons.append_option(reason);
        }
        let own = own.iter().map(|place| batch.column(*place).clone());
        let added: [ArrayRef; 2] = [Arc::new(numbers.finish()), Arc::new(reasons.finish())];
        let batch = arrow::array::RecordBatch::try_new(of_batches.clone(), own.chain(added).collect());
        batch.map_err(StreamError::from)
    });
    Ok(RecordStream::new(schema, batches))
}
