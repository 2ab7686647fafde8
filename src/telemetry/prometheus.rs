//! The counts of a run for Prometheus, in the text format 0.0.4, which node_exporter's textfile
//! collector reads too.
//!
//! Names follow the conventions of Prometheus: base units, and `_total` for counters. Every sample
//! has the label `pipeline`, so that several pipelines can write their files into one folder.

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::counters::{Counters, Snapshot};
use super::latency::{BOUNDS_SECONDS, LatencyFigures};
use crate::model::{Money, UtcMillis};

/// What the samples say about the run besides its counts.
#[derive(Clone, Debug)]
pub struct RunLabels {
    /// The name of the pipeline.
    pub pipeline: String,
    /// Identifies the run.
    pub run_id: String,
    /// Whether the answers come from the simulator.
    pub simulated: bool,
    /// When the run started.
    pub started_at: UtcMillis,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct RunEnd {
    /// `complete`, `gaps`, `stopped` or `interrupted`.
    pub ending: &'static str,
    /// When it ended.
    pub at: UtcMillis,
}

/// The metrics of a run as text; `end` once it has ended.
#[must_use]
pub fn text(counters: &Counters, labels: &RunLabels, end: Option<RunEnd>) -> String {
    let mut families = Families { pipeline: labels.pipeline.clone(), all: Vec::new() };
    families.run(labels, end);
    families.counts(&counters.snapshot());
    families.gauge(
        "hlr_requests_in_flight",
        "Requests in flight.",
        &[(&[], counters.in_flight.get() as f64)],
    );
    families.latency(&counters.latency.figures());
    TextEncoder::new()
        .encode_to_string(&families.all)
        .expect("names and labels are valid, which a test checks")
}

/// Label pairs and a value.
type Sample<'a> = (&'a [(&'a str, &'a str)], f64);

struct Families {
    pipeline: String,
    all: Vec<MetricFamily>,
}

impl Families {
    fn run(&mut self, labels: &RunLabels, end: Option<RunEnd>) {
        let simulated = if labels.simulated { "true" } else { "false" };
        let info = [
            ("run_id", labels.run_id.as_str()),
            ("simulated", simulated),
            ("version", env!("CARGO_PKG_VERSION")),
        ];
        self.gauge("hlr_run_info", "The run that these metrics are about; always 1.", &[(&info, 1.0)]);
        let started = seconds(labels.started_at);
        self.gauge("hlr_run_start_time_seconds", "Start of the run as a Unix timestamp.", &[(&[], started)]);
        if let Some(RunEnd { ending, at }) = end {
            self.gauge(
                "hlr_run_end_time_seconds",
                "End of the run as a Unix timestamp.",
                &[(&[], seconds(at))],
            );
            let endings = ["complete", "gaps", "stopped", "interrupted"]
                .map(|known| ([("ending", known)], f64::from(u8::from(known == ending))));
            let samples = endings.each_ref().map(|(label, value)| (label.as_slice(), *value));
            self.gauge("hlr_run_ending", "How the run ended: 1 for that ending, 0 for the others.", &samples);
        }
    }

    fn counts(&mut self, counts: &Snapshot) {
        let classes = [
            ("answered", counts.answered),
            ("carried", counts.carried),
            ("duplicate", counts.duplicates),
            ("invalid", counts.invalid),
            ("ledger", counts.from_ledger),
            ("unanswered", counts.unanswered),
        ];
        self.by("hlr_rows_total", "Rows that are done, by class.", "class", classes);
        self.by(
            "hlr_rows_by_status_total",
            "Rows that are done, by status.",
            "status",
            words(&counts.by_status),
        );
        self.by(
            "hlr_rows_by_result_total",
            "Rows that are done, by result of the service.",
            "result",
            words(&counts.by_result),
        );
        self.by(
            "hlr_rows_refused_total",
            "Rows without a valid number, by reason.",
            "reason",
            words(&counts.refused),
        );
        self.one("hlr_rows_filtered_total", "Rows that the filter left out.", counts.filtered);
        self.one("hlr_requests_total", "Requests sent, including retries.", counts.requests);
        self.one("hlr_replies_total", "Requests that the service answered.", counts.replies);
        self.one("hlr_retries_total", "Second and later attempts.", counts.retries);
        self.one(
            "hlr_throttled_total",
            "Requests refused because too many were sent at once.",
            counts.throttled,
        );
        self.by("hlr_faults_total", "Failed requests, by kind.", "kind", words(&counts.faults));
        self.one(
            "hlr_skipped_numbers_total",
            "Numbers skipped because their range returns no useful answers.",
            counts.skipped,
        );
        self.one(
            "hlr_answers_not_kept_total",
            "Answers that could not be written to the ledger.",
            counts.not_kept,
        );
        let billed = [("billed", counts.billed), ("maybe", counts.maybe_billed)];
        self.by(
            "hlr_billed_requests_total",
            "Requests that are billed, or may be billed.",
            "certainty",
            billed,
        );
        let costs = &counts.costs;
        let spent = [("billed", costs.billed), ("maybe", costs.maybe_billed)];
        self.money(
            "hlr_cost_total",
            "Money spent, or perhaps spent, in the currency of the price.",
            "certainty",
            spent,
        );
        let saved = [("duplicates", costs.saved_by_duplicates), ("ledger", costs.saved_by_ledger)];
        self.money(
            "hlr_saved_cost_total",
            "Money saved by duplicates and by the ledger, in the currency of the price.",
            "by",
            saved,
        );
    }

