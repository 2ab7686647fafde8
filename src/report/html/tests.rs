//! The pages of unusual runs are complete and escaped, and have no invalid figures.

use std::collections::BTreeMap;

use super::render;
use crate::model::{Money, Setting, Status, UtcMillis};
use crate::report::run_report::{CountryRows, FunnelStep, NetworkRows, RangeRows, RunReport};
use crate::telemetry::counters::{Costs, Snapshot};
use crate::telemetry::latency::{Latencies, LatencyFigures};
use crate::telemetry::timeline::{Mark, Point, Timeline};

/// The run of an empty list.
fn empty() -> RunReport {
    RunReport {
        version: "1.2.3",
        run_id: "20261124-210311-3f9a".into(),
        pipeline: None,
        ending: "complete",
        stopped_because: None,
        whole_list: true,
        simulated: false,
        inputs: vec!["list.csv".into()],
        output: Some("out.parquet".into()),
        streamed: false,
        page: None,
        rows: 0,
        bytes: 300,
        ledger: None,
        endpoints: vec!["https://one.example".into()],
        started_at: UtcMillis(1_795_000_000_000),
        elapsed_seconds: 0.0,
        counts: Snapshot::default(),
        has_prices: false,
        funnel: vec![FunnelStep { step: "rows", text: "rows read", left: 0 }],
        latency: LatencyFigures::default(),
        countries: Vec::new(),
        networks: Vec::new(),
        worst_ranges: Vec::new(),
        timeline: Timeline::default(),
        settings: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A run of 1,000 rows that takes this long, at an even speed.
fn ordinary(seconds: f64, points: usize) -> RunReport {
    let mut report = empty();
    let money = |number| Money::from_number(number).unwrap();
    report.elapsed_seconds = seconds;
    report.rows = 1_000;
    report.has_prices = true;
    report.counts = Snapshot {
        rows: 1_000,
        invalid: 100,
        answered: 900,
        requests: 950,
        replies: 930,
        throttled: 10,
        billed: 930,
        by_status: BTreeMap::from([
            ("reachable".into(), 700),
            ("unknown".into(), 200),
            ("invalid".into(), 100),
        ]),
        by_result: BTreeMap::from([("OK".into(), 700), ("SYSTEM_FAILURE".into(), 200)]),
        costs: Costs { billed: money(3.72), ..Costs::default() },
        ..Snapshot::default()
    };
    let latencies = Latencies::default();
    (1..=930).for_each(|n| latencies.record(std::time::Duration::from_millis(n)));
    report.latency = latencies.figures();
    for n in 0..points {
        let share = n as f64 / (points - 1) as f64;
        let so_far = |whole: f64| (whole * share) as u64;
        report.timeline.offer(Point {
            seconds: seconds * share,
            rows: so_far(1_000.0),
            requests: so_far(950.0),
            replies: so_far(930.0),
            throttled: so_far(10.0),
            failed: so_far(10.0),
            in_flight: 8,
            spent: money(3.72 * share),
        });
    }
    report
}

fn country(country: Option<&'static str>, rows: u64) -> CountryRows {
    let mut by_status = [0; Status::ALL.len()];
    by_status[Status::Reachable as usize] = rows - rows / 4;
    by_status[Status::Unknown as usize] = rows / 4;
    CountryRows { country, rows, by_status, ..CountryRows::default() }
}

/// Every element is closed in the right order, every attribute is quoted, and no text contains
/// markup.
#[track_caller]
fn is_well_formed(page: &str) {
    const VOID: [&str; 3] = ["meta", "link", "br"];
    let body = page.strip_prefix("<!DOCTYPE html>").expect("it begins with its doctype");
    let (before, rest) = body.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let mut open: Vec<&str> = Vec::new();
    for part in [before, after].concat().leak().split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("not closed: <{part}"));
        assert!(!text.contains('>'), "{text:?}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{entity}");
        }
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "<{tag}>");
    }
    assert!(open.is_empty(), "{open:?}");
    for invalid in ["NaN", "inf\"", "=\"-", "Infinity"] {
        assert!(!after.contains(invalid), "{invalid} is on the page");
    }
}

