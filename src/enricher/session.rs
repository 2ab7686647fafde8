//! The open line to whoever is asked: the simulator where one is wanted, the HTTP client, the lookup stage.

use std::io;
use std::sync::Arc;

use super::file_descriptors;
use crate::config::endpoint::Provider;
use crate::config::settings::Settings;
use crate::job::StartError;
use crate::ledger::{DurableLedger, DurableSettings, InDoubt, Ledger, MemoryLedger};
use crate::lookup::{Lookup, StopSignal};
use crate::model::UtcMillis;
use crate::service::{Credentials, Endpoint, HttpService, HttpSettings, Service};
use crate::simulator::{Account, Authentication, Simulator, SimulatorSettings};
use crate::telemetry::{Counters, Event, Reporter};

/// A line on which numbers can be asked. Dropping it aborts what is under way; [`Session::close`] waits for it.
pub(crate) struct Session {
    pub(crate) lookup: Arc<Lookup<HttpService>>,
    pub(crate) endpoints: Vec<String>,
    /// What the caller should know of before anything is asked.
    pub(crate) warnings: Vec<String>,
    /// The ledger's file, if there is one.
    pub(crate) ledger: Option<Arc<DurableLedger>>,
    /// Under which word the ledger has how many requests the account allows at once.
    limit_word: String,
    /// Those that answer, where no provider does.
    simulators: Vec<Simulator>,
}

impl Session {
    /// Opens the line. Nothing is asked yet. `job` names the work to be done, so that it can be taken up again.
    pub(crate) async fn open(
        enquiry: &Settings,
        job: &str,
        stop: StopSignal,
        counters: Arc<Counters>,
        reporter: Arc<dyn Reporter>,
    ) -> Result<Self, StartError> {
        let room = file_descriptors::make_room(enquiry.lookup.concurrency);
        let mut settings = enquiry.lookup.clone();
        settings.concurrency = room.concurrency;
        let (simulators, service) = connect(enquiry).await?;
        // Last of all: it notes that a run is under way.
        let durable = open_ledger(enquiry, job, room.concurrency.get()).await?;
        if let Some(needed) = enquiry.window_wanted() {
            reporter.event(Event::WindowTooSmall { rows: enquiry.enrich.window.rows, needed });
        }
        let endpoints = service.endpoints().to_vec();
        let asked = if enquiry.provider.is_simulated() { "simulator".into() } else { endpoints.join(" ") };
        let limit_word = format!("in flight at {asked}");
        let noted = durable.as_ref().map(|ledger| ledger.metadata(&limit_word)).transpose()?.flatten();
        settings.refused_at = noted.and_then(|text| text.parse().ok());
        let ledger: Arc<dyn Ledger> = match &durable {
            Some(durable) => durable.clone(),
            None => Arc::new(MemoryLedger::default()),
        };
        let lookup = Arc::new(Lookup::start(service, ledger, &settings, stop, counters, reporter));
        let in_doubt = durable.as_ref().and_then(|ledger| ledger.in_doubt()).map(doubts);
        let warnings = room.warning.into_iter().chain(in_doubt).collect();
        Ok(Self { lookup, endpoints, warnings, ledger: durable, limit_word, simulators })
    }

    /// Waits until every request that was sent is over, and gives the simulators' accounts, where some answered.
    pub(crate) async fn close(self) -> Vec<Account> {
        if let (Some(ledger), Some(refused_at)) = (&self.ledger, self.lookup.refused_at()) {
            // Without it the next run finds the limit anew.
            let _ = ledger.set_metadata(self.limit_word, refused_at.to_string()).await;
        }
        self.lookup.finish().await;
        self.simulators.iter().map(Simulator::totals).collect()
    }
}

async fn open_ledger(
    enquiry: &Settings,
    job: &str,
    in_flight: usize,
) -> Result<Option<Arc<DurableLedger>>, StartError> {
    let Some(settings) = &enquiry.ledger else { return Ok(None) };
    settings.make_folder()?;
    let settings = DurableSettings {
        path: settings.path.clone(),
        origin: settings.answers_of,
        scope: enquiry.scope(),
        max_age: settings.max_age.clone(),
        refresh: settings.refresh.then(|| job.to_owned()),
        commit_interval: settings.commit_interval,
        memory: settings.memory,
        in_flight,
    };
    Ok(Some(Arc::new(DurableLedger::open(settings, UtcMillis::now()).await?)))
}

fn doubts(InDoubt { started, at_most }: InDoubt) -> String {
    format!(
        "the run that began at {started} did not end in order: up to {at_most} numbers may have been paid for \
         without their answers being kept, and are asked again"
    )
}

async fn connect(enquiry: &Settings) -> Result<(Vec<Simulator>, HttpService), StartError> {
    match &enquiry.provider {
        Provider::Simulator { settings, backups } => {
            let simulators = start(settings, *backups).await.map_err(StartError::Simulator)?;
            let service = service_of(&simulators, settings, enquiry)?;
            Ok((simulators, service))
        }
        Provider::Endpoints { endpoints, credentials } => {
            let certificates = enquiry.trusted_certificates.clone();
            Ok((Vec::new(), service(endpoints.clone(), credentials.clone(), certificates, enquiry)?))
        }
    }
}

/// A primary, and backups that say the same and have no outages.
async fn start(primary: &SimulatorSettings, backups: usize) -> io::Result<Vec<Simulator>> {
    let mut simulators = vec![Simulator::start(primary.clone()).await?];
    for _ in 0..backups {
        let mut backup = SimulatorSettings { outages: Vec::new(), ..primary.clone() };
        backup.listen.set_port(0);
        simulators.push(Simulator::start(backup).await?);
    }
    Ok(simulators)
}

fn service_of(
    simulators: &[Simulator],
    settings: &SimulatorSettings,
    enquiry: &Settings,
) -> Result<HttpService, StartError> {
    let endpoint =
        |simulator: &Simulator| Endpoint::named(&simulator.url()).expect("the simulator knows where it is");
    let endpoints = simulators.iter().flat_map(endpoint).collect();
    let (username, password) = match &settings.authentication {
        Authentication::Any => ("user", "password"),
        Authentication::Basic { username, password } => (username.as_str(), password.as_str()),
    };
    let credentials = Credentials { username: username.into(), password: password.into() };
    let certificates: String = simulators.iter().filter_map(Simulator::certificate_pem).collect();
    service(endpoints, credentials, Some(certificates).filter(|pem| !pem.is_empty()), enquiry)
}

fn service(
    endpoints: Vec<Endpoint>,
    credentials: Credentials,
    trusted_certificates: Option<String>,
    enquiry: &Settings,
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
