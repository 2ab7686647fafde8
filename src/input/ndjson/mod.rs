//! NDJSON lists: a JSON object on each line, nested as it may be.
//!
//! A file is read twice. The first time finds the type of every column over all lines, so that a
//! line that differs is never a surprise after something was paid for: whole numbers become
//! floating point where that is exact, mixed values become text, and a line that is no object is an
//! error. Digits are kept as they were written.

mod inferred_type;
mod json_text;
mod lines;
mod open;
mod row_batches;

#[cfg(test)]
mod tests;

pub(super) use self::open::{is_ndjson, open_files};
