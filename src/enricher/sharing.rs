//! A session with shared answers: the right to ask, what is stored, and what an earlier run of this
//! machine could not store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;

use super::error::OpenError;
use super::settings::{Provider, Settings, SharedAnswersSettings};
use crate::humanize::counted;
use crate::ledger::{DurableLedger, Entry, Ledger};
use crate::lookup::{AskingRight, Rate};
use crate::model::{Holder, UtcMillis};
use crate::shared_answers::{AnswerStore, AskingLease, SharedLedger, SharedLedgerSettings, SharedReader};
use crate::storage::{LeaseError, LeaseTimes, Place, StorageError, StorageErrorKind};
use crate::sync;
use crate::task;
use crate::telemetry::{Event, Reporter};

/// What clocks may differ by, and a packet may take, when the right to ask changes hands.
const GRACE: Duration = Duration::from_secs(2);
/// How long a store that is down is waited for, at most. Then the run stops.
const LONGEST_OUTAGE: Duration = Duration::from_secs(120);
/// How many answers may wait for the store, if there is no rate.
const UNSTORED_WITHOUT_RATE: usize = 20_000;
/// How many parts slow down a start so much that it is worth a word.
const MANY_PARTS: usize = 2_000;
/// The characters of the name of a lease.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The shared part of a session.
pub(super) struct Sharing {
    ledger: Arc<SharedLedger>,
    lease: Mutex<Option<AskingLease>>,
    /// The key under which the local ledger keeps that answers may not be stored.
    unstored_key: String,
    right: AskingRight,
    warnings: Vec<String>,
}

impl Sharing {
    /// Takes the right to ask, stores what an earlier run of this machine could not store, and
    /// reads where answers are. `in_flight`: the most requests at once.
    pub(super) async fn open(
        shared: &SharedAnswersSettings,
        settings: &Settings,
        provider: &Provider,
        local: (Arc<dyn Ledger>, Option<&Arc<DurableLedger>>),
        in_flight: usize,
        reporter: &Arc<dyn Reporter>,
    ) -> Result<Self, OpenError> {
        let (local, durable) = local;
        let place = Place::of(&shared.store)?;
        let storage = shared.storage.clone();
        let opening = task::on_thread("answers", move || AnswerStore::open(&place, &storage)).await;
        let store = opening.map_err(|fault| no_thread(shared, fault))??;
        let unstored = unstored_answers(shared, settings);
        let lease = take_lease(shared, settings, provider, &store, in_flight + unstored, reporter).await?;
        store.ensure_holds(provider.origin()).await?;
        let mut warnings: Vec<String> = lease.in_doubt().map(doubt_warning).into_iter().collect();
        let unstored_key = format!("not stored in {}", store.name());
        if let Some(durable) = durable {
            warnings.extend(store_what_is_left(&store, durable, settings, shared, &unstored_key).await?);
        }
        let freshness = match durable {
            Some(durable) => durable.freshness().clone(),
            None => settings.freshness(shared.max_age.clone(), UtcMillis::now()),
        };
        let (scope, reading) = (settings.scope(), store.clone());
        let opening = task::on_thread("answers", move || SharedReader::open(reading, scope, freshness)).await;
        let reader = opening.map_err(|fault| no_thread(shared, fault))??;
        if reader.parts() > MANY_PARTS {
            warnings.push(format!(
                "the shared answers are in {}; `hlr ledger compact {}` makes starts faster",
                counted(reader.parts() as u64, "small file"),
                shared.store
            ));
        }
        let duty = lease.duty();
        let of_ledger = SharedLedgerSettings {
            scope,
            run_id: shared.run_id.clone(),
            interval: shared.interval,
            give_up_after: settings.give_up_after.min(LONGEST_OUTAGE),
            unstored_answers: unstored,
        };
        let ledger = SharedLedger::start(local, store, reader, of_ledger);
        Ok(Self {
            ledger: Arc::new(ledger.map_err(|fault| no_thread(shared, fault))?),
            lease: Mutex::new(Some(lease)),
            unstored_key,
            right: AskingRight::new(move || duty.holds()),
            warnings,
        })
    }

