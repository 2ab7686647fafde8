//! Answers from a file into a ledger: an earlier export, or a file that was enriched when there was no ledger.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, TimestampMillisecondType, UInt16Type};
use arrow::error::ArrowError;
use futures::StreamExt;

use super::export::product_text;
use crate::input;
use crate::input::{InputError, InputSettings};
use crate::ledger::{AnswerScope, Entry, LedgerError, LedgerFile};
use crate::model::{
    ANSWERS_OF, Answer, Answered, CallingCode, LookupResult, Msisdn, Plmn, Product, ProviderCache, SIMULATED,
    Source, Status, StreamError, Unreadable, UtcMillis, cells_as, utc_moments,
};

/// So many answers are brought to their scopes at a time, sorted; fewer would rewrite the same pages more often.
const GATHERED: usize = 500_000;

/// What the file does not say of its answers.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What the names of its columns begin with: `hlr_` in an enriched file, nothing in an export.
    pub prefix: String,
    /// Which product was asked, where no column says so.
    pub product: Product,
    /// Whether the provider's cache was bypassed, where no column says so.
    pub cache: ProviderCache,
    /// Whether a simulator's answers may be taken in.
    pub simulated: bool,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows of the file.
    pub rows: u64,
    /// Rows without an answer of the service: invalid numbers, TIMEOUT and its like, what was not asked.
    pub without_answer: u64,
    /// Answers that the ledger took; the others it had already, as young or younger.
    pub taken: u64,
}

/// Why a file cannot be taken in. What was taken before is kept.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The file cannot be read to its end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StreamError),
    /// A column is missing.
    #[error(
        "the file has no column {0:?}; an import is an export of a ledger, or an enriched file, and --prefix says \
         what the names of its columns begin with"
    )]
    NoColumn(String),
    /// A row is not what such a file has.
    #[error("row {row}: {problem}")]
    Row {
        /// Counted from 1, without the header.
        row: u64,
        /// What is wrong with it, and what mends it.
        problem: String,
    },
    /// Nobody was really asked.
    #[error("its answers are a simulator's; --simulated takes them into a ledger of such answers")]
    Simulated,
    /// The ledger refuses.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
}

/// What the names of a file's columns begin with: `hlr_` where it has such columns, else nothing.
///
/// # Errors
///
/// When the file cannot be read.
pub fn prefix_of(settings: &InputSettings) -> Result<String, InputError> {
    let schema = input::open(settings)?.batches.schema();
    let prefix = if schema.fields().find("hlr_msisdn").is_some() { "hlr_" } else { "" };
    Ok(prefix.into())
}

/// Takes the answers of a file in; a younger answer that is there already stays.
///
/// # Errors
///
/// When the file is no such file, or the ledger cannot be written.
pub async fn import(
    ledger_file: &LedgerFile,
    settings: &InputSettings,
    origin: &Origin,
) -> Result<Imported, ImportError> {
    let opened = input::open(settings)?;
    let mut batches = opened.batches;
    let whose = batches.schema().metadata().get(ANSWERS_OF).cloned();
    if whose.as_deref() == Some(SIMULATED) && !origin.simulated {
        return Err(ImportError::Simulated);
    }
    let columns = Places::find(&batches.schema(), origin)?;
    let mut imported = Imported::default();
    let mut entries = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let columns = columns.read(&batch).map_err(StreamError::from)?;
        for row in 0..batch.num_rows() {
            imported.rows += 1;
            let entry = columns.entry(row, origin);
            let entry = entry.map_err(|problem| ImportError::Row { row: imported.rows, problem })?;
            imported.without_answer += u64::from(entry.is_none());
            entries.extend(entry);
        }
        if entries.len() >= GATHERED {
            imported.taken += ledger_file.take_in(&entries)?;
            entries.clear();
        }
    }
    imported.taken += ledger_file.take_in(&entries)?;
    Ok(imported)
}

/// Where the file has what.
struct Places {
    msisdn: usize,
    result: usize,
    checked_at: usize,
    mcc: Option<usize>,
    mnc: Option<usize>,
    location: Option<usize>,
    attempts: Option<usize>,
    status: Option<usize>,
    source: Option<usize>,
    product: Option<usize>,
    nocache: Option<usize>,
}

impl Places {
    fn find(schema: &Schema, origin: &Origin) -> Result<Self, ImportError> {
        let place = |name: &str| {
            let name = format!("{}{name}", origin.prefix);
            schema.fields().iter().position(|field| *field.name() == name)
        };
        let needed =
            |name: &str| place(name).ok_or_else(|| ImportError::NoColumn(format!("{}{name}", origin.prefix)));
        Ok(Self {
            msisdn: needed("msisdn")?,
            result: needed("result")?,
            checked_at: needed("checked_at")?,
            mcc: place("mcc"),
            mnc: place("mnc"),
            location: place("location"),
            attempts: place("attempts"),
            status: place("status"),
            source: place("source"),
            product: place("product"),
            nocache: place("nocache"),
        })
    }

