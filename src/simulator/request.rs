//! Parses the head of a request.

use std::mem::MaybeUninit;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::model::Msisdn;

use super::settings::Authentication;

/// A request with more header fields is refused.
const MAX_FIELDS: usize = 64;

/// The parts of a request that matter. It borrows nothing, so the buffer can be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) target: Target,
    pub(super) credentials: Credentials,
    pub(super) persistence: Persistence,
    /// How many bytes of the buffer the head takes.
    pub(super) length: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Lookup { msisdn: Parameter, cache: Cache },
    Account { numbers: Detail, arrivals: Detail },
    UnknownPath,
    WrongMethod,
}

/// The `msisdn` parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Missing,
    Malformed,
    Number(Msisdn),
}

/// Whether the provider's cache may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cache {
    Used,
    Bypassed,
}

/// Whether a part of the account is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Wanted,
    NotWanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    Right,
    Wrong,
}

/// Whether the client wants to keep the connection open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persistence {
    KeepOpen,
    Close,
}

/// The bytes are not an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Parses heads and checks credentials.
pub(super) struct HeadReader {
    /// The right value of the field; `None` accepts every value that begins with `Basic`.
    authorization: Option<Vec<u8>>,
}

const BASIC: &[u8] = b"Basic ";

impl HeadReader {
    pub(super) fn new(authentication: &Authentication) -> Self {
        let authorization = match authentication {
            Authentication::Any => None,
            Authentication::Basic { username, password } => {
                let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
                Some([BASIC, encoded.as_bytes()].concat())
            }
        };
        Self { authorization }
    }

    /// The request at the beginning of the bytes; `None` while its head is incomplete.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Option<Request>, Malformed> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut head = httparse::Request::new(&mut []);
        let length = match head.parse_with_uninit_headers(bytes, &mut fields) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Malformed),
        };
        let mut credentials = Credentials::Wrong;
        let mut persistence =
            if head.version == Some(1) { Persistence::KeepOpen } else { Persistence::Close };
        let mut has_body = false;
        for field in head.headers.iter() {
            if field.name.eq_ignore_ascii_case("authorization") {
                credentials = self.check(field.value);
            } else if field.name.eq_ignore_ascii_case("connection") {
                persistence = requested_persistence(field.value, persistence);
            } else if field.name.eq_ignore_ascii_case("content-length") {
                has_body = field.value != b"0";
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                has_body = true;
            }
        }
        if has_body {
            // Requests to this service have no body. One with a body is answered without reading
            // it.
            persistence = Persistence::Close;
        }
        let target = read_target(head.method.unwrap_or_default(), head.path.unwrap_or_default());
        Ok(Some(Request { target, credentials, persistence, length }))
    }

    fn check(&self, value: &[u8]) -> Credentials {
        let is_right = match &self.authorization {
            Some(right) => {
                value.len() == right.len() && is_basic(value) && value[BASIC.len()..] == right[BASIC.len()..]
            }
            None => value.len() > BASIC.len() && is_basic(value),
        };
        if is_right { Credentials::Right } else { Credentials::Wrong }
    }
}

/// RFC 9110, 11.1: the name of the scheme does not depend on case.
fn is_basic(value: &[u8]) -> bool {
    value.len() >= BASIC.len() && value[..BASIC.len()].eq_ignore_ascii_case(BASIC)
}

fn requested_persistence(value: &[u8], default: Persistence) -> Persistence {
    if value.eq_ignore_ascii_case(b"close") {
        Persistence::Close
    } else if value.eq_ignore_ascii_case(b"keep-alive") {
        Persistence::KeepOpen
    } else {
        default
    }
}

fn read_target(method: &str, target: &str) -> Target {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let read_query = match path {
        "/lookup" => read_lookup,
        "/account" => read_account,
        _ => return Target::UnknownPath,
    };
    if method == "GET" { read_query(query) } else { Target::WrongMethod }
}

fn read_lookup(query: &str) -> Target {
    let (mut msisdn, mut cache) = (Parameter::Missing, Cache::Used);
    for (key, value) in parameters(query) {
        match key {
            "msisdn" => msisdn = read_msisdn(value),
            // The document shows the flag without a value.
            "nocache" => cache = Cache::Bypassed,
            _ => {}
        }
    }
    Target::Lookup { msisdn, cache }
}

