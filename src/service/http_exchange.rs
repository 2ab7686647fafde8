//! From an HTTP response to an answer or a fault, whichever transport was used, and whether the
//! request may be billed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::wire;
use crate::model::{Answer, Billed, Fault, FaultKind};

/// A longer body is not an answer; the documented ones have about 50 bytes at most.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;
/// Longer values of `Retry-After` count as this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// A response with its body, or the fault that cut the body off.
pub(super) struct HttpResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Result<Bytes, Fault>,
}

impl HttpResponse {
    /// The answer that the response holds, or the fault in its place.
    pub(super) fn into_answer(self) -> Result<Answer, Fault> {
        let Self { status, headers, body } = self;
        if status == StatusCode::OK {
            return wire::read_body(&body?)
                .map_err(|wire::NotAnAnswer(excerpt)| not_an_answer(excerpt.into()));
        }
        let kind = match status {
            StatusCode::UNAUTHORIZED => FaultKind::Unauthorized,
            StatusCode::FORBIDDEN => FaultKind::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => FaultKind::TooManyRequests,
            _ => match body.ok().and_then(|body| sentence(status, &body)) {
                Some(answer) => return Ok(answer),
                None => FaultKind::HttpStatus(status.as_u16()),
            },
        };
        Err(Fault { kind, billed: billed_with(status), retry_after: retry_after(&headers) })
    }
}

/// No connection was made, so nothing is billed.
pub(super) fn not_connected(cause: Arc<str>) -> Fault {
    Fault { kind: FaultKind::NotConnected(cause), billed: Billed::No, retry_after: None }
}

/// The connection broke when the request may already have been written.
pub(super) fn connection_broken(cause: Arc<str>) -> Fault {
    Fault { kind: FaultKind::ConnectionBroken(cause), billed: Billed::Maybe, retry_after: None }
}

/// This machine cannot open a connection now, so nothing is billed.
pub(super) fn local(cause: Arc<str>) -> Fault {
    Fault { kind: FaultKind::Local(cause), billed: Billed::No, retry_after: None }
}

/// Bytes that nobody asked for came after the answer.
pub(super) fn surplus() -> Fault {
    Fault { kind: FaultKind::Surplus, billed: Billed::Maybe, retry_after: None }
}

/// The body exceeds [`MAX_BODY_BYTES`].
pub(super) fn body_too_long() -> Fault {
    not_an_answer("a body of more than 64 KiB".into())
}

fn not_an_answer(excerpt: Arc<str>) -> Fault {
    Fault { kind: FaultKind::NotAnAnswer(excerpt), billed: Billed::Maybe, retry_after: None }
}

/// Results 16 to 18 are sentences and may come with a 4xx status.
fn sentence(status: StatusCode, body: &[u8]) -> Option<Answer> {
    let answer = wire::read_body(body).ok()?;
    let is_sentence = wire::SENTENCES.contains(&answer.result);
    (is_sentence && status.is_client_error()).then_some(answer)
}

/// A gateway that answers for a silent server does not know whether the server got the request; a
/// 503 says that it did not. A 2xx status other than 200 is an answer that a gateway changed.
fn billed_with(status: StatusCode) -> Billed {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => Billed::No,
        _ if status.is_server_error() || status.is_success() => Billed::Maybe,
        _ => Billed::No,
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let delay = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let timestamp = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(timestamp.duration_since(Timestamp::now())).unwrap_or_default()
        }
    };
    Some(delay.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LookupResult;

    fn read(status: u16, body: &'static str) -> Result<Answer, FaultKind> {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Ok(Bytes::from_static(body.as_bytes()));
        HttpResponse { status, headers: HeaderMap::new(), body }.into_answer().map_err(|fault| fault.kind)
    }

    #[test]
    fn sentences_are_answers_with_a_4xx_status_too() {
        let invalid = Answer::bare(LookupResult::MsisdnInvalid);
        for body in ["msisdn is invalid", "result=msisdn is invalid"] {
            assert_eq!(read(200, body), Ok(invalid.clone()));
            assert_eq!(read(400, body), Ok(invalid.clone()));
            assert_eq!(read(500, body), Err(FaultKind::HttpStatus(500)));
        }
        assert_eq!(read(400, "result=OK;imsi=24008"), Err(FaultKind::HttpStatus(400)));
        assert_eq!(read(401, "msisdn is invalid"), Err(FaultKind::Unauthorized));
    }

    #[test]
    fn each_status_says_whether_it_may_be_billed() {
        for (status, billed) in [
            (401, Billed::No),
            (429, Billed::No),
            (503, Billed::No),
            (404, Billed::No),
            (204, Billed::Maybe),
            (302, Billed::No),
            (500, Billed::Maybe),
            (502, Billed::Maybe),
            (504, Billed::Maybe),
        ] {
            assert_eq!(billed_with(StatusCode::from_u16(status).unwrap()), billed, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let header = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after(&header("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&header("999999999")), Some(MAX_RETRY_AFTER));
        let soon = Timestamp::now() + Duration::from_secs(60);
        let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
        let delay = retry_after(&header(&date)).unwrap();
        assert!((58..=60).contains(&delay.as_secs()), "{delay:?}");
        assert_eq!(retry_after(&header("Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&header("soon")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
