//! The Number Lookup service: one request, one answer.
//!
//! [`wire`] reads and writes the texts of the protocol. [`http`] sends requests: plain HTTP on
//! connections of its own (`plain_http`), everything else through reqwest (`pooled_http`).
//!
//! Nothing here knows files, Arrow or retries. A request brings an [`crate::model::Answer`] or a
//! [`crate::model::Fault`], and the fault says whether the request may be billed.

pub mod endpoint;
pub mod error;
pub mod http;
mod http_exchange;
pub mod http_settings;
pub mod lookup_service;
mod plain_http;
mod pooled_http;
pub mod proxy;
pub mod wire;

pub use self::endpoint::{Endpoint, EndpointError};
pub use self::error::ServiceError;
pub use self::http::HttpService;
pub use self::http_settings::{Credentials, HttpSettings};
pub use self::lookup_service::Service;
pub use self::proxy::{InvalidProxy, Proxy};
