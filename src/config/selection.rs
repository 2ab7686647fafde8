//! Which rows are processed, which column is read, and which columns are written.

use super::resolver::{ConfigResolver, Resolved};
use super::values::{TextList, mebibytes};
use crate::enrich::column_selection::ColumnChoice;
use crate::enrich::filter::Condition;
use crate::enrich::{NumberSettings, Window};
use crate::enricher::RowSettings;
use crate::numbering::Region;

/// Which rows are processed, and which columns are written. `prefix` is that of the added columns.
pub(crate) fn selection(
    resolver: &mut ConfigResolver,
    prefix: &str,
) -> Resolved<(Vec<Condition>, ColumnChoice)> {
    let texts = |texts: &Option<TextList>| texts.clone().map(|texts| texts.0).unwrap_or_default();
    let raw = &resolver.raw;
    let (keep, drop) = (texts(&raw.keep_columns), texts(&raw.drop_columns));
    let conditions = texts(&raw.filter).iter().map(|text| text.parse()).collect();
    let partition_by = raw.partition_by.clone().unwrap_or_default().0;
    let conditions = resolver.diagnosed("filter", conditions);
    if partition_by.len() == 2 && partition_by[0] == partition_by[1] {
        return Err(resolver.report("partition_by", "the same column is named twice"));
    }
    let needed = partition_by.iter().map(|by| by.column(prefix)).collect();
    Ok((conditions?, ColumnChoice { keep, drop, needed }))
}

/// Fills in how rows are read and written.
pub(super) fn rows(resolver: &mut ConfigResolver, rows: &mut RowSettings) -> Resolved<()> {
    let raw = &resolver.raw;
    rows.order = raw.order.unwrap_or_default();
    rows.only = raw.only.unwrap_or_default();
    rows.cost_column = raw.cost_column == Some(true);
    rows.window = Window {
        rows: raw.window_rows.map_or(rows.window.rows, |rows| rows as usize),
        bytes: raw.window_mib.map_or(rows.window.bytes, mebibytes),
    };
    if let Some(prefix) = &raw.prefix {
        rows.prefix.clone_from(prefix);
    }
    let region = raw.region.clone();
    rows.numbers = NumberSettings {
        columns: raw.column.clone().map(|names| names.0).unwrap_or_default(),
        region_column: raw.region_column.clone(),
        international: raw.international == Some(true),
        several: raw.several_numbers.unwrap_or_default(),
        region: region.map(|text| resolver.diagnosed("region", text.parse::<Region>())).transpose()?,
    };
    Ok(())
}
