//! One enricher for a contract: calls of one process at the same time share its limits and its
//! ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use secrecy::ExposeSecret;
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::task::JoinHandle;

use super::error::OpenError;
use super::front_door::Enricher;
use super::session::Observers;
use super::settings::{Provider, Settings};
use crate::lookup::StopReason;
use crate::model::UtcMillis;
use crate::sync;

/// The enrichers of a process: one for each contract, as long as somebody uses it.
///
/// A contract is its endpoints and its user name. Simulators inside the process have no contract
/// and are never shared.
#[derive(Debug, Default)]
pub struct SharedEnrichers {
    open: AsyncMutex<HashMap<String, InUse>>,
    /// Every enricher that was opened, as long as it is there.
    all: Mutex<Vec<Weak<Enricher>>>,
    /// Enrichers that are being finished.
    closing: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct InUse {
    enricher: Arc<Enricher>,
    settings: Settings,
    users: usize,
    since: UtcMillis,
}

/// A share of an enricher. The last one to be closed, or dropped, closes the enricher, and the
/// ledger is free for others.
#[derive(Debug)]
pub struct SharedEnricher {
    enricher: Option<Arc<Enricher>>,
    contract: Option<String>,
    all: Arc<SharedEnrichers>,
}

impl SharedEnrichers {
    /// The enricher of the contract that the settings name; opened if nobody uses one.
    ///
    /// # Errors
    ///
    /// As for [`Enricher::open`]; when an enricher of the same contract is in use with other
    /// settings, besides those of its rows; and when it has stopped and somebody still uses it.
    pub(crate) async fn open(
        self: &Arc<Self>,
        settings: Settings,
        observers: Observers,
    ) -> Result<SharedEnricher, OpenError> {
        // Before the lock, which those that are being closed need.
        self.wait_for_closing().await;
        let mut open = self.open.lock().await;
        let contract = contract(&settings);
        let share = |enricher| SharedEnricher {
            enricher: Some(enricher),
            contract: contract.clone(),
            all: self.clone(),
        };
        if let Some(used) = contract.as_ref().and_then(|contract| open.get_mut(contract)) {
            used.ensure_same(&settings)?;
            used.users += 1;
            return Ok(share(used.enricher.clone()));
        }
        let enricher = Arc::new(Enricher::open_observed(settings.clone(), observers).await?);
        {
            let mut all = sync::lock(&self.all);
            all.retain(|enricher| enricher.strong_count() > 0);
            all.push(Arc::downgrade(&enricher));
        }
        if let Some(contract) = contract.clone() {
            let in_use = InUse { enricher: enricher.clone(), settings, users: 1, since: UtcMillis::now() };
            open.insert(contract, in_use);
        }
        Ok(share(enricher))
    }

    /// Waits until every enricher that was dropped has recorded what was sent.
    pub async fn wait_for_closing(&self) {
        let closing = std::mem::take(&mut *sync::lock(&self.closing));
        for task in closing {
            let _ = task.await;
        }
    }

    /// Stops every enricher that is in use, and waits until what was sent is recorded: for the end
    /// of the process, where rows may still be held that nobody reads.
    pub async fn finish_all(&self) {
        let all: Vec<_> = sync::lock(&self.all).iter().filter_map(Weak::upgrade).collect();
        all.iter().for_each(|enricher| enricher.stop());
        for enricher in all {
            enricher.finish().await;
        }
        self.wait_for_closing().await;
    }

