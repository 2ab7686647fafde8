//! The service over HTTP/1.1: chooses the transport of each endpoint.
//!
//! A fault says whether the request may be billed. What to do about it is decided in
//! `lookup`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection_pool::ConnectionPool;
use super::connector::Connector;
use super::doubt::Exchanged;
use super::error::ServiceError;
use super::http_settings::HttpSettings;
use super::proxied_http::ProxiedHttp;
use super::{Doubt, Endpoint, Received, Rest, Service, proxied_http, tls, wire};
use crate::model::{Fault, LookupResult, Msisdn, ProviderCache};

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
    /// On connections that this crate drives.
    Direct(Arc<ConnectionPool>),
    Proxied(ProxiedHttp),
}

impl HttpService {
    /// Sets the client up. Sends nothing.
    ///
    /// # Errors
    ///
    /// If credentials, certificates or proxy cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, ServiceError> {
        let authorization = settings.credentials.basic_authorization()?;
        let tls = match settings.endpoints.iter().any(Endpoint::is_https) {
            true => Some(tls::client_config(settings.trusted_certificates.as_deref())?),
            false => None,
        };
        let transports = match &settings.proxy {
            Some(proxy) => {
                let client = proxied_http::client(settings, proxy, authorization, tls)?;
                let proxied = |endpoint| Transport::Proxied(ProxiedHttp::new(client.clone(), endpoint));
                settings.endpoints.iter().map(proxied).collect()
            }
            None => {
                let tls = tls.map(Arc::new);
                let direct = |endpoint| {
                    let connector = Connector::new(endpoint, tls.as_ref(), settings.connect_timeout);
                    let limit = settings.max_connections;
                    Transport::Direct(Arc::new(ConnectionPool::new(
                        endpoint,
                        connector,
                        authorization.clone(),
                        IDLE_TIMEOUT,
                        limit,
                    )))
                };
                settings.endpoints.iter().map(direct).collect()
            }
        };
        let names = settings.endpoints.iter().map(ToString::to_string).collect();
        Ok(Self { transports, names, cache: settings.cache })
    }

    fn pools(&self) -> impl Iterator<Item = (usize, &Arc<ConnectionPool>)> {
        self.transports.iter().enumerate().filter_map(|(endpoint, transport)| match transport {
            Transport::Direct(pool) => Some((endpoint, pool)),
            Transport::Proxied(_) => None,
        })
    }
}

impl Service for HttpService {
    fn endpoints(&self) -> &[String] {
        &self.names
    }

    async fn look_up(&self, endpoint: usize, msisdn: Msisdn) -> Result<Received, Fault> {
        let query = wire::query(msisdn, self.cache);
        let pool = match &self.transports[endpoint] {
            Transport::Direct(pool) => pool,
            Transport::Proxied(proxied) => return Ok(proxied.send(&query).await?.into_answer()?.into()),
        };
        let (response, connection) = pool.send(&query).await?;
        let answers_with_ok = response.status == reqwest::StatusCode::OK;
        let answer = response.into_answer()?;
        // After a refusal the answer may still come.
        if !answers_with_ok || answer.result == LookupResult::RequestThrottled {
            return Ok(answer.into());
        }
        let exchanged = Exchanged { msisdn, answer: answer.clone(), at: Instant::now() };
        Ok(Received { answer, rest: Rest::new(connection, exchanged, pool.clone()) })
    }

    fn take_doubts(&self) -> Vec<(usize, Doubt)> {
        let doubts = |(endpoint, pool): (usize, &Arc<ConnectionPool>)| {
            pool.take_doubts().into_iter().map(move |doubt| (endpoint, doubt))
        };
        self.pools().flat_map(doubts).collect()
    }

    async fn close_idle(&self) {
        for (_, pool) in self.pools() {
            pool.close().await;
        }
    }
}
