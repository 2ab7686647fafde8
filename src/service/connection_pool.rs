//! The connections to one endpoint.
//!
//! After each answer a connection rests. If anything arrives in the first milliseconds, the answer
//! is in doubt, and the connection is closed. It takes its next request only when nothing has
//! arrived for as long as this endpoint takes to answer: by then, an answer that nobody waits for
//! is there. Further connections are opened in the meantime, up to a limit; beyond it a connection
//! rests only for the first milliseconds, unless something has arrived before that nobody asked
//! for. What arrives later is found before the next request, after its answer, or when the pool is
//! closed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Uri};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Endpoint;
use super::connection::{Connection, ExchangeError, Silence};
use super::connector::Connector;
use super::doubt::{Doubt, Exchanged};
use super::http_exchange::{HttpResponse, not_connected};
use crate::model::Fault;
use crate::sync;

/// How long a connection rests after an answer. A second answer to the same request most often
/// comes with the first, or a few milliseconds later.
pub(super) const REST: Duration = Duration::from_millis(5);

/// The longest rest before a connection is used again, however slow the endpoint is.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// What arrives later than this after an answer of a quick endpoint is not expected.
const SHORTEST_LONG_REST: Duration = Duration::from_millis(100);

/// After no more answers than this, connections are closed without a rest.
const FEW_ANSWERS: u64 = 20;

/// The connections to one endpoint.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    connector: Connector,
    host_header: HeaderValue,
    authorization: HeaderValue,
    /// How long an idle connection is kept. Shorter than the server's own limit.
    idle_timeout: Duration,
    /// The one that has rested longest is first.
    idle: Mutex<VecDeque<Idle>>,
    /// How long the slowest answer took, in microseconds. Forgotten slowly.
    slowest: AtomicU64,
    answers: AtomicU64,
    /// Whether something arrived that nobody had asked for.
    is_careful: AtomicBool,
    /// How many further connections may be opened.
    may_open: Arc<Semaphore>,
    /// A connection has rested, or is closed.
    returned: Notify,
    /// Answers that were taken for good before something arrived after them.
    doubts: Mutex<Vec<Doubt>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    /// When its last answer came.
    since: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    New,
    Used,
}

impl ConnectionPool {
    pub(super) fn new(
        endpoint: &Endpoint,
        connector: Connector,
        authorization: HeaderValue,
        idle_timeout: Duration,
        max_connections: usize,
    ) -> Self {
        let (host, port) = endpoint.host_and_port();
        let host_header = HeaderValue::try_from(format!("{host}:{port}"));
        Self {
            connector,
            host_header: host_header.expect("the host of a URL has only header characters"),
            authorization,
            idle_timeout,
            idle: Mutex::default(),
            slowest: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            is_careful: AtomicBool::new(false),
            may_open: Arc::new(Semaphore::new(max_connections.max(1))),
            returned: Notify::new(),
            doubts: Mutex::default(),
        }
    }

