//! A file of answers: its row groups, and what is in one.

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimestampMillisecondType, UInt16Type};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use super::number_key::NumberKey;
use crate::ledger::{AnswerScope, PackedAnswer, ResultTexts};
use crate::model::{
    Answer, Answered, CallingCode, LookupResult, Plmn, Product, ProviderCache, Unreadable, UtcMillis,
};
use crate::storage::{ObjectReader, StorageError, StorageErrorKind, storage_error_behind};

/// How many rows are decoded at once.
const BATCH_ROWS: usize = 32_768;
/// The columns that are read: all but those that follow from others.
const COLUMNS: [&str; 9] =
    ["msisdn", "product", "nocache", "result", "mcc", "mnc", "location", "checked_at", "attempts"];

/// A file whose footer was read.
#[derive(Clone)]
pub(super) struct AnswerFile {
    object: ObjectReader,
    metadata: ArrowReaderMetadata,
}

/// An answer with the key of its number and scope.
pub(super) type KeyedAnswer = (u64, PackedAnswer);

impl AnswerFile {
    /// Reads the footer.
    pub(super) fn open(object: ObjectReader) -> Result<Self, StorageError> {
        let metadata = ArrowReaderMetadata::load(&Chunks(object.clone()), ArrowReaderOptions::new())
            .and_then(with_dictionaries);
        match metadata {
            Ok(metadata) => Ok(Self { object, metadata }),
            Err(fault) => Err(unreadable(&object, fault)),
        }
    }

    /// The row groups, each with its numbers from the least to the largest.
    pub(super) fn groups(&self) -> Result<Vec<RangeInclusive<NumberKey>>, StorageError> {
        let groups = self.metadata.metadata().row_groups().iter();
        groups
            .map(|group| {
                let column = group.columns().iter().find(|column| column.column_path().string() == "msisdn");
                match column.and_then(|column| column.statistics()) {
                    Some(Statistics::ByteArray(range)) => {
                        let key = |bytes: Option<&[u8]>| {
                            bytes.and_then(|bytes| str::from_utf8(bytes).ok()).map(NumberKey::of_digits)
                        };
                        match (key(range.min_bytes_opt()), key(range.max_bytes_opt())) {
                            (Some(min), Some(max)) => Ok(min..=max),
                            _ => Err(self.malformed("it has no statistics of msisdn")),
                        }
                    }
                    _ => Err(self.malformed("it has no statistics of msisdn")),
                }
            })
            .collect()
    }

    /// How many answers are in memory at once when the file is read.
    pub(super) fn rows_of_largest_group(&self) -> usize {
        let groups = self.metadata.metadata().row_groups().iter();
        groups.map(|group| usize::try_from(group.num_rows()).unwrap_or_default()).max().unwrap_or_default()
    }

    /// The answers of a row group, sorted by key. They take the place of those in the vector.
    pub(super) fn read_answers(
        &self,
        group: usize,
        texts: &ResultTexts,
        answers: &mut Vec<KeyedAnswer>,
    ) -> Result<(), StorageError> {
        let schema = self.metadata.parquet_schema();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            Chunks(self.object.clone()),
            self.metadata.clone(),
        );
        let reader = builder
            .with_row_groups(vec![group])
            .with_projection(ProjectionMask::columns(schema, COLUMNS))
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|fault| unreadable(&self.object, fault))?;
        answers.clear();
        for batch in reader {
            let batch = batch.map_err(|fault| unreadable(&self.object, fault))?;
            let decoded = decode(&batch, texts, answers);
            decoded.ok_or_else(|| self.malformed("it does not have the columns of answers"))?;
        }
        if !answers.is_sorted_by_key(|(key, _)| *key) {
            answers.sort_by_key(|(key, _)| *key);
        }
        Ok(())
    }

    fn malformed(&self, problem: &str) -> StorageError {
        StorageError::new(self.object.url(), StorageErrorKind::Failed)
            .because(format!("this file cannot be read as answers: {problem}"))
            .with_help("move it out of the store of answers")
    }
}

/// The error of the store, or a file that is not what it should be.
fn unreadable(object: &ObjectReader, fault: impl std::error::Error + Send + Sync + 'static) -> StorageError {
    match storage_error_behind(&fault).cloned() {
        Some(error) => error,
        None => StorageError::new(object.url(), StorageErrorKind::Failed)
            .because("this file cannot be read as answers")
            .with_source(fault)
            .with_help("move it out of the store of answers"),
    }
}

