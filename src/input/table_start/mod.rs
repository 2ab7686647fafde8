//! Where a table begins in the rows of a list, and what its columns are called. CSV files and the
//! sheets of workbooks are judged alike, so that a sheet is read as its CSV export would be.

mod cell_kind;
mod first_row;
mod header;
mod row;
mod start;

pub(super) use self::cell_kind::{CellKind, kind_of};
pub(super) use self::row::TableRow;
pub(super) use self::start::TableStart;
