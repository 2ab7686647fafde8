//! Progress for programs: one JSON object per line.

use serde_json::{Map, Value, json};

use super::cadence::Cadence;
use super::renderer::Renderer;
use super::sample::Sample;
use crate::cli::terminal::say_raw;
use crate::job::Total;

pub(super) struct JsonLines(pub(super) Cadence);

impl Renderer for JsonLines {
    fn render(&mut self, sample: &Sample, trouble: Option<&str>) {
        if !self.0.is_due(sample.elapsed) {
            return;
        }
        say_raw(object(sample, trouble));
    }

    fn note(&mut self, kind: &'static str, note: &str) {
        say_raw(json!({ "note": note, "event": kind }));
    }

    fn close(&mut self) {}
}

fn object(sample: &Sample, trouble: Option<&str>) -> Value {
    let (total, estimated) = match sample.total {
        Total::Rows(rows) => (Some(rows), false),
        Total::About(rows) => (Some(rows), true),
        Total::Unknown => (None, false),
    };
    let tally: Map<String, Value> =
        sample.tally.iter().map(|(what, count)| (what.replace(' ', "_"), (*count).into())).collect();
    json!({
        "elapsed_seconds": sample.elapsed.as_secs_f64(),
        "rows_done": sample.done,
        "rows_total": total,
        "total_is_estimated": estimated,
        "lookups_per_second": sample.lookups_a_second,
        "seconds_left": sample.left.map(|left| left.as_secs_f64()),
        "in_flight": sample.in_flight,
        "spent": sample.spent,
        "endpoint": sample.endpoint,
        "tally": tally,
        "trouble": trouble,
    })
}
