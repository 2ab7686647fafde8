//! How requests are made, and with whose credentials.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::error::ServiceError;
use super::{Endpoint, Proxy};
use crate::model::ProviderCache;

/// User name and password of the account. Never displayed.
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
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// PEM text of certificates to trust instead of the system's, for `https` endpoints.
    pub trusted_certificates: Option<String>,
    /// How many connections to one endpoint may be open, resting ones included; at least one. A
    /// connection rests for 5 ms after each answer.
    pub max_connections: usize,
    /// The proxy to use. If it is `None`, the environment's proxies are ignored too.
    pub proxy: Option<Proxy>,
}

impl Credentials {
    /// The `Authorization` header for HTTP Basic authentication (RFC 7617).
    pub(super) fn basic_authorization(&self) -> Result<HeaderValue, ServiceError> {
        let (username, password) = (self.username.expose_secret(), self.password.expose_secret());
        if username.contains(':') || [username, password].iter().any(|text| text.contains(['\r', '\n'])) {
            return Err(ServiceError::UnusableCredentials);
        }
        let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
        let mut header =
            HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 has only header characters");
        header.set_sensitive(true);
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_header_is_the_one_in_the_providers_documents() {
        let credentials = Credentials { username: "user".into(), password: "password".into() };
        let header = credentials.basic_authorization().unwrap();
        assert_eq!(header.as_bytes(), b"Basic dXNlcjpwYXNzd29yZA==");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_colon_in_the_user_name_is_refused() {
        let credentials = Credentials { username: "a:b".into(), password: "c".into() };
        assert!(credentials.basic_authorization().is_err());
    }
}
