//! What the service can say about a number, and what a row can end as.
//!
//! Facts are from the provider's interface document: eighteen results, of which three are sentences.
//! This file knows the words and what they mean to a data team; how they travel is in
//! [`crate::service`], what is done about them in [`crate::lookup`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::plmn::Plmn;

/// The service's word about a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LookupResult {
    /// The request was successful.
    Ok,
    /// The data was missing.
    DataMissing,
    /// The subscriber is unknown.
    UnknownSubscriber,
    /// The service is restricted by the destination network.
    CallBarred,
    /// The subscriber is absent.
    AbsentSubscriberSm,
    /// An unexpected data value in the request.
    UnexpectedDataValue,
    /// A system failure occurred in the HLR.
    SystemFailure,
    /// Short message facility is not supported.
    FacilityNotSupported,
    /// SMS teleservice is not provisioned.
    TeleServiceNotProvisioned,
    /// The HLR request was rejected.
    HlrReject,
    /// The HLR or another entity aborted the request; no response was received.
    HlrAbort,
    /// No response for the HLR request was received.
    HlrLocalCancel,
    /// No response to the request was received.
    Timeout,
    /// Maximum ongoing requests exceeded: the number was not looked up.
    RequestThrottled,
    /// The request is blocked.
    ImsiLookupBlocked,
    /// A mandatory parameter is missing in the request: a fault of the client.
    MandatoryParameterMissing,
    /// Numbers of this range are not allowed on this service.
    RangeNotAccepted,
    /// Wrong format of the MSISDN parameter.
    MsisdnInvalid,
    /// A text that the interface document does not list, kept to the letter.
    Unrecognised(Arc<str>),
}

impl LookupResult {
    /// The eighteen results of the interface document, in its order.
    pub const DOCUMENTED: [Self; 18] = [
        Self::Ok,
        Self::DataMissing,
        Self::UnknownSubscriber,
        Self::CallBarred,
        Self::AbsentSubscriberSm,
        Self::UnexpectedDataValue,
        Self::SystemFailure,
        Self::FacilityNotSupported,
        Self::TeleServiceNotProvisioned,
        Self::HlrReject,
        Self::HlrAbort,
        Self::HlrLocalCancel,
        Self::Timeout,
        Self::RequestThrottled,
        Self::ImsiLookupBlocked,
        Self::MandatoryParameterMissing,
        Self::RangeNotAccepted,
        Self::MsisdnInvalid,
    ];

    /// The service's own text, to the letter.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Ok => "OK",
            Self::DataMissing => "DATA_MISSING",
            Self::UnknownSubscriber => "UNKNOWN_SUBSCRIBER",
            Self::CallBarred => "CALL_BARRED",
            Self::AbsentSubscriberSm => "ABSENT_SUBSCRIBER_SM",
            Self::UnexpectedDataValue => "UNEXPECTED_DATA_VALUE",
            Self::SystemFailure => "SYSTEM_FAILURE",
            Self::FacilityNotSupported => "FACILITY_NOT_SUPPORTED",
            Self::TeleServiceNotProvisioned => "TELE_SERVICE_NOT_PROVISIONED",
            Self::HlrReject => "HLR_REJECT",
            Self::HlrAbort => "HLR_ABORT",
            Self::HlrLocalCancel => "HLR_LOCAL_CANCEL",
            Self::Timeout => "TIMEOUT",
            Self::RequestThrottled => "REQUEST_THROTTLED",
            Self::ImsiLookupBlocked => "IMSI_LOOKUP_BLOCKED",
            Self::MandatoryParameterMissing => "Mandatory parameter msisdn not found",
            Self::RangeNotAccepted => "MSISDN range is not accepted",
            Self::MsisdnInvalid => "msisdn is invalid",
            Self::Unrecognised(text) => text,
        }
    }

    /// The result with this text; a text that is not documented is kept as [`Self::Unrecognised`].
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let documented = Self::DOCUMENTED.iter().find(|result| result.text() == text);
        documented.cloned().unwrap_or_else(|| Self::Unrecognised(text.into()))
    }

    /// The place in [`Self::DOCUMENTED`], or 18 for a text that is not documented there.
    #[must_use]
    pub fn index(&self) -> usize {
        Self::DOCUMENTED.iter().position(|result| result == self).unwrap_or(Self::DOCUMENTED.len())
    }

    /// What a data team may conclude from this result, given the product that was asked.
    #[must_use]
    pub fn status(&self, product: Product) -> Status {
        match self {
            Self::Ok => match product {
                Product::RealTime => Status::Reachable,
                Product::Portability => Status::Assigned,
            },
            Self::AbsentSubscriberSm => Status::Absent,
            Self::CallBarred | Self::FacilityNotSupported | Self::TeleServiceNotProvisioned => {
                Status::NoService
            }
            Self::UnknownSubscriber => Status::Dead,
            Self::DataMissing
            | Self::UnexpectedDataValue
            | Self::SystemFailure
            | Self::HlrReject
            | Self::HlrAbort
            | Self::HlrLocalCancel
            | Self::Timeout
            | Self::Unrecognised(_) => Status::Unknown,
            Self::RequestThrottled
            | Self::ImsiLookupBlocked
            | Self::MandatoryParameterMissing
            | Self::RangeNotAccepted
            | Self::MsisdnInvalid => Status::NotChecked,
        }
    }
}

