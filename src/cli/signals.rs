//! The tokio runtime, and the signals that stop the work on it.

use tokio::runtime::Builder;

use super::exit::Exit;
use super::terminal;
use crate::lookup::{StopReason, StopSignal};

/// Runs the work on a runtime with a thread for each core. The first ctrl-c or SIGTERM requests a
/// stop, the second ends the work immediately.
pub(super) fn on_runtime<W: Future<Output = Exit>>(work: impl FnOnce(StopSignal) -> W) -> Exit {
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
        tokio::select! {
            exit = work(stop.clone()) => exit,
            () = interrupted_twice(&stop) => Exit::Interrupted,
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

async fn interrupted_twice(stop: &StopSignal) {
    interrupted().await;
    stop.request(StopReason::Interrupted);
    interrupted().await;
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                () = ctrl_c() => {}
            }
        }
        Err(_) => ctrl_c().await,
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    ctrl_c().await;
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // This system has no such signal.
        std::future::pending::<()>().await;
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
