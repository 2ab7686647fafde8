//! Every response that is not an answer about a number, byte for byte.

use std::time::Duration;

use jiff::Timestamp;

use super::account::Account;
use super::settings::RetryAfter;

/// RFC 9110, 5.6.7: the form of dates that HTTP prefers.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// A response that is not an answer.
#[derive(Clone, Debug)]
pub(super) enum Page {
    BadRequest,
    Unauthorized,
    PaymentRequired,
    Forbidden,
    /// A redirect to nowhere.
    Moved,
    /// A gateway that did not get the answer in time.
    GatewayTimeout,
    NotFound,
    MethodNotAllowed,
    TooManyRequests(RetryAfter, Duration),
    HeadTooLarge,
    ServerError,
    Unavailable,
    /// Status 200 with the page of another program.
    Html,
    /// Status 200 with an empty body.
    Empty,
    /// Status 200 with bytes that are not text.
    Binary,
    /// Status 200 with a body in gzip.
    Gzip,
    /// Half of what its `Content-Length` says. The half reads like a complete answer.
    Truncated,
    Account(Box<Account>),
}

/// The parts of a page, without the fields that every response has.
pub(super) struct PageParts {
    pub(super) status: &'static str,
    pub(super) content_type: &'static str,
    /// More header lines, each with its line end.
    pub(super) fields: String,
    pub(super) body: Vec<u8>,
    /// A wrong `Content-Length`.
    pub(super) claimed_length: Option<usize>,
}

const TEXT: &str = "text/plain; charset=ISO-8859-1";

impl Page {
    pub(super) fn parts(&self) -> PageParts {
        let (status, content_type, body) = self.content();
        PageParts {
            status,
            content_type,
            fields: self.fields(),
            body,
            claimed_length: matches!(self, Self::Truncated).then_some(32),
        }
    }

    fn content(&self) -> (&'static str, &'static str, Vec<u8>) {
        let html = "text/html; charset=utf-8";
        match self {
            Self::BadRequest => ("400 Bad Request", TEXT, b"Bad request\n".into()),
            Self::Unauthorized => ("401 Unauthorized", TEXT, b"Unauthorized\n".into()),
            Self::PaymentRequired => ("402 Payment Required", TEXT, b"No credit\n".into()),
            Self::Moved => ("301 Moved Permanently", TEXT, b"Moved\n".into()),
            Self::GatewayTimeout => ("504 Gateway Timeout", TEXT, b"Gateway timeout\n".into()),
            Self::Gzip => ("200 OK, Success", TEXT, GZIP.into()),
            Self::Forbidden => ("403 Forbidden", TEXT, b"Forbidden\n".into()),
            Self::NotFound => ("404 Not Found", TEXT, b"Not found\n".into()),
            Self::MethodNotAllowed => ("405 Method Not Allowed", TEXT, b"Method not allowed\n".into()),
            Self::TooManyRequests(..) => ("429 Too Many Requests", TEXT, b"Too many requests\n".into()),
            Self::HeadTooLarge => ("431 Request Header Fields Too Large", TEXT, b"Too large\n".into()),
            Self::ServerError => ("500 Internal Server Error", html, HTML_ERROR.into()),
            Self::Unavailable => ("503 Service Unavailable", TEXT, b"Service unavailable\n".into()),
            Self::Html => ("200 OK", html, HTML_WELCOME.into()),
            Self::Empty => ("200 OK, Success", TEXT, Vec::new()),
            Self::Binary => {
                ("200 OK, Success", TEXT, vec![0x1f, 0x8b, 0x08, 0x00, 0xff, 0xfe, 0x00, 0xc3, 0x28])
            }
            Self::Truncated => ("200 OK, Success", TEXT, b"result=OK;imsi=24008".into()),
            Self::Account(account) => {
                let json = serde_json::to_vec(account).expect("an account has text keys and numbers only");
                ("200 OK", "application/json", json)
            }
        }
    }

    fn fields(&self) -> String {
        match self {
            Self::Unauthorized => "WWW-Authenticate: Basic realm=\"Number Lookup\"\r\n".into(),
            Self::MethodNotAllowed => "Allow: GET\r\n".into(),
            Self::Moved => "Location: http://127.0.0.1:1/elsewhere\r\n".into(),
            Self::Gzip => "Content-Encoding: gzip\r\n".into(),
            Self::TooManyRequests(RetryAfter::Seconds, wait) => {
                format!("Retry-After: {}\r\n", seconds(*wait))
            }
            Self::TooManyRequests(RetryAfter::Date, wait) => {
                let then = Timestamp::now() + Duration::from_secs(seconds(*wait));
                format!("Retry-After: {}\r\n", then.strftime(HTTP_DATE))
            }
            _ => String::new(),
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// `result=OK`, stored and not deflated.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x09\0\xf6\xffresult=OK\x8d\x1e\x0f\x7b\x09\0\0\0";
const HTML_WELCOME: &[u8] = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\
<body><h1>It works!</h1><p>result=OK is not what this page says.</p></body></html>\n";
const HTML_ERROR: &[u8] =
    b"<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(form: RetryAfter, wait: Duration) -> String {
        Page::TooManyRequests(form, wait).parts().fields
    }

    #[test]
    fn retry_after_has_two_forms() {
        let wait = Duration::from_millis(1_500);
        assert_eq!(retry_after(RetryAfter::Seconds, wait), "Retry-After: 2\r\n");
        assert_eq!(retry_after(RetryAfter::Absent, wait), "");
        let date = retry_after(RetryAfter::Date, wait);
        assert!(
            date.starts_with("Retry-After: ") && date.ends_with(" GMT\r\n") && date.len() == 44,
            "{date}"
        );
    }

    #[test]
    fn half_a_body_claims_to_be_more() {
        let parts = Page::Truncated.parts();
        assert!(parts.claimed_length.unwrap() > parts.body.len());
    }
}