/// Which of the two products behind the one address the account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Real-Time Lookup: `OK` proves that the HLR answered for the subscriber.
    #[default]
    RealTime,
    /// Number Portability Lookup: `OK` proves only that the network is known.
    Portability,
}

/// Whether the provider may answer from its own cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProviderCache {
    /// It may.
    #[default]
    Allowed,
    /// It is asked to look the number up afresh (`nocache`).
    Bypassed,
}

/// What a data team acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The HLR answered for the subscriber.
    Reachable,
    /// The network is known; the handset need not be on.
    Assigned,
    /// Exists, off now. Never to be purged as dead.
    Absent,
    /// Assigned, but takes no SMS.
    NoService,
    /// Not assigned.
    Dead,
    /// Asked, no verdict.
    Unknown,
    /// No statement about the subscriber.
    NotChecked,
    /// Refused before any money was spent.
    Invalid,
}

impl Status {
    /// Every status, in the order in which summaries list them.
    pub const ALL: [Self; 8] = [
        Self::Reachable,
        Self::Assigned,
        Self::Absent,
        Self::NoService,
        Self::Dead,
        Self::Unknown,
        Self::NotChecked,
        Self::Invalid,
    ];

    /// Whether nothing was found out about the subscriber: asking again may.
    #[must_use]
    pub const fn lacks_verdict(self) -> bool {
        matches!(self, Self::Unknown | Self::NotChecked)
    }

    /// The word in the `status` column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Assigned => "assigned",
            Self::Absent => "absent",
            Self::NoService => "no_service",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
            Self::NotChecked => "not_checked",
            Self::Invalid => "invalid",
        }
    }
}

/// Where the handset is: a calling code (46), which is not always one country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallingCode(u16);

impl CallingCode {
    /// The calling code with this number, 1 to 9999; ITU-T E.164 gives countries one to three digits,
    /// and shared networks (`883`) a fourth.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1..=9999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The code as a number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CallingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which fields of an answer were there but could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unreadable {
    /// `imsi` was neither empty nor a number of 5, 6 or 15 digits that names a network.
    pub imsi: bool,
    /// `location` was neither empty nor a calling code.
    pub location: bool,
}

/// One body of the service, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The service's word.
    pub result: LookupResult,
    /// The subscriber's network; only with [`LookupResult::Ok`].
    pub network: Option<Plmn>,
    /// Where the handset is; only with [`LookupResult::Ok`], and not always then.
    pub location: Option<CallingCode>,
    /// Fields that were sent and not understood.
    pub unreadable: Unreadable,
}

impl Answer {
    /// An answer that is a bare result.
    #[must_use]
    pub const fn bare(result: LookupResult) -> Self {
        let unreadable = Unreadable { imsi: false, location: false };
        Self { result, network: None, location: None, unreadable }
    }
}

/// A moment in UTC, in milliseconds since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcMillis(pub i64);

impl UtcMillis {
    /// This moment, by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since_1970.as_millis() as i64)
    }
}

/// RFC 3339, to the second: `2026-11-24T18:00:00Z`.
impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(moment) => moment.fmt(f),
            Err(_) => write!(f, "{} ms after 1970", self.0),
        }
    }
}

