//! What one HTTP exchange brought, whoever carried it, and what that means for money.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::wire;
use crate::model::{Answer, Billed, Fault, FaultKind};

/// A body longer than this is no answer; the documented ones have at most some 50 bytes.
pub(super) const LONGEST_BODY: usize = 64 * 1024;
/// No patience is asked for that is longer than this, whatever `Retry-After` says.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// A response, with its body or what became of it.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Result<Bytes, Fault>,
}

impl Reply {
    /// The service's word, or the fault in its place.
    pub(super) fn read(self) -> Result<Answer, Fault> {
        let Self { status, headers, body } = self;
        if status == StatusCode::OK {
            return wire::read_body(&body?).map_err(|wire::NoAnswer(excerpt)| nonsense(excerpt.into()));
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

/// No connection: surely not billed.
pub(super) fn not_connected(cause: Arc<str>) -> Fault {
    Fault { kind: FaultKind::NotConnected(cause), billed: Billed::No, retry_after: None }
}

/// The connection broke after the request may have been written.
pub(super) fn broken(cause: Arc<str>) -> Fault {
    Fault { kind: FaultKind::Broken(cause), billed: Billed::Maybe, retry_after: None }
}

/// A body that nobody reads to its end.
pub(super) fn too_long() -> Fault {
    nonsense("a body of more than 64 KiB".into())
}

fn nonsense(excerpt: Arc<str>) -> Fault {
    Fault { kind: FaultKind::Nonsense(excerpt), billed: Billed::Maybe, retry_after: None }
}

/// Results 16 to 18 are sentences, and may come with a 4xx status.
fn sentence(status: StatusCode, body: &[u8]) -> Option<Answer> {
    let answer = wire::read_body(body).ok()?;
    let is_sentence = wire::SENTENCES.contains(&answer.result);
    (is_sentence && status.is_client_error()).then_some(answer)
}

/// A gateway that answers for a silent server cannot say whether the server had got the question; a 503
/// says that it had not. A success that is not 200 is a gateway's rewording of an answer.
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
    let patience = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let moment = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default()
        }
    };
    Some(patience.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LookupResult;

    fn reply(status: u16, body: &'static str) -> Result<Answer, FaultKind> {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Ok(Bytes::from_static(body.as_bytes()));
        Reply { status, headers: HeaderMap::new(), body }.read().map_err(|fault| fault.kind)
    }

    #[test]
    fn the_sentences_are_answers_with_a_4xx_status_too() {
        let invalid = Answer::bare(LookupResult::MsisdnInvalid);
        for body in ["msisdn is invalid", "result=msisdn is invalid"] {
            assert_eq!(reply(200, body), Ok(invalid.clone()));
            assert_eq!(reply(400, body), Ok(invalid.clone()));
            assert_eq!(reply(500, body), Err(FaultKind::HttpStatus(500)));
        }
        assert_eq!(reply(400, "result=OK;imsi=24008"), Err(FaultKind::HttpStatus(400)));
        assert_eq!(reply(401, "msisdn is invalid"), Err(FaultKind::Unauthorized));
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
    fn retry_after_is_read_in_both_forms() {
        let header = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after(&header("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&header("999999999")), Some(LONGEST_RETRY_AFTER));
        let soon = Timestamp::now() + Duration::from_secs(60);
        let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
        let patience = retry_after(&header(&date)).unwrap();
        assert!((58..=60).contains(&patience.as_secs()), "{patience:?}");
        assert_eq!(retry_after(&header("Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&header("soon")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
