//! What happened in a run, with what goes on drawn together: throttling by the second is one episode, and so is an outage.

use maud::{Markup, html};

use super::plot::time::Happened;
use super::table::{Column, Table};
use super::timeline::moment;
use crate::humanize::grouped;
use crate::telemetry::timeline::Timeline;

/// Throttling that comes again within so many seconds goes on, or within such a part of a long run.
const SAME_THROTTLING: f64 = 10.0;
const SAME_THROTTLING_PART: f64 = 0.02;

/// Something that happened, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Episode<'a> {
    /// When it began, in seconds.
    pub from: f64,
    /// When it was over, if that is known; the same moment for what takes no time.
    pub to: Option<f64>,
    /// The kind of its first mark.
    pub kind: &'a str,
    /// How many marks it is made of.
    pub marks: usize,
    /// What was said last about it.
    pub text: &'a str,
    /// When each of its marks was made.
    pub moments: Vec<f64>,
}

/// The marks of a run, those that belong together as one.
pub(super) fn episodes(timeline: &Timeline) -> Vec<Episode<'_>> {
    let length = timeline.points.last().map_or(0.0, |point| point.seconds);
    let same = SAME_THROTTLING.max(length * SAME_THROTTLING_PART);
    let mut episodes: Vec<Episode> = Vec::new();
    for mark in &timeline.marks {
        let at = mark.seconds;
        if mark.kind == "endpoint_recovered" {
            let outage = |episode: &&mut Episode| episode.kind == "outage_began" && episode.to.is_none();
            if let Some(outage) = episodes.iter_mut().rev().find(outage) {
                outage.to = Some(at);
            }
        }
        let goes_on = |episode: &&mut Episode| {
            mark.kind == "throttled"
                && episode.kind == "throttled"
                && episode.moments.last().is_some_and(|last| at - last < same)
        };
        match episodes.last_mut().filter(goes_on) {
            Some(episode) => {
                episode.to = Some(at);
                episode.marks += 1;
                episode.text = &mark.text;
                episode.moments.push(at);
            }
            None => episodes.push(Episode {
                from: at,
                to: (mark.kind != "outage_began").then_some(at),
                kind: mark.kind,
                marks: 1,
                text: &mark.text,
                moments: vec![at],
            }),
        }
    }
    episodes
}

/// The same for a drawing.
pub(super) fn happened(episodes: &[Episode], length: f64) -> Happened {
    let mut happened = Happened::default();
    for episode in episodes {
        match episode.kind {
            "outage_began" => happened.outages.push((episode.from, episode.to.unwrap_or(length))),
            "throttled" => happened.throttled.extend(&episode.moments),
            _ => happened.other.push(episode.from),
        }
    }
    let is_within_outage =
        |at: f64| happened.outages.iter().any(|(from, to)| (from - 0.05..=to + 0.05).contains(&at));
    happened.other = happened.other.iter().copied().filter(|at| !is_within_outage(*at)).collect();
    happened
}

/// What happened when, for reading.
pub(super) fn table(timeline: &Timeline) -> Markup {
    let length = timeline.points.last().map_or(0.0, |point| point.seconds);
    let rows = episodes(timeline).into_iter().map(|episode| {
        let when = match episode.to {
            Some(to) if to > episode.from => {
                format!("{} to {}", moment(episode.from, length), moment(to, length))
            }
            Some(_) => moment(episode.from, length),
            None => format!("{} to the end", moment(episode.from, length)),
        };
        let what = match episode.marks {
            1 => episode.text.to_owned(),
            _ => format!("again and again, and at last: {}", episode.text),
        };
        vec![html! { (when) }, html! { (name(episode.kind)) }, html! { (what) }]
    });
    let table = Table {
        caption: "What happened",
        rows_are: "events",
        columns: vec![Column::Words("time"), Column::Words("event"), Column::Means("what was said")],
        rows: rows.collect(),
    };
    html! {
        @if timeline.marks.is_empty() { p.note { "No outage, no throttling, and nothing else was reported." } }
        (table.render())
        @if timeline.marks_left_out > 0 {
            p.note { (grouped(timeline.marks_left_out)) " further events are left out." }
        }
    }
}

fn name(kind: &str) -> &str {
    match kind {
        "throttled" => "throttled",
        "outage_began" => "outage",
        "endpoint_failed" => "endpoint failed",
        "endpoint_recovered" => "endpoint answers again",
        "range_useless" => "range answers nothing useful",
        "rate_changed" => "rate changed",
        "retry_budget_spent" => "retries spent",
        "window_too_small" => "window too small",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::timeline::{Mark, Point};

    #[test]
    fn what_goes_on_is_one_episode() {
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
        let happened = happened(&found, 100.0);
        assert_eq!(happened.outages, [(31.0, 40.0), (90.0, 100.0)]);
        assert_eq!((happened.throttled.len(), happened.other), (3, vec![60.0]));
    }
}
