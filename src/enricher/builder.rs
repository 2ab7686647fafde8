//! [`EnricherBuilder`]: sets up an enricher one setting at a time.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;

use super::error::OpenError;
use super::front_door::Enricher;
use super::session::Observers;
use super::settings::{LedgerChoice, LedgerSettings, Provider, RateChoice, Settings};
use crate::lookup::{Caps, Rate, RateError, StopSignal};
use crate::model::Product;
use crate::numbering::{Region, UnknownRegion};
use crate::pricing::Tariff;
use crate::service::{Credentials, Endpoint, EndpointError};
#[cfg(feature = "simulator")]
use crate::simulator::SimulatorSettings;
use crate::telemetry::{NoReporter, Reporter};

/// Collects the [`Settings`] of an [`Enricher`]. Fields without a method of their own are set
/// through [`EnricherBuilder::settings`].
#[must_use = "nothing happens before `open`"]
pub struct EnricherBuilder {
    settings: Settings,
    endpoints: Vec<Endpoint>,
    credentials: Option<Credentials>,
    stop: StopSignal,
    reporter: Arc<dyn Reporter>,
}

impl Enricher {
    /// Collects settings one by one.
    pub fn builder() -> EnricherBuilder {
        EnricherBuilder::default()
    }
}

impl Default for EnricherBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            endpoints: Vec::new(),
            credentials: None,
            stop: StopSignal::default(),
            reporter: Arc::new(NoReporter),
        }
    }
}

impl EnricherBuilder {
    /// Replaces all settings that were set before, the endpoints and the credentials included.
    pub fn settings(mut self, settings: Settings) -> Self {
        (self.endpoints, self.credentials) = match &settings.provider {
            Some(Provider::Endpoints { endpoints, credentials }) => (endpoints.clone(), credentials.clone()),
            _ => Default::default(),
        };
        self.settings = settings;
        self
    }

    /// Adds an endpoint: `eu` or `us` for a documented pair, or a URL such as
    /// `https://lookup.example.com:3701`. The first is preferred, the others are backups. Takes the
    /// place of a simulator.
    ///
    /// # Errors
    ///
    /// When the text is not an endpoint, or a URL with credentials or a path.
    pub fn endpoint(mut self, text: &str) -> Result<Self, EndpointError> {
        self.endpoints.extend(Endpoint::named(text)?);
        self.settings.provider = None;
        Ok(self)
    }

    /// The account on all endpoints.
    pub fn credentials(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        let (username, password) = (username.into().into(), password.into().into());
        self.credentials = Some(Credentials { username, password });
        self
    }

    /// Uses the simulator inside this process: nothing is looked up, and nothing is paid for. Takes
    /// the place of endpoints.
    #[cfg(feature = "simulator")]
    pub fn simulator(mut self, settings: SimulatorSettings) -> Self {
        self.endpoints.clear();
        self.settings.product = settings.product;
        self.settings.provider = Some(Provider::Simulator { settings: Box::new(settings), backups: 0 });
        self
    }

    /// The product of the account.
    pub fn product(mut self, product: Product) -> Self {
        self.settings.product = product;
        self
    }

    /// Maximum requests per second, retries included.
    ///
    /// # Errors
    ///
    /// When the rate is out of range: from 0.0003 (one per hour) to 1,000,000.
    pub fn rate(mut self, per_second: f64) -> Result<Self, RateError> {
        self.settings.rate = RateChoice::AtMost(Rate::per_second(per_second)?);
        Ok(self)
    }

    /// Maximum requests in flight.
    pub fn concurrency(mut self, requests: NonZeroUsize) -> Self {
        self.settings.concurrency = Some(requests);
        self
    }

    /// Time limit for one request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Keeps answers in this file.
    pub fn ledger(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.ledger = LedgerChoice::File(LedgerSettings::new(path));
        self
    }

    /// Forgets all answers when the enricher is closed. The next run pays for them again.
    pub fn without_ledger(mut self) -> Self {
        self.settings.ledger = LedgerChoice::Nowhere;
        self
    }

    /// What lookups cost.
    pub fn tariff(mut self, tariff: Tariff) -> Self {
        self.settings.tariff = Arc::new(tariff);
        self
    }

