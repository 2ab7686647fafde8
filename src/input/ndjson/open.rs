//! Opening NDJSON files as one list: each is gone through for its types, then they are read one
//! after the other.

use std::sync::Arc;
use std::vec;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde_json::{Map, Value};

use super::inferred_type::{InferredFields, MAX_COLUMNS};
use super::lines::Lines;
use super::row_batches::RowBatches;
use crate::input::error::InputError;
use crate::input::notes::InputNotes;
use crate::input::opened::{ListLength, Opened};
use crate::input::read_ahead::read_ahead;
use crate::input::schema_union::{BatchAdapter, FileColumns, unite};
use crate::input::settings::InputSettings;
use crate::input::source::{ListFile, Meter};

/// Whether a file is NDJSON: by its name, or because its first line is a JSON object.
pub(in crate::input) fn is_ndjson(file: &ListFile) -> Result<bool, InputError> {
    if is_named_ndjson(file) {
        return Ok(true);
    }
    // What cannot be read as lines is explained by the reader of another format.
    let Ok(mut lines) = Lines::open(file, None) else { return Ok(false) };
    let Ok(Some(line)) = lines.advance() else { return Ok(false) };
    Ok(line.starts_with(b"{") && serde_json::from_slice::<Map<String, Value>>(line).is_ok())
}

fn is_named_ndjson(file: &ListFile) -> bool {
    let name = file.path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    plain.ends_with(".ndjson") || plain.ends_with(".jsonl")
}

/// Opens these files, at least one, as one list. All columns have the same types in all files.
pub(in crate::input) fn open_files(
    files: Vec<ListFile>,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let mut fields = InferredFields::default();
    for file in &files {
        infer(file, &mut fields)?;
    }
    let schema: SchemaRef = Arc::new(fields.schema());
    let columns: Vec<FileColumns> =
        files.iter().map(|file| FileColumns::new(file.path(), schema.clone(), Some(file))).collect();
    let union = unite(&columns)?;
    let length = ListLength::of_files(&files);
    let meter = match &length {
        ListLength::Bytes { read, .. } => Some(read.clone()),
        _ => None,
    };
    let paths = files.iter().map(|file| file.path().to_owned()).collect();
    let batches = Batches {
        schema,
        files: files.into_iter().zip(union.adapters).collect::<Vec<_>>().into_iter(),
        current: None,
        meter,
        batch_rows: settings.batch_rows.max(1),
    };
    let notes = Arc::new(InputNotes::default().with_remarks(union.remarks));
    Ok(Opened { batches: read_ahead(union.schema, batches)?, length, files: paths, notes })
}

/// Widens the types by all lines of a file.
fn infer(file: &ListFile, fields: &mut InferredFields) -> Result<(), InputError> {
    let mut lines = Lines::open(file, None)?;
    let mut is_empty = true;
    while let Some(line) = lines.advance()? {
        is_empty = false;
        if let Err(problem) = fields.add_line(line) {
            let help = match line.first() {
                Some(b'[') => "make each element a line of its own, for example with jq -c '.[]'",
                _ => "write each object on one line of its own, for example with jq -c .",
            };
            return Err(lines.malformed(&problem, help));
        }
        if fields.count() > MAX_COLUMNS {
            let help = "check that the names of the fields are names and not data";
            return Err(lines.malformed("brings more than 10,000 different fields", help));
        }
    }
    match is_empty {
        true => Err(InputError::malformed(file.path(), "the file is empty", "check how it was made")),
        false => Ok(()),
    }
}

/// The batches of all files, one file after the other.
struct Batches {
    /// The columns in the files, without those of partitions.
    schema: SchemaRef,
    files: vec::IntoIter<(ListFile, Option<BatchAdapter>)>,
    current: Option<(RowBatches, Option<BatchAdapter>)>,
    meter: Option<Meter>,
    batch_rows: usize,
}

impl Batches {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            if let Some((rows, adapter)) = &mut self.current
                && let Some(batch) = rows.next_batch()?
            {
                return Ok(Some(match adapter {
                    Some(adapter) => adapter.adapt(&batch).expect("the types are those of the list"),
                    None => batch,
                }));
            }
            let Some((file, adapter)) = self.files.next() else { return Ok(None) };
            let lines = Lines::open(&file, self.meter.clone())?;
            self.current = Some((RowBatches::new(lines, self.schema.clone(), self.batch_rows), adapter));
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}
