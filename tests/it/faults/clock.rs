//! Clocks that are wrong, and clocks that jump.

use std::time::Duration;

use super::preload::with_faults;
use super::{end_of, enrich, kept, service};
use crate::harness::{Done, Job, Service};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A run whose clock is this many seconds ahead. `None` where a clock cannot be set.
fn run(job: &Job, service: &Service, clock: i64, flags: &[&str]) -> Option<Done> {
    let command = enrich(job, service, "list.csv", "out.csv", "l.redb", &[&["--force"], flags].concat());
    let clock = clock.to_string();
    Some(end_of(with_faults(command, &[("FAULT_CLOCK", &clock)])?.spawn().unwrap()))
}

fn sources(job: &Job) -> Vec<String> {
    let mut reader = csv::Reader::from_path(job.path("out.csv")).unwrap();
    let at = reader.headers().unwrap().iter().position(|header| header == "hlr_source").unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn a_clock_that_was_set_back_makes_no_row_of_the_ledger_a_duplicate() {
    for back in [20 * 60, 2 * HOUR, 23 * HOUR] {
        let (service, job) = (service(Duration::ZERO), Job::new().numbers("list.csv", 300));
        let Some(first) = run(&job, &service, 0, &[]) else { return };
        first.exits_with(0);
        let second = run(&job, &service, -back, &[]).unwrap();
        second.exits_with(0).says(&["the clock of this machine says", "but the ledger was used at"]);
        assert_eq!(service.account_in_short().requests, 300, "nothing is paid for twice");
        assert!(sources(&job).iter().all(|source| source == "ledger"), "{back} s: {:?}", &sources(&job)[..3]);
        // With the right clock again there is nothing to say.
        let third = run(&job, &service, 60, &[]).unwrap();
        assert!(!third.exits_with(0).stderr().contains("clock"), "{}", third.stderr());
    }
}

/// 1970 after a battery has died, or 2106 by a typing error: everything is paid for again, and
/// whoever watches is told before.
#[test]
fn a_clock_that_is_years_off_is_told_before_anything_is_asked_again() {
    for (clock, text) in [
        (-20 * YEAR, "but the ledger was used at"),
        (80 * YEAR, "days ago by the clock of this machine"),
        (2 * YEAR, "days ago by the clock of this machine"),
    ] {
        let (service, job) = (service(Duration::ZERO), Job::new().numbers("list.csv", 50));
        let Some(first) = run(&job, &service, 0, &[]) else { return };
        first.exits_with(0);
        let dry =
            with_faults(job.command_of(env!("CARGO_BIN_EXE_hlr")), &[("FAULT_CLOCK", &clock.to_string())]);
        let (mut dry, url) = (dry.unwrap(), service.url());
        dry.args(["enrich", "list.csv", "--dry-run", "--endpoint", &url, "--ledger", "l.redb"]);
        let dry = dry.output().unwrap();
        let told = String::from_utf8_lossy(&dry.stdout).into_owned() + &String::from_utf8_lossy(&dry.stderr);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(text), "{clock}: {told}");
        let done = run(&job, &service, clock, &[]).unwrap();
        done.exits_with(0).says(&[text]);
        let stderr = done.stderr();
        let summary = stderr.find("  rows ").expect("the summary is printed");
        assert!(stderr.find(text).unwrap() < summary, "{stderr}");
    }
}

#[test]
fn a_clock_that_jumps_during_a_run_changes_no_row_and_no_order() {
    for jump in [-3 * HOUR, -30 * YEAR, 60 * YEAR] {
        let service = service(Duration::from_millis(40));
        let job = Job::new().list("list.csv", {
            let number = |n: u64| 46_700_000_000 + n % 400;
            let rows: String = (0..800).map(|n| format!("{}\n", number(n))).collect();
            format!("phone\n+{}", rows.trim_end().replace('\n', "\n+"))
        });
        let flags = ["--rate", "120", "--metrics", "m.prom", "--summary", "s.json", "--concurrency", "8"];
        let command = enrich(&job, &service, "list.csv", "out.csv", "l.redb", &flags);
        let Some(mut command) = with_faults(command, &[("FAULT_CLOCK_JUMP", &jump.to_string())]) else {
            return;
        };
        let done = end_of(command.spawn().unwrap());
        done.exits_with(0);
        assert_eq!(service.account_in_short().requests, 400);
        assert_eq!(kept(&job, "l.redb"), 400);
        let sources = sources(&job);
        assert_eq!(sources.iter().filter(|source| *source == "live").count(), 400, "{jump}");
        assert_eq!(sources.iter().filter(|source| *source == "duplicate").count(), 400, "{jump}");
        let metrics = std::fs::read_to_string(job.path("m.prom")).unwrap();
        let value = |name: &str| -> f64 {
            let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let (start, end) = (value("hlr_run_start_time_seconds"), value("hlr_run_end_time_seconds"));
        assert!((0.0..60.0).contains(&(end - start)), "{jump}: from {start} to {end}");
        let points = job.json("s.json")["timeline"]["points"].clone();
        let seconds: Vec<f64> =
            points.as_array().unwrap().iter().map(|point| point["seconds"].as_f64().unwrap()).collect();
        assert!(seconds.is_sorted() && seconds.last().unwrap() < &60.0, "{jump}: {seconds:?}");
    }
}
