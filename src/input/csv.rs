//! CSV lists: every column is text, and every cell is kept as it was written.
//!
//! Nothing is trimmed, inferred or dropped, and a bad row is data: what is ragged or oddly encoded is read as
//! well as can be and noted. Rows are what RFC 4180 calls records. An empty line is no row; a line of blanks,
//! of delimiters or of `""` is one. Only what cannot be a list ends the reading: an empty file, a damaged
//! archive, a quote that was opened and never closed.

mod compression;
mod dialect;
mod encoding;
mod row;
mod row_length_guard;
mod rows;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::vec;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use self::dialect::Dialect;
use self::rows::Rows;
use self::text::{Meter, Source, Text};
use super::columns::ensure_same_columns;
use super::notes::{CsvFile, InputNotes};
use super::read_ahead::read_ahead;
use super::{InputError, InputSettings, ListLength, Opened};

/// Opens a list on standard input.
pub(super) fn open_standard_input(settings: &InputSettings) -> Result<Opened, InputError> {
    open(vec![Source::StandardInput], ListLength::Unknown, settings)
}

/// Opens these files, at least one, as one list.
pub(super) fn open_files(paths: Vec<PathBuf>, settings: &InputSettings) -> Result<Opened, InputError> {
    let length = length_of(&paths);
    open(paths.into_iter().map(Source::File).collect(), length, settings)
}

fn open(sources: Vec<Source>, length: ListLength, settings: &InputSettings) -> Result<Opened, InputError> {
    let mut parts = Vec::with_capacity(sources.len());
    for source in sources {
        parts.push(Part::look_at(source, settings)?);
    }
    let first = &parts[0];
    for other in &parts[1..] {
        ensure_same_columns((first.source.name(), &first.schema), (other.source.name(), &other.schema))?;
    }
    let schema = first.schema.clone();
    let files = parts.iter().map(|part| part.source.path().to_owned()).collect();
    let notes = Arc::new(InputNotes::of_csv(parts.iter().map(Part::understood).collect()));
    let meter = match &length {
        ListLength::Bytes { read, .. } => Some(read.clone()),
        _ => None,
    };
    let batches = Batches {
        schema: schema.clone(),
        parts: parts.into_iter(),
        current: None,
        meter,
        notes: notes.clone(),
        batch_rows: settings.batch_rows.max(1),
    };
    Ok(Opened { batches: read_ahead(schema, batches)?, length, files, notes })
}

fn length_of(paths: &[PathBuf]) -> ListLength {
    let size = |path: &Path| path.metadata().ok().filter(|found| found.is_file()).map(|found| found.len());
    match paths.iter().map(|path| size(path)).sum() {
        Some(total) => ListLength::Bytes { total, read: Arc::new(AtomicU64::new(0)) },
        None => ListLength::Unknown,
    }
}

/// One file of the list, looked at and not yet read.
struct Part {
    source: Source,
    dialect: Dialect,
    schema: SchemaRef,
    encoding: &'static str,
    compression: Option<&'static str>,
    /// What cannot be opened a second time stays open; other files are closed until their turn.
    opened: Option<Text>,
}

impl Part {
    fn look_at(source: Source, settings: &InputSettings) -> Result<Self, InputError> {
        let text = Text::open(&source, None)?;
        let (dialect, names) = dialect::detect(&text, settings.delimiter, settings.header)
            .map_err(|problem| crate::input::malformed(source.name(), problem))?;
        let fields: Vec<Field> =
            names.into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            dialect,
            encoding: text.encoding,
            compression: text.compression,
            opened: (!source.can_be_reopened()).then_some(text),
            source,
        })
    }

    fn understood(&self) -> CsvFile {
        CsvFile {
            path: self.source.path().to_owned(),
            delimiter: self.dialect.delimiter,
            has_header: self.dialect.has_header,
            encoding: self.encoding,
            compression: self.compression,
        }
    }
}

/// The batches of all parts, one part after the other.
struct Batches {
    schema: SchemaRef,
    parts: vec::IntoIter<Part>,
    current: Option<Rows>,
    meter: Option<Meter>,
    notes: Arc<InputNotes>,
    batch_rows: usize,
}

impl Batches {
    fn next_part(&mut self) -> Result<bool, InputError> {
        let Some(part) = self.parts.next() else { return Ok(false) };
        let text = match part.opened {
            Some(text) => text,
            None => Text::open(&part.source, self.meter.clone())?,
        };
        let rows = Rows::new(text, part.source, part.dialect, self.schema.clone(), self.notes.clone());
        self.current = Some(rows);
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            if let Some(rows) = &mut self.current
                && let Some(batch) = rows.next_batch(self.batch_rows)?
            {
                return Ok(Some(batch));
            }
            if !self.next_part()? {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

#[cfg(test)]
mod tests;
