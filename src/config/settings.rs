//! The settings of an enricher: the part of a configuration that needs no list and no output.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::diagnostics::{Diagnostics, Problem};
use super::effective::EffectiveSettings;
use super::endpoint::{self, Purpose};
use super::environment::Environment;
use super::rate_schedule::RatePlan;
use super::raw::RawConfig;
use super::resolver::{ConfigResolver, Resolved};
use super::{ledger, lookup, pricing, selection};
use crate::enricher::Settings;
use crate::model::{Product, ProviderCache};
use crate::service::Proxy;
use crate::storage::{Storage, StorageSettings};

/// The settings of an enricher, and where each comes from.
#[derive(Clone, Debug)]
pub struct ResolvedSettings {
    /// What the enricher is opened with.
    pub settings: Settings,
    /// The rates by time of day.
    pub(crate) rate_plan: RatePlan,
    /// How object stores are reached.
    pub(crate) storage: Storage,
    /// The settings that decide about speed and money, each with its origin. Displays as one line.
    pub effective: EffectiveSettings,
    /// What is allowed, but the user should know before anything is sent.
    pub warnings: Vec<String>,
}

impl ResolvedSettings {
    /// The settings from flags alone, without a pipeline file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(flags: RawConfig, environment: &Environment) -> Result<Self, Diagnostics> {
        let mut resolver = ConfigResolver::new(flags, None, environment);
        let resolved = Self::resolve(&mut resolver, Purpose::Lookups);
        resolver.finish(resolved)
    }

    pub(crate) fn resolve(resolver: &mut ConfigResolver, purpose: Purpose) -> Resolved<Self> {
        let mut effective = EffectiveSettings::default();
        let provider = endpoint::provider(resolver, purpose);
        // Without a provider, the other values are still checked, so that every problem is
        // reported.
        let mut settings = Settings { provider: provider.as_ref().ok().cloned(), ..Settings::default() };
        settings.product = product(resolver, &settings);
        settings.cache = match resolver.raw.nocache {
            Some(true) => ProviderCache::Bypassed,
            _ => ProviderCache::Allowed,
        };
        let prices = pricing::prices(resolver, &mut settings);
        let limits = lookup::limits(resolver, &mut settings);
        pricing::note_prices(resolver, &settings, &mut effective);
        lookup::note_limits(resolver, &settings, &mut effective);
        let rate_plan = RatePlan::resolve(resolver, settings.effective_rate(), &mut effective);
        let ledger = ledger::choice(resolver, &settings, &mut effective);
        let rows = selection::rows(resolver, &mut settings.rows);
        let certificates = certificates(resolver).map(|pem| settings.trusted_certificates = pem);
        let proxy = proxy(resolver).map(|proxy| settings.proxy = proxy);
        let ledger = ledger.map(|ledger| settings.ledger = ledger);
        // A price that is invalid has been reported, and is not missing.
        let is_priced = prices.is_ok() || resolver.raw.price.is_none();
        let values = lookup::check_values(resolver, &settings, is_priced);
        provider?;
        prices.and(limits).and(ledger).and(rows).and(certificates).and(proxy).and(values)?;
        let storage = storage(resolver.environment, &settings);
        settings.answers = ledger::shared_answers(resolver, storage.clone())?;
        let warnings = std::mem::take(&mut resolver.warnings);
        Ok(Self { settings, rate_plan: rate_plan?, storage, effective, warnings })
    }
}

/// The way to object stores: with the credentials of the environment, and through the same proxy as
/// lookups.
fn storage(environment: &Environment, settings: &Settings) -> Storage {
    Storage::new(StorageSettings {
        trusted_certificates: settings.trusted_certificates.clone(),
        proxy: settings.proxy.clone(),
        ..environment.storage_settings()
    })
}

/// The product of the account; a simulator has its own.
fn product(resolver: &ConfigResolver, settings: &Settings) -> Product {
    #[cfg(feature = "simulator")]
    use crate::enricher::Provider;

    match &settings.provider {
        #[cfg(feature = "simulator")]
        Some(Provider::Simulator { settings, .. }) => settings.product,
        _ => resolver.raw.product.unwrap_or_default(),
    }
}

fn certificates(resolver: &mut ConfigResolver) -> Resolved<Option<String>> {
    let Some(path) = resolver.raw.ca_file.clone() else { return Ok(None) };
    let name = path.display();
    let pem = match resolver.environment.bytes_of(&path) {
        Ok(bytes) => pem_of(&bytes).ok_or_else(|| {
            Problem::new(format!("{name} holds no certificate"))
                .with_help("a PEM file has a line -----BEGIN CERTIFICATE-----; DER files are read too")
        }),
        Err(fault) => Err(Problem::new(format!("cannot read {name}: {fault}"))),
    };
    resolver.check("ca_file", pem).map(Some)
}

/// The PEM text of a file of certificates: PEM, with or without a byte order mark, or one in DER.
fn pem_of(bytes: &[u8]) -> Option<String> {
    const SEQUENCE_WITH_LONG_LENGTH: [u8; 2] = [0x30, 0x82];
    if bytes.starts_with(&SEQUENCE_WITH_LONG_LENGTH) {
        let encoded = BASE64_STANDARD.encode(bytes);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap_or_default()).collect();
        return Some(format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        ));
    }
    let text = str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    text.contains("-----BEGIN CERTIFICATE-----").then(|| text.to_owned())
}

fn proxy(resolver: &mut ConfigResolver) -> Resolved<Option<Proxy>> {
    let Some(text) = resolver.raw.proxy.clone() else { return Ok(None) };
    let proxy = match text.parse::<Proxy>() {
        Ok(proxy) if proxy.has_credentials() => {
            Err(Problem::new("a proxy's URL must not carry credentials, which every process could read"))
        }
        Ok(proxy) => Ok(proxy),
        Err(invalid) => Err(Problem::of(&invalid)),
    };
    resolver.check("proxy", proxy).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_as_pem_and_der() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(pem_of(pem.as_bytes()).as_deref(), Some(pem));
        assert_eq!(pem_of(format!("\u{feff}{pem}").as_bytes()).as_deref(), Some(pem));
        let der = [&[0x30, 0x82, 0x01, 0x00][..], &[7; 100]].concat();
        let text = pem_of(&der).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        assert_eq!(BASE64_STANDARD.decode(body).unwrap(), der);
        assert!(text.lines().all(|line| line.len() <= 64));
        for other in [&b""[..], b"no certificate", b"\x30\x03", b"\xff\xfe-"] {
            assert_eq!(pem_of(other), None);
        }
    }
}
