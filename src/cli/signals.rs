//! The tokio runtime, and the signals that stop the work on it.

use std::time::Duration;

use tokio::runtime::Builder;

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
    let signals = StopSignals::of_this_process(hangup);
    let exit = runtime.block_on(async {
        report_file_size_limit();
        tokio::select! {
            exit = work(stop.clone()) => exit,
            () = interrupted_twice(&stop, &signals) => Exit::Interrupted,
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
    use tokio::signal::unix::{SignalKind, signal};

    /// SIGXFSZ on Linux, macOS and the BSDs.
    const FILE_SIZE_LIMIT: i32 = 25;
    // The handler stays when the listener is dropped.
    let _ = signal(SignalKind::from_raw(FILE_SIZE_LIMIT));
}

/// Other systems have no such signal.
#[cfg(not(unix))]
fn report_file_size_limit() {}

async fn interrupted_twice(stop: &StopSignal, signals: &StopSignals) {
    signals.received().await;
    stop.request(StopReason::Interrupted);
    tokio::time::sleep(SECOND_SIGNAL_AFTER).await;
    signals.received().await;
}

/// The signals that stop the work.
#[cfg(unix)]
struct StopSignals(Vec<tokio::signal::unix::SignalKind>);

#[cfg(unix)]
impl StopSignals {
    fn of_this_process(hangup: Hangup) -> Self {
        use tokio::signal::unix::SignalKind;

        let mut signals = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // Where it is not known whether it is ignored, it keeps its meaning.
        if hangup == Hangup::Stops && cfg!(target_os = "linux") {
            signals.push(SignalKind::hangup());
        }
        let ignored = ignored_signals();
        signals.retain(|signal| ignored >> (signal.as_raw_value() - 1) & 1 == 0);
        Self(signals)
    }

    /// Waits for one of them, from now on.
    async fn received(&self) {
        use futures::future::select_all;
        use tokio::signal::unix::signal;

        let listeners = self.0.iter().filter_map(|kind| signal(*kind).ok());
        let waiting = listeners.map(|mut signal| Box::pin(async move { signal.recv().await }));
        let waiting: Vec<_> = waiting.collect();
        if waiting.is_empty() {
            return std::future::pending().await;
        }
        select_all(waiting).await;
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

    async fn received(&self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // This system has no such signal.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for SIGHUP, the signal to reload settings.
#[cfg(unix)]
pub(super) async fn hung_up() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::hangup()) {
        Ok(mut hangup) => {
            hangup.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

/// Waits forever: this system has no SIGHUP.
#[cfg(not(unix))]
pub(super) async fn hung_up() {
    std::future::pending().await
}
