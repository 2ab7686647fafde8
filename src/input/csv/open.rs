//! Opening CSV files as one list: each is inspected first, then they are read one after the other.

use std::sync::Arc;
use std::vec;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::dialect;
use super::dialect::Dialect;
use super::file_batches::FileBatches;
use super::source::TextSource;
use super::text::{Meter, Text};
use crate::input::error::InputError;
use crate::input::notes::{CsvFile, InputNotes};
use crate::input::opened::{ListLength, Opened};
use crate::input::read_ahead::read_ahead;
use crate::input::schema_union::{BatchAdapter, FileColumns, unite};
use crate::input::settings::InputSettings;
use crate::input::source::ListFile;

/// Opens a list on standard input.
pub(in crate::input) fn open_standard_input(settings: &InputSettings) -> Result<Opened, InputError> {
    open(vec![TextSource::StandardInput], ListLength::Unknown, settings)
}

/// Opens these files, at least one, as one list.
pub(in crate::input) fn open_files(
    files: Vec<ListFile>,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let length = ListLength::of_files(&files);
    open(files.into_iter().map(TextSource::File).collect(), length, settings)
}

fn open(
    sources: Vec<TextSource>,
    length: ListLength,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let mut inspected = Vec::with_capacity(sources.len());
    for source in sources {
        inspected.push(InspectedFile::inspect(source, settings)?);
    }
    let columns: Vec<FileColumns> = inspected.iter().map(InspectedFile::columns).collect();
    let union = unite(&columns)?;
    let schema = union.schema;
    let files = inspected.iter().map(|part| part.source.path().to_owned()).collect();
    let notes = Arc::new(
        InputNotes::of_csv(inspected.iter().map(InspectedFile::description).collect())
            .with_remarks(union.remarks),
    );
    let meter = match &length {
        ListLength::Bytes { read, .. } => Some(read.clone()),
        _ => None,
    };
    let batches = Batches {
        schema: schema.clone(),
        files: inspected.into_iter().zip(union.adapters).collect::<Vec<_>>().into_iter(),
        current: None,
        adapter: None,
        meter,
        notes: notes.clone(),
        batch_rows: settings.batch_rows.max(1),
    };
    Ok(Opened { batches: read_ahead(schema, batches)?, length, files, notes })
}

/// One file of the list, inspected and not yet read.
struct InspectedFile {
    source: TextSource,
    dialect: Dialect,
    schema: SchemaRef,
    encoding: &'static str,
    compression: Option<&'static str>,
    /// A pipe stays open, since it cannot be opened twice; other files are closed until their turn.
    opened: Option<Text>,
}

impl InspectedFile {
    fn inspect(source: TextSource, settings: &InputSettings) -> Result<Self, InputError> {
        let text = Text::open(&source, None)?;
        let (dialect, names) = dialect::detect(&text, settings.delimiter, settings.header)
            .map_err(|fault| InputError::malformed(source.name(), fault.problem(), fault.help()))?;
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

    fn columns(&self) -> FileColumns {
        FileColumns::new(self.source.name(), self.schema.clone(), self.source.file())
    }

    fn description(&self) -> CsvFile {
        CsvFile {
            path: self.source.path().to_owned(),
            delimiter: self.dialect.delimiter,
            has_header: self.dialect.has_header,
            encoding: self.encoding,
            compression: self.compression,
        }
    }
}

/// The batches of all files, one file after the other.
struct Batches {
    schema: SchemaRef,
    files: vec::IntoIter<(InspectedFile, Option<BatchAdapter>)>,
    current: Option<FileBatches>,
    adapter: Option<BatchAdapter>,
    meter: Option<Meter>,
    notes: Arc<InputNotes>,
    batch_rows: usize,
}

impl Batches {
    fn next_file(&mut self) -> Result<bool, InputError> {
        let Some((file, adapter)) = self.files.next() else { return Ok(false) };
        let text = match file.opened {
            Some(text) => text,
            None => Text::open(&file.source, self.meter.clone())?,
        };
        let schema = if adapter.is_some() { file.schema } else { self.schema.clone() };
        let notes = self.notes.clone();
        self.adapter = adapter;
        self.current = Some(FileBatches::new(text, file.source, file.dialect, schema, notes));
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            if let Some(file) = &mut self.current
                && let Some(batch) = file.next_batch(self.batch_rows)?
            {
                return Ok(Some(match &self.adapter {
                    Some(adapter) => adapter.adapt(&batch).expect("text becomes text"),
                    None => batch,
                }));
            }
            if !self.next_file()? {
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
