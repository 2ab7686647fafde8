//! Requests over plain HTTP, on connections that are driven here.
//!
//! For `http://` without a proxy, one task per lookup writes, reads and parses, directly on hyper's
//! connections. That saves a pool task, a second task per connection, and a second parse of a URL;
//! compared with reqwest this halves the CPU time of a lookup. TLS and proxies are in
//! [`super::pooled_http`].

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Endpoint;
use super::http_exchange::{HttpResponse, MAX_BODY_BYTES, body_too_long, connection_broken, not_connected};
use crate::model::Fault;
use crate::sync;

/// Connections to one endpoint. An idle connection waits for the next request; the one used last is
/// taken first.
#[derive(Debug)]
pub(super) struct PlainHttp {
    host: String,
    port: u16,
    host_header: HeaderValue,
    authorization: HeaderValue,
    connect_timeout: Duration,
    /// How long an idle connection is kept. Shorter than the server's own limit.
    idle_timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// A connection and the state machine that drives it.
#[derive(Debug)]
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
    last_used: Instant,
}

/// Drives a connection; `None` once the connection has ended. It must be dropped then: only
/// dropping it returns a request that it has not accepted.
type Driver = Option<Pin<Box<http1::Connection<TokioIo<TcpStream>, Empty<Bytes>>>>>;

/// Makes the progress that is possible now. Returns whether the connection has ended.
fn advance(driver: &mut Driver, cx: &mut Context<'_>) -> bool {
    let ended = driver.as_mut().is_none_or(|driver| driver.as_mut().poll(cx).is_ready());
    if ended {
        *driver = None;
    }
    ended
}

impl PlainHttp {
    pub(super) fn new(
        endpoint: &Endpoint,
        authorization: HeaderValue,
        connect_timeout: Duration,
        idle_timeout: Duration,
    ) -> Self {
        let (host, port) = endpoint.host_and_port();
        let host_header = HeaderValue::try_from(format!("{host}:{port}"));
        Self {
            host_header: host_header.expect("the host of a URL has only header characters"),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authorization,
            connect_timeout,
            idle_timeout,
            idle: Mutex::default(),
        }
    }

    /// Sends one request. If the server has closed an idle connection and nothing was written to
    /// it, the request goes to another connection.
    pub(super) async fn send(&self, query: &str) -> Result<HttpResponse, Fault> {
        let mut request = self.request(query);
        loop {
            let (mut connection, age) = match self.take_idle() {
                Some(connection) => (connection, Age::Used),
                None => (self.connect().await?, Age::New),
            };
            match connection.exchange(request).await {
                Ok(response) => {
                    self.put_back(connection);
                    return Ok(response);
                }
                Err(ExchangeError::Unsent(unsent)) if age == Age::Used => request = *unsent,
                Err(ExchangeError::Unsent(_)) => {
                    return Err(not_connected("closed before the request was sent".into()));
                }
                Err(ExchangeError::Sent(fault)) => return Err(fault),
            }
        }
    }

    fn request(&self, query: &str) -> Request<Empty<Bytes>> {
        let target = PathAndQuery::from_maybe_shared(Bytes::from(["/lookup?", query].concat()));
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::from(target.expect("digits are valid in a path"));
        request.headers_mut().insert(HOST, self.host_header.clone());
        request.headers_mut().insert(AUTHORIZATION, self.authorization.clone());
        request
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = tokio::time::timeout(self.connect_timeout, connecting)
            .await
            .map_err(|_| not_connected("no answer within the connect timeout".into()))?
            .map_err(|error| not_connected(error.to_string().into()))?;
        // Without it, small requests wait for acknowledgements. If it fails, the socket is only
        // slower.
        let _ = stream.set_nodelay(true);
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| not_connected(error.to_string().into()))?;
        Ok(Connection { sender, driver: Some(Box::pin(driver)), last_used: Instant::now() })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = sync::lock(&self.idle);
        let connection = idle.pop()?;
        if connection.last_used.elapsed() > self.idle_timeout {
            // The connections below are older.
            idle.clear();
            return None;
        }
        Some(connection)
    }

    fn put_back(&self, mut connection: Connection) {
        if connection.driver.is_some() {
            connection.last_used = Instant::now();
            sync::lock(&self.idle).push(connection);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    New,
    Used,
}

enum ExchangeError {
    /// Nothing was written, so the request can go to another connection.
    Unsent(Box<Request<Empty<Bytes>>>),
    /// Something was written, and nobody knows whether it is billed.
    Sent(Fault),
}

impl Connection {
    async fn exchange(&mut self, request: Request<Empty<Bytes>>) -> Result<HttpResponse, ExchangeError> {
        if !self.is_ready().await {
            return Err(ExchangeError::Unsent(Box::new(request)));
        }
        let sent = self.sender.try_send_request(request);
        let response =
            drive(&mut self.driver, sent).await.map_err(|mut failed| match failed.take_message() {
                Some(unsent) => ExchangeError::Unsent(Box::new(unsent)),
                None => ExchangeError::Sent(connection_broken(cause(failed.error()))),
            })?;
        let (head, body) = response.into_parts();
        let body = drive(&mut self.driver, Limited::new(body, MAX_BODY_BYTES).collect()).await;
        let body =
            body.map(|whole| whole.to_bytes()).map_err(|error| match error.downcast_ref::<hyper::Error>() {
                Some(error) => connection_broken(cause(error)),
                None => body_too_long(),
            });
        Ok(HttpResponse { status: head.status, headers: head.headers, body })
    }

    /// Whether the connection can take a request. If the server has closed it, it cannot.
    async fn is_ready(&mut self) -> bool {
        let Self { sender, driver, .. } = self;
        poll_fn(|cx| {
            if advance(driver, cx) {
                return Poll::Ready(false);
            }
            sender.poll_ready(cx).map(|ready| ready.is_ok())
        })
        .await
    }
}

/// Drives a connection until a future that depends on it is ready.
async fn drive<T>(driver: &mut Driver, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // The first poll registers interest with the connection; the second takes what it received.
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        advance(driver, cx);
        future.as_mut().poll(cx)
    })
    .await
}

/// The innermost cause. It contains no URL and therefore no number.
fn cause(error: &hyper::Error) -> Arc<str> {
    match std::error::Error::source(error) {
        Some(source) => source.to_string().into(),
        None => error.to_string().into(),
    }
}
