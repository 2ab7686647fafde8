//! Accepts connections and owns them.

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
use super::outage::OutageSchedule;
use super::settings::OutageKind;

const BACKLOG: u32 = 4_096;
/// How long to wait after the system refused a socket or the port.
const RETRY_DELAY: Duration = Duration::from_millis(10);

/// Begins an outage, or ends one that was commanded; the sender reports when it is in force.
pub(super) type OutageCommand = (Option<OutageKind>, oneshot::Sender<()>);

/// Accepts connections, owns them, and opens and closes its port with the outages.
pub(super) struct Listener {
    address: SocketAddr,
    port: Port,
    handler: Arc<Handler>,
    tls: Option<TlsAcceptor>,
    schedule: OutageSchedule,
    connections: JoinSet<()>,
}

enum Port {
    Open(TcpListener),
    /// The socket keeps the port and refuses connections; `None` if the port was lost meanwhile.
    Closed(Option<TcpSocket>),
}

impl Listener {
    /// Opens at this address.
    pub(super) fn open(
        address: SocketAddr,
        handler: Arc<Handler>,
        tls: Option<TlsAcceptor>,
        schedule: OutageSchedule,
    ) -> io::Result<Self> {
        let listener = bind(address)?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let port = Port::Open(listener);
        let mut listener = Self { address, port, handler, tls, schedule, connections: JoinSet::new() };
        listener.set_outage();
        Ok(listener)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the sender of commands is dropped, and then closes every connection.
    pub(super) async fn serve(mut self, mut commands: mpsc::Receiver<OutageCommand>) {
        loop {
            self.set_outage();
            tokio::select! {
                command = commands.recv() => match command {
                    Some((kind, in_force)) => {
                        self.schedule.set_override(kind);
                        self.set_outage();
                        // The caller may have stopped waiting.
                        in_force.send(()).ok();
                    }
                    None => break,
                },
                () = wait(self.next_change()) => {}
                accepted = accept(&self.port) => self.serve_connection(accepted).await,
            }
            // Forget connections that have ended.
            while self.connections.try_join_next().is_some() {}
        }
        self.connections.shutdown().await;
    }

    async fn serve_connection(&mut self, accepted: io::Result<TcpStream>) {
        let Ok(tcp) = accepted else {
            return time::sleep(RETRY_DELAY).await;
        };
        if self.handler.outage.get() == Some(OutageKind::Reset) {
            return reset_on_drop(&tcp);
        }
        self.handler.account.connected();
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

    /// How long until the outage changes or the port must be opened.
    fn next_change(&self) -> Option<Duration> {
        let is_refusing = self.handler.outage.get() == Some(OutageKind::Refuse);
        if matches!(self.port, Port::Closed(_)) && !is_refusing {
            // The port could not be opened again.
            return Some(RETRY_DELAY);
        }
        let now = self.handler.account.elapsed();
        self.schedule.next_change(now).map(|change| change.saturating_sub(now))
    }

    /// Puts into force what the schedule has for this moment.
    fn set_outage(&mut self) {
        let kind = self.schedule.at(self.handler.account.elapsed());
        self.handler.outage.set(kind);
        match (kind, &mut self.port) {
            (Some(OutageKind::Refuse), Port::Open(_)) => self.close_port(),
            (Some(OutageKind::Refuse), Port::Closed(_)) => {}
            (_, Port::Open(_)) => {}
            (_, Port::Closed(socket)) => {
                let socket = socket.take().map_or_else(|| bind(self.address), Ok);
                if let Ok(listener) = socket.and_then(|socket| socket.listen(BACKLOG)) {
                    self.port = Port::Open(listener);
                }
            }
        }
    }

    /// Acts as if the process had died: the port closes, and every connection with it.
    fn close_port(&mut self) {
        self.connections.abort_all();
        self.port = Port::Closed(None);
        self.port = Port::Closed(bind(self.address).ok());
    }
}

/// A socket that has the address and does not listen yet. Another socket may have just had it.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(port: &Port) -> io::Result<TcpStream> {
    match port {
        Port::Open(listener) => listener.accept().await.map(|(tcp, _)| tcp),
        Port::Closed(_) => std::future::pending().await,
    }
}

/// Waits for this long, or forever.
async fn wait(duration: Option<Duration>) {
    match duration {
        Some(duration) => time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