    /// The columns in the types that they have in our own files; from CSV they are text.
    fn read(&self, batch: &RecordBatch) -> Result<Columns, ArrowError> {
        let read = |place: usize, data_type: DataType| cells_as(&data_type, batch.column(place));
        let text = |place: usize| read(place, DataType::Utf8);
        let optional = |place: Option<usize>| place.map(text).transpose();
        let attempts = self.attempts.map(|place| read(place, DataType::UInt16)).transpose();
        Ok(Columns {
            msisdn: text(self.msisdn)?,
            result: text(self.result)?,
            checked_at: read(self.checked_at, utc_moments())?,
            attempts: attempts?,
            mcc: optional(self.mcc)?,
            mnc: optional(self.mnc)?,
            location: optional(self.location)?,
            status: optional(self.status)?,
            source: optional(self.source)?,
            product: optional(self.product)?,
            nocache: optional(self.nocache)?,
        })
    }
}

struct Columns {
    msisdn: ArrayRef,
    result: ArrayRef,
    checked_at: ArrayRef,
    attempts: Option<ArrayRef>,
    mcc: Option<ArrayRef>,
    mnc: Option<ArrayRef>,
    location: Option<ArrayRef>,
    status: Option<ArrayRef>,
    source: Option<ArrayRef>,
    product: Option<ArrayRef>,
    nocache: Option<ArrayRef>,
}

impl Columns {
    /// The answer of a row, or what is wrong with it; `None` when it has no answer.
    fn entry(&self, row: usize, origin: &Origin) -> Result<Option<Entry>, String> {
        let (Some(digits), Some(result)) = (cell(&self.msisdn, row), cell(&self.result, row)) else {
            return Ok(None);
        };
        let result = LookupResult::from_text(result);
        if self.text(&self.source, row) == Some(Source::None.text()) || !is_an_answer(&result) {
            return Ok(None);
        }
        let msisdn = digits.parse().ok().and_then(Msisdn::new);
        let msisdn = msisdn.ok_or("its msisdn is no number in international digits")?;
        if self.checked_at.is_null(row) {
            return Err("it has an answer, and checked_at does not say from when".into());
        }
        let checked_at = self.checked_at.as_primitive::<TimestampMillisecondType>().value(row);
        let product = self.product(row, origin)?;
        let attempts = self.attempts.as_ref().filter(|attempts| attempts.is_valid(row));
        let attempts = attempts.map_or(1, |attempts| attempts.as_primitive::<UInt16Type>().value(row));
        let cache = match self.text(&self.nocache, row) {
            Some("true") => ProviderCache::Bypassed,
            Some(_) => ProviderCache::Allowed,
            None => origin.cache,
        };
        let answer = Answer {
            result,
            network: self.network(row)?,
            location: self.location(row)?,
            unreadable: Unreadable::default(),
        };
        let answered = Answered { answer, checked_at: UtcMillis(checked_at), attempts };
        Ok(Some(Entry { scope: AnswerScope { product, cache }, msisdn, answered }))
    }

    fn product(&self, row: usize, origin: &Origin) -> Result<Product, String> {
        let known = |text| {
            [Product::RealTime, Product::Portability].into_iter().find(|one| product_text(*one) == text)
        };
        let product = match self.text(&self.product, row) {
            Some(text) => known(text).ok_or_else(|| format!("there is no product {text:?}"))?,
            None => origin.product,
        };
        let contradicting = match product {
            Product::RealTime => Status::Assigned,
            Product::Portability => Status::Reachable,
        };
        if self.text(&self.status, row) == Some(contradicting.text()) {
            return Err(format!(
                "its status is {}, which no answer of the product {} has; --product says which was asked",
                contradicting.text(),
                product_text(product)
            ));
        }
        Ok(product)
    }

    fn network(&self, row: usize) -> Result<Option<Plmn>, String> {
        let (Some(mcc), Some(mnc)) = (self.text(&self.mcc, row), self.text(&self.mnc, row)) else {
            return Ok(None);
        };
        let network = Plmn::from_digits(&[mcc, mnc].concat());
        network.map(Some).ok_or_else(|| format!("mcc {mcc:?} and mnc {mnc:?} are no network"))
    }

    fn location(&self, row: usize) -> Result<Option<CallingCode>, String> {
        let Some(text) = self.text(&self.location, row) else { return Ok(None) };
        let code = text.parse().ok().and_then(CallingCode::new);
        code.map(Some).ok_or_else(|| format!("location {text:?} is no calling code"))
    }

    fn text<'a>(&self, column: &'a Option<ArrayRef>, row: usize) -> Option<&'a str> {
        column.as_ref().and_then(|column| cell(column, row))
    }
}

/// The text of a cell, if it has any.
fn cell(column: &ArrayRef, row: usize) -> Option<&str> {
    let column = column.as_string::<i32>();
    (column.is_valid(row) && !column.value(row).is_empty()).then(|| column.value(row))
}

/// Whether a result is the service's word about a number: TIMEOUT and its like are none.
fn is_an_answer(result: &LookupResult) -> bool {
    !matches!(
        result,
        LookupResult::Timeout
            | LookupResult::HlrAbort
            | LookupResult::RequestThrottled
            | LookupResult::MandatoryParameterMissing
    )
}
