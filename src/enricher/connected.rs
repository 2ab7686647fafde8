//! The service of a session: real endpoints, or simulators on this machine.

#[cfg(feature = "simulator")]
use std::io;

use super::error::OpenError;
use super::settings::{Provider, Settings};
use crate::service::{Credentials, Endpoint, HttpService, HttpSettings, Proxy};
#[cfg(feature = "simulator")]
use crate::simulator::{Authentication, Simulator, SimulatorSettings};

/// The service, and the simulators that must live as long as it.
pub(super) struct Connected {
    pub(super) service: HttpService,
    #[cfg(feature = "simulator")]
    pub(super) simulators: Vec<Simulator>,
}

/// Sets the service up, and starts simulators where they are meant. Sends nothing.
pub(super) async fn connect(
    settings: &Settings,
    provider: &Provider,
    max_connections: usize,
) -> Result<Connected, OpenError> {
    match provider {
        #[cfg(feature = "simulator")]
        Provider::Simulator { settings: simulated, backups } => {
            let simulated = SimulatorSettings { product: settings.product, ..(**simulated).clone() };
            let simulators = start_simulators(&simulated, *backups).await.map_err(OpenError::Simulator)?;
            let service = service_of(&simulators, &simulated, settings, max_connections)?;
            Ok(Connected { service, simulators })
        }
        Provider::Endpoints { endpoints, .. } if endpoints.is_empty() => Err(OpenError::NoEndpoint),
        Provider::Endpoints { endpoints, credentials } => {
            let credentials = credentials.clone().ok_or(OpenError::NoCredentials)?;
            let certificates = settings.trusted_certificates.clone();
            let proxy = settings.proxy.clone();
            let service = http_service(
                endpoints.clone(),
                credentials,
                certificates,
                proxy,
                (settings, max_connections),
            )?;
            Ok(Connected {
                service,
                #[cfg(feature = "simulator")]
                simulators: Vec::new(),
            })
        }
    }
}

/// A primary, and backups with the same answers but without outages.
#[cfg(feature = "simulator")]
async fn start_simulators(primary: &SimulatorSettings, backups: usize) -> io::Result<Vec<Simulator>> {
    let mut simulators = vec![Simulator::start(primary.clone()).await?];
    for _ in 0..backups {
        let mut backup = SimulatorSettings { outages: Vec::new(), ..primary.clone() };
        backup.listen.set_port(0);
        simulators.push(Simulator::start(backup).await?);
    }
    Ok(simulators)
}

#[cfg(feature = "simulator")]
fn service_of(
    simulators: &[Simulator],
    simulated: &SimulatorSettings,
    settings: &Settings,
    max_connections: usize,
) -> Result<HttpService, OpenError> {
    let endpoint =
        |simulator: &Simulator| Endpoint::named(&simulator.url()).expect("a simulator's URL is an endpoint");
    let endpoints = simulators.iter().flat_map(endpoint).collect();
    let (username, password) = match &simulated.authentication {
        Authentication::Any => ("user", "password"),
        Authentication::Basic { username, password } => (username.as_str(), password.as_str()),
    };
    let credentials = Credentials { username: username.into(), password: password.into() };
    let certificates: String = simulators.iter().filter_map(Simulator::certificate_pem).collect();
    let certificates = Some(certificates).filter(|pem| !pem.is_empty());
    http_service(endpoints, credentials, certificates, None, (settings, max_connections))
}

fn http_service(
    endpoints: Vec<Endpoint>,
    credentials: Credentials,
    trusted_certificates: Option<String>,
    proxy: Option<Proxy>,
    (settings, max_connections): (&Settings, usize),
) -> Result<HttpService, OpenError> {
    let http = HttpSettings {
        endpoints,
        credentials,
        cache: settings.cache,
        connect_timeout: settings.connect_timeout.min(settings.timeout / 5 * 4),
        trusted_certificates,
        max_connections,
        proxy,
    };
    Ok(HttpService::new(&http)?)
}
