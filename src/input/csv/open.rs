//! Opening CSV files as one list: each is inspected first, then they are read one after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::vec;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::detection;
use super::detection::{Detected, NoFirstRow};
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
use crate::model::WRITTEN_NAME;

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
    let files = inspected.iter().map(|part| part.source.path().to_owned()).collect();
    let descriptions = inspected.iter().map(InspectedFile::description).collect();
    // An empty file has the columns of the others.
    if inspected.iter().any(|file| file.detected.is_some()) {
        inspected.retain(|file| file.detected.is_some());
    } else {
        inspected.truncate(1);
    }
    let columns: Vec<FileColumns> = inspected.iter().map(InspectedFile::columns).collect();
    let union = unite(&columns)?;
    let schema = union.schema;
    let notes = Arc::new(InputNotes::of_csv(descriptions).with_remarks(union.remarks));
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
        settings: settings.clone(),
    };
    Ok(Opened { batches: read_ahead(schema, batches)?, length, files, notes })
}

/// One file of the list, inspected and not yet read.
struct InspectedFile {
    source: TextSource,
    /// `None` for an empty file.
    detected: Option<Detected>,
    schema: SchemaRef,
    encoding: &'static str,
    compression: Option<&'static str>,
    /// What is unusual about the encoding.
    remark: Option<String>,
    /// A pipe stays open, since it cannot be opened twice; other files are closed until their turn.
    opened: Option<Text>,
}

impl InspectedFile {
    fn inspect(source: TextSource, settings: &InputSettings) -> Result<Self, InputError> {
        let text = Text::open(&source, None, settings)?;
        let detected = match detection::detect(&text, settings) {
            Ok(detected) => Some(detected),
            Err(NoFirstRow::Empty) => None,
            Err(NoFirstRow::Endless) => {
                return Err(InputError::malformed(source.name(), NoFirstRow::PROBLEM, NoFirstRow::HELP));
            }
        };
        Ok(Self {
            schema: Arc::new(Schema::new(detected.as_ref().map(fields).unwrap_or_default())),
            detected,
            encoding: text.encoding,
            compression: text.compression,
            remark: text.remark.clone(),
            opened: (!source.can_be_reopened()).then_some(text),
            source,
        })
    }

    fn columns(&self) -> FileColumns {
        FileColumns::new(self.source.name(), self.schema.clone(), self.source.file())
    }

    fn description(&self) -> CsvFile {
        let plain = Dialect::plain(b','.into());
        let dialect = self.detected.as_ref().map_or(plain, |detected| detected.dialect);
        let mut remarks: Vec<String> = self.remark.iter().cloned().collect();
        match &self.detected {
            Some(detected) => remarks.extend(detected.remarks.iter().cloned()),
            None => remarks.push("the file is empty".into()),
        }
        CsvFile {
            path: self.source.path().to_owned(),
            delimiter: dialect.delimiter,
            quote: dialect.quote.map(char::from),
            escape: dialect.escape.map(char::from),
            has_header: dialect.header_rows > 0,
            encoding: self.encoding,
            compression: self.compression,
            remarks,
        }
    }
}

fn fields(detected: &Detected) -> Vec<Field> {
    let written = detected.written_names.iter();
    let fields = detected.names.iter().zip(written).map(|(name, written)| {
        let field = Field::new(name, DataType::Utf8, true);
        match written {
            Some(written) => field.with_metadata(HashMap::from([(WRITTEN_NAME.to_owned(), written.clone())])),
            None => field,
        }
    });
    fields.collect()
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
    settings: InputSettings,
}

impl Batches {
    fn next_file(&mut self) -> Result<bool, InputError> {
        let Some((file, adapter)) = self.files.next() else { return Ok(false) };
        let Some(detected) = file.detected else { return Ok(true) };
        let text = match file.opened {
            Some(text) => text,
            None => Text::open(&file.source, self.meter.clone(), &self.settings)?,
        };
        let schema = if adapter.is_some() { file.schema } else { self.schema.clone() };
        let notes = self.notes.clone();
        self.adapter = adapter;
        self.current = Some(FileBatches::new(text, file.source, detected.dialect, schema, notes));
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
