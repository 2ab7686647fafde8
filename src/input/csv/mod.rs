//! CSV lists: every column is text, and every cell is kept as it was written.
//!
//! Nothing is inferred or dropped, and a bad row is data: ragged rows, broken quotes and unexpected
//! encodings are read as well as possible, and noted. How rows are written is detected from the
//! beginning of a file (`detection`); most are the records of RFC 4180. An empty line is not a row;
//! a line of blanks, of delimiters or of `""` is one. Reading ends only where there cannot be a
//! list: a damaged archive, a row without an end.

mod compression;
mod detection;
mod dialect;
mod encoding;
mod file_batches;
mod open;
mod quote_repair;
mod rewriter;
mod row_length_guard;
mod row_reader;
mod rows;
mod source;
mod text;
mod zip_archive;

#[cfg(test)]
mod tests;

pub(super) use self::compression::Compression;
pub(super) use self::open::{open_files, open_standard_input};
pub(super) use self::zip_archive::{MAGIC as ZIP_MAGIC, inspect as inspect_zip};
