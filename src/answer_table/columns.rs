//! The columns of answers in a table that is read, and how a row becomes an entry of a ledger.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, TimestampMillisecondType};
use arrow::error::ArrowError;

use super::product_text;
use crate::ledger::{AnswerScope, Entry};
use crate::model::{
    Answer, Answered, CallingCode, LookupResult, Msisdn, Plmn, Product, ProviderCache, Source, Status,
    Unreadable, UtcMillis, cells_as, utc_moments,
};

/// The indexes of the file's columns.
pub(crate) struct ColumnIndexes {
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

/// The columns of one batch.
pub(crate) struct Columns {
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

/// A row that is not valid.
pub(crate) struct InvalidRow {
    pub(crate) problem: String,
    pub(crate) help: Option<&'static str>,
}

impl From<String> for InvalidRow {
    fn from(problem: String) -> Self {
        Self { problem, help: None }
    }
}

impl From<&str> for InvalidRow {
    fn from(problem: &str) -> Self {
        problem.to_owned().into()
    }
}

impl ColumnIndexes {
    /// Finds the columns with this prefix. The error is the name of a missing one.
    pub(crate) fn find(schema: &Schema, prefix: &str) -> Result<Self, String> {
        let optional = |name: &str| {
            let name = format!("{prefix}{name}");
            schema.fields().iter().position(|field| *field.name() == name)
        };
        let required = |name: &str| optional(name).ok_or_else(|| format!("{prefix}{name}"));
        Ok(Self {
            msisdn: required("msisdn")?,
            result: required("result")?,
            checked_at: required("checked_at")?,
            mcc: optional("mcc"),
            mnc: optional("mnc"),
            location: optional("location"),
            attempts: optional("attempts"),
            status: optional("status"),
            source: optional("source"),
            product: optional("product"),
            nocache: optional("nocache"),
        })
    }

