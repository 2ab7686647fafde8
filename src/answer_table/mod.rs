//! Answers as a table that DuckDB, pandas and Spark can read: in exports of a ledger, and in shared
//! stores of answers.

mod columns;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, RecordBatch, StringBuilder, TimestampMillisecondBuilder, UInt16Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::ledger::Entry;
use crate::model::{Product, ProviderCache, utc_moments};
use crate::numbering;

pub(crate) use self::columns::ColumnIndexes;

/// The columns, in order.
pub(crate) fn schema() -> SchemaRef {
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

/// Answers as rows, in their order.
pub(crate) fn batch(entries: &[Entry]) -> Result<RecordBatch, ArrowError> {
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
    RecordBatch::try_new(schema(), columns)
}

/// The name of a product in settings and files.
pub(crate) const fn product_text(product: Product) -> &'static str {
    match product {
        Product::RealTime => "real-time",
        Product::Portability => "portability",
    }
}
