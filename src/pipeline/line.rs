//! The open line to whoever is asked: the simulator where one is wanted, the HTTP client, the lookup stage.

use std::sync::Arc;

use super::StartError;
use super::descriptors;
use super::enquiry::Enquiry;
use super::provider::Provider;
use crate::ledger::MemoryLedger;
use crate::lookup::{Lookup, Stop};
use crate::report::{Counters, Event, Reporter};
use crate::service::{Credentials, Endpoint, HttpService, HttpSettings, Service};
use crate::simulator::{Account, Authentication, Simulator, SimulatorSettings};

/// A line on which numbers can be asked. Dropping it aborts what is under way; [`Line::close`] waits for it.
pub(super) struct Line {
    pub(super) lookup: Arc<Lookup<HttpService>>,
    pub(super) endpoints: Vec<String>,
    /// What the caller should know of before anything is asked.
    pub(super) warnings: Vec<String>,
    simulator: Option<Simulator>,
}

impl Line {
    /// Opens the line. Nothing is asked yet.
    pub(super) async fn open(
        enquiry: &Enquiry,
        stop: Stop,
        counters: Arc<Counters>,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Self, StartError> {
        let room = descriptors::make_room(enquiry.lookup.concurrency);
        let mut settings = enquiry.lookup.clone();
        settings.concurrency = room.concurrency;
        let (simulator, service) = connect(enquiry).await?;
        if let Some(needed) = enquiry.window_wanted() {
            reporter.event(Event::WindowTooSmall { rows: enquiry.enrich.window.rows, needed });
        }
        let endpoints = service.endpoints().to_vec();
        let ledger = Arc::new(MemoryLedger::default());
        let lookup = Arc::new(Lookup::start(service, ledger, &settings, stop, counters, reporter));
        let warnings = room.warning.into_iter().collect();
        Ok(Self { lookup, endpoints, warnings, simulator })
    }

    /// Waits until every request that was sent is over, and gives the simulator's account if there is one.
    pub(super) async fn close(self) -> Option<Account> {
        self.lookup.finish().await;
        self.simulator.map(|simulator| simulator.totals())
    }
}

async fn connect(enquiry: &Enquiry) -> Result<(Option<Simulator>, HttpService), StartError> {
    match &enquiry.provider {
        Provider::Simulator(settings) => {
            let simulator = Simulator::start((**settings).clone()).await.map_err(StartError::Simulator)?;
            let service = service_of(&simulator, settings, enquiry)?;
            Ok((Some(simulator), service))
        }
        Provider::Endpoints { endpoints, credentials } => {
            let certificates = enquiry.trusted_certificates.clone();
            Ok((None, service(endpoints.clone(), credentials.clone(), certificates, enquiry)?))
        }
    }
}

fn service_of(
    simulator: &Simulator,
    settings: &SimulatorSettings,
    enquiry: &Enquiry,
) -> Result<HttpService, StartError> {
    let endpoints = Endpoint::named(&simulator.url()).expect("the simulator knows where it is");
    let (username, password) = match &settings.authentication {
        Authentication::Any => ("user", "password"),
        Authentication::Basic { username, password } => (username.as_str(), password.as_str()),
    };
    let credentials = Credentials { username: username.into(), password: password.into() };
    let certificates = simulator.certificate_pem().map(str::to_owned);
    service(endpoints, credentials, certificates, enquiry)
}

fn service(
    endpoints: Vec<Endpoint>,
    credentials: Credentials,
    trusted_certificates: Option<String>,
    enquiry: &Enquiry,
) -> Result<HttpService, StartError> {
    let settings = HttpSettings {
        endpoints,
        credentials,
        cache: enquiry.cache,
        connect_timeout: enquiry.connect_timeout,
        trusted_certificates,
        proxy: if enquiry.provider.is_simulated() { None } else { enquiry.proxy.clone() },
    };
    Ok(HttpService::new(&settings)?)
}
