//! The HTTP proxy of requests.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// An HTTP proxy, such as `http://proxy.example.com:3128`. Shown without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(Url);

/// The text is not the URL of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("this is not a URL of a proxy")]
#[diagnostic(help("write http://proxy.example.com:3128"))]
pub struct InvalidProxy;

impl Proxy {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether the URL carries a user name or a password.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| InvalidProxy)?;
        match matches!(url.scheme(), "http" | "https") && url.has_host() {
            true => Ok(Self(url)),
            false => Err(InvalidProxy),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().expect("a proxy has a host");
        write!(f, "{}://{host}", self.0.scheme())?;
        match self.0.port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_used_and_not_shown() {
        let proxy: Proxy = "http://ada:hunter2@proxy.example.com:3128".parse().unwrap();
        assert!(proxy.has_credentials());
        assert_eq!(proxy.url().password(), Some("hunter2"));
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "http://proxy.example.com:3128 Proxy(http://proxy.example.com:3128)"
        );
    }

    #[test]
    fn what_is_no_url_of_a_proxy_is_refused() {
        for text in ["", "proxy", "proxy.example.com:3128", "ftp://proxy", "http://"] {
            assert_eq!(text.parse::<Proxy>(), Err(InvalidProxy), "{text}");
        }
    }
}
