//! Everything that lookups need, opened and closed together: the service, the lookup stage, the
//! ledger, and the built-in simulators if they are used.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::runtime::{Handle, Runtime};
use tokio::sync::OnceCell;

use super::connected::connect;
use super::error::OpenError;
use super::file_descriptors;
use super::settings::{LedgerChoice, LedgerFolder, LedgerSettings, Provider, Refresh, Settings};
#[cfg(feature = "cloud")]
use super::sharing::Sharing;
use crate::ledger::{
    DurableLedger, DurableSettings, FileOperation, InDoubt, Ledger, LedgerError, MemoryLedger, RefreshEnd,
    Rescued,
};
use crate::lookup::{Lookup, LookupSettings, Rate, StopReason, StopSignal};
use crate::model::{UtcMillis, with_causes};
use crate::service::{HttpService, Service};
#[cfg(feature = "simulator")]
use crate::simulator::{Account, Simulator};
use crate::telemetry::{ContainedReporter, Counters, Event, Reporter};

/// The stop signal, the counters and the reporter of a session.
#[derive(Clone)]
pub(crate) struct Observers {
    pub(crate) stop: StopSignal,
    pub(crate) counters: Arc<Counters>,
    pub(crate) reporter: Arc<dyn Reporter>,
}

/// An open session. [`Session::finish`] waits for what was sent.
pub(crate) struct Session {
    pub(crate) lookup: Arc<Lookup<HttpService>>,
    pub(crate) endpoints: Vec<String>,
    /// What the caller should know before anything is sent.
    pub(crate) warnings: Vec<String>,
    pub(crate) observers: Observers,
    ledger: Option<Arc<DurableLedger>>,
    #[cfg(feature = "cloud")]
    sharing: Option<Sharing>,
    /// The key under which the ledger keeps the concurrency limit of the account.
    limit_key: String,
    /// Whether the refresh ends with the session, even if the session ends early.
    forgets_refresh: bool,
    finished: OnceCell<()>,
    #[cfg(feature = "simulator")]
    simulators: Vec<Simulator>,
}

impl Session {
    /// Opens everything. Nothing is sent yet.
    pub(crate) async fn open(settings: &Settings, observers: Observers) -> Result<Self, OpenError> {
        let provider = settings.provider.as_ref().ok_or(OpenError::NoEndpoint)?;
        settings.validate()?;
        let reporter = Arc::new(ContainedReporter(observers.reporter));
        let observers = Observers { reporter, ..observers };
        let ledger_settings = chosen_ledger(settings, provider)?;
        let room = file_descriptors::make_room(settings.effective_concurrency());
        let connected = connect(settings, provider, room.connections).await?;
        // Last, because it writes the run marker.
        let ledger = open_ledger(settings, provider, ledger_settings, room.concurrency.get()).await?;
        if let Some(needed) = settings.larger_window() {
            observers.reporter.event(Event::WindowTooSmall { rows: settings.rows.window.rows, needed });
        }
        let endpoints = connected.service.endpoints().to_vec();
        let asked = if provider.is_simulated() { "simulator".into() } else { endpoints.join(" ") };
        let limit_key = format!("in flight at {asked}");
        let noted = ledger.as_ref().map(|ledger| ledger.metadata(&limit_key)).transpose()?.flatten();
        let local: Arc<dyn Ledger> = match &ledger {
            Some(durable) => durable.clone(),
            None => Arc::new(MemoryLedger::default()),
        };
        #[cfg(feature = "cloud")]
        let sharing = match &settings.answers {
            Some(shared) => {
                let local = (local.clone(), ledger.as_ref());
                let in_flight = room.concurrency.get();
                Some(Sharing::open(shared, settings, provider, local, in_flight, &observers.reporter).await?)
            }
            None => None,
        };
        #[cfg(feature = "cloud")]
        let (store, asking_right) = match &sharing {
            Some(sharing) => (sharing.ledger(), Some(sharing.right())),
            None => (local, None),
        };
        #[cfg(not(feature = "cloud"))]
        let (store, asking_right) = match settings.answers {
            Some(_) => return Err(OpenError::NoSharedAnswers),
            None => (local, None),
        };
        let lookup_settings = LookupSettings {
            asking_right,
            rate: settings.effective_rate(),
            concurrency: room.concurrency,
            refused_at: noted.and_then(|text| text.parse().ok()),
            timeout: settings.timeout,
            late_answer_grace: settings.effective_late_answer_grace(),
            retry: settings.retry.clone(),
            give_up_after: settings.give_up_after,
            skip_useless: settings.skip_useless,
            tariff: settings.tariff.clone(),
            caps: settings.caps,
            seed: settings.seed.unwrap_or_else(|| fastrand::u64(..)),
        };
        let Observers { stop, counters, reporter } = observers.clone();
        let lookup =
            Arc::new(Lookup::start(connected.service, store, &lookup_settings, stop, counters, reporter));
        let in_doubt = ledger.as_ref().and_then(|ledger| ledger.in_doubt()).map(doubt_warning);
        let clock_doubt =
            ledger.as_ref().and_then(|ledger| ledger.clock_doubt()).map(|doubt| doubt.to_string());
        let no_reserve = ledger.as_ref().and_then(|ledger| ledger.no_reserve()).map(reserve_warning);
        #[cfg(feature = "cloud")]
        let of_sharing = sharing.iter().flat_map(Sharing::warnings).cloned();
        #[cfg(not(feature = "cloud"))]
        let of_sharing = [];
        let of_ledger = in_doubt.into_iter().chain(clock_doubt).chain(no_reserve);
        let warnings = room.warning.into_iter().chain(of_ledger).chain(of_sharing).collect();
        Ok(Self {
            lookup,
            endpoints,
            warnings,
            #[cfg(feature = "cloud")]
            sharing,
            observers,
            forgets_refresh: ledger_settings.is_some_and(|ledger| ledger.refresh == Refresh::Once),
            ledger,
            limit_key,
            finished: OnceCell::new(),
            #[cfg(feature = "simulator")]
            simulators: connected.simulators,
        })
    }

