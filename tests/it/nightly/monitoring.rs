//! Metrics and logs for programs.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use hlr_enrich::simulator::{Latency, RequestLimits, SimulatorSettings};

use super::{slow_service, wait_for_a_request};
use crate::harness::{Job, Service};

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn metrics_are_served_during_the_run_and_written_at_its_end() {
    let latency = Latency { median: Duration::from_secs(1), ..Latency::default() };
    let service = Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 600);
    let address = format!("127.0.0.1:{}", free_port());
    let flags = [
        "--metrics",
        "run.prom",
        "--metrics-listen",
        &address,
        "--concurrency",
        "100",
        "--no-ledger",
        "--price",
        "0.01",
    ];
    let mut run = job.start_enrich("list.csv", "out.parquet", &service, &flags);
    wait_for_a_request(&service, &mut run);
    let served = get(&address, "/metrics");
    assert!(
        served.starts_with("HTTP/1.1 200 OK") && served.contains("text/plain; version=0.0.4"),
        "{served}"
    );
    assert!(served.contains("hlr_requests_total{pipeline=\"enrich\"}"), "{served}");
    assert!(!served.contains("hlr_run_ending"), "it has not ended");
    assert!(get(&address, "/").starts_with("HTTP/1.1 404"));
    assert_eq!(run.wait_with_output().unwrap().status.code(), Some(0));
    let text = fs::read_to_string(job.path("run.prom")).unwrap();
    for line in [
        "hlr_rows_total{pipeline=\"enrich\",class=\"answered\"} 600",
        "hlr_run_ending{pipeline=\"enrich\",ending=\"complete\"} 1",
        "hlr_cost_total{pipeline=\"enrich\",certainty=\"billed\"} 6",
        "hlr_answer_duration_seconds_count{pipeline=\"enrich\"} 600",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
    }
    promtool_finds_nothing_wrong(&text);
}

/// Runs `promtool check metrics` if promtool is installed. With `HLR_PROMTOOL` set, it must be.
fn promtool_finds_nothing_wrong(text: &str) {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        assert!(std::env::var_os("HLR_PROMTOOL").is_none(), "promtool is not installed");
        return;
    };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    assert!(checked.status.success() && said.is_empty(), "{}\n{text}", String::from_utf8_lossy(&said));
}

/// Every line is a JSON object with the run id. None contains a secret or a whole number.
#[test]
fn a_json_log_has_one_object_per_line_and_no_secret() {
    let limits = RequestLimits { ongoing: Some(20), ..RequestLimits::default() };
    let results = [("TIMEOUT".to_owned(), 0.2)].into();
    let latency = Latency { median: Duration::from_millis(50), ..Latency::default() };
    let service =
        Service::start(SimulatorSettings { limits, results, latency, ..SimulatorSettings::default() });
    let job = Job::new().with_credentials(Some(("user", "password"))).numbers("list.csv", 1_500);
    let flags = [
        "--log-format",
        "json",
        "--no-ledger",
        "--attempts",
        "1",
        "--summary",
        "run.json",
        "--price",
        "0.01",
        "-v",
    ];
    let done = job.enrich_alone("list.csv", "out.parquet", &service, &flags);
    done.exits_with(3);
    let summary = job.json("run.json");
    let lines: Vec<serde_json::Value> = done
        .stderr()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    for line in &lines {
        assert_eq!(line["run_id"], summary["run_id"], "{line}");
        assert!(
            line["time"].is_string() && line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let of_kind =
        |kind: &str| lines.iter().find(|line| line["event"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!(of_kind("throttled")["level"], "warn");
    let end = of_kind("end");
    assert_eq!((&end["ending"], &end["unanswered"]), (&"gaps".into(), &summary["counts"]["unanswered"]));
    assert_eq!(end["cost"], summary["counts"]["costs"]["billed"]);
    let command = lines.last().unwrap()["command"].as_str().unwrap();
    assert!(command.contains(" enrich --force list.csv "), "{command}");
    let text = done.stderr();
    assert!(!text.contains("password") && !text.contains("467000000"), "{text}");
    // An error is a JSON line too.
    let refused = job.enrich_alone("missing.csv", "x.csv", &service, &["--log-format", "json"]);
    let line: serde_json::Value =
        serde_json::from_str(refused.exits_with(2).stderr().lines().last().unwrap()).unwrap();
    assert_eq!(line["level"], "error");
    assert!(line["message"].as_str().unwrap().contains("missing.csv"), "{line}");
}

#[test]
fn a_refused_run_keeps_the_metrics_of_the_run_before() {
    let service = slow_service();
    let job = Job::new().numbers("list.csv", 20).list("n.prom", "of last night\n");
    let mut first = job.start_enrich("list.csv", "a.parquet", &service, &["--ledger", "l.redb"]);
    wait_for_a_request(&service, &mut first);
    job.enrich_alone("list.csv", "b.parquet", &service, &["--ledger", "l.redb", "--metrics", "n.prom"])
        .exits_with(5);
    job.enrich_alone("missing.csv", "b.parquet", &service, &["--metrics", "n.prom"]).exits_with(2);
    assert_eq!(fs::read_to_string(job.path("n.prom")).unwrap(), "of last night\n");
    assert_eq!(first.wait_with_output().unwrap().status.code(), Some(0));
}
