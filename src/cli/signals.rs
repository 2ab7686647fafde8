//! The runtime, and the signals that end what runs on it.

use tokio::runtime::Builder;

use super::exit::Exit;
use super::terminal;
use crate::lookup::{StopReason, StopSignal};

/// Does the work on a runtime with a thread for each core. The first ctrl-c or SIGTERM asks the work to stop,
/// the second ends it where it is.
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
        tokio::select! {
            exit = work(stop.clone()) => exit,
            () = asked_to_end_twice(&stop) => Exit::Interrupted,
        }
    });
    // A thread may still wait for bytes of a pipe that never come.
    runtime.shutdown_background();
    exit
}

async fn asked_to_end_twice(stop: &StopSignal) {
    asked_to_end().await;
    stop.request(StopReason::Interrupted);
    asked_to_end().await;
}

#[cfg(unix)]
async fn asked_to_end() {
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
async fn asked_to_end() {
    ctrl_c().await;
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // A system without the signal cannot send it.
        std::future::pending::<()>().await;
    }
}

/// Waits for a hangup, by which programs are asked to read their settings again.
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

/// There is no such signal here.
#[cfg(not(unix))]
pub(super) async fn hung_up() {
    std::future::pending().await
}