/// Texts that repeat are read as dictionaries: each is understood once for each batch.
fn with_dictionaries(metadata: ArrowReaderMetadata) -> ParquetResult<ArrowReaderMetadata> {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &Arc<Field>| match field.name().as_str() {
        "product" | "result" | "mcc" | "mnc" | "location" => {
            Arc::new(field.as_ref().clone().with_data_type(dictionary.clone()))
        }
        _ => field.clone(),
    };
    let fields: Vec<_> = metadata.schema().fields().iter().map(field).collect();
    let schema = Schema::new_with_metadata(fields, metadata.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
}

/// Appends the answers of a batch; `None` where a column is missing or of another type.
fn decode(batch: &RecordBatch, texts: &ResultTexts, answers: &mut Vec<KeyedAnswer>) -> Option<()> {
    let numbers = batch.column_by_name("msisdn")?.as_string_opt::<i32>()?;
    let products = Meanings::of(batch.column_by_name("product")?, product_of)?;
    let results = Meanings::of(batch.column_by_name("result")?, |text| Some(LookupResult::from_text(text)))?;
    let mut networks = Networks::of(batch.column_by_name("mcc")?, batch.column_by_name("mnc")?)?;
    let locations =
        Meanings::of(batch.column_by_name("location")?, |text| CallingCode::new(text.parse().ok()?))?;
    let nocache = batch.column_by_name("nocache")?.as_boolean_opt()?;
    let checked_at = batch.column_by_name("checked_at")?.as_primitive_opt::<TimestampMillisecondType>()?;
    let attempts = batch.column_by_name("attempts")?.as_primitive_opt::<UInt16Type>()?;
    answers.reserve(batch.num_rows());
    for row in 0..batch.num_rows() {
        let cache = match nocache.value(row) {
            true => ProviderCache::Bypassed,
            false => ProviderCache::Allowed,
        };
        let scope = AnswerScope { product: *products.at(row)?, cache };
        let answered = Answered {
            answer: Answer {
                result: results.at(row)?.clone(),
                network: networks.at(row),
                location: locations.at(row).copied(),
                unreadable: Unreadable::default(),
            },
            checked_at: UtcMillis(checked_at.value(row)),
            attempts: attempts.value(row),
        };
        let key = NumberKey::of_digits(numbers.value(row)).with_scope(scope);
        answers.push((key, PackedAnswer::pack(&answered, texts)));
    }
    Some(())
}

fn product_of(text: &str) -> Option<Product> {
    [Product::RealTime, Product::Portability]
        .into_iter()
        .find(|product| crate::answer_table::product_text(*product) == text)
}

/// A column of repeating texts, each understood once.
struct Meanings<'a, T> {
    texts: &'a DictionaryArray<Int32Type>,
    meanings: Vec<Option<T>>,
}

impl<'a, T> Meanings<'a, T> {
    fn of(column: &'a ArrayRef, meaning: impl Fn(&str) -> Option<T>) -> Option<Self> {
        let texts = column.as_dictionary_opt::<Int32Type>()?;
        let values = texts.values().as_string_opt::<i32>()?;
        let meanings = values.iter().map(|text| text.and_then(&meaning)).collect();
        Some(Self { texts, meanings })
    }

    fn at(&self, row: usize) -> Option<&T> {
        let key = self.texts.key(row)?;
        self.meanings[key].as_ref()
    }
}

/// Networks by their two texts.
struct Networks<'a> {
    mcc: Meanings<'a, String>,
    mnc: Meanings<'a, String>,
    known: HashMap<(usize, usize), Option<Plmn>>,
}

impl<'a> Networks<'a> {
    fn of(mcc: &'a ArrayRef, mnc: &'a ArrayRef) -> Option<Self> {
        let text = |text: &str| Some(text.to_owned());
        Some(Self { mcc: Meanings::of(mcc, text)?, mnc: Meanings::of(mnc, text)?, known: HashMap::new() })
    }

    fn at(&mut self, row: usize) -> Option<Plmn> {
        let keys = (self.mcc.texts.key(row)?, self.mnc.texts.key(row)?);
        let Self { mcc, mnc, known } = self;
        let network = || Plmn::from_digits(&format!("{}{}", mcc.at(row)?, mnc.at(row)?));
        *known.entry(keys).or_insert_with(network)
    }
}

/// An object as Parquet's reader wants it.
struct Chunks(ObjectReader);

/// A position in an object.
struct Cursor {
    object: ObjectReader,
    position: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.object.read_at(self.position, buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Cursor>;

    fn get_read(&self, position: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(Cursor { object: self.0.clone(), position }))
    }

    fn get_bytes(&self, position: u64, length: usize) -> ParquetResult<Bytes> {
        let mut bytes = Vec::new();
        Cursor { object: self.0.clone(), position }.take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF(format!("expected {length} bytes at {position}"))),
        }
    }
}
