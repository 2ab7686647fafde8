//! Progress on a terminal: a bar, a line of counts, and a third line while there is trouble.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::renderer::Renderer;
use super::sample::Sample;
use crate::cli::stderr;
use crate::humanize::{clock, grouped, speed};

/// Columns that the bar needs at least, its space included.
const BAR_WIDTH: usize = 11;
/// The width where the terminal does not say its own.
const DEFAULT_WIDTH: usize = 80;
const SEPARATOR: &str = "  ";

/// Draws on standard error, whenever it gets a sample.
pub(super) struct Bar {
    lines: MultiProgress,
    bar: ProgressBar,
    counts: ProgressBar,
    trouble: Option<ProgressBar>,
    /// Whether there is a bar; without a total there is only a spinner.
    has_share: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(20));
        let bar = lines.add(ProgressBar::new(0).with_style(spinner_style()));
        let counts = lines.add(ProgressBar::new(0).with_style(line_style("{wide_msg:.dim}")));
        Self { lines, bar, counts, trouble: None, has_share: false }
    }

    fn show_trouble(&mut self, trouble: Option<&str>) {
        match (trouble, &self.trouble) {
            (Some(text), Some(line)) => line.set_message(text.to_owned()),
            (Some(text), None) => {
                let line = ProgressBar::new(0).with_style(line_style("{wide_msg:.yellow}"));
                let line = self.lines.add(line);
                line.set_message(text.to_owned());
                self.trouble = Some(line);
            }
            (None, Some(line)) => {
                line.finish_and_clear();
                self.lines.remove(line);
                self.trouble = None;
            }
            (None, None) => {}
        }
    }
}

impl Renderer for Bar {
    fn render(&mut self, sample: &Sample, trouble: Option<&str>) {
        let width = stderr::width().unwrap_or(DEFAULT_WIDTH);
        let share = sample.share();
        if share.is_some() != self.has_share {
            self.has_share = share.is_some();
            self.bar.set_style(if self.has_share { bar_style() } else { spinner_style() });
        }
        self.bar.set_length(1_000);
        self.bar.set_position((share.unwrap_or_default() * 1_000.0) as u64);
        self.bar.set_message(bar_text(sample, width));
        self.bar.tick();
        self.counts.set_message(counts_text(sample, width));
        self.counts.tick();
        self.show_trouble(trouble);
    }

    fn note(&mut self, _: &'static str, note: &str) {
        let _ = self.lines.println(stderr::fit(note));
    }

    fn close(&mut self) {
        self.show_trouble(None);
        self.counts.finish_and_clear();
        self.bar.finish_and_clear();
        let _ = self.lines.clear();
    }
}

/// The figures beside the bar, as many as leave room for it. What is less important goes first.
fn bar_text(sample: &Sample, width: usize) -> String {
    let percent = sample.share().map(|share| format!("{:>3.0} %", (share * 100.0).floor()));
    let left = sample.left.map(|left| format!("{} left", clock(left)));
    let speed = format!("{}/s", speed(sample.lookups_a_second));
    let in_flight = format!("{} in flight", grouped(sample.in_flight));
    // Each with its importance; 0 is the most important.
    let parts = [
        percent.map(|text| (0, text)),
        Some((1, sample.rows())),
        Some((3, speed)),
        left.map(|text| (2, text)),
        Some((4, in_flight)),
    ];
    let mut parts: Vec<_> = parts.into_iter().flatten().collect();
    let room = width.saturating_sub(BAR_WIDTH);
    loop {
        let text = parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(SEPARATOR);
        if text.chars().count() <= room || parts.len() == 1 {
            return text;
        }
        let least = parts.iter().map(|(importance, _)| *importance).max();
        parts.retain(|(importance, _)| Some(*importance) != least);
    }
}

/// What happened so far, as much as fits; the most important stands first.
fn counts_text(sample: &Sample, width: usize) -> String {
    let mut parts = sample.counts();
    while parts.len() > 1 && parts.join(SEPARATOR).chars().count() > width {
        parts.pop();
    }
    parts.join(SEPARATOR)
}

fn bar_style() -> ProgressStyle {
    line_style("{wide_bar:.green/dim} {msg}").progress_chars("━━─")
}

fn spinner_style() -> ProgressStyle {
    line_style("{spinner:.green} {wide_msg}")
}

fn line_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants, and a test draws them")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::Total;
    use crate::model::Money;

    fn sample() -> Sample {
        Sample {
            elapsed: Duration::from_secs(60),
            done: 4_512_000,
            total: Total::About(10_000_000),
            lookups_a_second: 12_210.4,
            left: Some(Duration::from_secs(449)),
            in_flight: 1_024,
            spent: Some(Money::from_number(16_800.5).unwrap()),
            endpoint: Some("https://lookup.example.com:3701".into()),
            tally: vec![("answered", 4_200_000), ("from the ledger", 0), ("duplicates", 312_000)],
        }
    }

    #[test]
    fn the_figures_leave_room_for_a_bar_at_any_width() {
        for (width, text) in [
            (120, " 45 %  4 512 000/~10 000 000  12 210/s  7:29 left  1 024 in flight"),
            (80, " 45 %  4 512 000/~10 000 000  12 210/s  7:29 left  1 024 in flight"),
            (70, " 45 %  4 512 000/~10 000 000  12 210/s  7:29 left"),
            (60, " 45 %  4 512 000/~10 000 000  12 210/s  7:29 left"),
            (50, " 45 %  4 512 000/~10 000 000  7:29 left"),
        ] {
            assert_eq!(bar_text(&sample(), width), text, "at {width} columns");
        }
    }

    #[test]
    fn the_counts_are_cut_between_words() {
        for (width, text) in [
            (120, "spent 16800.50  answered 4 200 000  duplicates 312 000  endpoint lookup.example.com:3701"),
            (80, "spent 16800.50  answered 4 200 000  duplicates 312 000"),
            (60, "spent 16800.50  answered 4 200 000  duplicates 312 000"),
            (50, "spent 16800.50  answered 4 200 000"),
        ] {
            assert_eq!(counts_text(&sample(), width), text, "at {width} columns");
        }
    }

    #[test]
    fn every_state_has_a_template_that_can_be_drawn() {
        let mut bar = Bar::new();
        for total in [Total::Unknown, Total::About(10), Total::Rows(10), Total::Rows(0), Total::Unknown] {
            bar.render(&Sample { total, ..sample() }, Some("no endpoint answers; probing"));
            bar.render(&Sample { total, ..sample() }, None);
        }
        bar.close();
    }
}
