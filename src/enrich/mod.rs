//! The core: a stream of record batches becomes a stream of record batches with more columns.
//!
//! No HTTP here and no files.

pub mod added_columns;
mod assembly;
mod batch_enricher;
mod carried_over;
pub mod column_selection;
pub mod filter;
mod network_cells;
mod normalise;
mod number_column;
mod outcome_text;
mod row_reader;
mod settings;
mod window;

pub use self::batch_enricher::BatchEnricher;
pub use self::carried_over::Only;
pub use self::normalise::normalise;
pub use self::row_reader::{Row, RowReader};
pub use self::settings::{EnrichSettings, Order};
pub use self::window::Window;
