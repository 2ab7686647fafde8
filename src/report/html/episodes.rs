//! The events of a run, with those that belong together as one episode: repeated throttling is one,
//! an outage is one.

use maud::{Markup, html};

use super::meanings::plural;
use super::plot::time::EventMarks;
use super::table::{Column, Table};
use super::time_parts::time_label;
use crate::humanize::grouped;
use crate::telemetry::timeline::Timeline;

/// Throttling within this many seconds of the last is the same episode.
const SAME_THROTTLING_SECONDS: f64 = 10.0;
/// In a long run, throttling within this share of the run is the same episode.
const SAME_THROTTLING_SHARE: f64 = 0.02;

/// An event, or several that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Episode<'a> {
    /// When it started, in seconds.
    pub from: f64,
    /// When it ended, if that is known; equal to `from` for what has no duration.
    pub to: Option<f64>,
    /// The kind of its first mark.
    pub kind: &'a str,
    /// How many marks it consists of.
    pub marks: usize,
    /// The sentence of its last mark.
    pub text: &'a str,
    /// The time of each mark, in seconds.
    pub times: Vec<f64>,
}

/// The episodes of a run, in order.
pub(super) fn episodes(timeline: &Timeline) -> Vec<Episode<'_>> {
    let length = timeline.points.last().map_or(0.0, |point| point.seconds);
    let same_within = SAME_THROTTLING_SECONDS.max(length * SAME_THROTTLING_SHARE);
    let mut episodes: Vec<Episode> = Vec::new();
    for mark in &timeline.marks {
        let at = mark.seconds;
        if mark.kind == "endpoint_recovered" {
            let outage = |episode: &&mut Episode| episode.kind == "outage_began" && episode.to.is_none();
            if let Some(outage) = episodes.iter_mut().rev().find(outage) {
                outage.to = Some(at);
            }
        }
        let continues = |episode: &&mut Episode| {
            mark.kind == "throttled"
                && episode.kind == "throttled"
                && episode.times.last().is_some_and(|last| at - last < same_within)
        };
        match episodes.last_mut().filter(continues) {
            Some(episode) => {
                episode.to = Some(at);
                episode.marks += 1;
                episode.text = &mark.text;
                episode.times.push(at);
            }
            None => episodes.push(Episode {
                from: at,
                to: (mark.kind != "outage_began").then_some(at),
                kind: mark.kind,
                marks: 1,
                text: &mark.text,
                times: vec![at],
            }),
        }
    }
    episodes
}

/// The episodes as marks in a plot of a run of this length. Events within an outage are left out.
pub(super) fn marks(episodes: &[Episode], length: f64) -> EventMarks {
    let mut marks = EventMarks::default();
    for episode in episodes {
        match episode.kind {
            "outage_began" => marks.outages.push((episode.from, episode.to.unwrap_or(length))),
            "throttled" => marks.throttled.extend(&episode.times),
            _ => marks.other.push(episode.from),
        }
    }
    let is_within_outage =
        |at: f64| marks.outages.iter().any(|(from, to)| (from - 0.05..=to + 0.05).contains(&at));
    marks.other = marks.other.iter().copied().filter(|at| !is_within_outage(*at)).collect();
    marks
}

/// The episodes as a table.
pub(super) fn table(timeline: &Timeline) -> Markup {
    let length = timeline.points.last().map_or(0.0, |point| point.seconds);
    let rows = episodes(timeline).into_iter().map(|episode| {
        let when = match episode.to {
            Some(to) if to > episode.from => {
                format!("{} to {}", time_label(episode.from, length), time_label(to, length))
            }
            Some(_) => time_label(episode.from, length),
            None => format!("{} to the end", time_label(episode.from, length)),
        };
        let what = match episode.marks {
            1 => episode.text.to_owned(),
            _ => format!("several times, most recently: {}", episode.text),
        };
        vec![html! { (when) }, html! { (name(episode.kind)) }, html! { (what) }]
    });
    let table = Table {
        caption: "Events",
        row_noun: "events",
        columns: vec![Column::Text("time"), Column::Text("event"), Column::Explanation("message")],
        rows: rows.collect(),
    };
    html! {
        @if timeline.marks.is_empty() { p.note { "No outage, throttling or other event was reported." } }
        (table.render())
        @if timeline.marks_left_out > 0 {
            p.note {
                (grouped(timeline.marks_left_out)) " further "
                (plural(timeline.marks_left_out, "event is", "events are")) " not listed."
            }
        }
    }
}

fn name(kind: &str) -> &str {
    match kind {
        "throttled" => "throttled",
        "outage_began" => "outage",
        "endpoint_failed" => "endpoint failed",
        "endpoint_recovered" => "endpoint answers again",
        "long_wait" => "long wait asked for",
        "range_useless" => "range without useful answers",
        "rate_changed" => "rate changed",
        "retry_budget_spent" => "retries used up",
        "window_too_small" => "window too small",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::timeline::{Mark, Point};

    #[test]
    fn what_belongs_together_is_one_episode() {
        let kinds = [
            (1.0, "throttled"),
            (2.5, "throttled"),
            (30.0, "throttled"),
            (31.0, "endpoint_failed"),
            (31.0, "outage_began"),
            (40.0, "endpoint_recovered"),
            (60.0, "rate_changed"),
            (90.0, "outage_began"),
        ];
        let mut timeline = Timeline::default();
        timeline.end(Point { seconds: 100.0, ..Point::default() });
        for (seconds, kind) in kinds {
            timeline.mark(Mark { seconds, kind, text: String::new() });
        }
        let found = episodes(&timeline);
        let spans: Vec<_> = found.iter().map(|episode| (episode.kind, episode.from, episode.to)).collect();
        assert_eq!(spans[0], ("throttled", 1.0, Some(2.5)));
        assert_eq!(spans[1], ("throttled", 30.0, Some(30.0)));
        assert_eq!(spans[3], ("outage_began", 31.0, Some(40.0)));
        assert_eq!(spans[6], ("outage_began", 90.0, None));
        let marks = marks(&found, 100.0);
        assert_eq!(marks.outages, [(31.0, 40.0), (90.0, 100.0)]);
        assert_eq!((marks.throttled.len(), marks.other), (3, vec![60.0]));
    }
}
