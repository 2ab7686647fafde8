//! How numbers are asked about: the part of a pipeline that needs no files.

use std::sync::Arc;
use std::time::Duration;

use super::diagnostics::Diagnostics;
use super::effective::EffectiveSettings;
use super::endpoint::{Distance, Provider};
use super::environment::Environment;
use super::ledger::LedgerSettings;
use super::rate_schedule::RatePlan;
use super::raw::RawConfig;
use super::resolver::ConfigResolver;
use super::{ledger, lookup, pricing};
use crate::enrich::{EnrichSettings, Window};
use crate::ledger::AnswerScope;
use crate::lookup::LookupSettings;
use crate::model::ProviderCache;
use crate::pricing::Tariff;
use crate::service::Url;

/// What the names of the added columns begin with, unless a setting says otherwise.
const PREFIX: &str = "hlr_";

/// Who is asked, how, and what is made of the answers: validated, ready to start.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) provider: Provider,
    pub(crate) cache: ProviderCache,
    pub(crate) connect_timeout: Duration,
    pub(crate) trusted_certificates: Option<String>,
    pub(crate) proxy: Option<Url>,
    pub(crate) lookup: LookupSettings,
    pub(crate) rate_plan: RatePlan,
    pub(crate) enrich: EnrichSettings,
    /// `None` when answers are forgotten at the end of the run.
    pub(crate) ledger: Option<LedgerSettings>,
    pub(crate) choices: EffectiveSettings,
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// The enquiry that flags alone describe; for numbers that come from no file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(flags: RawConfig, environment: &Environment) -> Result<Self, Diagnostics> {
        let mut reading = ConfigResolver::new(flags, None, environment);
        let enquiry = Self::read(&mut reading);
        reading.finish(Vec::new(), enquiry)
    }

    pub(crate) fn read(reading: &mut ConfigResolver) -> Option<Self> {
        let provider = Provider::read(reading);
        // Without a provider the rest is still read, for its problems.
        let distance = provider.as_ref().map_or(Distance::Remote, Provider::distance);
        let mut choices = EffectiveSettings::default();
        let simulated = provider.as_ref().is_some_and(Provider::is_simulated);
        let money = pricing::settings(reading, &mut choices);
        let tariff = money.as_ref().map(|(tariff, _)| tariff.clone()).unwrap_or_default();
        let lookup = lookup::settings(reading, distance, money, &mut choices);
        let rate_plan = lookup.as_ref().and_then(|lookup| RatePlan::read(reading, lookup.rate, &mut choices));
        let ledger = ledger::settings(reading, distance, simulated, &mut choices);
        let enrich = enrich_settings(reading, provider.as_ref(), tariff);
        let cache = match reading.written.nocache {
            Some(true) => ProviderCache::Bypassed,
            _ => ProviderCache::Allowed,
        };
        let trusted_certificates = certificates(reading);
        let proxy = proxy(reading);
        let connect_timeout = RawConfig::duration(reading.written.connect_timeout);
        let connect_timeout = connect_timeout.unwrap_or(Duration::from_secs(5));
        let (lookup, enrich, provider, ledger) = (lookup?, enrich?, provider?, ledger?);
        let rate_plan = rate_plan?;
        // A connection that does not come about must be known for that before the request's time is over: it
        // was surely not billed, and a request that takes too long may have been.
        let connect_timeout = connect_timeout.min(lookup.timeout * 4 / 5);
        let warnings = std::mem::take(&mut reading.warnings);
        Some(Self {
            provider,
            cache,
            connect_timeout,
            trusted_certificates,
            proxy,
            lookup,
            rate_plan,
            enrich,
            ledger,
            choices,
            warnings,
        })
    }

    /// Who is asked.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The settings that decide about speed and money, with where each came from. Displays as one line.
    #[must_use]
    pub fn choices(&self) -> &EffectiveSettings {
        &self.choices
    }

    /// What is allowed and yet should be told before anything is asked.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where this run's answers belong in a ledger.
    pub(crate) fn scope(&self) -> AnswerScope {
        AnswerScope { product: self.enrich.product, cache: self.cache }
    }

    /// How many rows should be held at this rate, where that is more than are.
    pub(crate) fn window_wanted(&self) -> Option<usize> {
        let rate = self.lookup.rate?.get();
        // One request that stalls until its timeout, the wait after it, and one more like it.
        let retry = &self.lookup.retry;
        let rest = retry.second_pass.unwrap_or_default();
        let ordinary_delay = self.lookup.timeout * 2 + retry.first_backoff + rest;
        let wanted = (rate * ordinary_delay.as_secs_f64()).ceil() as usize;
        (wanted > self.enrich.window.rows).then_some(wanted)
    }
}

fn enrich_settings(
    reading: &mut ConfigResolver,
    provider: Option<&Provider>,
    tariff: Arc<Tariff>,
) -> Option<EnrichSettings> {
    let region = match reading.written.region.clone() {
        Some(text) => reading.sound("region", text.parse()).map(Some),
        None => Some(None),
    };
    let prefix = reading.written.prefix.clone().unwrap_or_else(|| PREFIX.into());
    if prefix.contains(['/', '\\']) {
        reading.problem("prefix", "a column's name may become a folder's; leave / and \\ out");
        return None;
    }
    let written = &reading.written;
    let product = match provider {
        Some(Provider::Simulator { settings, .. }) => settings.product,
        _ => written.product.unwrap_or_default(),
    };
    let default = Window::default();
    let window = Window {
        rows: written.window_rows.map_or(default.rows, |rows| rows as usize),
        bytes: written.window_mib.map_or(default.bytes, mebibytes),
    };
    let (column, order) = (written.column.clone(), written.order.unwrap_or_default());
    let mut sound = true;
    for key in ["window_rows", "window_mib"] {
        let zero = if key == "window_rows" { window.rows == 0 } else { window.bytes == 0 };
        if zero {
            reading.problem(key, "at least one row must be held; leave it out for the default");
            sound = false;
        }
    }
    let only = reading.written.only.unwrap_or_default();
    let cost_column = reading.written.cost_column == Some(true);
    if cost_column && !tariff.has_prices() {
        reading.problem("cost_column", "a cost needs a price: give --price, or price in the pipeline file");
        sound = false;
    }
    let region = region?;
    sound.then_some(EnrichSettings {
        column,
        region,
        product,
        prefix,
        order,
        window,
        only,
        tariff,
        cost_column,
    })
}

fn certificates(reading: &mut ConfigResolver) -> Option<String> {
    let path = reading.written.ca_file.clone()?;
    let name = path.display();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => Ok(text),
        Ok(_) => Err(format!("{name} has no certificate in it; a PEM file has -----BEGIN CERTIFICATE-----")),
        Err(fault) => Err(format!("{name} cannot be read: {fault}")),
    };
    reading.sound("ca_file", text)
}

fn proxy(reading: &mut ConfigResolver) -> Option<Url> {
    let text = reading.written.proxy.clone()?;
    let url = match Url::parse(&text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("a proxy's URL must not carry credentials, which would be seen by every process")
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err("a proxy is a URL such as http://proxy.example.com:3128"),
    };
    reading.sound("proxy", url)
}

/// So many MiB in bytes.
pub(crate) fn mebibytes(count: u32) -> usize {
    (count as usize).saturating_mul(1 << 20)
}
