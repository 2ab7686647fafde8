//! One request over HTTP/1.1, by reqwest.
//!
//! The client is told what the protocol never does: no redirects, no proxy unless asked for, no
//! HTTP/2. The pool keeps every connection, because how many there are is decided by the gate.
//! What fails here says whether the request may have been billed; what to do about it is decided in
//! [`crate::lookup`].

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use super::wire::{self, ProviderCache};
use super::{Endpoint, Service};
use crate::answer::{Answer, Billed, Fault, FaultKind, LookupResult};
use crate::msisdn::Msisdn;

/// A body longer than this is no answer; the documented ones have at most some 50 bytes.
const LONGEST_BODY: usize = 64 * 1024;
/// The pool gives idle connections up before the server does: a request written into a connection that
/// the server is just closing may or may not have been billed.
const POOL_IDLE: Duration = Duration::from_secs(15);
/// No patience is asked for that is longer than this, whatever `Retry-After` says.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// User name and password of the account. Shown nowhere.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name.
    pub username: SecretString,
    /// The password.
    pub password: SecretString,
}

/// How requests are made.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The endpoints in order of preference; not empty.
    pub endpoints: Vec<Endpoint>,
    /// The account.
    pub credentials: Credentials,
    /// Whether the provider may answer from its cache.
    pub cache: ProviderCache,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// PEM text of certificates to trust instead of the system's, for `https` endpoints.
    pub trusted_certificates: Option<String>,
    /// The proxy to go through; without one the environment's proxies are ignored too.
    pub proxy: Option<Url>,
}

/// Why the HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The credentials have characters that no header can carry.
    #[error("the user name must not contain a colon, nor user name and password line ends")]
    UnusableCredentials,
    /// The PEM text has no certificate in it.
    #[error("the certificate file holds no readable PEM certificate")]
    UnusableCertificates(#[source] reqwest::Error),
    /// The TLS library or the proxy setting refused.
    #[error(
        "the HTTPS client cannot be set up; on a machine without CA certificates install them or name a ca_file"
    )]
    Client(#[source] reqwest::Error),
}

/// The service over HTTP. Connections are pooled; cloning is not needed, share it by reference.
#[derive(Debug)]
pub struct HttpService {
    client: Client,
    urls: Vec<Url>,
    names: Vec<String>,
    cache: ProviderCache,
}

impl HttpService {
    /// Sets the client up. Sends nothing.
    pub fn new(settings: &HttpSettings) -> Result<Self, ServiceError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, basic_authorization(&settings.credentials)?);
        Ok(Self {
            client: client(settings, headers)?,
            urls: settings.endpoints.iter().map(|endpoint| endpoint.lookup_url().clone()).collect(),
            names: settings.endpoints.iter().map(ToString::to_string).collect(),
            cache: settings.cache,
        })
    }
}

impl Service for HttpService {
    fn endpoints(&self) -> &[String] {
        &self.names
    }

    async fn look_up(&self, endpoint: usize, msisdn: Msisdn) -> Result<Answer, Fault> {
        let mut url = self.urls[endpoint].clone();
        url.set_query(Some(&wire::query(msisdn, self.cache)));
        let response = self
            .client
            .execute(Request::new(Method::GET, url))
            .await
            .map_err(|error| transport_fault(&error))?;
        read_response(response).await
    }
}

fn client(settings: &HttpSettings, headers: HeaderMap) -> Result<Client, ServiceError> {
    let mut builder = Client::builder()
        .http1_only()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(POOL_IDLE)
        .connect_timeout(settings.connect_timeout)
        .no_proxy();
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(ServiceError::Client)?);
    }
    if settings.endpoints.iter().any(Endpoint::is_https) {
        // A second call finds the provider installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if let Some(pem) = &settings.trusted_certificates {
            let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(ServiceError::UnusableCertificates)?;
            builder = builder.tls_certs_only(certificates);
        }
    } else {
        // Without this a container without CA certificates could not even speak plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        builder = builder.tls_certs_only(std::iter::empty());
    }
    builder.build().map_err(ServiceError::Client)
}

