//! Starts and ends the progress display, and chooses its renderer.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::bar::Bar;
use super::cadence::Cadence;
use super::json_lines::JsonLines;
use super::log_events::LogEvents;
use super::notes_only::NotesOnly;
use super::plain_lines::PlainLines;
use super::renderer::Renderer;
use super::sampler::Sampler;
use super::ticker::Ticker;
use crate::cli::args::{ProgressStyle, Verbosity};
use crate::cli::event_messages::{Inbox, Notes};
use crate::cli::log::{self, LogFormat};
use crate::cli::stderr;
use crate::job::Progress;
use crate::lookup::StopSignal;
use crate::task::AbortOnDrop;

/// A running progress display. [`ProgressDisplay::finish`] shows the last notes; a drop does not.
pub(in crate::cli) struct ProgressDisplay {
    ticker: AbortOnDrop<()>,
    finish: oneshot::Sender<()>,
}

impl ProgressDisplay {
    pub(in crate::cli) fn start(
        style: ProgressStyle,
        verbosity: Verbosity,
        progress: Progress,
        inbox: Arc<Inbox>,
        stop: StopSignal,
    ) -> Self {
        let (finish, finished) = oneshot::channel();
        let (renderer, sampler) = (renderer(style, verbosity), Sampler::new(progress));
        let ticker = Ticker::new(renderer, sampler, Notes::new(verbosity), inbox, stop);
        Self { ticker: AbortOnDrop::spawn(ticker.run(finished)), finish }
    }

    pub(in crate::cli) async fn finish(self) {
        let _ = self.finish.send(());
        let _ = self.ticker.await;
    }
}

fn renderer(style: ProgressStyle, verbosity: Verbosity) -> Box<dyn Renderer> {
    match style {
        _ if verbosity == Verbosity::Quiet => Box::new(NotesOnly),
        ProgressStyle::None => Box::new(NotesOnly),
        ProgressStyle::Json => Box::new(JsonLines(Cadence::FOR_PROGRAMS)),
        _ if log::format() == LogFormat::Json => Box::new(LogEvents(Cadence::FOR_LOGS)),
        ProgressStyle::Plain => Box::new(PlainLines(Cadence::FOR_LOGS)),
        ProgressStyle::Auto | ProgressStyle::Bar if stderr::can_draw() => Box::new(Bar::new()),
        ProgressStyle::Auto | ProgressStyle::Bar => Box::new(PlainLines(Cadence::FOR_LOGS)),
    }
}
