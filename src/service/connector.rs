//! Opens connections: all addresses of a host are tried, and TLS is set up where it is asked for.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::Endpoint;
use super::connection::{Connection, Stream};
use super::eager_stream::EagerStream;
use super::http_exchange::{local, not_connected};
use super::tls;
use crate::model::Fault;

/// Opens connections to one endpoint.
#[derive(Clone)]
pub(super) struct Connector {
    /// Tries a second address when the first does not answer at once (RFC 8305).
    http: HttpConnector<GaiResolver>,
    uri: Uri,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Connector {
    pub(super) fn new(
        endpoint: &Endpoint,
        tls: Option<&Arc<rustls::ClientConfig>>,
        timeout: Duration,
    ) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        // Without it, small requests wait for acknowledgements.
        http.set_nodelay(true);
        http.set_happy_eyeballs_timeout(Some(FIRST_ADDRESS_HEAD_START));
        let uri = endpoint.lookup_url().as_str().parse().expect("a URL is a URI");
        let name = endpoint.host_and_port().0.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = tls.filter(|_| endpoint.is_https()).map(|config| {
            let name = ServerName::try_from(name).expect("the host of a URL is a name or an address");
            (TlsConnector::from(config.clone()), name)
        });
        Self { http, uri, tls, timeout }
    }

    /// A new connection. `open` counts it until it is closed.
    pub(super) async fn connect(&self, open: OwnedSemaphorePermit) -> Result<Connection, Fault> {
        let connecting = tokio::time::timeout(self.timeout, self.open(open));
        connecting.await.map_err(|_| not_connected("no answer within the connect timeout".into()))?
    }

    async fn open(&self, open: OwnedSemaphorePermit) -> Result<Connection, Fault> {
        let connected = self.http.clone().call(self.uri.clone()).await;
        let socket: TcpStream = connected.map_err(|error| unreachable_fault(&error))?.into_inner();
        let socket = EagerStream::new(socket);
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(socket.clone()),
            Some((tls, name)) => {
                let secured = tls.connect(name.clone(), socket.clone()).await;
                Box::new(secured.map_err(|error| not_connected(tls::explain(&error, name).into()))?)
            }
        };
        let opened = Connection::over(stream, socket, open).await;
        opened.map_err(|error| not_connected(error.to_string().into()))
    }
}

/// How long the first address of a host is alone in being tried.
const FIRST_ADDRESS_HEAD_START: Duration = Duration::from_millis(250);

/// What this machine lacks is not the endpoint's fault.
fn unreachable_fault(error: &(dyn Error + 'static)) -> Fault {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let cause = innermost.to_string().into();
    match innermost.downcast_ref::<io::Error>() {
        Some(fault) if is_local(fault) => local(cause),
        _ => not_connected(cause),
    }
}

/// Too many open files, no free port, no buffer space, no memory.
fn is_local(fault: &io::Error) -> bool {
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    const NO_BUFFER_SPACE: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };
    let code = fault.raw_os_error();
    matches!(fault.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory)
        || code.is_some_and(|code| TOO_MANY_FILES.contains(&code) || code == NO_BUFFER_SPACE)
}