    /// How much may be spent.
    pub fn caps(mut self, caps: Caps) -> Self {
        self.settings.caps = caps;
        self
    }

    /// The column with the numbers. By default it is found by its name.
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.settings.rows.numbers.columns = vec![name.into()];
        self
    }

    /// Default country for national numbers, as an ISO 3166 code such as `SE`.
    ///
    /// # Errors
    ///
    /// When no country has this code.
    pub fn region(mut self, code: &str) -> Result<Self, UnknownRegion> {
        self.settings.rows.numbers.region = Some(code.parse::<Region>()?);
        Ok(self)
    }

    /// A signal with which other code can stop the enricher.
    pub fn stop_signal(mut self, stop: StopSignal) -> Self {
        self.stop = stop;
        self
    }

    /// Receives events: an outage, throttling, a number range without useful answers. It must not
    /// block. If it panics, the panic is printed as usual, and the run goes on.
    pub fn reporter(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.reporter = reporter;
        self
    }

    /// Opens the enricher on the current tokio runtime. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`Enricher::open`].
    pub async fn open(self) -> Result<Enricher, OpenError> {
        let (settings, observers) = self.into_parts();
        Enricher::open_observed(settings, observers).await
    }

    /// Opens the enricher on a runtime of its own, for callers without one: see
    /// [`Enricher::enrich_blocking`].
    ///
    /// # Errors
    ///
    /// As for [`Enricher::open`], or when no runtime can be started.
    ///
    /// # Panics
    ///
    /// When it is called inside an async task.
    pub fn open_blocking(self) -> Result<Enricher, OpenError> {
        let (settings, observers) = self.into_parts();
        let runtime = Builder::new_multi_thread().enable_all().thread_name("hlr").build();
        Enricher::open_on(runtime.map_err(OpenError::Runtime)?, settings, observers)
    }

    fn into_parts(self) -> (Settings, Observers) {
        let Self { mut settings, endpoints, credentials, stop, reporter } = self;
        if !endpoints.is_empty() {
            settings.provider = Some(Provider::Endpoints { endpoints, credentials });
        }
        (settings, Observers { stop, counters: Arc::default(), reporter })
    }
}

impl fmt::Debug for EnricherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, endpoints, .. } = self;
        f.debug_struct("EnricherBuilder")
            .field("settings", settings)
            .field("endpoints", endpoints)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(builder: EnricherBuilder) -> Provider {
        builder.into_parts().0.provider.expect("a service is chosen")
    }

    fn with_endpoint() -> EnricherBuilder {
        EnricherBuilder::default().endpoint("http://127.0.0.1:1").unwrap().credentials("ada", "hunter2")
    }

    #[cfg(feature = "simulator")]
    #[test]
    fn of_a_simulator_and_an_endpoint_the_last_one_is_used() {
        assert!(provider(with_endpoint().simulator(SimulatorSettings::default())).is_simulated());
        let simulated = EnricherBuilder::default().simulator(SimulatorSettings::default());
        assert!(!provider(simulated.endpoint("http://127.0.0.1:1").unwrap()).is_simulated());
        let (simulated, _) = EnricherBuilder::default().simulator(SimulatorSettings::default()).into_parts();
        assert!(provider(with_endpoint().settings(simulated)).is_simulated());
    }

    #[test]
    fn the_endpoint_of_settings_takes_the_credentials_of_the_builder() {
        let (mut settings, _) = with_endpoint().into_parts();
        let Some(Provider::Endpoints { credentials, .. }) = &mut settings.provider else {
            panic!("no endpoint")
        };
        *credentials = None;
        let builder = EnricherBuilder::default().settings(settings).credentials("ada", "hunter2");
        let provider = provider(builder);
        let Provider::Endpoints { credentials, endpoints } = provider else { panic!("no endpoint") };
        assert!(credentials.is_some());
        assert_eq!(endpoints[0].to_string(), "http://127.0.0.1:1");
    }

    #[test]
    fn no_secret_is_shown() {
        let mut builder = with_endpoint();
        builder.settings.proxy = Some("http://ada:hunter2@proxy.example.com:3128".parse().unwrap());
        let (settings, _) = with_endpoint().into_parts();
        assert!(!format!("{builder:?} {settings:?}").contains("hunter2"));
    }
}
