//! Where connections come in, and who owns them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time;
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, reset_on_drop};
use super::handler::Handler;
use super::outage::Schedule;
use super::settings::OutageKind;

const BACKLOG: u32 = 4_096;
/// How long to leave the kernel alone after it refused a socket or the port.
const AFTER_REFUSAL: Duration = Duration::from_millis(10);

/// An outage ordered from now on, or its end, and whom to tell when it is in force.
pub(super) type Order = (Option<OutageKind>, oneshot::Sender<()>);

/// Accepts connections, owns them, and opens and shuts with the outages.
pub(super) struct Listener {
    address: SocketAddr,
    opening: Opening,
    handler: Arc<Handler>,
    tls: Option<TlsAcceptor>,
    schedule: Schedule,
    connections: JoinSet<()>,
}

enum Opening {
    Open(TcpListener),
    /// The socket keeps the port and refuses connections; none where the port was lost meanwhile.
    Shut(Option<TcpSocket>),
}

impl Listener {
    /// Opens at this address.
    pub(super) fn open(
        address: SocketAddr,
        handler: Arc<Handler>,
        tls: Option<TlsAcceptor>,
        schedule: Schedule,
    ) -> io::Result<Self> {
        let listener = bind(address)?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let opening = Opening::Open(listener);
        let mut listener = Self { address, opening, handler, tls, schedule, connections: JoinSet::new() };
        listener.set_outage();
        Ok(listener)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the sender of orders is dropped; then every connection is cut.
    pub(super) async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            self.set_outage();
            tokio::select! {
                order = orders.recv() => match order {
                    Some((kind, in_force)) => {
                        self.schedule.order(kind);
                        self.set_outage();
                        // Whoever ordered it may have stopped waiting.
                        in_force.send(()).ok();
                    }
                    None => break,
                },
                () = until(self.next_change()) => {}
                accepted = accept(&self.opening) => self.welcome(accepted).await,
            }
            // Connections that have ended are let go of.
            while self.connections.try_join_next().is_some() {}
        }
        self.connections.shutdown().await;
    }

    async fn welcome(&mut self, accepted: io::Result<TcpStream>) {
        let Ok(tcp) = accepted else {
            return time::sleep(AFTER_REFUSAL).await;
        };
        if self.handler.outage.get() == Some(OutageKind::Reset) {
            return reset_on_drop(&tcp);
        }
        self.handler.books.connected();
        // Without it an answer would wait for the client's acknowledgement of the last one.
        tcp.set_nodelay(true).ok();
        let handler = self.handler.clone();
        match self.tls.clone() {
            None => self.connections.spawn(async move { Connection::new(tcp, &handler).serve().await }),
            Some(tls) => self.connections.spawn(async move {
                // A client that does not trust the certificate ends here.
                if let Ok(stream) = tls.accept(tcp).await {
                    Connection::new(stream, &handler).serve().await;
                }
            }),
        };
    }

    /// How long until something has to be done without being asked.
    fn next_change(&self) -> Option<Duration> {
        let is_refusing = self.handler.outage.get() == Some(OutageKind::Refuse);
        if matches!(self.opening, Opening::Shut(_)) && !is_refusing {
            // The port could not be had again.
            return Some(AFTER_REFUSAL);
        }
        let now = self.handler.books.elapsed();
        self.schedule.next_change(now).map(|change| change.saturating_sub(now))
    }

    /// Puts in force what the schedule says of this moment.
    fn set_outage(&mut self) {
        let kind = self.schedule.at(self.handler.books.elapsed());
        self.handler.outage.set(kind);
        match (kind, &mut self.opening) {
            (Some(OutageKind::Refuse), Opening::Open(_)) => self.shut(),
            (Some(OutageKind::Refuse), Opening::Shut(_)) => {}
            (_, Opening::Open(_)) => {}
            (_, Opening::Shut(socket)) => {
                let socket = socket.take().map_or_else(|| bind(self.address), Ok);
                if let Ok(listener) = socket.and_then(|socket| socket.listen(BACKLOG)) {
                    self.opening = Opening::Open(listener);
                }
            }
        }
    }

    /// As if the process had died: the listener closes, and every connection with it.
    fn shut(&mut self) {
        self.connections.abort_all();
        self.opening = Opening::Shut(None);
        self.opening = Opening::Shut(bind(self.address).ok());
    }
}

/// A socket that holds the address and does not listen yet. Others may have held it a moment ago.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(opening: &Opening) -> io::Result<TcpStream> {
    match opening {
        Opening::Open(listener) => listener.accept().await.map(|(tcp, _)| tcp),
        Opening::Shut(_) => std::future::pending().await,
    }
}

/// Waits so long, or for ever.
async fn until(wait: Option<Duration>) {
    match wait {
        Some(wait) => time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