    /// Sends one request. If the server has closed a connection and nothing was written to it, the
    /// request goes to another one.
    pub(super) async fn send(&self, query: &str) -> Result<(HttpResponse, Connection), Fault> {
        let mut request = self.request(query);
        loop {
            let (mut connection, age) = self.quiet_connection().await?;
            let started = Instant::now();
            match connection.exchange(request).await {
                Ok(response) => {
                    self.learn_latency(started.elapsed());
                    return Ok((response, connection));
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

    /// A connection on which nothing has arrived that was not asked for.
    async fn quiet_connection(&self) -> Result<(Connection, Age), Fault> {
        loop {
            if let Some(connection) = self.take_idle(self.rest_before_reuse()) {
                return Ok((connection, Age::Used));
            }
            if let Ok(open) = self.may_open.clone().try_acquire_owned() {
                return Ok((self.connect(open).await?, Age::New));
            }
            // There are no more sockets: no request waits longer than it must.
            if let Some(connection) = self.take_idle(self.shortest_rest()) {
                return Ok((connection, Age::Used));
            }
            tokio::select! {
                biased;
                open = self.may_open.clone().acquire_owned() => {
                    let open = open.expect("the semaphore is never closed");
                    return Ok((self.connect(open).await?, Age::New));
                }
                () = self.returned.notified() => {}
                // One that is there may have rested by then.
                () = tokio::time::sleep(REST) => {}
            }
        }
    }

    async fn connect(&self, open: OwnedSemaphorePermit) -> Result<Connection, Fault> {
        let mut connection = self.connector.connect(open).await?;
        match connection.silence() {
            Silence::Quiet => Ok(connection),
            Silence::Closed => Err(not_connected("closed before the request was sent".into())),
            Silence::Broken(_) => Err(not_connected("the server answered before it was asked".into())),
        }
    }

    /// The connection that has rested longest, if that is long enough.
    fn take_idle(&self, long_enough: Duration) -> Option<Connection> {
        loop {
            let Idle { mut connection, since } = {
                let mut idle = sync::lock(&self.idle);
                let rested = idle.front()?.since.elapsed();
                if rested < long_enough {
                    return None;
                }
                idle.pop_front()?
            };
            match connection.silence() {
                Silence::Quiet if since.elapsed() > self.idle_timeout => {}
                Silence::Quiet => {
                    if since.elapsed() >= self.long_rest() {
                        connection.history.clear();
                    }
                    return Some(connection);
                }
                Silence::Closed => {}
                Silence::Broken(surplus) => self.note_surplus(connection, &surplus),
            }
        }
    }

    fn rest_before_reuse(&self) -> Duration {
        match self.is_careful.load(Ordering::Relaxed) {
            true => self.long_rest(),
            false => self.usual_rest(),
        }
    }

    /// The rest where there are not enough sockets for longer ones.
    fn shortest_rest(&self) -> Duration {
        match self.is_careful.load(Ordering::Relaxed) {
            true => self.long_rest(),
            false => REST,
        }
    }

    fn usual_rest(&self) -> Duration {
        Duration::from_micros(self.slowest.load(Ordering::Relaxed)).clamp(REST, LONGEST_REST)
    }

    /// After this long without a byte, no answer is under way any more. What is known of the
    /// latency may be too short: where answers came for the request before, each seemed to be
    /// early.
    fn long_rest(&self) -> Duration {
        (4 * self.usual_rest()).clamp(SHORTEST_LONG_REST, LONGEST_REST)
    }

    /// Two answers at the same time may overwrite each other, which costs nothing.
    fn learn_latency(&self, latency: Duration) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        let slowest = self.slowest.load(Ordering::Relaxed);
        let forgotten = slowest - slowest / 1024;
        self.slowest.store(forgotten.max(latency.as_micros() as u64), Ordering::Relaxed);
    }

    /// Keeps a connection that has rested for its next request.
    pub(super) fn put_back(&self, mut connection: Connection, exchanged: Exchanged) {
        let since = exchanged.at;
        connection.history.push(exchanged);
        sync::lock(&self.idle).push_back(Idle { connection, since });
        self.returned.notify_one();
    }

    /// Something arrived on a connection that nobody had asked for. From now on, connections rest
    /// for long before they are used again.
    pub(super) fn note_surplus(&self, connection: Connection, surplus: &[u8]) {
        self.is_careful.store(true, Ordering::Relaxed);
        sync::lock(&self.doubts).extend(connection.history.doubted(surplus));
    }

    /// Closes all idle connections when they have rested for long. After a few answers nobody is
    /// kept waiting for that.
    pub(super) async fn close(&self) {
        if self.answers.load(Ordering::Relaxed) > FEW_ANSWERS {
            let last = sync::lock(&self.idle).back().map(|idle| idle.since);
            if let Some(last) = last {
                tokio::time::sleep_until(last + self.long_rest()).await;
            }
        }
        let idle = std::mem::take(&mut *sync::lock(&self.idle));
        for Idle { mut connection, .. } in idle {
            if let Silence::Broken(surplus) = connection.silence() {
                self.note_surplus(connection, &surplus);
            }
        }
    }

    /// The doubts since the last call.
    pub(super) fn take_doubts(&self) -> Vec<Doubt> {
        std::mem::take(&mut *sync::lock(&self.doubts))
    }
}