    pub(super) fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.clone()
    }

    pub(super) fn right(&self) -> AskingRight {
        self.right.clone()
    }

    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Waits until everything is stored, and gives the right to ask back. After the end of the
    /// lookups.
    pub(super) async fn finish(&self, durable: Option<&Arc<DurableLedger>>) {
        self.ledger.finish().await;
        if let (Some(durable), true) = (durable, self.ledger.is_stored()) {
            // If this fails, the next run stores them again, which changes nothing.
            let _ = durable.forget_metadata(self.unstored_key.clone()).await;
        }
        let lease = sync::lock(&self.lease).take();
        if let Some(lease) = lease {
            lease.release().await;
        }
    }
}

/// How many answers may wait for the store: those of the time between two parts, and of a put.
fn unstored_answers(shared: &SharedAnswersSettings, settings: &Settings) -> usize {
    let wait = shared.interval + Duration::from_secs(1);
    let of_rate = |rate: Rate| (rate.get() * wait.as_secs_f64()).ceil() as usize;
    settings.effective_rate().map_or(UNSTORED_WITHOUT_RATE, of_rate).max(1)
}

async fn take_lease(
    shared: &SharedAnswersSettings,
    settings: &Settings,
    provider: &Provider,
    store: &AnswerStore,
    at_most: usize,
    reporter: &Arc<dyn Reporter>,
) -> Result<AskingLease, OpenError> {
    let handover = settings.timeout + settings.effective_late_answer_grace() + GRACE;
    let times = LeaseTimes { ttl: shared.lease_ttl, handover, wait: shared.wait };
    let holder = Holder::of_this_process(&shared.run_id);
    let mut told = None;
    let waiting = |holder: &Holder| {
        if told.as_ref() != Some(holder) {
            reporter.event(Event::WaitsForAsker { holder: holder.to_string() });
            told = Some(holder.clone());
        }
    };
    let contract = contract(provider);
    let lease = AskingLease::take(store, &contract, holder, times, at_most as u64, waiting);
    lease.await.map_err(|error| match error {
        LeaseError::Held(holder) => OpenError::SomebodyElseAsks { store: store.name(), holder },
        LeaseError::Storage(error) => error.into(),
    })
}

/// The endpoint and the user of a contract, as the name of a file. Whoever names the endpoints in
/// another order names another contract.
fn contract(provider: &Provider) -> String {
    match provider {
        #[cfg(feature = "simulator")]
        Provider::Simulator { .. } => "simulator".into(),
        Provider::Endpoints { endpoints, credentials } => {
            let endpoint = endpoints.first().map(ToString::to_string).unwrap_or_default();
            let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, rest)| rest);
            let user = credentials.as_ref().map_or("", |credentials| credentials.username.expose_secret());
            let name = |text: &str| utf8_percent_encode(text, NAME).to_string();
            format!("{}~{}", name(host.trim_end_matches('/')), name(user))
        }
    }
}

/// Stores the answers that an earlier run of this machine may not have stored, and notes that this
/// one may leave some.
async fn store_what_is_left(
    store: &AnswerStore,
    durable: &Arc<DurableLedger>,
    settings: &Settings,
    shared: &SharedAnswersSettings,
    key: &str,
) -> Result<Option<String>, OpenError> {
    let since = durable.metadata(key)?.and_then(|text| text.parse().ok().map(UtcMillis));
    let Some(since) = since else {
        durable.set_metadata(key.to_owned(), UtcMillis::now().0.to_string()).await?;
        return Ok(None);
    };
    let scope = settings.scope();
    let left = durable.answers_since(since).await?;
    let entries: Vec<Entry> =
        left.into_iter().map(|(msisdn, answered)| Entry { scope, msisdn, answered }).collect();
    let count = entries.len() as u64;
    if count > 0 {
        store.put_entries(&shared.run_id, entries).await?;
    }
    durable.set_metadata(key.to_owned(), UtcMillis::now().0.to_string()).await?;
    Ok((count > 0).then(|| {
        format!(
            "an earlier run on this machine did not end cleanly: its {} since {since} are stored in {} now",
            counted(count, "answer"),
            store.name()
        )
    }))
}

fn doubt_warning(doubt: &crate::shared_answers::InDoubt) -> String {
    format!(
        "run {} did not end cleanly: up to {} may have been paid for without their answers being stored; if they are \
         in no ledger of that machine, they are looked up again",
        doubt.run_id,
        counted(doubt.at_most, "number")
    )
}

fn no_thread(shared: &SharedAnswersSettings, fault: std::io::Error) -> StorageError {
    StorageError::new(&shared.store, StorageErrorKind::Failed)
        .because("no thread can be started")
        .with_source(fault)
}
