//! Requests over plain HTTP, on connections of our own.
//!
//! For `http://` without a proxy, hyper's connections are driven here, directly: a lookup is one task that
//! writes, reads and parses, with no pool task, no second task a connection, and no second parse of a URL.
//! Against reqwest on the same machine this halves the CPU of a lookup. Everything else that a client needs
//! (TLS, proxies) is in [`super::pooled`].

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
use super::exchange::{LONGEST_BODY, Reply, broken, not_connected, too_long};
use crate::model::Fault;
use crate::sync;

/// Connections to one endpoint. Those that are idle wait for the next request, the last used first.
#[derive(Debug)]
pub(super) struct Direct {
    host: String,
    port: u16,
    host_header: HeaderValue,
    authorization: HeaderValue,
    connect_timeout: Duration,
    /// An idle connection older than this is given up, before the server does it.
    idle_timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// A connection and the state machine that moves its bytes.
#[derive(Debug)]
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
    last_used: Instant,
}

/// Moves the bytes of a connection; `None` once the connection is over. It must be dropped then: only that
/// gives back a request which it had not taken up.
type Driver = Option<Pin<Box<http1::Connection<TokioIo<TcpStream>, Empty<Bytes>>>>>;

/// Moves what can be moved now. Returns whether the connection is over.
fn advance(driver: &mut Driver, cx: &mut Context<'_>) -> bool {
    let over = driver.as_mut().is_none_or(|driver| driver.as_mut().poll(cx).is_ready());
    if over {
        *driver = None;
    }
    over
}

impl Direct {
    pub(super) fn new(
        endpoint: &Endpoint,
        authorization: HeaderValue,
        connect_timeout: Duration,
        idle_timeout: Duration,
    ) -> Self {
        let (host, port) = endpoint.host_and_port();
        let host_header = HeaderValue::try_from(format!("{host}:{port}"));
        Self {
            host_header: host_header.expect("a URL's host is made of header characters"),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authorization,
            connect_timeout,
            idle_timeout,
            idle: Mutex::default(),
        }
    }

    /// Asks once. A connection that the server had closed meanwhile is replaced when nothing was written to it.
    pub(super) async fn ask(&self, query: &str) -> Result<Reply, Fault> {
        let mut request = self.request(query);
        loop {
            let (mut connection, age) = match self.take_idle() {
                Some(connection) => (connection, Age::Used),
                None => (self.connect().await?, Age::New),
            };
            match connection.exchange(request).await {
                Ok(reply) => {
                    self.put_back(connection);
                    return Ok(reply);
                }
                Err(Failure::Unsent(unsent)) if age == Age::Used => request = *unsent,
                Err(Failure::Unsent(_)) => return Err(not_connected("closed before the request".into())),
                Err(Failure::Sent(fault)) => return Err(fault),
            }
        }
    }

    fn request(&self, query: &str) -> Request<Empty<Bytes>> {
        let target = PathAndQuery::from_maybe_shared(Bytes::from(["/lookup?", query].concat()));
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::from(target.expect("digits make a path"));
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
        // Without it small requests wait for acknowledgements; a socket that refuses is only slower.
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
            // Those below it are older still.
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

enum Failure {
    /// Nothing was written: the request can go elsewhere.
    Unsent(Box<Request<Empty<Bytes>>>),
    /// Something was written, and what came of it is not known.
    Sent(Fault),
}

impl Connection {
    async fn exchange(&mut self, request: Request<Empty<Bytes>>) -> Result<Reply, Failure> {
        if !self.is_ready().await {
            return Err(Failure::Unsent(Box::new(request)));
        }
        let sent = self.sender.try_send_request(request);
        let response =
            drive(&mut self.driver, sent).await.map_err(|mut failed| match failed.take_message() {
                Some(unsent) => Failure::Unsent(Box::new(unsent)),
                None => Failure::Sent(broken(cause(failed.error()))),
            })?;
        let (head, body) = response.into_parts();
        let body = drive(&mut self.driver, Limited::new(body, LONGEST_BODY).collect()).await;
        let body =
            body.map(|whole| whole.to_bytes()).map_err(|error| match error.downcast_ref::<hyper::Error>() {
                Some(error) => broken(cause(error)),
                None => too_long(),
            });
        Ok(Reply { status: head.status, headers: head.headers, body })
    }

    /// Whether the connection can take a request; one that the server has closed cannot.
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

/// Waits for something that a connection brings, and moves the connection's bytes meanwhile.
async fn drive<T>(driver: &mut Driver, wanted: impl Future<Output = T>) -> T {
    let mut wanted = pin!(wanted);
    poll_fn(|cx| {
        // Asking first tells the connection that something is wanted; asking again takes what it then brought.
        if let Poll::Ready(brought) = wanted.as_mut().poll(cx) {
            return Poll::Ready(brought);
        }
        advance(driver, cx);
        wanted.as_mut().poll(cx)
    })
    .await
}

/// The innermost cause, which names no URL and therefore no number.
fn cause(error: &hyper::Error) -> Arc<str> {
    match std::error::Error::source(error) {
        Some(source) => source.to_string().into(),
        None => error.to_string().into(),
    }
}
