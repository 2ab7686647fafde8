//! Progress where there is no terminal: one line every ten seconds, for a log.

use super::cadence::Cadence;
use super::renderer::Renderer;
use super::sample::Sample;
use crate::cli::terminal::{say, say_note};
use crate::humanize::{clock, grouped, speed};

pub(super) struct PlainLines(pub(super) Cadence);

impl Renderer for PlainLines {
    fn render(&mut self, sample: &Sample, trouble: Option<&str>) {
        if !self.0.is_due(sample.elapsed) {
            return;
        }
        say(line(sample, trouble));
    }

    fn note(&mut self, kind: &'static str, note: &str) {
        say_note(kind, note);
    }

    fn close(&mut self) {}
}

fn line(sample: &Sample, trouble: Option<&str>) -> String {
    let percent = sample.share().map(|share| format!("({:.0} %)", (share * 100.0).floor()));
    let left = sample.left.map(|left| format!("{} left,", clock(left)));
    let words = [
        Some(clock(sample.elapsed)),
        Some(sample.rows()),
        percent,
        Some(format!("{} lookups/s,", speed(sample.lookups_a_second))),
        left,
        Some(format!("{} in flight:", grouped(sample.in_flight))),
        Some(sample.counts().join("  ")),
        trouble.map(|text| format!("[{text}]")),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ").trim_end().to_owned()
}
