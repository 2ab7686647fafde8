//! From an HTTP response to an answer or a fault, whichever transport was used, and whether the
//! request may be billed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, LOCATION, RETRY_AFTER};

use super::wire;
use crate::model::{Answer, Billed, Fault, FaultKind, ForeignText};

/// A longer body is not an answer; the documented ones have about 50 bytes at most.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;
/// Longer values of `Retry-After` count as this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(366 * 24 * 3600);

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
            let body = body?;
            return match unreadable_encoding(&headers, &body) {
                Some(encoding) => Err(not_an_answer(format!("a body in {encoding}").into())),
                None => {
                    wire::read_body(&body).map_err(|wire::NotAnAnswer(excerpt)| not_an_answer(excerpt.into()))
                }
            };
        }
        let kind = match status {
            StatusCode::UNAUTHORIZED => FaultKind::Unauthorized,
            StatusCode::PAYMENT_REQUIRED => FaultKind::PaymentRequired,
            StatusCode::FORBIDDEN => FaultKind::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => FaultKind::TooManyRequests,
            status if status.is_redirection() => match location(&headers) {
                Some(location) => FaultKind::Redirect { status: status.as_u16(), location },
                None => FaultKind::HttpStatus(status.as_u16()),
            },
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

/// The encoding of a body that is not text, though none was asked for.
fn unreadable_encoding(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    const SIGNATURES: [(&[u8], &str); 4] = [
        (&[0x1f, 0x8b], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (&[0xff, 0xfe], "UTF-16"),
        (&[0xfe, 0xff], "UTF-16"),
    ];
    let has_signature = |(signature, _): &&(&[u8], &str)| body.starts_with(signature);
    if let Some((_, name)) = SIGNATURES.iter().find(has_signature) {
        return Some((*name).to_owned());
    }
    let declared = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("an unknown encoding").trim();
    // What is readable nevertheless, is read.
    let is_text =
        body.is_ascii() && !body.iter().any(|byte| byte.is_ascii_control() && !b"\r\n\t".contains(byte));
    (!is_text && !declared.is_empty() && !declared.eq_ignore_ascii_case("identity"))
        .then(|| ForeignText(declared).to_string())
}

/// Where a redirect leads, without what may be secret in it: user name, password, query.
fn location(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(LOCATION)?.as_bytes();
    let text = String::from_utf8_lossy(text);
    let Ok(url) = reqwest::Url::parse(&text) else {
        let place = text.split(['?', '#']).next().unwrap_or_default();
        // What is before an at sign may be a user name and a password.
        let place = place.rsplit('@').next().unwrap_or_default();
        return Some(ForeignText(place).to_string().into());
    };
    let host = url.host_str().unwrap_or_default();
    let host = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => host.to_owned(),
        Err(_) => ForeignText(host).to_string(),
    };
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let shown = format!("{}://{host}{port}{}", url.scheme(), ForeignText(url.path()));
    Some(shown.into())
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
        // More seconds than can be counted.
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => MAX_RETRY_AFTER,
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
        assert_eq!(read(402, "msisdn is invalid"), Err(FaultKind::PaymentRequired));
        assert_eq!(read(403, "result=OK;imsi=24008"), Err(FaultKind::Forbidden));
    }

    fn kind_with(status: u16, name: &'static str, value: &str, body: &'static [u8]) -> FaultKind {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        let (status, body) = (StatusCode::from_u16(status).unwrap(), Ok(Bytes::from_static(body)));
        HttpResponse { status, headers, body }.into_answer().unwrap_err().kind
    }

    #[test]
    fn a_redirect_shows_where_to_and_no_secret() {
        for (location, shown) in [
            ("https://login.example.com/portal?token=secret#top", "https://login.example.com/portal"),
            ("http://user:secret@10.0.0.1:8080/x", "http://10.0.0.1:8080/x"),
            ("/lookup?msisdn=46701740605", "/lookup"),
            ("//user:secret@example.com/x", "example.com/x"),
            ("https://example.com/46701740605", "https://example.com/•••••••••••"),
        ] {
            let kind = kind_with(301, "location", location, b"moved");
            assert_eq!(kind, FaultKind::Redirect { status: 301, location: shown.into() });
            assert_eq!(kind.word(), "http_301");
        }
        assert_eq!(kind_with(307, "server", "x", b""), FaultKind::HttpStatus(307));
    }

    #[test]
    fn a_body_in_another_encoding_is_named_and_never_shown() {
        let encoded = |encoding: &str, body| kind_with(200, "content-encoding", encoding, body).to_string();
        assert_eq!(encoded("gzip", b"\x1f\x8b\x08\0\x01"), "not an answer: \"a body in gzip\"");
        assert_eq!(encoded("br", b"\x0b\x0a\x80result"), "not an answer: \"a body in br\"");
        assert_eq!(encoded("\u{e9}vil", b"\x80\x81"), "not an answer: \"a body in an unknown encoding\"");
        let bare = |body| kind_with(200, "server", "x", body).to_string();
        assert_eq!(bare(b"\x28\xb5\x2f\xfd\0\0"), "not an answer: \"a body in zstd\"");
        assert_eq!(bare(b"\xff\xfer\0e\0s\0"), "not an answer: \"a body in UTF-16\"");
        assert_eq!(bare(b"\x1b[31mno"), "not an answer: \"\\u{1b}[31mno\"");
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, "identity".parse().unwrap())]);
        let body = Ok(Bytes::from_static(b"\xef\xbb\xbfresult=OK;imsi=24008"));
        let response = HttpResponse { status: StatusCode::OK, headers, body };
        assert_eq!(response.into_answer().unwrap().result, LookupResult::Ok);
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
        for text in ["999999999", "99999999999999999999999", "Thu, 01 Jan 2099 00:00:00 GMT"] {
            assert_eq!(retry_after(&header(text)), Some(MAX_RETRY_AFTER), "{text}");
        }
        assert_eq!(retry_after(&header("86400")), Some(Duration::from_secs(86_400)));
        for text in ["-5", "1.5", "", "1h"] {
            assert_eq!(retry_after(&header(text)), None, "{text}");
        }
        let soon = Timestamp::now() + Duration::from_secs(60);
        let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
        let delay = retry_after(&header(&date)).unwrap();
        assert!((58..=60).contains(&delay.as_secs()), "{delay:?}");
        assert_eq!(retry_after(&header("Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&header("soon")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
