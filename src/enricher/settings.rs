//! The settings of an enricher: plain values, each fact once.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::enrich::{NumberSettings, Only, Order, Window};
use crate::ledger::{AnswerOrigin, AnswerScope, Freshness, MaxAge};
use crate::lookup::{Caps, Rate, RetryPolicy};
use crate::model::{Product, ProviderCache, UtcMillis};
use crate::pricing::Tariff;
use crate::service::{Credentials, Endpoint, Proxy};
#[cfg(feature = "simulator")]
use crate::simulator::SimulatorSettings;
use crate::storage::Storage;

/// The rate for a provider when none is chosen: slow enough for any contract.
const CAREFUL_RATE: f64 = 10.0;
/// The concurrency for a provider when none is chosen.
const CAREFUL_CONCURRENCY: usize = 10;
/// The concurrency on this machine when none is chosen.
const LOOPBACK_CONCURRENCY: usize = 256;

/// How numbers are looked up, and what becomes of the answers.
///
/// [`Settings::default`] lacks what must not be guessed: the service ([`Settings::provider`]) and,
/// for a provider that bills, where answers are kept ([`Settings::ledger`]). Opening an enricher
/// without them is an error. Every other default is safe: a provider gets 10 requests per second
/// and 10 at a time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which service is used. `None` is an error of `open`.
    pub provider: Option<Provider>,
    /// The product of the account; decides what `OK` means.
    pub product: Product,
    /// Whether the provider may answer from its own cache.
    pub cache: ProviderCache,
    /// Time limit for making a connection, at most four fifths of `timeout`: a failed connection is
    /// never billed, but a request that times out may be.
    pub connect_timeout: Duration,
    /// PEM certificates to trust instead of the system's.
    pub trusted_certificates: Option<String>,
    /// The HTTP proxy for requests to a provider. Proxies of the environment are ignored.
    pub proxy: Option<Proxy>,
    /// Maximum requests per second, retries included.
    pub rate: RateChoice,
    /// Maximum requests in flight; `None` for 10 with a provider and 256 on this machine.
    pub concurrency: Option<NonZeroUsize>,
    /// Time limit for one request. A request that times out may still be billed.
    pub timeout: Duration,
    /// How long a request that has timed out is still read; `None` for as long as the timeout. It
    /// counts as in flight until then, and a late answer is taken.
    pub late_answer_grace: Option<Duration>,
    /// How numbers without an answer are retried.
    pub retry: RetryPolicy,
    /// How long a run waits for a service that is down, before it stops.
    pub give_up_after: Duration,
    /// Whether to skip number ranges that stop returning useful answers; 1 % of their numbers is
    /// still sampled.
    pub skip_useless: bool,
    /// What lookups cost.
    pub tariff: Arc<Tariff>,
    /// How much may be spent.
    pub caps: Caps,
    /// Where answers are kept.
    pub ledger: LedgerChoice,
    /// The store of answers that many machines share, if there is one.
    pub answers: Option<SharedAnswersSettings>,
    /// Which column is read, and what is added.
    pub rows: RowSettings,
    /// Seed of all randomness, to replay a run; `None` for a random seed.
    pub seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            provider: None,
            product: Product::default(),
            cache: ProviderCache::default(),
            connect_timeout: Duration::from_secs(5),
            trusted_certificates: None,
            proxy: None,
            rate: RateChoice::default(),
            concurrency: None,
            timeout: Duration::from_secs(10),
            late_answer_grace: None,
            retry: RetryPolicy::default(),
            give_up_after: Duration::from_secs(600),
            skip_useless: false,
            tariff: Arc::default(),
            caps: Caps::default(),
            ledger: LedgerChoice::default(),
            answers: None,
            rows: RowSettings::default(),
            seed: None,
        }
    }
}

