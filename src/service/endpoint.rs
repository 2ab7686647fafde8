//! The addresses of the service: the documented hosts, or any URL.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// The documented port for plain HTTP.
const HTTP_PORT: u16 = 3700;
/// The documented port for HTTPS.
const HTTPS_PORT: u16 = 3701;

/// The provider's servers in Europe, primary first.
const EUROPE: [&str; 2] =
    ["https://http-eu3.clxcommunications.com:3701", "https://http-eu1.clxcommunications.com:3701"];
/// The provider's servers in the United States, primary first.
const UNITED_STATES: [&str; 2] =
    ["https://http-us3.clxcommunications.com:3701", "https://http-us2.clxcommunications.com:3701"];

/// One server of the service, without credentials. Displays as `https://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a text is not a valid endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum EndpointError {
    /// It is neither a known name nor a URL.
    #[error("{0:?} is not a valid endpoint")]
    #[diagnostic(help("write eu, us, simulator, or a URL such as https://lookup.example.com:3701"))]
    NotAUrl(String),
    /// The URL carries a user name or a password.
    #[error("an endpoint must not contain credentials")]
    #[diagnostic(help(
        "remove user name and password from the URL, and put them in HLR_USERNAME and HLR_PASSWORD"
    ))]
    ContainsCredentials,
    /// The URL has more than scheme, host and port.
    #[error("the endpoint {0:?} has a path or a query")]
    #[diagnostic(help("write only scheme, host and port"))]
    ContainsPath(String),
}

impl Endpoint {
    /// The endpoints with this name: two for `eu` and `us`, one for a URL.
    ///
    /// A URL without a port gets the documented one, 3700 for `http` and 3701 for `https`.
    pub fn named(text: &str) -> Result<Vec<Self>, EndpointError> {
        match text {
            "eu" => EUROPE.iter().map(|url| Self::from_url(url)).collect(),
            "us" => UNITED_STATES.iter().map(|url| Self::from_url(url)).collect(),
            url => Ok(vec![Self::from_url(url)?]),
        }
    }

    fn from_url(text: &str) -> Result<Self, EndpointError> {
        let not_a_url = || EndpointError::NotAUrl(without_secrets(text));
        let mut url = Url::parse(text).map_err(|_| not_a_url())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::ContainsCredentials);
        }
        let port = match url.scheme() {
            "http" => HTTP_PORT,
            "https" => HTTPS_PORT,
            _ => return Err(not_a_url()),
        };
        if !url.has_host() {
            return Err(not_a_url());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::ContainsPath(without_secrets(text)));
        }
        if url.port().is_none() && !has_default_port(text) {
            url.set_port(Some(port)).map_err(|()| not_a_url())?;
        }
        url.set_path("/lookup");
        Ok(Self(url))
    }

    /// The address of lookups, `…/lookup`.
    pub(super) fn lookup_url(&self) -> &Url {
        &self.0
    }

    /// Host (an IPv6 address in brackets) and port.
    pub(super) fn host_and_port(&self) -> (&str, u16) {
        let host = self.0.host_str().expect("an endpoint has a host");
        (host, self.0.port_or_known_default().expect("http and https have default ports"))
    }

    /// Whether requests to this endpoint are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the endpoint is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let (host, _) = self.host_and_port();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = self.host_and_port();
        write!(f, "{}://{host}:{port}", self.0.scheme())
    }
}

/// `Url` drops the default port of its scheme (80, 443), even if it was given.
fn has_default_port(text: &str) -> bool {
    let authority = text.split("://").nth(1).unwrap_or_default();
    let authority = authority.trim_end_matches('/');
    authority.ends_with(":80") || authority.ends_with(":443")
}

/// The text without anything before an `@` or after a `?` or `#`, for error messages.
fn without_secrets(text: &str) -> String {
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    shown.rsplit('@').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eu_and_us_are_the_documented_pairs() {
        let shown = |name| Endpoint::named(name).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown("eu"), EUROPE);
        assert_eq!(shown("us"), UNITED_STATES);
    }

    #[test]
    fn a_url_gets_the_documented_port() {
        for (text, expected) in [
            ("http://127.0.0.1", "http://127.0.0.1:3700"),
            ("https://lookup.example.com/", "https://lookup.example.com:3701"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("http://[::1]:9000", "http://[::1]:9000"),
        ] {
            assert_eq!(Endpoint::named(text).unwrap()[0].to_string(), expected);
        }
    }

    #[test]
    fn an_invalid_endpoint_is_refused_and_no_password_is_shown() {
        for text in ["", "europe", "ftp://host", "http://", "user:hunter2@host", "host?p=hunter2"] {
            let error = Endpoint::named(text).unwrap_err();
            assert!(matches!(error, EndpointError::NotAUrl(_)), "{text}: {error:?}");
            assert!(!error.to_string().contains("hunter2"));
        }
        assert_eq!(Endpoint::named("http://user:hunter2@host"), Err(EndpointError::ContainsCredentials));
        let error = Endpoint::named("http://host/lookup?key=hunter2").unwrap_err();
        assert_eq!(error, EndpointError::ContainsPath("http://host/lookup".into()));
    }

    #[test]
    fn loopback_endpoints_are_recognised() {
        for (text, expected) in
            [("http://127.0.0.1", true), ("http://[::1]", true), ("http://localhost", true), ("eu", false)]
        {
            assert_eq!(Endpoint::named(text).unwrap()[0].is_loopback(), expected, "{text}");
        }
    }
}
