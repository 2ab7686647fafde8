//! Progress in a JSON log: one event every ten seconds, among the other messages.

use tracing::info;

use super::cadence::Cadence;
use super::renderer::Renderer;
use super::sample::Sample;
use crate::cli::terminal::say_note;

pub(super) struct LogEvents(pub(super) Cadence);

impl Renderer for LogEvents {
    fn render(&mut self, sample: &Sample, trouble: Option<&str>) {
        if !self.0.is_due(sample.elapsed) {
            return;
        }
        info!(
            event = "progress",
            elapsed_seconds = sample.elapsed.as_secs_f64(),
            rows_done = sample.done,
            share_done = sample.share(),
            lookups_per_second = sample.lookups_a_second,
            seconds_left = sample.left.map(|left| left.as_secs_f64()),
            in_flight = sample.in_flight,
            throttled = sample.count("throttled"),
            unanswered = sample.count("unanswered"),
            spent = sample.spent.map(|spent| spent.as_number()),
            endpoint = sample.endpoint.as_deref(),
            trouble,
            "{}",
            sample.rows()
        );
    }

    fn note(&mut self, kind: &'static str, note: &str) {
        say_note(kind, note);
    }

    fn close(&mut self) {}
}
