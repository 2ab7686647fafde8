//! The Number Lookup service on loopback, which misbehaves on demand and counts what it was asked.
//!
//! It judges the client independently: it shares the types of `model` and none of the
//! client's code for the wire, the limits or the numbers. The answer of a number is a function of
//! seed, number and attempt, so a run can be replayed whatever the order and time of its requests.
//!
//! A request passes these files: `listener` accepts the connection, `connection` reads and sends,
//! `request` parses, `handler` admits or rejects, `decision` decides about the attempt by the
//! `subscriber`'s final answer, `response_writer`, `body` and `page` write the bytes, `account`
//! counts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::model::{Answer, Msisdn};

mod account;
mod body;
mod connection;
mod decision;
mod handler;
mod listener;
mod networks;
mod outage;
mod page;
mod rate;
mod read_buffer;
mod request;
mod response_writer;
mod rng;
mod settings;
mod subscriber;
mod tls;

#[cfg(test)]
mod tests;

pub use account::{Account, NumberAccount};
pub use settings::{
    Authentication, ConnectionLimits, Fault, FaultShares, Latency, Outage, OutageKind, PerNumberAccount,
    RequestLimits, RetryAfter, Scheme, SentenceFormat, ShapeShares, SimulatorSettings, SlowNetwork,
    SubscriberShares, Transient,
};
pub use subscriber::GroundTruth;

use handler::Handler;
use listener::{Listener, OutageCommand};
use outage::OutageSchedule;
use request::Detail;
use tls::Identity;

/// A running service. It runs on the tokio runtime that started it, and ends when this is dropped.
///
/// `GET /account` returns the account as JSON while it runs; `?numbers` and `?arrivals` add the
/// account of each number and the requests in each 10 ms.
pub struct Simulator {
    address: SocketAddr,
    scheme: Scheme,
    certificate_pem: Option<String>,
    handler: Arc<Handler>,
    commands: mpsc::Sender<OutageCommand>,
    listener: JoinSet<()>,
}

impl Simulator {
    /// Starts the service. Connections are accepted when this returns.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] with every problem of the settings, such as an address other
    /// than loopback, or the system's error when the port is not available.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time.
    pub async fn start(settings: SimulatorSettings) -> io::Result<Self> {
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problems.join("; ")));
        }
        let identity = match settings.scheme {
            Scheme::Http => None,
            Scheme::Https => Some(Identity::make()?),
        };
        let (acceptor, certificate_pem) =
            identity.map(|identity| (identity.acceptor, identity.certificate_pem)).unzip();
        let handler = Arc::new(Handler::new(&settings));
        let listener = Listener::open(
            settings.listen,
            handler.clone(),
            acceptor,
            OutageSchedule::new(settings.outages.clone()),
        )?;
        let address = listener.address();
        let (commands, received) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(listener.serve(received));
        Ok(Self { address, scheme: settings.scheme, certificate_pem, handler, commands, listener: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL, such as `http://127.0.0.1:3700`.
    #[must_use]
    pub fn url(&self) -> String {
        match self.scheme {
            Scheme::Http => format!("http://{}", self.address),
            Scheme::Https => format!("https://{}", self.address),
        }
    }

    /// The certificate to trust, as PEM; `None` without HTTPS.
    #[must_use]
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// The final answer of this number here.
    #[must_use]
    pub fn final_answer(&self, msisdn: Msisdn) -> Answer {
        self.handler.behaviour.ground_truth().answer(msisdn)
    }

    /// The whole account up to now, with a copy of the account of every number.
    #[must_use]
    pub fn account(&self) -> Account {
        self.handler.account.snapshot(Detail::Wanted, Detail::Wanted)
    }

    /// The account without details by number or time, which is cheap.
    #[must_use]
    pub fn totals(&self) -> Account {
        self.handler.account.snapshot(Detail::NotWanted, Detail::NotWanted)
    }

    /// Begins an outage of this kind in place of those in the settings; `None` goes back to them.
    /// Returns when the change is in force.
    pub async fn set_outage(&self, kind: Option<OutageKind>) {
        let (in_force, confirmed) = oneshot::channel();
        self.commands
            .send((kind, in_force))
            .await
            .expect("the listener takes commands as long as the simulator lives");
        confirmed.await.expect("the listener confirms every command");
    }

    /// Closes every connection and returns the whole account.
    pub async fn stop(self) -> Account {
        let Self { handler, commands, mut listener, .. } = self;
        drop(commands);
        listener.join_next().await;
        handler.account.snapshot(Detail::Wanted, Detail::Wanted)
    }
}

/// The final answer of this number, whatever faults come before it: a pure function of seed, number
/// and product.
///
/// For many numbers, make a [`GroundTruth`] once.
#[must_use]
pub fn final_answer(settings: &SimulatorSettings, msisdn: Msisdn) -> Answer {
    GroundTruth::new(settings).answer(msisdn)
}
