use std::fs;
use std::thread;
use std::time::Duration;

use hlr_enrich::simulator::{Latency, SimulatorSettings};

use super::{Kind, Store, Trouble, job_at};
use crate::harness::{Service, Table, send_signal};

const NO_LEDGER: &str = "--no-ledger";

#[test]
fn every_format_is_written_as_to_a_disk_and_nothing_else_stays() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 40);
    let service = Service::start(Default::default());
    for kind in [Kind::S3, Kind::Gcs] {
        for name in ["out.parquet", "out.csv", "out.ndjson"] {
            let key = format!("{kind:?}/{name}");
            let url = format!("{}/{key}", kind.lake());
            job.enrich("list.csv", &url, &service, &[NO_LEDGER]).exits_with(0).says(&[&url, "40 rows"]);
            let content = store.get(&key).unwrap();
            match String::from_utf8(content.clone()) {
                Ok(text) => assert_eq!(text.lines().filter(|line| line.contains("467")).count(), 40, "{url}"),
                Err(_) => {
                    fs::write(job.path(name), content).unwrap();
                    assert_eq!(Table::read(&job.path(name)).rows(), 40, "{url}");
                }
            }
        }
        assert_eq!(store.keys(&format!("{kind:?}/")).len(), 3, "the lock is gone");
    }
}

#[test]
fn summary_report_and_metrics_go_there_too() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 10);
    let service = Service::start(Default::default());
    let flags = [
        "--no-ledger",
        "--summary",
        "s3://lake/run/summary.json",
        "--report",
        "s3://lake/run/report.html",
        "--metrics",
        "s3://lake/run/hlr.prom",
    ];
    job.enrich_alone("list.csv", "s3://lake/run/out.csv", &service, &flags)
        .exits_with(0)
        .says(&["the report is in s3://lake/run/report.html"]);
    let text = |name: &str| String::from_utf8(store.get(&format!("run/{name}")).unwrap()).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text("summary.json")).unwrap();
    assert_eq!(summary["output"], "s3://lake/run/out.csv");
    assert!(text("report.html").contains("</html>") && text("hlr.prom").contains("hlr_rows"));
}

#[test]
fn nothing_is_replaced_without_force() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 10);
    let service = Service::start(Default::default());
    store.put("out.csv", "mine");
    store.put("parts/hlr_country=SE/mine.csv", "mine");
    let partitions = [NO_LEDGER, "--partition-by", "country"];
    job.enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER])
        .exits_with(2)
        .says(&["s3://lake/out.csv already exists", "--force"]);
    job.enrich("list.csv", "s3://lake/parts", &service, &partitions).exits_with(2).says(&["already exists"]);
    let forced = [&partitions[..], &["--force"]].concat();
    job.enrich("list.csv", "s3://lake/parts", &service, &forced)
        .exits_with(2)
        .says(&["holds more than partitions"]);
    assert_eq!(service.account_in_short().requests, 0);
    job.enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER, "--force"]).exits_with(0);
    assert_ne!(store.get("out.csv").unwrap(), b"mine");
}

/// Somebody takes the name in the last moment: the store refuses, and both results are there.
#[test]
fn a_name_that_is_taken_meanwhile_is_kept() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 200);
    let service = Service::start(slow());
    thread::scope(|scope| {
        let running = scope
            .spawn(|| job.enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER, "--rate", "200"]));
        while service.account_in_short().requests == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        store.put("out.csv", "theirs");
        let done = running.join().unwrap();
        done.exits_with(1).says(&["was created by another process", "s3://lake/out.partial.csv"]);
    });
    assert_eq!(store.get("out.csv").unwrap(), b"theirs");
    let lines = String::from_utf8(store.get("out.partial.csv").unwrap()).unwrap().lines().count();
    assert_eq!(lines, 201);
}