/// The service that answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Provider {
    /// Simulators inside this process, one for each endpoint. Nothing is looked up.
    #[cfg(feature = "simulator")]
    Simulator {
        /// What the primary does; its backups do the same, without outages.
        settings: Box<SimulatorSettings>,
        /// The number of backups.
        backups: usize,
    },
    /// Endpoints of the service.
    Endpoints {
        /// The primary, then its backups; not empty.
        endpoints: Vec<Endpoint>,
        /// The account on all of them. `None` is an error of `open`; a dry run needs none.
        credentials: Option<Credentials>,
    },
}

impl Provider {
    /// Whether requests leave this machine and are probably billed.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        match self {
            #[cfg(feature = "simulator")]
            Self::Simulator { .. } => false,
            Self::Endpoints { endpoints, .. } => !endpoints.iter().all(Endpoint::is_loopback),
        }
    }

    /// Whether the answers are invented inside this process.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        match self {
            #[cfg(feature = "simulator")]
            Self::Simulator { .. } => true,
            Self::Endpoints { .. } => false,
        }
    }

    /// The origin of the answers, as the ledger records it.
    #[must_use]
    pub(crate) fn origin(&self) -> AnswerOrigin {
        if self.is_remote() { AnswerOrigin::Provider } else { AnswerOrigin::ThisMachine }
    }
}

/// How many requests may start per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RateChoice {
    /// 10 per second with a provider, no limit on this machine.
    #[default]
    ByDistance,
    /// No limit.
    Unlimited,
    /// At most this rate.
    AtMost(Rate),
}

/// Where answers are kept.
#[derive(Clone, Debug, Default)]
#[expect(clippy::large_enum_variant, reason = "there is one for each enricher")]
pub enum LedgerChoice {
    /// Not chosen. With the built-in simulator this means nowhere. With any other service it is an
    /// error of `open`, because a forgotten answer is paid for again.
    #[default]
    Unset,
    /// Nowhere: answers are forgotten when the enricher is closed.
    Nowhere,
    /// In a file.
    File(LedgerSettings),
}

/// A ledger file, and how it is used.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// The file; created if it does not exist.
    pub path: PathBuf,
    /// Whether the folder of the file is created too.
    pub folder: LedgerFolder,
    /// The maximum age of an answer, by its status.
    pub max_age: MaxAge,
    /// Whether answers from before this job are used.
    pub refresh: Refresh,
    /// How long answers are collected before they are committed. A power cut may lose this much.
    pub commit_interval: Duration,
    /// How many answers may be paid for and not yet on disk, besides those of the requests in
    /// flight. When this many wait for a slow disk, nothing more is asked. At least 1.
    pub unsaved_answers: usize,
    /// How much of the file may be held in memory, in bytes. 12 bytes per answer make reads two
    /// times faster.
    pub memory: usize,
}

impl LedgerSettings {
    /// This file, in a folder that exists, with the default ages and limits.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            folder: LedgerFolder::MustExist,
            max_age: MaxAge::default(),
            refresh: Refresh::No,
            commit_interval: Duration::from_millis(20),
            unsaved_answers: 2_000,
            memory: 256 << 20,
        }
    }
}

/// A store of answers that many machines share, and how it is used.
#[derive(Clone, Debug)]
pub struct SharedAnswersSettings {
    /// A URL of an object store, or a shared folder that exists.
    pub store: String,
    /// How object stores are reached.
    pub storage: Storage,
    /// How long answers are gathered before they are stored. A machine that is lost loses this much.
    pub interval: Duration,
    /// How long the right to ask lasts without being renewed.
    pub lease_ttl: Duration,
    /// How long to wait for another run that asks on the same contract.
    pub wait: Duration,
    /// The maximum age of an answer, by its status.
    pub max_age: MaxAge,
    /// The name of the run, for others to see.
    pub run_id: String,
}

impl SharedAnswersSettings {
    /// This store, with the default times and ages.
    pub fn new(store: impl Into<String>, storage: Storage) -> Self {
        Self {
            store: store.into(),
            storage,
            interval: Duration::from_secs(1),
            lease_ttl: Duration::from_secs(30),
            wait: Duration::ZERO,
            max_age: MaxAge::default(),
            run_id: format!("{:08x}", fastrand::u32(..)),
        }
    }
}