    /// Gives up one share. The last one closes the enricher, while nobody else can open one.
    async fn release(&self, enricher: Arc<Enricher>, contract: Option<String>) -> Option<StopReason> {
        let mut open = self.open.lock().await;
        if let Some(contract) = contract {
            let used = open.get_mut(&contract)?;
            used.users -= 1;
            if used.users > 0 {
                return enricher.stop_reason();
            }
            open.remove(&contract);
        }
        enricher.finish().await;
        // If this fails, the next refresh uses the answers of this one.
        let _ = enricher.end_refresh(enricher.guard().end()).await;
        enricher.stop_reason()
    }
}

impl InUse {
    fn ensure_same(&self, settings: &Settings) -> Result<(), OpenError> {
        if self.enricher.stop_reason().is_some() {
            return Err(OpenError::StillInUse { since: self.since });
        }
        let pairs = common(&self.settings).into_iter().zip(common(settings));
        let differing = pairs.filter_map(|((key, used), (_, wanted))| (used != wanted).then_some(key));
        let price = (self.settings.tariff != settings.tariff).then_some("price");
        let differing: Vec<&str> = differing.chain(price).collect();
        match differing.is_empty() {
            true => Ok(()),
            false => Err(OpenError::OtherSettings { keys: differing.join(", ") }),
        }
    }
}

impl SharedEnricher {
    /// The enricher.
    pub(crate) fn get(&self) -> &Arc<Enricher> {
        self.enricher.as_ref().expect("it is taken when this is consumed")
    }

    /// Gives up this share. If it is the last one, waits for what was sent and closes the ledger.
    /// Returns why the enricher has stopped, if it has.
    pub(crate) async fn close(mut self) -> Option<StopReason> {
        let (stopped, reason) = oneshot::channel();
        self.release(Some(stopped));
        reason.await.ok().flatten()
    }

    /// Gives up the share in a task of its own, which goes on when nobody waits for it.
    fn release(&mut self, stopped: Option<oneshot::Sender<Option<StopReason>>>) {
        let Some(enricher) = self.enricher.take() else { return };
        let (all, contract) = (self.all.clone(), self.contract.take());
        let runtime = enricher.guard().runtime().clone();
        let releasing = runtime.spawn(async move {
            let reason = all.release(enricher, contract).await;
            let _ = stopped.map(|stopped| stopped.send(reason));
        });
        let mut closing = sync::lock(&self.all.closing);
        closing.retain(|task| !task.is_finished());
        closing.push(releasing);
    }
}

impl Drop for SharedEnricher {
    fn drop(&mut self) {
        self.release(None);
    }
}

/// Whose limits the enricher must keep; `None` if there is no contract.
fn contract(settings: &Settings) -> Option<String> {
    let Some(Provider::Endpoints { endpoints, credentials }) = &settings.provider else { return None };
    let username = credentials.as_ref().map(|credentials| credentials.username.expose_secret());
    let endpoints: Vec<String> = endpoints.iter().map(ToString::to_string).collect();
    Some(format!("{} {}", username.unwrap_or_default(), endpoints.join(" ")))
}

/// The settings that all streams of an enricher share, by their keys.
fn common(settings: &Settings) -> [(&'static str, String); 16] {
    let Settings { product, cache, timeout, retry, caps, ledger, seed, .. } = settings;
    let password = match &settings.provider {
        Some(Provider::Endpoints { credentials: Some(account), .. }) => account.password.expose_secret(),
        _ => "",
    };
    [
        ("password", password.to_owned()),
        ("product", format!("{product:?}")),
        ("nocache", format!("{cache:?}")),
        ("rate", format!("{:?}", settings.effective_rate())),
        ("concurrency", format!("{:?}", settings.effective_concurrency())),
        ("timeout", format!("{timeout:?} {:?}", settings.late_answer_grace)),
        ("connect_timeout", format!("{:?}", settings.connect_timeout)),
        ("attempts", format!("{retry:?}")),
        ("give_up_after", format!("{:?}", settings.give_up_after)),
        ("skip_useless", format!("{:?}", settings.skip_useless)),
        ("max_lookups", format!("{:?}", caps.lookups)),
        ("max_cost", format!("{:?}", caps.cost)),
        ("ledger", format!("{ledger:?}")),
        ("ca_file", format!("{:?}", settings.trusted_certificates)),
        ("proxy", format!("{:?}", settings.proxy)),
        ("seed", format!("{seed:?}")),
    ]
}
