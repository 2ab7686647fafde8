//! What each row of a list is to the job: which column holds its number, how the cell is read, and
//! whether the row keeps what an earlier run wrote.

mod carried_rows;
mod number_column;
mod row_reader;

pub use self::row_reader::{Row, RowReader, Rows};