#[test]
fn the_run_of_an_empty_list_has_a_page() {
    let page = render(&empty());
    is_well_formed(&page);
    for text in ["The list has no rows.", "Nothing to do.", "over before anything could be measured"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn runs_of_any_length_have_a_page() {
    for (seconds, points, unit) in [
        (0.02, 2, "start, s<"),
        (1.0, 11, "start, s<"),
        (600.0, 600, "start, min<"),
        (86_400.0, 600, "start, h<"),
        (20.0 * 86_400.0, 600, "start, days<"),
    ] {
        let page = render(&ordinary(seconds, points));
        is_well_formed(&page);
        assert!(page.contains(unit), "{seconds} s");
        assert!(page.len() < 200_000, "{} bytes for {seconds} s", page.len());
    }
}

#[test]
fn texts_from_outside_are_escaped() {
    const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;</style><!--";
    let mut report = ordinary(10.0, 50);
    report.inputs = vec![HOSTILE.into(), HOSTILE.into()];
    report.output = Some(HOSTILE.into());
    report.pipeline = Some(HOSTILE.into());
    report.ledger = Some(HOSTILE.into());
    report.endpoints = vec![HOSTILE.into()];
    report.run_id = HOSTILE.into();
    report.warnings = vec![HOSTILE.into()];
    report.settings = vec![Setting { name: HOSTILE.into(), value: HOSTILE.into(), origin: HOSTILE.into() }];
    report.timeline.mark(Mark { seconds: 1.0, kind: "outage_began", text: HOSTILE.into() });
    for counts in [&mut report.counts.by_result, &mut report.counts.refused, &mut report.counts.faults] {
        counts.insert(HOSTILE.into(), 7);
    }
    for ending in ["complete", "gaps", "stopped", "interrupted"] {
        report.ending = ending;
        report.stopped_because = Some(HOSTILE.into());
        let page = render(&report);
        is_well_formed(&page);
        for markup in ["<script", "<img", "<!--", "</style><"] {
            let once = usize::from(markup == "</style><");
            assert_eq!(page.matches(markup).count(), once, "{markup}");
        }
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = render(&ordinary(10.0, 50));
    for way_out in ["<script", "src=", "url(", "@import", "http:", "onload", "<iframe"] {
        assert!(!page.contains(way_out), "{way_out}");
    }
    assert!(page.contains(r#"content="default-src 'none'; style-src 'unsafe-inline'; img-src data:""#));
}

#[test]
fn without_prices_there_are_no_amounts() {
    let mut report = ordinary(10.0, 50);
    assert!(render(&report).contains(r#"data-figure="counts.costs.billed" data-value="3.72">3.72<"#));
    report.has_prices = false;
    let page = render(&report);
    is_well_formed(&page);
    assert!(!page.contains("costs.billed") && !page.contains("currency"));
    assert!(page.contains("No price was given"));
}

#[test]
fn many_countries_and_networks_are_folded() {
    let mut report = ordinary(10.0, 50);
    let rows = |place: usize| 40 + (200 - place as u64);
    report.countries = (0..200).map(|place| country((place > 0).then_some("SE"), rows(place))).collect();
    let network = |place: usize| NetworkRows {
        mcc: "240".into(),
        mnc: format!("{place:02}"),
        network: (place > 0).then_some("Telenor"),
        country: Some("SE"),
        rows: rows(place),
        cost: Money::ZERO,
    };
    report.networks = (0..90).map(network).collect();
    let page = render(&report);
    is_well_formed(&page);
    assert!(page.contains("The other 185 countries") && page.contains("The other 75 networks"));
    for place in 0..200 {
        assert!(page.contains(&format!(r#"data-figure="countries.{place}.rows""#)), "{place}");
    }
    assert_eq!(page.matches("data-figure=\"networks.").count(), 180, "rows and costs");
    assert!(page.contains("not certain"));
}

#[test]
fn the_worst_are_named_in_a_sentence() {
    let mut report = ordinary(10.0, 50);
    report.countries = vec![country(Some("SE"), 400), country(Some("DE"), 4)];
    let range = |range: &str, network| RangeRows {
        range: range.into(),
        country: Some("SE"),
        network,
        rows: 60,
        without_verdict: 20,
        requests: 90,
        cost: Money::ZERO,
    };
    report.worst_ranges = vec![range("+46701…", Some("Telia")), range("+46702…", None)];
    let page = render(&report);
    for sentence in [
        "Only SE has five or more rows without a verdict (25.0 %: 100 of 400 rows).",
        "+46701… in SE (mostly Telia, 20 of 60 rows) and +46702… in SE (20 of 60 rows).",
    ] {
        assert!(page.contains(sentence), "{sentence}");
    }
}

#[test]
fn filtered_rows_are_mentioned() {
    let mut report = ordinary(10.0, 50);
    assert!(!render(&report).contains("counts.filtered"));
    report.counts.filtered = 12;
    assert!(
        render(&report).contains(r#"data-figure="counts.filtered" data-value="12">12</span> further rows"#)
    );
}

#[test]
fn the_first_sentence_says_what_happened_and_what_to_do() {
    let mut report = ordinary(10.0, 50);
    report.counts.unanswered = 7;
    for (ending, has_ledger, texts) in [
        ("complete", true, ["Complete.", "Nothing to do."]),
        (
            "gaps",
            true,
            ["7 of them have no answer", "run the same command again. It looks up only what is missing"],
        ),
        ("gaps", false, ["Finished with gaps.", "--only unresolved"]),
        ("stopped", true, ["Reason: the account was refused.", "fix the cause, then run the same command"]),
        ("interrupted", false, ["Interrupted.", "it starts over and pays for every number again"]),
    ] {
        report.ending = ending;
        report.ledger = has_ledger.then(|| "ledger.redb".into());
        report.stopped_because = Some("the account was refused".into());
        let page = render(&report);
        for text in texts {
            assert!(page.contains(text), "{ending}: {text}");
        }
        assert!(!page.contains("SIMULATED"));
    }
    report.simulated = true;
    assert!(render(&report).contains("SIMULATED ANSWERS."));
}
