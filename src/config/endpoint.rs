//! Who is asked: the simulator inside this process, or endpoints somewhere.

use miette::Diagnostic;

use super::credentials;
use super::diagnostics::Location;
use super::resolver::ConfigResolver;
use crate::service::{Credentials, Endpoint};
use crate::simulator::SimulatorSettings;

/// Who answers.
#[derive(Clone, Debug)]
pub enum Provider {
    /// Simulators inside this process, one for each endpoint. Nothing is looked up.
    Simulator {
        /// What the primary does; its backups do the same, and have no outages.
        settings: Box<SimulatorSettings>,
        /// How many there are besides the primary.
        backups: usize,
    },
    /// A server, with backups.
    Endpoints {
        /// In order of preference; not empty.
        endpoints: Vec<Endpoint>,
        /// The account on all of them.
        credentials: Credentials,
    },
}

/// How far away the provider is, which decides how careful the defaults are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distance {
    /// On this machine.
    Loopback,
    /// Elsewhere, and probably not for nothing.
    Remote,
}

impl Provider {
    pub(crate) fn read(reading: &mut ConfigResolver) -> Option<Self> {
        let named = reading.written.endpoint.clone().map(|texts| texts.0).unwrap_or_default();
        if named.is_empty() {
            reading.problem_at(
                Location::Nowhere,
                "no endpoint is named, and none is asked unasked: give --endpoint eu, us or a URL for real \
                 lookups, or --endpoint simulator to try everything out at no cost",
            );
            return None;
        }
        if named.iter().all(|text| text == "simulator") {
            let backups = named.len() - 1;
            return simulator(reading)
                .map(|settings| Self::Simulator { settings: Box::new(settings), backups });
        }
        let endpoints = endpoints(reading, &named);
        let credentials = match reading.written.dry_run {
            // Nobody is asked.
            Some(true) => Some(Credentials { username: "".into(), password: "".into() }),
            _ => credentials::find(reading),
        };
        Some(Self::Endpoints { endpoints: endpoints?, credentials: credentials? })
    }

    pub(crate) fn distance(&self) -> Distance {
        match self {
            Self::Endpoints { endpoints, .. } if !endpoints.iter().all(Endpoint::is_loopback) => {
                Distance::Remote
            }
            _ => Distance::Loopback,
        }
    }

    /// Whether no provider is asked at all.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulator { .. })
    }
}

fn simulator(reading: &mut ConfigResolver) -> Option<SimulatorSettings> {
    let mut settings = reading.written.simulator.clone().unwrap_or_default();
    settings.seed = reading.written.seed.unwrap_or(settings.seed);
    settings.product = reading.written.product.unwrap_or(settings.product);
    let problems = settings.problems();
    for problem in &problems {
        reading.problem("simulator", problem);
    }
    problems.is_empty().then_some(settings)
}

fn endpoints(reading: &mut ConfigResolver, named: &[String]) -> Option<Vec<Endpoint>> {
    let mut endpoints = Vec::new();
    let mut sound = true;
    for text in named {
        if text == "simulator" {
            let text = "simulator stands alone: simulated answers must not mix with real ones";
            reading.problem("endpoint", text);
            sound = false;
            continue;
        }
        let named = Endpoint::named(text).map_err(|error| match error.help() {
            Some(help) => format!("{error}: {help}"),
            None => error.to_string(),
        });
        match reading.sound("endpoint", named) {
            Some(named) => endpoints.extend(named),
            None => sound = false,
        }
    }
    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.is_https() && !endpoint.is_loopback()) {
        reading.warnings.push(format!(
            "{endpoint} is plain HTTP: user name, password and numbers travel in clear text; use https where \
             the provider offers it"
        ));
    }
    sound.then_some(endpoints)
}
