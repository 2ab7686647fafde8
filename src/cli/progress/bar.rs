//! Progress on a terminal: a bar, a tally below it, and a third line when something is the matter.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::renderer::Renderer;
use super::sample::Sample;
use crate::humanize::{clock, grouped, speed};

/// Draws on standard error. What the ticker hands over is drawn at once, five times a second.
pub(super) struct Bar {
    lines: MultiProgress,
    bar: ProgressBar,
    tally: ProgressBar,
    trouble: Option<ProgressBar>,
    measured: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(20));
        let bar = lines.add(ProgressBar::new(0).with_style(unmeasured()));
        let tally = lines.add(ProgressBar::new(0).with_style(text_line("{wide_msg:.dim}")));
        Self { lines, bar, tally, trouble: None, measured: false }
    }

    fn show_trouble(&mut self, trouble: Option<&str>) {
        match (trouble, &self.trouble) {
            (Some(text), Some(line)) => line.set_message(text.to_owned()),
            (Some(text), None) => {
                let line = ProgressBar::new(0).with_style(text_line("{wide_msg:.yellow}"));
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
        let share = sample.share();
        if share.is_some() != self.measured {
            self.measured = share.is_some();
            self.bar.set_style(if self.measured { measured() } else { unmeasured() });
        }
        self.bar.set_length(1_000);
        self.bar.set_position((share.unwrap_or_default() * 1_000.0) as u64);
        self.bar.set_message(first_line(sample));
        self.bar.tick();
        self.tally.set_message(sample.second_line());
        self.tally.tick();
        self.show_trouble(trouble);
    }

    fn note(&mut self, _: &'static str, note: &str) {
        let _ = self.lines.println(note);
    }

    fn close(&mut self) {
        self.show_trouble(None);
        self.tally.finish_and_clear();
        self.bar.finish_and_clear();
        let _ = self.lines.clear();
    }
}

fn first_line(sample: &Sample) -> String {
    let percent = sample.share().map(|share| format!("{:>3.0} %", (share * 100.0).floor()));
    let left = sample.left.map(|left| format!("{} left", clock(left)));
    let words = [
        percent,
        Some(sample.rows()),
        Some(format!("{}/s", speed(sample.lookups_a_second))),
        left,
        Some(format!("{} in flight", grouped(sample.in_flight))),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

fn measured() -> ProgressStyle {
    text_line("{wide_bar:.green/dim} {msg}").progress_chars("━━─")
}

fn unmeasured() -> ProgressStyle {
    text_line("{spinner:.green} {wide_msg}")
}

fn text_line(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are fixed, and tests draw them")
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
    fn the_first_line_leaves_room_for_a_bar_in_eighty_columns() {
        let line = first_line(&sample());
        assert_eq!(line, " 45 %  4 512 000/~10 000 000  12 210/s  7:29 left  1 024 in flight");
        assert!(line.len() < 70);
        let line = sample().second_line();
        assert_eq!(
            line,
            "spent 16800.50  answered 4 200 000  duplicates 312 000  asking lookup.example.com:3701"
        );
        assert!(line.find("asking") < Some(60), "the counts are within eighty columns");
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
