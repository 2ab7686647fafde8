//! The service over HTTP/1.1: chooses the transport of each endpoint.
//!
//! A fault says whether the request may be billed. What to do about it is decided in
//! `lookup`.

use std::time::Duration;

use super::error::ServiceError;
use super::http_settings::HttpSettings;
use super::plain_http::PlainHttp;
use super::pooled_http::PooledHttp;
use super::{Endpoint, Service, pooled_http, wire};
use crate::model::{Answer, Fault, Msisdn, ProviderCache};

/// Idle connections are closed before the server closes them: if a request is written to a
/// connection that the server is closing, nobody knows whether it is billed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The service over HTTP. It keeps connections and uses them again, so share it by reference.
#[derive(Debug)]
pub struct HttpService {
    transports: Vec<Transport>,
    names: Vec<String>,
    cache: ProviderCache,
}

/// How requests reach an endpoint.
#[derive(Debug)]
enum Transport {
    /// Plain HTTP, on connections that this crate drives.
    Plain(PlainHttp),
    /// HTTPS, or through a proxy.
    Pooled(PooledHttp),
}

impl HttpService {
    /// Sets the client up. Sends nothing.
    ///
    /// # Errors
    ///
    /// If credentials, certificates or proxy cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, ServiceError> {
        let authorization = settings.credentials.basic_authorization()?;
        let client = pooled_http::client(settings, authorization.clone(), IDLE_TIMEOUT)?;
        let transport = |endpoint: &Endpoint| match endpoint.is_https() || settings.proxy.is_some() {
            true => Transport::Pooled(PooledHttp::new(client.clone(), endpoint)),
            false => {
                let connect_timeout = settings.connect_timeout;
                Transport::Plain(PlainHttp::new(
                    endpoint,
                    authorization.clone(),
                    connect_timeout,
                    IDLE_TIMEOUT,
                ))
            }
        };
        Ok(Self {
            transports: settings.endpoints.iter().map(transport).collect(),
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
        let response = match &self.transports[endpoint] {
            Transport::Plain(plain) => plain.send(&query).await,
            Transport::Pooled(pooled) => pooled.send(&query).await,
        };
        response?.into_answer()
    }
}
