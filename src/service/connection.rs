//! One connection: a request, its answer, and whether anything else arrived.
//!
//! Answers of HTTP/1.1 do not name the request that they belong to. The next bytes on a connection
//! are taken for the answer to the next request, whoever they were meant for. So a connection takes
//! a request only while it is known to be quiet.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;

use super::doubt::History;
use super::eager_stream::EagerStream;
use super::http_exchange::{HttpResponse, MAX_BODY_BYTES, body_too_long, connection_broken};
use crate::model::Fault;

/// What bytes go through: a socket, or TLS over one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl Stream for EagerStream {}
impl Stream for tokio_rustls::client::TlsStream<EagerStream> {}

/// A connection and the state machine that drives it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
    socket: EagerStream,
    /// The answers since the connection was last quiet for long.
    pub(super) history: History,
    /// Counts the connection as open.
    _open: OwnedSemaphorePermit,
}

type Http1 = http1::Connection<TokioIo<Box<dyn Stream>>, Empty<Bytes>>;

/// Drives a connection until it ends. It must be dropped then: only dropping it returns a request
/// that it has not accepted.
enum Driver {
    Running(Box<Http1>),
    /// Ended, with the bytes that belong to no answer.
    Ended(Bytes),
}

/// What a connection without a request shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing: it can take a request.
    Quiet,
    /// Its end.
    Closed,
    /// These bytes, which nobody asked for.
    Broken(Bytes),
}

/// Why an exchange has no response.
pub(super) enum ExchangeError {
    /// Nothing was written, so the request can go to another connection.
    Unsent(Box<Request<Empty<Bytes>>>),
    /// Something was written, and nobody knows whether it is billed.
    Sent(Fault),
}

impl Driver {
    /// Makes the progress that is possible now. Returns whether the connection has ended.
    fn advance(&mut self, cx: &mut Context<'_>) -> bool {
        let Self::Running(http1) = self else { return true };
        let has_ended = Pin::new(&mut **http1).poll(cx).is_ready();
        if has_ended {
            let Self::Running(http1) = std::mem::replace(self, Self::Ended(Bytes::new())) else {
                return true;
            };
            *self = Self::Ended(http1.into_parts().read_buf);
        }
        has_ended
    }

    /// Drives the connection until a future that depends on it is ready.
    async fn drive<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // The first poll registers interest with the connection; the second takes what it
            // received.
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            self.advance(cx);
            future.as_mut().poll(cx)
        })
        .await
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Running(_) => "Running",
            Self::Ended(_) => "Ended",
        })
    }
}

impl Connection {
    /// A connection over an opened stream.
    pub(super) async fn over(
        stream: Box<dyn Stream>,
        socket: EagerStream,
        open: OwnedSemaphorePermit,
    ) -> hyper::Result<Self> {
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self {
            sender,
            driver: Driver::Running(Box::new(driver)),
            socket,
            history: History::default(),
            _open: open,
        })
    }

    /// What came with the last answer, or since then as far as the runtime has heard. Does not wait.
    pub(super) fn heard(&mut self) -> Silence {
        let has_ended = self.driver.advance(&mut Context::from_waker(Waker::noop()));
        match &self.driver {
            Driver::Ended(surplus) if !surplus.is_empty() => Silence::Broken(surplus.clone()),
            _ if has_ended => Silence::Closed,
            _ => Silence::Quiet,
        }
    }

    /// What has arrived since the last answer. Asks the system, and does not wait.
    pub(super) fn silence(&mut self) -> Silence {
        if matches!(self.driver, Driver::Running(_)) && !self.socket.has_arrived() {
            return Silence::Quiet;
        }
        self.socket.set_eager(true);
        let silence = self.heard();
        self.socket.set_eager(false);
        silence
    }

    /// Sends a request and reads its response to the end. The connection must be quiet.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<HttpResponse, ExchangeError> {
        if !self.is_ready().await {
            return Err(ExchangeError::Unsent(Box::new(request)));
        }
        let sent = self.sender.try_send_request(request);
        let response = self.driver.drive(sent).await.map_err(|mut failed| match failed.take_message() {
            Some(unsent) => ExchangeError::Unsent(Box::new(unsent)),
            None => ExchangeError::Sent(connection_broken(cause(failed.error()))),
        })?;
        let (head, body) = response.into_parts();
        let body = self.driver.drive(Limited::new(body, MAX_BODY_BYTES).collect()).await;
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
            if driver.advance(cx) {
                return Poll::Ready(false);
            }
            sender.poll_ready(cx).map(|ready| ready.is_ok())
        })
        .await
    }
}

/// The innermost cause. It contains no URL and therefore no number.
fn cause(error: &hyper::Error) -> Arc<str> {
    match std::error::Error::source(error) {
        Some(source) => source.to_string().into(),
        None => error.to_string().into(),
    }
}
