//! Requests through a proxy, by reqwest.
//!
//! What the protocol never uses is switched off: redirects, proxies of the environment, HTTP/2. Each
//! request has a connection of its own: reqwest does not show what arrives on an idle one, so it
//! could not be known whose answer comes first on it.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};

use super::error::ServiceError;
use super::http_exchange::{HttpResponse, MAX_BODY_BYTES, body_too_long, connection_broken, not_connected};
use super::http_settings::HttpSettings;
use super::{Endpoint, Proxy};
use crate::model::{Billed, Fault, FaultKind};

/// One endpoint, reached through a client that all endpoints share.
#[derive(Debug)]
pub(super) struct ProxiedHttp {
    client: Client,
    url: Url,
}

impl ProxiedHttp {
    pub(super) fn new(client: Client, endpoint: &Endpoint) -> Self {
        Self { client, url: endpoint.lookup_url().clone() }
    }

    /// Sends one request.
    pub(super) async fn send(&self, query: &str) -> Result<HttpResponse, Fault> {
        let mut url = self.url.clone();
        url.set_query(Some(query));
        let response = self.client.execute(Request::new(Method::GET, url)).await;
        let response = response.map_err(|error| transport_fault(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(HttpResponse { status, headers, body: read_body(response).await })
    }
}

/// The client for these settings. Sends nothing.
pub(super) fn client(
    settings: &HttpSettings,
    proxy: &Proxy,
    authorization: HeaderValue,
    tls: Option<rustls::ClientConfig>,
) -> Result<Client, ServiceError> {
    // It fails if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .http1_only()
        .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .connect_timeout(settings.connect_timeout)
        .proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(ServiceError::Client)?);
    let builder = match tls {
        Some(tls) => builder.tls_backend_preconfigured(tls),
        // Without this, a container without CA certificates cannot even use plain HTTP.
        None => builder.tls_certs_only(std::iter::empty()),
    };
    builder.build().map_err(ServiceError::Client)
}

/// Reads the body to its end.
async fn read_body(mut response: Response) -> Result<Bytes, Fault> {
    let mut body = Bytes::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_fault(&error))? {
        body = if body.is_empty() { chunk } else { [body, chunk].concat().into() };
        if body.len() > MAX_BODY_BYTES {
            return Err(body_too_long());
        }
    }
    Ok(body)
}

/// Only a request without a connection was certainly not sent, and so not billed.
fn transport_fault(error: &reqwest::Error) -> Fault {
    if error.is_connect() {
        not_connected(cause(error))
    } else if error.is_timeout() {
        Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None }
    } else {
        connection_broken(cause(error))
    }
}

/// The innermost cause. It contains no URL and therefore no number.
fn cause(error: &reqwest::Error) -> Arc<str> {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::addr_eq(innermost, error) {
        "the request failed".into()
    } else {
        innermost.to_string().into()
    }
}
