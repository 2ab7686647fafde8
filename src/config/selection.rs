//! Which rows are worked on, and which columns are written.

use super::resolver::ConfigResolver;
use super::settings::Settings;
use super::values::TextList;
use crate::enrich::column_selection::ColumnChoice;
use crate::enrich::filter::Condition;

/// Which rows are worked on, and which columns are written.
pub(crate) fn selection(
    reading: &mut ConfigResolver,
    enquiry: Option<&Settings>,
) -> Option<(Vec<Condition>, ColumnChoice)> {
    let texts = |texts: &Option<TextList>| texts.clone().map(|texts| texts.0).unwrap_or_default();
    let written = &reading.written;
    let (keep, drop) = (texts(&written.keep_columns), texts(&written.drop_columns));
    let conditions = texts(&written.filter).iter().map(|text| text.parse()).collect();
    let partition_by = written.partition_by.clone().unwrap_or_default().0;
    let conditions = reading.sound("filter", conditions);
    if partition_by.len() == 2 && partition_by[0] == partition_by[1] {
        reading.problem("partition_by", "the same column twice; name each once");
        return None;
    }
    let prefix = &enquiry?.enrich.prefix;
    let needed = partition_by.iter().map(|by| by.column(prefix)).collect();
    Some((conditions?, ColumnChoice { keep, drop, needed }))
}