/// As text, RFC 3339.
impl serde::Serialize for UtcMillis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a request failed to bring an answer, and whether it may have cost money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// Whether the provider may charge for the request.
    pub billed: Billed,
    /// How long the service asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No connection could be made: refused, no route, no name, no TLS.
    NotConnected(Arc<str>),
    /// The connection broke after the request was sent.
    Broken(Arc<str>),
    /// No whole answer came within the request timeout.
    Stalled,
    /// 401: the credentials are wrong.
    Unauthorized,
    /// 403: the account may not do this.
    Forbidden,
    /// 429: too many requests.
    TooManyRequests,
    /// Another status than 200, most often 5xx.
    HttpStatus(u16),
    /// Status 200 with a text that is no answer; an excerpt of it.
    Nonsense(Arc<str>),
}

/// Whether a request that brought no answer may be on the invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    /// It was never looked up.
    No,
    /// It reached the service, and nobody here can know.
    Maybe,
}

impl FaultKind {
    /// One word for the fault, for columns and counts: `connection_broken`, `http_503`.
    #[must_use]
    pub fn word(&self) -> Cow<'static, str> {
        match self {
            Self::NotConnected(_) => "not_connected".into(),
            Self::Broken(_) => "connection_broken".into(),
            Self::Stalled => "stalled".into(),
            Self::Unauthorized => "http_401".into(),
            Self::Forbidden => "http_403".into(),
            Self::TooManyRequests => "http_429".into(),
            Self::HttpStatus(code) => format!("http_{code}").into(),
            Self::Nonsense(_) => "not_an_answer".into(),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(cause) => write!(f, "no connection: {cause}"),
            Self::Broken(cause) => write!(f, "connection broken: {cause}"),
            Self::Stalled => f.write_str("no answer within the timeout"),
            Self::Unauthorized => f.write_str("HTTP 401: credentials refused"),
            Self::Forbidden => f.write_str("HTTP 403: account refused"),
            Self::TooManyRequests => f.write_str("HTTP 429: too many requests"),
            Self::HttpStatus(code) => write!(f, "HTTP {code}"),
            Self::Nonsense(excerpt) => write!(f, "not an answer: {excerpt:?}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// What became of a number that passed the numbering checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service gave its word.
    Answered(Answered),
    /// The service was asked and gave none, or was not asked because the run stopped.
    Unanswered(Box<Unanswered>),
}

/// A word of the service, with when and how it was obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What the service said.
    pub answer: Answer,
    /// When it said so.
    pub checked_at: UtcMillis,
    /// How many requests it took, throttled ones not counted.
    pub attempts: u16,
}

/// A number without a final word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// What the last attempt brought.
    pub last: LastWord,
    /// How many requests were spent, throttled ones not counted.
    pub attempts: u16,
    /// When the last of them was made; `None` when there was none.
    pub checked_at: Option<UtcMillis>,
}

/// The last thing that is known of a number without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastWord {
    /// The service said TIMEOUT or its like.
    Result(LookupResult),
    /// The transport or the service failed.
    Fault(Fault),
    /// The run stopped before the number was asked for the first time.
    NeverAsked,
    /// The number was not asked, because its range of numbers answers nothing useful.
    Skipped,
}

/// Where a row's answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// This run asked the service for this row.
    Live,
    /// An earlier run paid for it.
    Ledger,
    /// Another row of this run has the same number.
    Duplicate,
    /// There is none.
    None,
}

impl Source {
    /// The word in the `source` column.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ledger => "ledger",
            Self::Duplicate => "duplicate",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_text_is_read_back() {
        for (index, result) in LookupResult::DOCUMENTED.iter().enumerate() {
            assert_eq!(&LookupResult::from_text(result.text()), result);
            assert_eq!(result.index(), index);
        }
    }

    #[test]
    fn an_undocumented_text_is_kept_to_the_letter() {
        let result = LookupResult::from_text("HLR_On_Fire");
        assert_eq!(result.text(), "HLR_On_Fire");
        assert_eq!(result.index(), 18);
        assert_eq!(result.status(Product::RealTime), Status::Unknown);
    }

    #[test]
    fn ok_proves_what_the_product_proves() {
        assert_eq!(LookupResult::Ok.status(Product::RealTime), Status::Reachable);
        assert_eq!(LookupResult::Ok.status(Product::Portability), Status::Assigned);
    }
}
