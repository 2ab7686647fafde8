//! Exports a ledger as a table that DuckDB, pandas and Spark can read.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, RecordBatch, StringBuilder, TimestampMillisecondBuilder, UInt16Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::stream;

use crate::ledger::{Entry, LedgerFile};
use crate::model::{Product, ProviderCache, RecordStream, StreamError, utc_moments};
use crate::numbering;
use crate::output::{StagedOutput, Target, WriteError};

/// How many answers one batch has.
const PAGE: usize = 50_000;

/// The columns, in order.
fn schema() -> SchemaRef {
    let field = |(name, data_type, nullable)| Field::new(name, data_type, nullable);
    let fields = [
        ("msisdn", DataType::Utf8, false),
        ("product", DataType::Utf8, false),
        ("nocache", DataType::Boolean, false),
        ("status", DataType::Utf8, false),
        ("result", DataType::Utf8, false),
        ("mcc", DataType::Utf8, true),
        ("mnc", DataType::Utf8, true),
        ("location", DataType::Utf8, true),
        ("network", DataType::Utf8, true),
        ("country", DataType::Utf8, true),
        ("checked_at", utc_moments(), false),
        ("attempts", DataType::UInt16, false),
    ];
    Arc::new(Schema::new(fields.map(field).to_vec()))
}

/// Writes every answer of a ledger, by scope and number.
///
/// # Errors
///
/// If the ledger cannot be read or the file cannot be written.
pub async fn export(ledger_file: LedgerFile, target: Target) -> Result<Box<dyn StagedOutput>, WriteError> {
    let pages =
        stream::try_unfold((ledger_file, None), async |(ledger_file, last): (LedgerFile, Option<Entry>)| {
            let page = ledger_file.entries(last.as_ref(), PAGE).map_err(StreamError::source)?;
            if page.is_empty() {
                return Ok(None);
            }
            let batch = batch(&page)?;
            Ok(Some((batch, (ledger_file, page.into_iter().next_back()))))
        });
    target.write(RecordStream::new(schema(), pages), Arc::default()).await
}

fn batch(entries: &[Entry]) -> Result<RecordBatch, StreamError> {
    let text = || StringBuilder::with_capacity(entries.len(), entries.len() * 8);
    let [mut msisdn, mut product, mut status, mut result, mut mcc] = std::array::from_fn(|_| text());
    let [mut mnc, mut location, mut network, mut country] = std::array::from_fn(|_| text());
    let mut nocache = BooleanBuilder::with_capacity(entries.len());
    let mut checked_at = TimestampMillisecondBuilder::with_capacity(entries.len()).with_timezone("UTC");
    let mut attempts = UInt16Builder::with_capacity(entries.len());
    for Entry { scope, msisdn: number, answered } in entries {
        let answer = &answered.answer;
        msisdn.append_value(&*number.digits());
        product.append_value(product_text(scope.product));
        nocache.append_value(scope.cache == ProviderCache::Bypassed);
        status.append_value(answer.result.status(scope.product).text());
        result.append_value(answer.result.text());
        mcc.append_option(answer.network.map(|network| network.mcc_text()));
        mnc.append_option(answer.network.map(|network| network.mnc_text()));
        location.append_option(answer.location.map(|code| code.to_string()));
        network.append_option(answer.network.and_then(numbering::network_name));
        country.append_option(answer.network.and_then(numbering::network_country));
        checked_at.append_value(answered.checked_at.0);
        attempts.append_value(answered.attempts);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(msisdn.finish()),
        Arc::new(product.finish()),
        Arc::new(nocache.finish()),
        Arc::new(status.finish()),
        Arc::new(result.finish()),
        Arc::new(mcc.finish()),
        Arc::new(mnc.finish()),
        Arc::new(location.finish()),
        Arc::new(network.finish()),
        Arc::new(country.finish()),
        Arc::new(checked_at.finish()),
        Arc::new(attempts.finish()),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The name of a product in settings and files.
pub(crate) const fn product_text(product: Product) -> &'static str {
    match product {
        Product::RealTime => "real-time",
        Product::Portability => "portability",
    }
}
