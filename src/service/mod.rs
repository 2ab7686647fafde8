//! The Number Lookup service: one request, one answer.
//!
//! [`wire`] reads and writes the texts of the protocol. [`http`] sends requests: on connections of its
//! own (`connection_pool`), or through a proxy by reqwest (`proxied_http`).
//!
//! Nothing here knows files, Arrow or retries. A request brings an [`crate::model::Answer`] or a
//! [`crate::model::Fault`], and the fault says whether the request may be billed.

mod connection;
mod connection_pool;
mod connector;
mod doubt;
mod eager_stream;
pub mod endpoint;
pub mod error;
pub mod http;
mod http_exchange;
pub mod http_settings;
pub mod lookup_service;
mod proxied_http;
pub mod proxy;
mod rest;
pub(crate) mod tls;
pub mod wire;

pub use self::doubt::Doubt;
pub use self::endpoint::{Endpoint, EndpointError};
pub use self::error::ServiceError;
pub use self::http::HttpService;
pub use self::http_settings::{Credentials, HttpSettings};
pub use self::lookup_service::{Received, Service};
pub use self::proxy::{InvalidProxy, Proxy};
pub use self::rest::Rest;
