//! Which columns of whole numbers have values that floating-point numbers cannot hold exactly.

use std::collections::HashSet;

use ::parquet::basic::Type;
use ::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use ::parquet::file::statistics::Statistics;

/// Every whole number up to this one is exact in 64-bit floating point.
const EXACT: u64 = 1 << 53;

/// The top-level columns of 64-bit numbers whose footer does not show that all values are exact.
pub(super) fn wide_integers(metadata: &ParquetMetaData) -> HashSet<String> {
    let mut wide = HashSet::new();
    for group in metadata.row_groups() {
        for column in group.columns() {
            if let [name] = column.column_path().parts()
                && column.column_type() == Type::INT64
                && !wide.contains(name)
                && !is_exact(column)
            {
                wide.insert(name.clone());
            }
        }
    }
    wide
}

fn is_exact(column: &ColumnChunkMetaData) -> bool {
    match column.statistics() {
        Some(Statistics::Int64(values)) => match (values.min_opt(), values.max_opt()) {
            (Some(min), Some(max)) => min.unsigned_abs() <= EXACT && max.unsigned_abs() <= EXACT,
            // A column of nulls has no bounds.
            _ => values.null_count_opt().is_some_and(|nulls| nulls == column.num_values() as u64),
        },
        _ => false,
    }
}