    fn latency(&mut self, figures: &LatencyFigures) {
        let bucket = |(bound, count): (&f64, &u64)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(*count);
            bucket
        };
        let mut histogram = Histogram::default();
        histogram.set_sample_count(figures.answers);
        histogram.set_sample_sum(figures.sum_seconds);
        histogram.set_bucket(BOUNDS_SECONDS.iter().zip(&figures.at_most).map(bucket).collect());
        let mut metric = self.metric(&[]);
        metric.set_histogram(histogram);
        let help = "How long answers took, without throttled requests.";
        self.add("hlr_answer_duration_seconds", help, MetricType::HISTOGRAM, vec![metric]);
    }

    fn one(&mut self, name: &str, help: &str, count: u64) {
        self.counter(name, help, &[(&[], count as f64)]);
    }

    fn by<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        counts: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        let counts: Vec<_> =
            counts.into_iter().map(|(word, count)| ([(label, word)], count as f64)).collect();
        let samples: Vec<Sample> = counts.iter().map(|(labels, count)| (labels.as_slice(), *count)).collect();
        self.counter(name, help, &samples);
    }

    fn money(&mut self, name: &str, help: &str, label: &str, amounts: [(&str, Money); 2]) {
        let amounts = amounts.map(|(word, amount)| ([(label, word)], amount.as_number()));
        let samples = amounts.each_ref().map(|(labels, amount)| (labels.as_slice(), *amount));
        self.counter(name, help, &samples);
    }

    fn counter(&mut self, name: &str, help: &str, samples: &[Sample]) {
        let metrics = self.metrics(samples, |metric, value| {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        });
        self.add(name, help, MetricType::COUNTER, metrics);
    }

    fn gauge(&mut self, name: &str, help: &str, samples: &[Sample]) {
        let metrics = self.metrics(samples, |metric, value| {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        });
        self.add(name, help, MetricType::GAUGE, metrics);
    }

    fn metrics(&self, samples: &[Sample], set: impl Fn(&mut Metric, f64)) -> Vec<Metric> {
        let metric = |(labels, value): &Sample| {
            let mut metric = self.metric(labels);
            set(&mut metric, *value);
            metric
        };
        samples.iter().map(metric).collect()
    }

    fn metric(&self, labels: &[(&str, &str)]) -> Metric {
        let pipeline = ("pipeline", self.pipeline.as_str());
        let pair = |(name, value): &(&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        Metric::from_label(std::iter::once(&pipeline).chain(labels).map(pair).collect())
    }

    fn add(&mut self, name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) {
        // The encoder refuses a family without samples, which is one that has counted nothing yet.
        if metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.all.push(family);
    }
}

fn words(counts: &std::collections::BTreeMap<String, u64>) -> impl Iterator<Item = (&str, u64)> {
    counts.iter().map(|(word, count)| (word.as_str(), *count))
}

fn seconds(moment: UtcMillis) -> f64 {
    moment.0 as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn counts_become_lines_with_help_and_type() {
        let counters = Counters::default();
        counters.rows.add(3);
        counters.answered.add(2);
        counters.invalid.add(1);
        counters.count_refused("too_short", 1);
        counters.latency.record(Duration::from_millis(30));
        let labels = RunLabels {
            pipeline: "nightly \"north\"\n".into(),
            run_id: "x".into(),
            simulated: false,
            started_at: UtcMillis(1_700_000_000_500),
        };
        let text =
            text(&counters, &labels, Some(RunEnd { ending: "gaps", at: UtcMillis(1_700_000_060_000) }));
        for line in [
            "# HELP hlr_rows_total Rows that are done, by class.",
            "# TYPE hlr_rows_total counter",
            "hlr_rows_total{pipeline=\"nightly \\\"north\\\"\\n\",class=\"answered\"} 2",
            "hlr_rows_refused_total{pipeline=\"nightly \\\"north\\\"\\n\",reason=\"too_short\"} 1",
            "hlr_run_start_time_seconds{pipeline=\"nightly \\\"north\\\"\\n\"} 1700000000.5",
            "hlr_run_ending{pipeline=\"nightly \\\"north\\\"\\n\",ending=\"gaps\"} 1",
            "hlr_answer_duration_seconds_bucket{pipeline=\"nightly \\\"north\\\"\\n\",le=\"0.05\"} 1",
            "hlr_answer_duration_seconds_count{pipeline=\"nightly \\\"north\\\"\\n\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
        }
        assert!(!text.contains("hlr_faults_total"), "nothing has failed");
    }
}
