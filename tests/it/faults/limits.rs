//! The contract's limits while they change, and where they are small.

use std::process::Stdio;
use std::time::Duration;

use hlr_enrich::simulator::{Latency, RequestLimits, SimulatorSettings};
use jiff::{ToSpan, Zoned};

use super::{end_of, until_billed};
use crate::harness::{Job, Service, send_signal};

/// Requests in steps of 10 ms since the start of the service.
fn arrivals(service: &Service) -> Vec<u64> {
    service.account().per_10ms.iter().map(|count| u64::from(*count)).collect()
}

fn most_in_a_second(arrivals: &[u64]) -> u64 {
    arrivals.windows(100).map(|second| second.iter().sum()).max().unwrap_or_else(|| arrivals.iter().sum())
}

fn pipeline(service: &Service, rates: &str) -> String {
    format!(
        "input = \"list.csv\"\noutput = \"out.csv\"\nendpoint = \"{}\"\nledger = \"l.redb\"\nforce = true\n{rates}",
        service.url()
    )
}

#[test]
fn a_lower_rate_of_the_schedule_applies_within_its_first_second() {
    let (started, service) = (Zoned::now(), Service::start(SimulatorSettings::default()));
    let change = (&started + 3.seconds()).round(jiff::Unit::Second).unwrap();
    let (from, to) = (change.strftime("%H:%M:%S"), (&change + 30.minutes()).strftime("%H:%M:%S").to_string());
    let rates = format!("rate = 200\nrate_schedule = {{ \"{from}-{to}\" = 4 }}\n");
    let job = Job::new().numbers("list.csv", 2_000).list("job.toml", pipeline(&service, &rates));
    let run = job.start(&["run", "job.toml"]);
    let until = (&change + 3.seconds()).duration_since(&Zoned::now());
    std::thread::sleep(until.unsigned_abs());
    send_signal("TERM", &run);
    end_of(run).exits_with(130);
    let arrivals = arrivals(&service);
    let at = |seconds: f64| {
        let since_start = change.duration_since(&started).as_secs_f64() + seconds;
        (since_start * 100.0) as usize
    };
    let between = |from: f64, to: f64| -> u64 { arrivals.iter().take(at(to)).skip(at(from)).sum() };
    assert!(between(-1.3, -0.3) > 150, "the rate before is used: {}", between(-1.3, -0.3));
    assert!(between(0.4, 2.4) <= 10, "{} in the two seconds after the change", between(0.4, 2.4));
}

#[test]
fn a_rate_that_is_read_again_and_again_gives_out_no_more() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 2_000).list("job.toml", pipeline(&service, "rate = 10\n"));
    let mut run = job.start(&["run", "job.toml"]);
    until_billed(&service, &mut run, 2);
    for n in 0..40 {
        let rate = if n % 2 == 0 { "rate = 9.5\n" } else { "rate = 10\n" };
        std::fs::write(job.path("job.toml"), pipeline(&service, rate)).unwrap();
        send_signal("HUP", &run);
        std::thread::sleep(Duration::from_millis(60));
    }
    send_signal("TERM", &run);
    end_of(run).exits_with(130);
    let most = most_in_a_second(&arrivals(&service));
    assert!((9..=11).contains(&most), "{most} in a second at a rate of 10");
}

#[test]
fn an_account_that_allows_few_requests_at_once_refuses_less_than_one_in_a_hundred() {
    for ongoing in [2, 5, 10] {
        let latency = Latency { median: Duration::from_millis(5), p99: Duration::from_millis(12) };
        let limits = RequestLimits { ongoing: Some(ongoing), ..RequestLimits::default() };
        let service = Service::start(SimulatorSettings { latency, limits, ..SimulatorSettings::default() });
        let job = Job::new().numbers("list.csv", 5_000);
        let url = service.url();
        let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
        command.args(["enrich", "list.csv", "-o", "out.csv", "--endpoint", &url, "--no-ledger"]);
        end_of(command.stderr(Stdio::piped()).spawn().unwrap()).exits_with(0);
        let account = service.account_in_short();
        let refused = account.throttled as f64 / account.requests as f64;
        assert!(refused < 0.015, "{ongoing} at once: {refused:.4} refused");
        eprintln!("{ongoing} at once: {refused:.4} refused");
    }
}

#[test]
fn spans_of_the_schedule_that_overlap_are_an_error_with_their_place() {
    let service = Service::start(SimulatorSettings::default());
    let rates = "rate_schedule = { \"22:00-06:00\" = 4, \"05:00-07:00\" = 5 }\n";
    let job = Job::new().numbers("list.csv", 10).list("job.toml", pipeline(&service, rates));
    let done = job.hlr(["run", "job.toml"]);
    done.exits_with(2).says(&["job.toml:6", "rate_schedule", "05:00-07:00 and 22:00-06:00 overlap", "help:"]);
    assert_eq!(service.account_in_short().requests, 0);
}