fn basic_authorization(credentials: &Credentials) -> Result<HeaderValue, ServiceError> {
    let (username, password) = (credentials.username.expose_secret(), credentials.password.expose_secret());
    if username.contains(':') || [username, password].iter().any(|text| text.contains(['\r', '\n'])) {
        return Err(ServiceError::UnusableCredentials);
    }
    let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
    let mut header =
        HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 is made of header characters");
    header.set_sensitive(true);
    Ok(header)
}

async fn read_response(response: Response) -> Result<Answer, Fault> {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let body = whole_body(response).await;
    if status == StatusCode::OK {
        let answer = wire::read_body(&body?);
        return answer.map_err(|wire::NoAnswer(excerpt)| Fault {
            kind: FaultKind::Nonsense(excerpt.into()),
            billed: Billed::Maybe,
            retry_after: None,
        });
    }
    let kind = match status {
        StatusCode::UNAUTHORIZED => FaultKind::Unauthorized,
        StatusCode::FORBIDDEN => FaultKind::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => FaultKind::TooManyRequests,
        _ => {
            // Results 16 to 18 may come with a 4xx status.
            let answer = body.ok().and_then(|body| wire::read_body(&body).ok());
            let sentence = answer.filter(|answer| is_sentence(&answer.result));
            match sentence {
                Some(answer) if status.is_client_error() => return Ok(answer),
                _ => FaultKind::HttpStatus(status.as_u16()),
            }
        }
    };
    Err(Fault { kind, billed: billed_with_status(status), retry_after })
}

/// A gateway that answers for a silent server cannot say whether the server had got the question.
fn billed_with_status(status: StatusCode) -> Billed {
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        Billed::Maybe
    } else {
        Billed::No
    }
}

fn is_sentence(result: &LookupResult) -> bool {
    matches!(
        result,
        LookupResult::MandatoryParameterMissing
            | LookupResult::RangeNotAccepted
            | LookupResult::MsisdnInvalid
    )
}

/// The body to its end, so that the connection can be used again.
async fn whole_body(mut response: Response) -> Result<Bytes, Fault> {
    let mut body = Bytes::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_fault(&error))? {
        body = if body.is_empty() { chunk } else { [body, chunk].concat().into() };
        if body.len() > LONGEST_BODY {
            let kind = FaultKind::Nonsense("a body of more than 64 KiB".into());
            return Err(Fault { kind, billed: Billed::Maybe, retry_after: None });
        }
    }
    Ok(body)
}

/// What a failed exchange means for money: only a request that found no connection was surely not sent.
fn transport_fault(error: &reqwest::Error) -> Fault {
    let (kind, billed) = if error.is_connect() {
        (FaultKind::NotConnected(cause(error)), Billed::No)
    } else if error.is_timeout() {
        (FaultKind::Stalled, Billed::Maybe)
    } else {
        (FaultKind::Broken(cause(error)), Billed::Maybe)
    };
    Fault { kind, billed, retry_after: None }
}

/// The innermost cause, which names no URL and therefore no number.
fn cause(error: &reqwest::Error) -> Arc<str> {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::addr_eq(innermost, error) {
        "the exchange failed".into()
    } else {
        innermost.to_string().into()
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

    #[test]
    fn the_authorization_is_the_documents_own() {
        let credentials = Credentials { username: "user".into(), password: "password".into() };
        let header = basic_authorization(&credentials).unwrap();
        assert_eq!(header.as_bytes(), b"Basic dXNlcjpwYXNzd29yZA==");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_colon_in_the_user_name_is_refused() {
        let credentials = Credentials { username: "a:b".into(), password: "c".into() };
        assert!(basic_authorization(&credentials).is_err());
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
