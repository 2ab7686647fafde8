//! What each row of a list is to the job: which column holds its number, how the cell is read, and
//! whether the row keeps what an earlier run wrote.

mod carried_rows;
mod cell_text;
mod list_sample;
mod nested_column;
mod number_column;
mod number_reader;
mod number_settings;
mod region_column;
mod row_reader;

pub use self::list_sample::{ListSample, SampleCounts};
pub use self::number_settings::{NumberSettings, SeveralNumbers};
pub use self::row_reader::{Row, RowReader};

pub(super) use self::list_sample::after_decision;
