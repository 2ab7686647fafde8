//! The service over HTTP/1.1: which way each endpoint is reached, and with whose credentials.
//!
//! What fails says whether the request may have been billed; what to do about it is decided in
//! [`crate::lookup`].

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::plain_http::Direct;
use super::pooled_http::Pooled;
use super::{Endpoint, Service, pooled_http, wire};
use crate::model::{Answer, Fault, Msisdn, ProviderCache};

/// Idle connections are given up before the server does it: a request written into a connection that the
/// server is just closing may or may not have been billed.
pub(super) const POOL_IDLE: Duration = Duration::from_secs(15);

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
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
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

/// The service over HTTP. Connections are kept and used again; share it by reference.
#[derive(Debug)]
pub struct HttpService {
    ways: Vec<Way>,
    names: Vec<String>,
    cache: ProviderCache,
}

/// How an endpoint is reached.
#[derive(Debug)]
enum Way {
    /// Plain HTTP, on connections of our own.
    Direct(Direct),
    /// HTTPS, or through a proxy.
    Pooled(Pooled),
}

impl HttpService {
    /// Sets the client up. Sends nothing.
    pub fn new(settings: &HttpSettings) -> Result<Self, ServiceError> {
        let authorization = basic_authorization(&settings.credentials)?;
        let client = pooled_http::client(settings, authorization.clone())?;
        let way = |endpoint: &Endpoint| match endpoint.is_https() || settings.proxy.is_some() {
            true => Way::Pooled(Pooled::new(client.clone(), endpoint)),
            false => {
                let connect_timeout = settings.connect_timeout;
                Way::Direct(Direct::new(endpoint, authorization.clone(), connect_timeout, POOL_IDLE))
            }
        };
        Ok(Self {
            ways: settings.endpoints.iter().map(way).collect(),
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
        let query = wire::query(msisdn, self.cache);
        let reply = match &self.ways[endpoint] {
            Way::Direct(direct) => direct.ask(&query).await,
            Way::Pooled(pooled) => pooled.ask(&query).await,
        };
        reply?.read()
    }
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
}
