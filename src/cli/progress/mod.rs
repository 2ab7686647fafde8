//! How far the run is, on standard error: one ticker samples the counters, the work knows nothing of it.

mod bar;
mod cadence;
mod json;
mod log;
mod plain;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};

use self::bar::Bar;
use self::cadence::Cadence;
use self::json::JsonLines;
use self::log::LogEvents;
use self::plain::PlainLines;
use self::sample::{Sample, Sampler};
use super::args::{ProgressStyle, Verbosity};
use super::event_messages::{Inbox, Notes};
use super::log::LogFormat;
use super::terminal;
use crate::job::Progress;
use crate::lookup::{StopReason, StopSignal};
use crate::task::AbortOnDrop;

const TICK: Duration = Duration::from_millis(200);

/// A way to show progress.
trait Screen: Send {
    /// Shows where the run is, and what is the matter if something is.
    fn show(&mut self, sample: &Sample, trouble: Option<&str>);
    /// Shows a line that stays, about something of this kind.
    fn note(&mut self, kind: &'static str, note: &str);
    /// Leaves nothing behind that is not a finished line.
    fn close(&mut self);
}

/// Progress being shown. Dropping it stops that; [`ProgressDisplay::finish`] shows the last notes first.
pub(super) struct ProgressDisplay {
    ticker: AbortOnDrop<()>,
    finish: oneshot::Sender<()>,
}

impl ProgressDisplay {
    pub(super) fn start(
        style: ProgressStyle,
        verbosity: Verbosity,
        progress: Progress,
        inbox: Arc<Inbox>,
        stop: StopSignal,
    ) -> Self {
        let (finish, finished) = oneshot::channel();
        let screen = screen(style, verbosity);
        let ticker = Ticker {
            screen,
            sampler: Sampler::new(progress),
            notes: Notes::new(verbosity),
            inbox,
            stop,
            stop_noted: false,
        };
        Self { ticker: AbortOnDrop::spawn(ticker.run(finished)), finish }
    }

    pub(super) async fn finish(self) {
        let _ = self.finish.send(());
        let _ = self.ticker.await;
    }
}

fn screen(style: ProgressStyle, verbosity: Verbosity) -> Box<dyn Screen> {
    match style {
        _ if verbosity == Verbosity::Quiet => Box::new(Silent),
        ProgressStyle::None => Box::new(Silent),
        ProgressStyle::Json => Box::new(JsonLines(Cadence::FOR_PROGRAMS)),
        _ if crate::cli::log::format() == LogFormat::Json => Box::new(LogEvents(Cadence::FOR_LOGS)),
        ProgressStyle::Plain => Box::new(PlainLines(Cadence::FOR_LOGS)),
        ProgressStyle::Auto | ProgressStyle::Bar if terminal::is_screen() => Box::new(Bar::new()),
        ProgressStyle::Auto | ProgressStyle::Bar => Box::new(PlainLines(Cadence::FOR_LOGS)),
    }
}

struct Ticker {
    screen: Box<dyn Screen>,
    sampler: Sampler,
    notes: Notes,
    inbox: Arc<Inbox>,
    stop: StopSignal,
    stop_noted: bool,
}

impl Ticker {
    async fn run(mut self, mut finished: oneshot::Receiver<()>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.tick(),
                // Dropped is finished too.
                _ = &mut finished => break,
            }
        }
        self.show_notes();
        self.screen.close();
    }

    fn tick(&mut self) {
        self.show_notes();
        let sample = self.sampler.sample();
        let trouble = self.notes.trouble(Instant::now());
        self.screen.show(&sample, trouble.as_deref());
    }

    fn show_notes(&mut self) {
        for event in self.inbox.take() {
            if let Some(note) = self.notes.take_note(&event, Instant::now()) {
                self.screen.note(event.kind(), &note);
            }
        }
        // What mends it is told at the end.
        if !self.stop_noted
            && let Some(reason) = self.stop.reason()
        {
            self.stop_noted = true;
            let note = match reason {
                StopReason::Interrupted => {
                    "interrupted: no new lookups, finishing those in flight; once more to end at once"
                }
                StopReason::AccountRefused { .. } => "the account is refused: no new lookups",
                StopReason::ServiceDown { .. } => "the service is down: no new lookups",
                StopReason::AccountBlocked { .. } => "the account is blocked: no new lookups",
                StopReason::CapReached { .. } => "the cap is reached: no new lookups",
                StopReason::LedgerFailed { .. } => "the ledger fails: no new lookups",
            };
            self.screen.note("stopping", note);
        }
    }
}

/// Shows the notes and no progress.
struct Silent;

impl Screen for Silent {
    fn show(&mut self, _: &Sample, _: Option<&str>) {}

    fn note(&mut self, kind: &'static str, note: &str) {
        terminal::say_note(kind, note);
    }

    fn close(&mut self) {}
}
