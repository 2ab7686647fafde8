//! The core: a stream of record batches becomes a stream of record batches with more columns.
//!
//! No HTTP here and no files.

pub mod added_columns;
mod answered_rows;
mod batch_columns;
mod batch_enricher;
mod batch_tally;
mod column_builders;
pub mod column_selection;
pub mod filter;
mod network_cells;
mod normalise;
mod outcome_text;
mod row_pricing;
mod rows;
mod settings;
#[cfg(test)]
mod test_replies;
mod window;

pub(crate) use self::answered_rows::{added_schema, answered_rows};
pub use self::batch_enricher::{BatchEnricher, StreamRowCounts};
pub use self::normalise::normalise;
pub(crate) use self::normalise::normalise_read;
pub use self::rows::{ListSample, NumberSettings, Row, RowReader, SampleCounts, SeveralNumbers};
pub use self::settings::{EnrichSettings, Only, Order};
pub use self::window::Window;