    /// The ledger's file, if there is one.
    pub(crate) fn ledger_path(&self) -> Option<&Path> {
        self.ledger.as_deref().map(DurableLedger::path)
    }

    /// The file with paid answers that the ledger could not keep, if there are any. Known once the
    /// session is finished.
    pub(crate) fn rescued(&self) -> Option<Rescued> {
        self.ledger.as_ref().and_then(|ledger| ledger.rescued())
    }

    /// Waits until every request that was sent has ended and its answer is recorded. No further
    /// number can be looked up.
    pub(crate) async fn finish(&self) {
        let finish = || async {
            if let (Some(ledger), Some(refused_at)) = (&self.ledger, self.lookup.refused_at()) {
                // If this fails, the next run learns the limit again.
                let _ = ledger.set_metadata(self.limit_key.clone(), refused_at.to_string()).await;
            }
            self.lookup.finish().await;
            #[cfg(feature = "cloud")]
            if let Some(sharing) = &self.sharing {
                sharing.finish(self.ledger.as_ref()).await;
            }
        };
        self.finished.get_or_init(finish).await;
    }

    /// Records in the ledger that its refresh is over, if it is. If this fails, the next refresh
    /// uses the answers of this one.
    pub(crate) async fn end_refresh(&self, end: SessionEnd) -> Result<(), LedgerError> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let end = match end {
            _ if self.forgets_refresh => RefreshEnd::Complete,
            SessionEnd::Complete => RefreshEnd::Complete,
            SessionEnd::Gaps => RefreshEnd::Gaps(UtcMillis::now()),
            SessionEnd::Early => return Ok(()),
        };
        ledger.end_refresh(end).await
    }

    /// What the built-in simulators were asked, if any.
    #[cfg(feature = "simulator")]
    pub(crate) fn simulator_accounts(&self) -> Vec<Account> {
        self.simulators.iter().map(Simulator::totals).collect()
    }
}

/// How the work of a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    /// Every number has its answer.
    Complete,
    /// Some numbers have no answer; another run may get it.
    Gaps,
    /// A stream stopped, or was dropped before its last row.
    Early,
}

/// Finishes its session when the last owner drops it, so that a drop loses no paid answer.
pub(crate) struct SessionGuard {
    session: Arc<Session>,
    runtime: Handle,
    /// The runtime, if it belongs to the session.
    owned: Option<Runtime>,
    streams_under_way: AtomicUsize,
    ended_early: AtomicBool,
}

impl SessionGuard {
    /// For a session on the current runtime.
    pub(super) fn on_current_runtime(session: Session) -> Arc<Self> {
        Self::new(session, Handle::current(), None)
    }

