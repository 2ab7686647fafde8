//! Which service is used: the simulator inside this process, or endpoints elsewhere.

use super::credentials;
use super::diagnostics::{Location, Problem};
use super::resolver::{ConfigResolver, Resolved};
use crate::enricher::Provider;
use crate::service::Endpoint;
#[cfg(feature = "simulator")]
use crate::simulator::SimulatorSettings;

/// The name of the simulator inside this process.
const SIMULATOR: &str = "simulator";

/// Whether requests will be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Numbers are looked up, with the credentials of an account.
    Lookups,
    /// Nothing is sent.
    DryRun,
}

/// Which service is used, and with which account.
pub(super) fn provider(resolver: &mut ConfigResolver, purpose: Purpose) -> Resolved<Provider> {
    let named = resolver.raw.endpoint.clone().map(|texts| texts.0).unwrap_or_default();
    if named.is_empty() {
        let problem = Problem::new("no endpoint is named").with_help(
            "use --endpoint eu, us or a URL for real lookups, or --endpoint simulator to try it at no cost",
        );
        return Err(resolver.report_at(Location::Nowhere, problem));
    }
    if named.iter().all(|text| text == SIMULATOR) {
        return simulated(resolver, named.len() - 1);
    }
    let endpoints = endpoints(resolver, &named);
    let credentials = match purpose {
        Purpose::Lookups => credentials::find(resolver).map(Some),
        Purpose::DryRun => Ok(None),
    };
    Ok(Provider::Endpoints { endpoints: endpoints?, credentials: credentials? })
}

#[cfg(feature = "simulator")]
fn simulated(resolver: &mut ConfigResolver, backups: usize) -> Resolved<Provider> {
    let mut settings: SimulatorSettings = resolver.raw.simulator.clone().unwrap_or_default();
    settings.seed = resolver.raw.seed.unwrap_or(settings.seed);
    settings.product = resolver.raw.product.unwrap_or(settings.product);
    let mut checked = Ok(());
    for problem in settings.problems() {
        checked = Err(resolver.report("simulator", problem));
    }
    checked.map(|()| Provider::Simulator { settings: Box::new(settings), backups })
}

#[cfg(not(feature = "simulator"))]
fn simulated(resolver: &mut ConfigResolver, _: usize) -> Resolved<Provider> {
    Err(resolver.report("endpoint", "this program was built without the simulator"))
}

fn endpoints(resolver: &mut ConfigResolver, named: &[String]) -> Resolved<Vec<Endpoint>> {
    let mut endpoints = Vec::new();
    let mut checked = Ok(());
    for text in named {
        if text == SIMULATOR {
            let problem = Problem::new("simulator cannot be combined with other endpoints")
                .with_help("simulated answers must not mix with real ones; name one kind");
            checked = Err(resolver.report("endpoint", problem));
            continue;
        }
        match resolver.diagnosed("endpoint", Endpoint::named(text)) {
            Ok(named) => endpoints.extend(named),
            Err(reported) => checked = Err(reported),
        }
    }
    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.is_https() && !endpoint.is_loopback()) {
        resolver.warnings.push(format!(
            "{endpoint} is plain HTTP: user name, password and numbers travel in clear text; use https where \
             the provider offers it"
        ));
    }
    checked.map(|()| endpoints)
}
