//! The tokio runtime, and the signals that stop the work on it.

use std::time::Duration;

#[cfg(unix)]
use futures::future::select_all;
use tokio::runtime::Builder;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::Exit;
use super::terminal;
use crate::lookup::{StopReason, StopSignal};

/// How long after the first signal another one counts. Wrappers and process groups send several at
/// once.
const SECOND_SIGNAL_AFTER: Duration = Duration::from_secs(1);

/// What SIGHUP, the end of the terminal, means to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hangup {
    /// The same as SIGTERM, unless it is ignored, as under nohup.
    Stops,
    /// The command has a use of its own for it, or ends as any program does.
    IsLeft,
}

/// Runs the work on a runtime with a thread for each core. The first ctrl-c or SIGTERM requests a
/// stop, the second ends the work immediately. Two within a second count as one. A signal that is
/// ignored when the program starts stays ignored.
pub(super) fn on_runtime<W: Future<Output = Exit>>(
    hangup: Hangup,
    work: impl FnOnce(StopSignal) -> W,
) -> Exit {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            terminal::say_system_error(&fault);
            return Exit::Unexpected;
        }
    };
    let stop = StopSignal::default();
    let exit = runtime.block_on(async {
        report_file_size_limit();
        // They are heard before the work begins: one that comes early must not end the process.
        let signals = StopSignals::of_this_process(hangup);
        tokio::select! {
            exit = work(stop.clone()) => exit,
            () = interrupted_twice(&stop, signals) => Exit::Interrupted,
        }
    });
    // A thread may still wait for bytes from a pipe; they may never come.
    runtime.shutdown_background();
    exit
}

/// Makes a write beyond the limit of `ulimit -f` fail like one on a full disk. By default the
/// system ends the process, and with it requests that were paid for.
#[cfg(unix)]
fn report_file_size_limit() {
    /// SIGXFSZ on Linux, macOS and the BSDs.
    const FILE_SIZE_LIMIT: i32 = 25;
    // The handler stays when the listener is dropped.
    let _ = signal(SignalKind::from_raw(FILE_SIZE_LIMIT));
}

/// Other systems have no such signal.
#[cfg(not(unix))]
fn report_file_size_limit() {}

async fn interrupted_twice(stop: &StopSignal, mut signals: StopSignals) {
    signals.received().await;
    stop.request(StopReason::Interrupted);
    tokio::time::sleep(SECOND_SIGNAL_AFTER).await;
    signals.forget_earlier();
    signals.received().await;
}

/// The signals that stop the work. None is lost between two waits.
#[cfg(unix)]
struct StopSignals {
    kinds: Vec<SignalKind>,
    listeners: Vec<Signal>,
}

#[cfg(unix)]
impl StopSignals {
    /// Listens from now on.
    fn of_this_process(hangup: Hangup) -> Self {
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // Where it is not known whether it is ignored, it keeps its meaning.
        if hangup == Hangup::Stops && cfg!(target_os = "linux") {
            kinds.push(SignalKind::hangup());
        }
        let ignored = ignored_signals();
        kinds.retain(|kind| ignored >> (kind.as_raw_value() - 1) & 1 == 0);
        let mut signals = Self { kinds, listeners: Vec::new() };
        signals.forget_earlier();
        signals
    }

    /// Only signals from now on are received.
    fn forget_earlier(&mut self) {
        self.listeners = self.kinds.iter().filter_map(|kind| signal(*kind).ok()).collect();
    }

    /// Waits for one of them.
    async fn received(&mut self) {
        if self.listeners.is_empty() {
            return std::future::pending().await;
        }
        select_all(self.listeners.iter_mut().map(|listener| Box::pin(listener.recv()))).await;
    }
}

/// The signals that this process ignores since its start, as a bit for each; none where the system
/// does not tell.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The only signal of other systems is ctrl-c.
#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn of_this_process(_: Hangup) -> Self {
        Self
    }

    fn forget_earlier(&mut self) {}

    async fn received(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // This system has no such signal.
            std::future::pending::<()>().await;
        }
    }
}

/// SIGHUP, the signal to reload settings; other systems have none. None is lost between two waits.
pub(super) struct Hangups {
    #[cfg(unix)]
    listener: Option<Signal>,
}

impl Hangups {
    /// Listens from now on: one that comes before the first wait is received by it.
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        Self { listener: signal(SignalKind::hangup()).ok() }
    }

    /// Listens to nothing: this system has no SIGHUP.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(listener) = &mut self.listener
            && listener.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