    /// For a session on a runtime that ends with it.
    pub(super) fn with_runtime(session: Session, runtime: Runtime) -> Arc<Self> {
        Self::new(session, runtime.handle().clone(), Some(runtime))
    }

    fn new(session: Session, runtime: Handle, owned: Option<Runtime>) -> Arc<Self> {
        let (streams_under_way, ended_early) = Default::default();
        Arc::new(Self { session: Arc::new(session), runtime, owned, streams_under_way, ended_early })
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(super) fn stream_started(&self) {
        self.streams_under_way.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn stream_ended(&self, is_complete: bool) {
        self.streams_under_way.fetch_sub(1, Ordering::AcqRel);
        if !is_complete {
            self.ended_early.store(true, Ordering::Release);
        }
    }

    pub(super) fn has_streams_under_way(&self) -> bool {
        self.streams_under_way.load(Ordering::Acquire) > 0
    }

    /// Why the run stops, if it does.
    pub(crate) fn stop_reason(&self) -> Option<StopReason> {
        self.session.observers.stop.reason()
    }

    /// How the work has ended, once it has.
    pub(crate) fn end(&self) -> SessionEnd {
        let unanswered = self.session.observers.counters.unanswered.get();
        match self.ended_early.load(Ordering::Acquire) || self.has_streams_under_way() {
            true => SessionEnd::Early,
            false if unanswered > 0 => SessionEnd::Gaps,
            false => SessionEnd::Complete,
        }
    }

    pub(crate) fn set_rate(&self, rate: Option<Rate>) {
        self.session.lookup.set_rate(rate);
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let (session, is_finished) = (self.session.clone(), self.session.finished.initialized());
        match self.owned.take() {
            // If the runtime is shutting down, the task never runs. The run marker then stays in
            // the ledger, and the next run reports what is in doubt.
            None if !is_finished => drop(self.runtime.spawn(async move { session.finish().await })),
            None => {}
            Some(runtime) => {
                if !is_finished {
                    // On its own thread, because the caller may be inside another runtime, where
                    // blocking panics.
                    std::thread::scope(|threads| {
                        threads.spawn(|| runtime.block_on(session.finish()));
                    });
                }
                runtime.shutdown_background();
            }
        }
    }
}

fn chosen_ledger<'a>(
    settings: &'a Settings,
    provider: &Provider,
) -> Result<Option<&'a LedgerSettings>, OpenError> {
    match &settings.ledger {
        LedgerChoice::Unset if !provider.is_simulated() => Err(OpenError::NoLedgerChosen),
        LedgerChoice::Unset | LedgerChoice::Nowhere => Ok(None),
        LedgerChoice::File(file) => Ok(Some(file)),
    }
}

async fn open_ledger(
    settings: &Settings,
    provider: &Provider,
    file: Option<&LedgerSettings>,
    in_flight: usize,
) -> Result<Option<Arc<DurableLedger>>, LedgerError> {
    let Some(file) = file else { return Ok(None) };
    if let (LedgerFolder::Created, Some(folder)) = (file.folder, file.path.parent()) {
        let refused = |source| LedgerError::file(&file.path, FileOperation::Create, source);
        make_private_folder(folder).map_err(refused)?;
    }
    let durable = DurableSettings {
        path: file.path.clone(),
        origin: provider.origin(),
        scope: settings.scope(),
        max_age: file.max_age.clone(),
        accepted: settings.tariff.accepted.clone(),
        refresh: match &file.refresh {
            Refresh::No => None,
            // The name under which it is recorded until the session ends.
            Refresh::Once => Some("lookup".to_owned()),
            Refresh::Job(name) => Some(name.clone()),
        },
        commit_interval: file.commit_interval,
        memory: file.memory,
        in_flight,
        unsaved_answers: file.unsaved_answers,
    };
    Ok(Some(Arc::new(DurableLedger::open(durable, UtcMillis::now()).await?)))
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;

        builder.mode(0o700);
    }
    builder.create(folder)
}

fn doubt_warning(InDoubt { started, at_most }: InDoubt) -> String {
    format!(
        "the run that started at {started} did not end cleanly: up to {at_most} numbers may have been paid for \
         without their answers being kept; they are looked up again"
    )
}

fn reserve_warning(failure: &LedgerError) -> String {
    format!("no disk space could be kept for the last answers of this run: {}", with_causes(failure))
}
