//! The Number Lookup service on loopback, which misbehaves on demand and keeps an account of what it was asked.
//!
//! It is an independent judge of the client: it shares the vocabulary of [`crate::model`] and none of the
//! client's code for the wire, the pace or the numbers. What a number answers is a function of seed,
//! number and attempt, so that a run can be replayed whatever the order and the time of its requests.
//!
//! A request goes through these files: `listener` accepts the connection, `connection` reads and sends,
//! `request` understands, `handler` lets in or turns away, `decision` decides on the attempt by the
//! `subscriber`'s truth, `composer`, `body` and `page` write the bytes, `account` keeps count.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::model::{Answer, Msisdn};

mod account;
mod body;
mod composer;
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
mod rng;
mod settings;
mod subscriber;
mod tls;

#[cfg(test)]
mod tests;

pub use account::{Account, NumberAccount};
pub use settings::{
    Authentication, ConnectionLimits, Fault, FaultShares, Latency, Outage, OutageKind, PerNumberAccount,
    RequestLimits, RetryAfter, Scheme, SentenceGuise, ShapeShares, SimulatorSettings, SlowNetwork,
    SubscriberShares, Transient,
};
pub use subscriber::Truth;

use handler::Handler;
use listener::{Listener, Order};
use outage::Schedule;
use request::Detail;
use tls::Identity;

/// A running service. It runs on the tokio runtime that started it, and ends when this is dropped.
///
/// `GET /account` returns the account as JSON while it runs; `?numbers` and `?arrivals` add what was asked
/// of each number and in each 10 ms.
pub struct Simulator {
    address: SocketAddr,
    scheme: Scheme,
    certificate_pem: Option<String>,
    handler: Arc<Handler>,
    orders: mpsc::Sender<Order>,
    listener: JoinSet<()>,
}

impl Simulator {
    /// Starts the service. From its return on connections are accepted.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] with every problem of the settings (an address other than loopback
    /// among them), or what the system says when the port cannot be had.
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
            Schedule::new(settings.outages.clone()),
        )?;
        let address = listener.address();
        let (orders, ordered) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(listener.serve(ordered));
        Ok(Self { address, scheme: settings.scheme, certificate_pem, handler, orders, listener: tasks })
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

    /// What this number finally answers here.
    #[must_use]
    pub fn truth(&self, msisdn: Msisdn) -> Answer {
        self.handler.behaviour.truth().of(msisdn)
    }

    /// The whole account up to now. Copies what is known of every number.
    #[must_use]
    pub fn account(&self) -> Account {
        self.handler.books.copy(Detail::Wanted, Detail::Wanted)
    }

    /// The account without the numbers and the 10 ms, for looking at often.
    #[must_use]
    pub fn totals(&self) -> Account {
        self.handler.books.copy(Detail::NotWanted, Detail::NotWanted)
    }

    /// Begins an outage of this kind, in place of those in the settings; `None` goes back to them. Returns
    /// when it is in force.
    pub async fn set_outage(&self, kind: Option<OutageKind>) {
        let (in_force, when_in_force) = oneshot::channel();
        self.orders
            .send((kind, in_force))
            .await
            .expect("the listener takes orders as long as the simulator lives");
        when_in_force.await.expect("the listener answers every order it takes");
    }

    /// Cuts every connection and returns the whole account.
    pub async fn stop(self) -> Account {
        let Self { handler, orders, mut listener, .. } = self;
        drop(orders);
        listener.join_next().await;
        handler.books.copy(Detail::Wanted, Detail::Wanted)
    }
}

/// What this number finally answers, whatever happens on the way: a pure function of seed, number and product.
///
/// For many numbers, make a [`Truth`] once.
#[must_use]
pub fn truth(settings: &SimulatorSettings, msisdn: Msisdn) -> Answer {
    Truth::new(settings).of(msisdn)
}
