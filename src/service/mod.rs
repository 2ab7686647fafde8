//! The Number Lookup service: one request, one word back.
//!
//! [`wire`] knows the texts, [`http`] carries them: plain HTTP on connections of our own (`direct`), the rest
//! through reqwest (`pooled`). What lives here knows neither files nor Arrow nor
//! retries: a request brings an [`Answer`] or a [`Fault`], and the fault says whether it may have cost
//! money.

pub mod endpoint;
mod exchange;
pub mod http;
mod plain_http;
mod pooled_http;
pub mod wire;

use crate::model::{Answer, Fault, Msisdn};

pub use reqwest::Url;

pub use endpoint::{Endpoint, EndpointError};
pub use http::{Credentials, HttpService, HttpSettings, ServiceError};

/// Something that can be asked about a number, at one or more endpoints.
pub trait Service: Send + Sync + 'static {
    /// The endpoints in order of preference, as people may see them. Never empty.
    fn endpoints(&self) -> &[String];

    /// Asks one endpoint about one number, once. No retries, no waiting for a turn.
    ///
    /// The future may be dropped at any time; whether the request was billed is then unknown.
    fn look_up(&self, endpoint: usize, msisdn: Msisdn) -> impl Future<Output = Result<Answer, Fault>> + Send;
}