#[test]
fn partitions_have_names_of_their_own_and_a_mark_at_the_end() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 60);
    let service = Service::start(Default::default());
    let flags = [NO_LEDGER, "--partition-by", "status"];
    job.enrich("list.csv", "s3://lake/parts/", &service, &flags).exits_with(0);
    let first = store.keys("parts/");
    assert!(first.contains(&"parts/_SUCCESS".to_owned()) && first.len() > 2, "{first:?}");
    job.enrich("list.csv", "s3://lake/parts/", &service, &[&flags[..], &["--force"]].concat()).exits_with(0);
    let second = store.keys("parts/");
    assert_eq!(first.len(), second.len());
    let shared: Vec<_> = first.iter().filter(|key| second.contains(key)).collect();
    assert_eq!(shared, ["parts/_SUCCESS"], "the older files are gone");
    // What was written is a list.
    let done = job.enrich("s3://lake/parts", "all.csv", &service, &[NO_LEDGER, "-c", "phone"]);
    done.exits_with(0).says(&["60 rows"]);
}

#[test]
fn a_run_that_is_stopped_leaves_its_rows_under_the_partial_name() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 2_000);
    let service = Service::start(slow());
    let mut running =
        job.start_enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER, "--rate", "100"]);
    while service.account_in_short().requests < 20 {
        thread::sleep(Duration::from_millis(10));
    }
    send_signal("INT", &running);
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(store.keys(""), ["out.partial.csv"]);
}

/// Two hundred megabytes in parts of 16.
#[test]
fn a_large_output_is_invisible_until_its_last_part_and_aborted_parts_are_removed() {
    let store = Store::start();
    let padding = "x".repeat(2_000);
    let rows: String = (0..40_000).map(|n| format!("{n},+46701740605,{padding}{n}\n")).collect();
    let job = job_at(&store).list("list.csv", format!("id,phone,note\n{rows}"));
    let service = Service::start(Default::default());
    store.set_trouble(|_, request| {
        let is_late = request.query.get("partNumber").is_some_and(|part| part == "3");
        is_late.then_some(Trouble::Status(403, "AccessDenied"))
    });
    let done = job.enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER]);
    done.exits_with(1)
        .says(&["cannot upload the finished output to s3://lake/out.csv", "take the complete result from"]);
    assert_eq!((store.keys(""), store.open_uploads()), (vec![], 0));
    let text = done.stderr();
    let (_, kept) = text.split_once("take the complete result from ").unwrap();
    let kept = std::path::Path::new(kept.lines().next().unwrap());
    assert!(fs::metadata(kept).unwrap().len() > 80_000_000, "{}", kept.display());
    fs::remove_dir_all(kept.parent().unwrap()).unwrap();
    // Somebody pulls the plug in the middle of the parts.
    store.set_trouble(|_, request| {
        let is_late = request.query.get("partNumber").is_some_and(|part| part == "3");
        is_late.then_some(Trouble::Stall(Duration::from_secs(30)))
    });
    let mut running = job.start_enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER]);
    while store.open_uploads() == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(store.keys("out"), Vec::<String>::new());
    // The lease of a process that has ended on this machine keeps nobody waiting.
    store.set_trouble(|_, _| None);
    job.enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER]).exits_with(0);
    assert!(store.get("out.csv").unwrap().len() > 80_000_000);
    assert_eq!(store.keys(""), ["out.csv"]);
}

#[test]
fn only_one_run_at_a_time_writes_an_output() {
    let store = Store::start();
    let job = job_at(&store).numbers("list.csv", 2_000);
    let service = Service::start(slow());
    let mut running =
        job.start_enrich("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER, "--rate", "100"]);
    while service.account_in_short().requests == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    job.enrich_alone("list.csv", "s3://lake/out.csv", &service, &[NO_LEDGER])
        .exits_with(5)
        .says(&["another run is already writing this output", "process"]);
    send_signal("INT", &running);
    running.wait().unwrap();
}

fn slow() -> SimulatorSettings {
    let latency = Latency { median: Duration::from_millis(20), p99: Duration::from_millis(20) };
    SimulatorSettings { latency, ..SimulatorSettings::default() }
}