    /// The columns in the types that an export has; from CSV they are text.
    pub(crate) fn read(&self, batch: &RecordBatch) -> Result<Columns, ArrowError> {
        let read = |index: usize, data_type: DataType| cells_as(&data_type, batch.column(index));
        let text = |index: usize| read(index, DataType::Utf8);
        let optional = |index: Option<usize>| index.map(text).transpose();
        let attempts = optional(self.attempts);
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

impl Columns {
    /// The answer of a row; `None` if it has none. `product` and `cache` apply if no column has
    /// them.
    pub(crate) fn entry(
        &self,
        row: usize,
        product: Product,
        cache: ProviderCache,
    ) -> Result<Option<Entry>, InvalidRow> {
        let (Some(digits), Some(result)) = (cell(&self.msisdn, row), cell(&self.result, row)) else {
            return Ok(None);
        };
        let result = LookupResult::from_text(result);
        if self.text(&self.source, row) == Some(Source::None.text()) || !is_answer(&result) {
            return Ok(None);
        }
        let msisdn = digits.parse().ok().and_then(Msisdn::new);
        let msisdn = msisdn.ok_or("msisdn is not a valid international number")?;
        if self.checked_at.is_null(row) {
            return Err("checked_at is empty, although the row has an answer".into());
        }
        let checked_at =
            plausible(UtcMillis(self.checked_at.as_primitive::<TimestampMillisecondType>().value(row)))?;
        let product = self.product(row, product)?;
        self.ensure_status_of(&result, product, row)?;
        // Nobody was asked for a withdrawal.
        let attempts = if result.is_withdrawal() { 0 } else { self.attempts(row)? };
        let cache = match self.text(&self.nocache, row) {
            Some("true") => ProviderCache::Bypassed,
            Some(_) => ProviderCache::Allowed,
            None => cache,
        };
        let answer = Answer {
            result,
            network: self.network(row)?,
            location: self.location(row)?,
            unreadable: Unreadable::default(),
        };
        let answered = Answered { answer, checked_at, attempts };
        Ok(Some(Entry { scope: AnswerScope { product, cache }, msisdn, answered }))
    }

    fn product(&self, row: usize, default: Product) -> Result<Product, InvalidRow> {
        let known = |text| {
            [Product::RealTime, Product::Portability].into_iter().find(|one| product_text(*one) == text)
        };
        let product = match self.text(&self.product, row) {
            Some(text) => known(text).ok_or_else(|| format!("product {text:?} is not known"))?,
            None => default,
        };
        let status_of_the_other = match product {
            Product::RealTime => Status::Assigned,
            Product::Portability => Status::Reachable,
        };
        if self.text(&self.status, row) == Some(status_of_the_other.text()) {
            let (status, product) = (status_of_the_other.text(), product_text(product));
            return Err(InvalidRow {
                problem: format!("status {status} does not exist for the product {product}"),
                help: Some("name the product of these answers with --product"),
            });
        }
        Ok(product)
    }

    /// An export and an enriched file have a status beside the result, and it follows from that.
    fn ensure_status_of(
        &self,
        result: &LookupResult,
        product: Product,
        row: usize,
    ) -> Result<(), InvalidRow> {
        let expected = result.status(product).text();
        match self.text(&self.status, row) {
            Some(status) if status != expected => Err(format!(
                "status {status:?} contradicts the result {}, which means {expected}",
                result.shown()
            )
            .into()),
            _ => Ok(()),
        }
    }

    fn attempts(&self, row: usize) -> Result<u16, InvalidRow> {
        let Some(text) = self.text(&self.attempts, row) else { return Ok(1) };
        let attempts = text.parse().ok().filter(|attempts| *attempts > 0);
        Ok(attempts.ok_or_else(|| format!("attempts {text:?} is not a number from 1 to 65535"))?)
    }

    fn network(&self, row: usize) -> Result<Option<Plmn>, InvalidRow> {
        let (mcc, mnc) = match (self.text(&self.mcc, row), self.text(&self.mnc, row)) {
            (Some(mcc), Some(mnc)) => (mcc, mnc),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err("mcc without mnc".into()),
            (None, Some(_)) => return Err("mnc without mcc".into()),
        };
        let network = Plmn::from_digits(&[mcc, mnc].concat());
        let network = network.filter(|_| mcc.len() == 3 && is_assigned(mcc));
        let network =
            network.ok_or_else(|| format!("mcc {mcc:?} and mnc {mnc:?} are not a valid network"))?;
        Ok(Some(network))
    }

    fn location(&self, row: usize) -> Result<Option<CallingCode>, InvalidRow> {
        let Some(text) = self.text(&self.location, row) else { return Ok(None) };
        let code = text.parse().ok().and_then(CallingCode::new);
        let code = code.ok_or_else(|| format!("location {text:?} is not a valid calling code"))?;
        Ok(Some(code))
    }

    fn text<'a>(&self, column: &'a Option<ArrayRef>, row: usize) -> Option<&'a str> {
        column.as_ref().and_then(|column| cell(column, row))
    }
}

/// A time at which an answer may have come: not before mobile networks had registers, and no
/// further ahead than clocks differ.
fn plausible(checked_at: UtcMillis) -> Result<UtcMillis, InvalidRow> {
    const FIRST_REGISTERS: UtcMillis = UtcMillis(662_688_000_000);
    const DAY: i64 = 24 * 3_600_000;
    if checked_at < FIRST_REGISTERS {
        return Err(format!("checked_at {checked_at} is before 1991, when the first registers began").into());
    }
    match checked_at.0.saturating_sub(DAY) > UtcMillis::now().0 {
        true => Err(format!("checked_at {checked_at} is in the future").into()),
        false => Ok(checked_at),
    }
}

/// Whether a mobile country code is one of a country or of international networks (ITU-T E.212).
fn is_assigned(mcc: &str) -> bool {
    matches!(mcc.as_bytes(), [b'2'..=b'7', ..] | [b'9', b'0', b'1'])
}

/// The text of a cell, unless it is empty.
fn cell(column: &ArrayRef, row: usize) -> Option<&str> {
    let column = column.as_string::<i32>();
    (column.is_valid(row) && !column.value(row).is_empty()).then(|| column.value(row))
}

/// Whether a result is an answer: TIMEOUT and similar results are not.
fn is_answer(result: &LookupResult) -> bool {
    !matches!(
        result,
        LookupResult::Timeout
            | LookupResult::HlrAbort
            | LookupResult::RequestThrottled
            | LookupResult::MandatoryParameterMissing
    )
}
