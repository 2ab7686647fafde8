//! The task that shows progress five times per second, and notes as they come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};

use super::renderer::Renderer;
use super::sampler::Sampler;
use crate::cli::event_messages::{Inbox, Notes};
use crate::lookup::{StopReason, StopSignal};

const TICK: Duration = Duration::from_millis(200);

pub(super) struct Ticker {
    renderer: Box<dyn Renderer>,
    sampler: Sampler,
    notes: Notes,
    inbox: Arc<Inbox>,
    stop: StopSignal,
    stop_is_noted: bool,
}

impl Ticker {
    pub(super) fn new(
        renderer: Box<dyn Renderer>,
        sampler: Sampler,
        notes: Notes,
        inbox: Arc<Inbox>,
        stop: StopSignal,
    ) -> Self {
        Self { renderer, sampler, notes, inbox, stop, stop_is_noted: false }
    }

    /// Runs until `finished` is sent or dropped.
    pub(super) async fn run(mut self, mut finished: oneshot::Receiver<()>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.tick(),
                _ = &mut finished => break,
            }
        }
        self.show_notes();
        self.renderer.close();
    }

    fn tick(&mut self) {
        self.show_notes();
        let sample = self.sampler.sample();
        let trouble = self.notes.trouble(Instant::now());
        self.renderer.render(&sample, trouble.as_deref());
    }

    fn show_notes(&mut self) {
        for event in self.inbox.take() {
            if let Some(note) = self.notes.take_note(&event, Instant::now()) {
                self.renderer.note(event.kind(), &note);
            }
        }
        if !self.stop_is_noted
            && let Some(reason) = self.stop.reason()
        {
            self.stop_is_noted = true;
            self.renderer.note("stopping", stop_note(&reason));
        }
    }
}

/// What happens now. The reason in full, and what to do about it, follow at the end of the run.
fn stop_note(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => {
            "interrupted: no new lookups, finishing those in flight; interrupt again to end at once"
        }
        StopReason::OutputClosed { .. } => {
            "nobody reads the output: no new lookups, finishing those in flight"
        }
        StopReason::AccountRefused { .. } => "the account is refused: no new lookups",
        StopReason::ServiceDown { .. } => "the service is down: no new lookups",
        StopReason::AccountBlocked { .. } => "the account is blocked: no new lookups",
        StopReason::AnswersInDoubt { .. } | StopReason::SurplusBytes { .. } => {
            "more arrives than was asked for: no new lookups"
        }
        StopReason::AskingRightLost => "another run may be asking: no new lookups",
        StopReason::CapReached { .. } => "the cap is reached: no new lookups",
        StopReason::LedgerFailed { .. } => "the ledger cannot be used: no new lookups",
        StopReason::OutputFailed { .. } => "the output cannot be written: no new lookups",
        StopReason::TaskDied { .. } => "internal error: no new lookups",
    }
}
