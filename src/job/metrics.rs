//! The counts of a run for Prometheus: a text file that is rewritten every few seconds, and the
//! same text over HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::artifacts::Artifact;
use super::error::StartError;
use crate::model::UtcMillis;
use crate::storage::Storage;
use crate::sync;
use crate::task::AbortOnDrop;
use crate::telemetry::Counters;
use crate::telemetry::prometheus::{RunEnd, RunLabels, text};

/// How often the file is written during the run.
const WRITE_INTERVAL: Duration = Duration::from_secs(5);
/// How long a connection may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest number of connections at the same time.
const MAX_CONNECTIONS: usize = 32;

/// The counts of one run, for monitoring.
pub(crate) struct Metrics {
    counters: Arc<Counters>,
    labels: RunLabels,
    file: Option<(PathBuf, Storage)>,
    since: Instant,
    /// Whether the final counts were written; locked during every write.
    ended: Mutex<bool>,
}

impl Metrics {
    pub(crate) fn new(
        counters: Arc<Counters>,
        labels: RunLabels,
        file: Option<(PathBuf, Storage)>,
    ) -> Arc<Self> {
        Arc::new(Self { counters, labels, file, since: Instant::now(), ended: Mutex::new(false) })
    }

    /// Makes sure that the file can be written, and binds the address, if they are configured.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or the address cannot be bound.
    pub(crate) async fn prepare(
        &self,
        address: Option<SocketAddr>,
    ) -> Result<Option<TcpListener>, StartError> {
        if let Some((path, storage)) = &self.file {
            Artifact::prepare_to_replace(path, storage)?;
        }
        let Some(address) = address else { return Ok(None) };
        let refused = |source| StartError::Listen { address, source };
        TcpListener::bind(address).await.map(Some).map_err(refused)
    }

    /// Writes the file for the first time, then keeps writing and serving until the tasks are
    /// dropped.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(crate) fn start(
        self: &Arc<Self>,
        listener: Option<TcpListener>,
    ) -> Result<Vec<AbortOnDrop<()>>, StartError> {
        let mut tasks = Vec::new();
        if self.file.is_some() {
            self.write(None)?;
            tasks.push(AbortOnDrop::spawn(self.clone().write_at_intervals()));
        }
        if let Some(listener) = listener {
            tasks.push(AbortOnDrop::spawn(self.clone().serve(listener)));
        }
        Ok(tasks)
    }

    /// Writes the file for the last time. Returns a warning if that fails.
    pub(crate) fn end(&self, ending: &'static str) -> Option<String> {
        // Not by the clock, which may have been set meanwhile: the end comes after the start.
        let at = UtcMillis(self.labels.started_at.0 + self.since.elapsed().as_millis() as i64);
        let end = RunEnd { ending, at };
        let fault = self.write(Some(end)).err()?;
        Some(format!("the final metrics could not be written: {}", crate::model::with_causes(&fault)))
    }

    fn write(&self, end: Option<RunEnd>) -> Result<(), StartError> {
        let Some((path, storage)) = &self.file else { return Ok(()) };
        let mut ended = sync::lock(&self.ended);
        if *ended {
            return Ok(());
        }
        *ended = end.is_some();
        let text = text(&self.counters, &self.labels, end);
        let refused = |source| StartError::Artifact { path: path.clone(), source };
        Artifact::prepare(path, storage)?.write(text.as_bytes()).map_err(refused)
    }

    async fn write_at_intervals(self: Arc<Self>) {
        loop {
            tokio::time::sleep(WRITE_INTERVAL).await;
            let this = self.clone();
            let writing = tokio::task::spawn_blocking(move || {
                // A later write may succeed. A failure at the end of the run is reported.
                this.write(None)
            });
            let _ = writing.await;
        }
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = FuturesUnordered::new();
        loop {
            let has_room = connections.len() < MAX_CONNECTIONS;
            tokio::select! {
                accepted = listener.accept(), if has_room => match accepted {
                    Ok((connection, _)) => connections.push(AbortOnDrop::spawn(self.clone().converse(connection))),
                    // Usually no file descriptor is free; one will be soon.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Some(_) = connections.next() => {}
            }
        }
    }

    async fn converse(self: Arc<Self>, connection: TcpStream) {
        let answer = service_fn(|request| {
            let response = self.answer(&request);
            async move { Ok::<_, Infallible>(response) }
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIMEOUT);
        // A client that disconnects needs no answer.
        let _ = server.serve_connection(TokioIo::new(connection), answer).await;
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let is_known_path = request.uri().path() == "/metrics";
        let (status, kind, body) = match *request.method() {
            Method::GET | Method::HEAD if is_known_path => (
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                text(&self.counters, &self.labels, None),
            ),
            _ => (
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
                "the counts are at /metrics\n".to_owned(),
            ),
        };
        let response = Response::builder().status(status).header(CONTENT_TYPE, kind);
        response.body(Full::new(body.into())).expect("status and header are valid")
    }
}