fn read_account(query: &str) -> Target {
    let detail = |key| match parameters(query).any(|(found, _)| found == key) {
        true => Detail::Wanted,
        false => Detail::NotWanted,
    };
    Target::Account { numbers: detail("numbers"), arrivals: detail("arrivals") }
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

fn read_msisdn(text: &str) -> Parameter {
    if text.is_empty() {
        return Parameter::Missing;
    }
    let bytes = text.as_bytes();
    let is_number =
        bytes.len() <= Msisdn::MAX_DIGITS && bytes[0] != b'0' && bytes.iter().all(u8::is_ascii_digit);
    let digits = is_number.then(|| bytes.iter().fold(0, |number, byte| number * 10 + u64::from(byte - b'0')));
    digits.and_then(Msisdn::new).map_or(Parameter::Malformed, Parameter::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<Option<Request>, Malformed> {
        HeadReader::new(&Authentication::default()).read(head.as_bytes())
    }

    fn target(target: &str) -> Target {
        read(&format!("GET {target} HTTP/1.1\r\n\r\n")).unwrap().unwrap().target
    }

    fn msisdn(target_text: &str) -> Parameter {
        match target(target_text) {
            Target::Lookup { msisdn, .. } => msisdn,
            other => panic!("{target_text}: {other:?}"),
        }
    }

    #[test]
    fn the_documented_request_is_read() {
        let head = "GET /lookup?msisdn=46708100200 HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
                    User-Agent: curl/7.30.0\r\nHost: 127.0.0.1:3700\r\nAccept: */*\r\n\r\n";
        let number = Parameter::Number(Msisdn::new(46_708_100_200).unwrap());
        let request = Request {
            target: Target::Lookup { msisdn: number, cache: Cache::Used },
            credentials: Credentials::Right,
            persistence: Persistence::KeepOpen,
            length: head.len(),
        };
        assert_eq!(read(&format!("{head}GET /lookup")), Ok(Some(request)));
        assert_eq!(read(&head[..head.len() - 1]), Ok(None));
    }

    #[test]
    fn a_parameter_is_missing_malformed_or_a_number() {
        for missing in ["/lookup", "/lookup?", "/lookup?msisdn=", "/lookup?msisdn", "/lookup?nocache"] {
            assert_eq!(msisdn(missing), Parameter::Missing, "{missing}");
        }
        for text in
            ["+46708100200", "%2B46708100200", "046708100200", "123456", "1234567890123456", "4670x1002"]
        {
            assert_eq!(msisdn(&format!("/lookup?msisdn={text}")), Parameter::Malformed, "{text}");
        }
        assert_eq!(msisdn("/lookup?x=1&msisdn=1234567"), Parameter::Number(Msisdn::new(1_234_567).unwrap()));
    }

    #[test]
    fn the_flag_needs_no_value() {
        for flag in ["nocache", "nocache=", "nocache=1"] {
            let read = target(&format!("/lookup?msisdn=46708100200&{flag}"));
            assert!(matches!(read, Target::Lookup { cache: Cache::Bypassed, .. }), "{flag}");
        }
    }

    #[test]
    fn other_paths_and_methods_are_distinguished() {
        assert_eq!(target("/"), Target::UnknownPath);
        assert_eq!(target("/lookups?msisdn=1234567"), Target::UnknownPath);
        let posted =
            read("POST /lookup?msisdn=1234567 HTTP/1.1\r\nContent-Length: 3\r\n\r\n").unwrap().unwrap();
        assert_eq!((posted.target, posted.persistence), (Target::WrongMethod, Persistence::Close));
        assert_eq!(read("\u{1}\u{2}\r\n\r\n"), Err(Malformed));
    }

    #[test]
    fn credentials_are_checked() {
        let check = |authentication: &Authentication, field: &str| {
            let head = format!("GET /lookup HTTP/1.1\r\n{field}\r\n\r\n");
            HeadReader::new(authentication).read(head.as_bytes()).unwrap().unwrap().credentials
        };
        let these = Authentication::default();
        assert_eq!(check(&these, "authorization: basic dXNlcjpwYXNzd29yZA=="), Credentials::Right);
        assert_eq!(check(&these, "Authorization: Basic dXNlcjpwYXNzd29yZB=="), Credentials::Wrong);
        assert_eq!(check(&these, "Authorization: Bearer dXNlcjpwYXNzd29yZA=="), Credentials::Wrong);
        assert_eq!(check(&these, "Host: a"), Credentials::Wrong);
        assert_eq!(check(&Authentication::Any, "Authorization: Basic YTpi"), Credentials::Right);
        assert_eq!(check(&Authentication::Any, "Authorization: Basic "), Credentials::Wrong);
    }
}
