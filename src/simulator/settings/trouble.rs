//! Faults, and valid answers in unusual shapes.

use serde::{Deserialize, Serialize};

/// Numbers that first get an answer without a verdict, and their final answer on a later attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transient {
    /// The share of such numbers, each for one to `faulty_attempts` attempts.
    pub share: f64,
    /// Their results until then, by the service's text; one is drawn for each attempt.
    pub results: Vec<String>,
}

impl Default for Transient {
    fn default() -> Self {
        Self { share: 0.0, results: vec!["TIMEOUT".into(), "HLR_ABORT".into()] }
    }
}

/// One way in which an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// 401, although the credentials are right.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429 with a `Retry-After` as set in the limits.
    TooManyRequests,
    /// 503 without a `Retry-After`.
    Unavailable,
    /// 500.
    ServerError,
    /// The connection is reset as if the request had never been read: not looked up.
    ResetBeforeRead,
    /// The connection is reset after the lookup was made: maybe billed.
    ResetAfterRead,
    /// Looked up, and not answered in time or at all.
    Stall,
    /// Status 200 with an HTML page.
    HtmlPage,
    /// Status 200 with an empty body.
    EmptyBody,
    /// Status 200 with bytes that are not text.
    BinaryBody,
    /// The connection is closed in the middle of the body.
    TruncatedBody,
    /// Status 200 with a body in gzip, which nobody asked for.
    GzipBody,
    /// 301 to another place.
    Moved,
    /// 504, and the answer some milliseconds later on the same connection.
    LateAnswer,
    /// A `Content-Length` that is too small for the answer.
    ShortLength,
    /// The answer, and some milliseconds later the answer of another number.
    TwoAnswers,
    /// The answer, and then the end of the connection, unannounced.
    UnannouncedClose,
}

impl Fault {
    /// Every fault, in the order of their declaration.
    pub const ALL: [Self; 18] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::ServerError,
        Self::ResetBeforeRead,
        Self::ResetAfterRead,
        Self::Stall,
        Self::HtmlPage,
        Self::EmptyBody,
        Self::BinaryBody,
        Self::TruncatedBody,
        Self::GzipBody,
        Self::Moved,
        Self::LateAnswer,
        Self::ShortLength,
        Self::TwoAnswers,
        Self::UnannouncedClose,
    ];

    /// The name of the fault in settings and accounts.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::TooManyRequests => "too_many_requests",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server_error",
            Self::ResetBeforeRead => "reset_before_read",
            Self::ResetAfterRead => "reset_after_read",
            Self::Stall => "stall",
            Self::HtmlPage => "html_page",
            Self::EmptyBody => "empty_body",
            Self::BinaryBody => "binary_body",
            Self::TruncatedBody => "truncated_body",
            Self::GzipBody => "gzip_body",
            Self::Moved => "moved",
            Self::LateAnswer => "late_answer",
            Self::ShortLength => "short_length",
            Self::TwoAnswers => "two_answers",
            Self::UnannouncedClose => "unannounced_close",
        }
    }

    /// Whether the lookup is made although its answer never comes: the provider may then charge for
    /// it.
    #[must_use]
    pub const fn is_looked_up(self) -> bool {
        match self {
            Self::Unauthorized
            | Self::Forbidden
            | Self::TooManyRequests
            | Self::Unavailable
            | Self::ServerError
            | Self::Moved
            | Self::ResetBeforeRead => false,
            Self::ResetAfterRead
            | Self::Stall
            | Self::HtmlPage
            | Self::EmptyBody
            | Self::BinaryBody
            | Self::TruncatedBody
            | Self::GzipBody
            | Self::LateAnswer
            | Self::ShortLength
            | Self::TwoAnswers
            | Self::UnannouncedClose => true,
        }
    }

    /// Whether the client gets the answer all the same, as far as the service knows.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        matches!(self, Self::TwoAnswers | Self::UnannouncedClose)
    }

    /// Whether the answer is sent, in a way that breaks the rules of HTTP.
    #[must_use]
    pub const fn is_misdelivery(self) -> bool {
        self.is_answered() || matches!(self, Self::LateAnswer | Self::ShortLength)
    }
}

