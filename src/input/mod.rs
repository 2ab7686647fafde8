//! Files in: CSV, Parquet, NDJSON and workbooks become one stream of record batches.
//!
//! [`open`] inspects every file (its format, its columns) before the first row is read, so that a
//! list that cannot be read costs nothing. Reading then happens on a thread of its own, a few
//! batches ahead, file after file in the order in which they were named. Nothing here knows which
//! column holds a number.

mod columns;
mod csv;
mod error;
mod file_format;
mod folder;
mod foreign_text;
mod ndjson;
mod notes;
mod objects;
mod open;
mod opened;
mod parquet;
mod partition_path;
mod paths;
mod read_ahead;
mod schema_union;
mod settings;
mod source;
mod table_format;
mod table_start;
mod united_type;
mod workbook;

pub use self::error::InputError;
pub use self::notes::{CsvFile, FileLine, Finding, InputNotes};
pub use self::open::open;
pub use self::opened::{ListLength, Opened};
pub(crate) use self::read_ahead::read_batches;
pub use self::settings::{Delimiter, Header, InputSettings, Sign};
