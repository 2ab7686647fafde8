//! Rows out: a stream of record batches becomes a Parquet, CSV or NDJSON file, a folder of Parquet
//! partitions, or a stream of bytes into standard output, a FIFO or a device.
//!
//! [`prepare`] finds out before the first lookup whether the output can be written at all. The rows
//! are written under a hidden name and get the output's name when they are complete: whoever reads
//! the folder sees the old file or the new one, never a part of it. What happens to the rows of an
//! interrupted run is the caller's decision ([`StagedOutput::commit_partial`] or nothing). Nothing
//! here knows what the rows mean.

mod bytes_text;
mod csv;
mod encoder;
mod encoding;
mod error;
mod file_encoder;
mod format;
mod local_output;
mod ndjson;
mod object_output;
mod parquet;
mod partitions;
mod settings;
mod staged_output;
mod stream_target;
mod stream_writer;
mod streamed_output;
mod target;
mod timestamps;

#[cfg(test)]
mod tests;

pub use self::error::{OutputError, WriteError};
pub use self::format::OutputFormat;
pub use self::settings::{OutputSettings, Replace};
pub use self::staged_output::StagedOutput;
pub use self::stream_target::{is_stream, leads_nowhere, streams_to_terminal, waits_for_reader};
pub use self::target::{Target, prepare};