/// The share of attempts that meets each [`Fault`]. An attempt meets at most one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultShares {
    /// The share of [`Fault::Unauthorized`].
    pub unauthorized: f64,
    /// The share of [`Fault::Forbidden`].
    pub forbidden: f64,
    /// The share of [`Fault::TooManyRequests`].
    pub too_many_requests: f64,
    /// The share of [`Fault::Unavailable`].
    pub unavailable: f64,
    /// The share of [`Fault::ServerError`].
    pub server_error: f64,
    /// The share of [`Fault::ResetBeforeRead`].
    pub reset_before_read: f64,
    /// The share of [`Fault::ResetAfterRead`].
    pub reset_after_read: f64,
    /// The share of [`Fault::Stall`].
    pub stall: f64,
    /// The share of [`Fault::HtmlPage`].
    pub html_page: f64,
    /// The share of [`Fault::EmptyBody`].
    pub empty_body: f64,
    /// The share of [`Fault::BinaryBody`].
    pub binary_body: f64,
    /// The share of [`Fault::TruncatedBody`].
    pub truncated_body: f64,
    /// The share of [`Fault::GzipBody`].
    pub gzip_body: f64,
    /// The share of [`Fault::Moved`].
    pub moved: f64,
    /// The share of [`Fault::LateAnswer`].
    pub late_answer: f64,
    /// The share of [`Fault::ShortLength`].
    pub short_length: f64,
    /// The share of [`Fault::TwoAnswers`].
    pub two_answers: f64,
    /// The share of [`Fault::UnannouncedClose`].
    pub unannounced_close: f64,
}

impl FaultShares {
    pub(super) fn stormy() -> Self {
        Self {
            unavailable: 0.02,
            reset_before_read: 0.01,
            reset_after_read: 0.01,
            stall: 0.001,
            html_page: 0.003,
            empty_body: 0.003,
            binary_body: 0.002,
            truncated_body: 0.002,
            ..Self::default()
        }
    }

    /// The shares beside their faults, in the order of [`Fault::ALL`].
    #[must_use]
    pub fn by_fault(&self) -> [(Fault, f64); 18] {
        Fault::ALL.map(|fault| (fault, self.of(fault)))
    }

    const fn of(&self, fault: Fault) -> f64 {
        match fault {
            Fault::Unauthorized => self.unauthorized,
            Fault::Forbidden => self.forbidden,
            Fault::TooManyRequests => self.too_many_requests,
            Fault::Unavailable => self.unavailable,
            Fault::ServerError => self.server_error,
            Fault::ResetBeforeRead => self.reset_before_read,
            Fault::ResetAfterRead => self.reset_after_read,
            Fault::Stall => self.stall,
            Fault::HtmlPage => self.html_page,
            Fault::EmptyBody => self.empty_body,
            Fault::BinaryBody => self.binary_body,
            Fault::TruncatedBody => self.truncated_body,
            Fault::GzipBody => self.gzip_body,
            Fault::Moved => self.moved,
            Fault::LateAnswer => self.late_answer,
            Fault::ShortLength => self.short_length,
            Fault::TwoAnswers => self.two_answers,
            Fault::UnannouncedClose => self.unannounced_close,
        }
    }
}

/// The share of answers in each unusual shape. All are valid HTTP and valid answers, which a client
/// must read like any other. An answer has at most one unusual framing and one unusual wording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShapeShares {
    /// Framing: `Transfer-Encoding: chunked`, in two chunks.
    pub chunked: f64,
    /// Framing: HTTP/1.0 without `Content-Length`; the end of the connection ends the body.
    pub http_1_0: f64,
    /// Framing: `Connection: close`.
    pub connection_close: f64,
    /// Framing: header names in lower case.
    pub lower_case_headers: f64,
    /// Framing: the body in a packet of its own, a millisecond later.
    pub split: f64,
    /// Wording: the fields in another order, `result` last.
    pub reordered: f64,
    /// Wording: a field that the document does not list.
    pub unknown_field: f64,
    /// Wording: a field with nothing after its `=`.
    pub empty_field: f64,
    /// Wording: a line feed at the end.
    pub line_feed: f64,
    /// Wording: carriage return and line feed at the end.
    pub carriage_return: f64,
    /// Wording: an unknown field with letters of ISO-8859-1 that are not UTF-8.
    pub latin_1: f64,
    /// Wording: a byte order mark at the beginning.
    pub byte_order_mark: f64,
}

impl ShapeShares {
    pub(super) fn stormy() -> Self {
        Self {
            chunked: 0.05,
            http_1_0: 0.01,
            connection_close: 0.01,
            lower_case_headers: 0.05,
            split: 0.02,
            reordered: 0.05,
            unknown_field: 0.05,
            empty_field: 0.05,
            line_feed: 0.05,
            carriage_return: 0.05,
            latin_1: 0.05,
            byte_order_mark: 0.0,
        }
    }
}
