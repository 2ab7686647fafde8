//! CSV lists: every column is text, and every cell is kept as it was written.
//!
//! Nothing is trimmed, inferred or dropped, and a bad row is data: ragged rows and unexpected
//! encodings are read as well as possible, and noted. Rows are the records of RFC 4180. An empty
//! line is not a row; a line of blanks, of delimiters or of `""` is one. Reading ends only where
//! there cannot be a list: an empty file, a damaged archive, a quote that is never closed.

mod compression;
mod dialect;
mod encoding;
mod file_batches;
mod open;
mod row_length_guard;
mod row_reader;
mod source;
mod text;

#[cfg(test)]
mod tests;

pub(super) use self::compression::Compression;
pub(super) use self::open::{open_files, open_standard_input};