/// What happens when the folder of a ledger does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerFolder {
    /// Opening fails.
    MustExist,
    /// It is created, readable by its owner only.
    Created,
}

/// Whether every number is looked up again, whatever the ledger has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// Fresh answers are used.
    #[default]
    No,
    /// Every number is looked up again, once.
    Once,
    /// Every number is looked up again by a job of this name. A job that stopped, or left gaps,
    /// continues when it is started again under the same name.
    Job(String),
}

/// How the rows of one stream are read and written.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSettings {
    /// Where the numbers are, and how they are read.
    pub numbers: NumberSettings,
    /// Prefix of the added columns' names.
    pub prefix: String,
    /// The order of the rows.
    pub order: Order,
    /// How much is held in memory between reading and writing.
    pub window: Window,
    /// Which rows are looked up.
    pub only: Only,
    /// Whether to add a column with the cost of each row.
    pub cost_column: bool,
}

impl Default for RowSettings {
    fn default() -> Self {
        Self {
            numbers: NumberSettings::default(),
            prefix: "hlr_".into(),
            order: Order::default(),
            window: Window::default(),
            only: Only::default(),
            cost_column: false,
        }
    }
}

impl Settings {
    /// The rate that applies; `None` for no limit.
    #[must_use]
    pub fn effective_rate(&self) -> Option<Rate> {
        match self.rate {
            RateChoice::AtMost(rate) => Some(rate),
            RateChoice::Unlimited => None,
            RateChoice::ByDistance if self.is_remote() => Rate::per_second(CAREFUL_RATE).ok(),
            RateChoice::ByDistance => None,
        }
    }

    /// The concurrency that applies.
    #[must_use]
    pub fn effective_concurrency(&self) -> NonZeroUsize {
        let by_distance = if self.is_remote() { CAREFUL_CONCURRENCY } else { LOOPBACK_CONCURRENCY };
        self.concurrency.or(NonZeroUsize::new(by_distance)).unwrap_or(NonZeroUsize::MIN)
    }

    /// Whether requests leave this machine; assumed as long as no service is chosen.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.provider.as_ref().is_none_or(Provider::is_remote)
    }

    /// Whether the answers are invented inside this process.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.provider.as_ref().is_some_and(Provider::is_simulated)
    }

    /// Names the account on the endpoints, if there are any.
    pub(crate) fn set_credentials(&mut self, username: String, password: String) {
        if let Some(Provider::Endpoints { credentials, .. }) = &mut self.provider {
            *credentials = Some(Credentials { username: username.into(), password: password.into() });
        }
    }

    /// What answers of these settings are about.
    pub(crate) fn scope(&self) -> AnswerScope {
        AnswerScope { product: self.product, cache: self.cache }
    }

    /// Which answers a run of these settings uses at this moment.
    pub(crate) fn freshness(&self, max_age: MaxAge, now: UtcMillis) -> Freshness {
        let accepted = self.tariff.accepted.clone();
        Freshness { max_age, not_before: None, now, product: self.product, accepted }
    }

    /// The ledger file, if answers are kept in one.
    pub(crate) fn ledger_file(&self) -> Option<&LedgerSettings> {
        match &self.ledger {
            LedgerChoice::File(file) => Some(file),
            LedgerChoice::Unset | LedgerChoice::Nowhere => None,
        }
    }

    pub(crate) fn effective_late_answer_grace(&self) -> Duration {
        self.late_answer_grace.unwrap_or(self.timeout)
    }

    /// How many rows the window needs at this rate, if that is more than it has.
    pub(crate) fn larger_window(&self) -> Option<usize> {
        let rate = self.effective_rate()?.get();
        // A request that stalls until its timeout, the wait after it, and a second such request.
        let rest = self.retry.second_pass.unwrap_or_default();
        let ordinary_delay =
            self.timeout.saturating_mul(2).saturating_add(self.retry.first_backoff).saturating_add(rest);
        let wanted = (rate * ordinary_delay.as_secs_f64()).ceil() as usize;
        (wanted > self.rows.window.rows).then_some(wanted)
    }
}
