//! The HTTP client of object stores: ours, with the proxy and the certificates of the user.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::{ClientConfigKey, ClientOptions};

use super::settings::StorageSettings;
use crate::model::BoxError;
use crate::service::{ServiceError, tls};

/// A machine that does not answer within this time cannot be reached.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A store that sends nothing for so long has stalled.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Where clouds tell a machine its credentials; a proxy would tell it its own. The loopback is this
/// machine.
const METADATA_HOSTS: &str =
    "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23,metadata.google.internal";

/// Makes clients with our own settings.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    client: reqwest::Client,
}

#[derive(Debug)]
struct Service {
    client: reqwest::Client,
    /// Whether credentials and rows may go over plain HTTP to other machines.
    allows_http: bool,
}

impl Connector {
    pub(super) fn new(settings: &StorageSettings) -> Result<Self, ServiceError> {
        // It fails if a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .user_agent(concat!("hlr/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .no_proxy();
        builder = match tls::client_config_for_stores(settings.trusted_certificates.as_deref())? {
            Some(tls) => builder.tls_backend_preconfigured(tls),
            None => builder.tls_certs_only(std::iter::empty()),
        };
        if let Some(proxy) = &settings.proxy {
            let proxy = reqwest::Proxy::all(proxy.url().clone()).map_err(ServiceError::Client)?;
            builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(METADATA_HOSTS)));
        }
        Ok(Self { client: builder.build().map_err(ServiceError::Client)? })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allows_http =
            options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(Service { client: self.client.clone(), allows_http }))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url: reqwest::Url = parts
            .uri
            .to_string()
            .parse()
            .map_err(|invalid| HttpError::new_boxed(HttpErrorKind::Unknown, Box::new(invalid)))?;
        if url.scheme() == "http" && !self.allows_http && !is_this_machine_or_its_host(&url) {
            let refused = "plain HTTP is refused; allow it with AWS_ALLOW_HTTP, AZURE_ALLOW_HTTP or \
                           GOOGLE_ALLOW_HTTP set to true";
            return Err(HttpError::new_boxed(HttpErrorKind::Unknown, BoxError::from(refused)));
        }
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(reqwest::Body::wrap(body));
        let response = self.client.execute(request).await.map_err(http_error)?;
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(http_error))))
    }
}

/// The loopback, and the link-local addresses at which clouds have their metadata.
fn is_this_machine_or_its_host(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_near = match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(std::net::IpAddr::V6(address)) => address.is_loopback() || address.segments()[0] == 0xfd00,
        Err(_) => false,
    };
    is_near || host == "localhost" || host.ends_with(".localhost") || host == "metadata.google.internal"
}

/// Whether a request may be sent again depends on how it failed.
fn http_error(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else {
        kind_by_cause(&error)
    };
    HttpError::new_boxed(kind, Box::new(error))
}

fn kind_by_cause(error: &reqwest::Error) -> HttpErrorKind {
    let mut cause = error.source();
    while let Some(fault) = cause {
        if let Some(fault) = fault.downcast_ref::<hyper::Error>() {
            if fault.is_closed() || fault.is_incomplete_message() || fault.is_body_write_aborted() {
                return HttpErrorKind::Request;
            }
            if fault.is_timeout() {
                return HttpErrorKind::Timeout;
            }
        }
        if fault.is::<std::io::Error>() {
            return HttpErrorKind::Interrupted;
        }
        cause = fault.source();
    }
    HttpErrorKind::Unknown
}
