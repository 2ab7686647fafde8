//! Requests through reqwest: HTTPS, proxies, and whatever else a client must know.
//!
//! The client is told what the protocol never does: no redirects, no proxy unless asked for, no HTTP/2. The
//! pool keeps every connection, because how many there are is decided by the gate.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};

use super::exchange::{LONGEST_BODY, Reply, broken, not_connected, too_long};
use super::http::{HttpSettings, POOL_IDLE, ServiceError};
use super::{Endpoint, exchange};
use crate::model::{Billed, Fault, FaultKind};

/// One endpoint, asked through a client that all endpoints share.
#[derive(Debug)]
pub(super) struct Pooled {
    client: Client,
    url: Url,
}

impl Pooled {
    pub(super) fn new(client: Client, endpoint: &Endpoint) -> Self {
        Self { client, url: endpoint.lookup_url().clone() }
    }

    /// Asks once.
    pub(super) async fn ask(&self, query: &str) -> Result<Reply, Fault> {
        let mut url = self.url.clone();
        url.set_query(Some(query));
        let response = self.client.execute(Request::new(Method::GET, url)).await;
        let response = response.map_err(|error| transport_fault(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(exchange::Reply { status, headers, body: whole_body(response).await })
    }
}

/// The client for these settings. Sends nothing.
pub(super) fn client(settings: &HttpSettings, authorization: HeaderValue) -> Result<Client, ServiceError> {
    // A second call finds the provider installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .http1_only()
        .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(POOL_IDLE)
        .connect_timeout(settings.connect_timeout)
        .no_proxy();
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(ServiceError::Client)?);
    }
    if !settings.endpoints.iter().any(Endpoint::is_https) {
        // Without this a container without CA certificates could not even speak plain HTTP.
        builder = builder.tls_certs_only(std::iter::empty());
    } else if let Some(pem) = &settings.trusted_certificates {
        let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
        builder = builder.tls_certs_only(certificates.map_err(ServiceError::UnusableCertificates)?);
    }
    builder.build().map_err(ServiceError::Client)
}

/// The body to its end, so that the connection can be used again.
async fn whole_body(mut response: Response) -> Result<Bytes, Fault> {
    let mut body = Bytes::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_fault(&error))? {
        body = if body.is_empty() { chunk } else { [body, chunk].concat().into() };
        if body.len() > LONGEST_BODY {
            return Err(too_long());
        }
    }
    Ok(body)
}

/// What a failed exchange means for money: only a request that found no connection was surely not sent.
fn transport_fault(error: &reqwest::Error) -> Fault {
    if error.is_connect() {
        not_connected(cause(error))
    } else if error.is_timeout() {
        Fault { kind: FaultKind::Stalled, billed: Billed::Maybe, retry_after: None }
    } else {
        broken(cause(error))
    }
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
