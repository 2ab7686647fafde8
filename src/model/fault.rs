//! How a request can fail, and whether it may be billed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a request failed, and whether it may be billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// Whether the provider may charge for the request.
    pub billed: Billed,
    /// How long the service asks to wait before the next request (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No connection could be made: refused, no route, unknown host, failed TLS.
    NotConnected(Arc<str>),
    /// This machine could not open a connection: too many open files, no free port.
    Local(Arc<str>),
    /// The connection broke after the request was sent.
    ConnectionBroken(Arc<str>),
    /// Bytes that nobody asked for came after the answer, which may belong to another number.
    Surplus,
    /// No complete answer came within the request timeout.
    Stalled,
    /// 401: the credentials are wrong.
    Unauthorized,
    /// 402: the account has no credit.
    PaymentRequired,
    /// 403: this number is refused. Many in a row mean the account.
    Forbidden,
    /// 429: too many requests.
    TooManyRequests,
    /// A redirect, and where to. It is not followed.
    Redirect {
        /// The status.
        status: u16,
        /// Where to, without user name, password and query.
        location: Arc<str>,
    },
    /// A status other than 200, most often 5xx.
    HttpStatus(u16),
    /// Status 200 with a body that is not an answer; an excerpt of it.
    NotAnAnswer(Arc<str>),
}

/// Whether a failed request may be billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    /// No: the number was not looked up.
    No,
    /// Perhaps: the request may have reached the service.
    Maybe,
}

impl FaultKind {
    /// The code of the fault, for columns and counts: `connection_broken`, `http_503`.
    #[must_use]
    pub fn word(&self) -> Cow<'static, str> {
        match self {
            Self::NotConnected(_) => "not_connected".into(),
            Self::Local(_) => "no_local_resources".into(),
            Self::ConnectionBroken(_) => "connection_broken".into(),
            Self::Surplus => "surplus_bytes".into(),
            Self::Stalled => "stalled".into(),
            Self::Unauthorized => "http_401".into(),
            Self::PaymentRequired => "http_402".into(),
            Self::Forbidden => "http_403".into(),
            Self::TooManyRequests => "http_429".into(),
            Self::HttpStatus(code) | Self::Redirect { status: code, .. } => format!("http_{code}").into(),
            Self::NotAnAnswer(_) => "not_an_answer".into(),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(cause) => write!(f, "no connection: {cause}"),
            Self::Local(cause) => write!(f, "this machine cannot open a connection: {cause}"),
            Self::ConnectionBroken(cause) => write!(f, "connection broken: {cause}"),
            Self::Surplus => {
                f.write_str("more bytes than the answer came, so it may belong to another number")
            }
            Self::Stalled => f.write_str("no answer within the timeout"),
            Self::Unauthorized => f.write_str("HTTP 401: credentials refused"),
            Self::PaymentRequired => f.write_str("HTTP 402: the account has no credit"),
            Self::Forbidden => f.write_str("HTTP 403: refused"),
            Self::TooManyRequests => f.write_str("HTTP 429: too many requests"),
            Self::Redirect { status, location } => write!(f, "HTTP {status}: redirected to {location}"),
            Self::HttpStatus(code) => write!(f, "HTTP {code}"),
            Self::NotAnAnswer(excerpt) => write!(f, "not an answer: \"{excerpt}\""),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
