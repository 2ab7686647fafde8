//! The core: a stream of record batches becomes a stream of record batches with more columns.
//!
//! No HTTP here and no files.

pub mod added_columns;
mod batch_columns;
mod batch_enricher;
mod batch_tally;
mod carried_rows;
mod column_builders;
pub mod column_selection;
pub mod filter;
#[allow(dead_code, reason = "for paths into columns given with --column")]
mod nested_column;
mod network_cells;
mod normalise;
mod number_column;
mod outcome_text;
mod row_pricing;
mod row_reader;
mod settings;
#[cfg(test)]
mod test_replies;
mod window;

pub use self::batch_enricher::BatchEnricher;
pub use self::normalise::normalise;
pub use self::row_reader::{Row, RowReader};
pub use self::settings::{EnrichSettings, Only, Order};
pub use self::window::Window;
