//! The contract's limits on real sockets, judged by the simulator's account.
//!
//! With a margin for busy machines, which delay packets now and then. The `paused_time` tests check
//! the same limits to 1 %.

use std::time::{Duration, Instant};

use hlr_enrich::simulator::{Latency, OutageKind, SimulatorSettings, SlowNetwork};

use crate::harness::{Job, Service, every_row_is_true, send_signal};

#[test]
fn no_second_has_more_than_the_rate_and_the_rate_is_used() {
    for (rate, numbers) in [(50, 200), (1_000, 4_000), (5_000, 15_000)] {
        let latency = Latency { median: Duration::from_millis(20), p99: Duration::from_millis(80) };
        let service = Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() });
        let job = Job::new().numbers("list.csv", numbers);
        let rate_text = rate.to_string();
        let flags = ["--rate", &rate_text, "--concurrency", "1000"];
        job.enrich("list.csv", "out.parquet", &service, &flags).exits_with(0);
        let account = service.account();
        // 1 % in paused time; here the machine may delay packets.
        let max = f64::from(rate) * 1.05 + 1.0;
        assert!(f64::from(account.most_in_a_second) <= max, "{} at {rate}", account.most_in_a_second);
        let first = account.per_10ms.iter().position(|count| *count > 0).unwrap();
        let span = Duration::from_millis(10 * (account.per_10ms.len() - first) as u64);
        let achieved = numbers as f64 / span.as_secs_f64();
        // Other tests may take both processors meanwhile; benches/contract.py measures it alone.
        assert!(achieved > 0.5 * f64::from(rate), "{achieved} per second at {rate}");
    }
}

/// However many numbers wait and however slow the service is, the run ends within the request
/// timeout.
#[test]
fn an_interrupted_run_ends_within_the_request_timeout() {
    let latency = Latency { median: Duration::from_secs(60), ..Latency::default() };
    let service = Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 20_000);
    let mut run =
        job.start_enrich("list.csv", "out.parquet", &service, &["--timeout", "2s", "--attempts", "9"]);
    while service.account_in_short().requests < 8 {
        assert!(run.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Instant::now();
    send_signal("TERM", &run);
    let ended = run.wait_with_output().unwrap();
    let took = interrupted.elapsed();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(took < Duration::from_secs(6), "{took:?}, with a timeout of 2 s");
}

/// At the end of a run, the last numbers take no longer than their attempts.
#[test]
fn stalled_requests_at_the_end_are_given_up_in_time() {
    let stalled = Latency { median: Duration::from_secs(600), ..Latency::default() };
    let slow = SlowNetwork { prefix: Some("4670000009".into()), latency: stalled, ..SlowNetwork::default() };
    let service =
        Service::start(SimulatorSettings { slow_networks: vec![slow], ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 100);
    let flags = ["--timeout", "1s", "--attempts", "2"];
    let done = job.enrich("list.csv", "out.parquet", &service, &flags);
    done.exits_with(3).says(&["10 rows have no answer"]);
    // Two attempts of a second, half a second between them, and a suspension after three failures
    // in a row.
    assert!(done.took < Duration::from_secs(15), "{:?}", done.took);
    assert_eq!(job.read("out.parquet").count("hlr_result", "stalled"), 10);
}

#[test]
fn a_run_waits_for_a_service_that_comes_back_and_loses_nothing() {
    for kind in [OutageKind::Refuse, OutageKind::Reset, OutageKind::Unavailable, OutageKind::Nonsense] {
        let service = Service::start(SimulatorSettings::default());
        let job = Job::new().numbers("list.csv", 3_000);
        let run =
            job.start_enrich("list.csv", "out.parquet", &service, &["--rate", "1500", "--attempts", "9"]);
        while service.account_in_short().requests < 500 {
            std::thread::sleep(Duration::from_millis(5));
        }
        service.set_outage(Some(kind));
        std::thread::sleep(Duration::from_secs(2));
        service.set_outage(None);
        let ended = run.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{kind:?}\n{stderr}");
        assert!(
            stderr.contains("no endpoint answers") && stderr.contains("answers again"),
            "{kind:?}\n{stderr}"
        );
        every_row_is_true(&job.read("out.parquet"), &service);
        assert_eq!(service.account().settled_more_than_once(), 0, "{kind:?}");
    }
}

/// With `--skip-useless`, a useless range costs hundreds of lookups, not one for each number of the
/// list.
#[test]
fn a_useless_range_is_skipped_on_request() {
    let results = [("SYSTEM_FAILURE".to_owned(), 1.0)].into();
    let service = Service::start(SimulatorSettings { results, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 3_000);
    let done = job.enrich("list.csv", "out.parquet", &service, &["--skip-useless", "--concurrency", "20"]);
    done.exits_with(3).says(&[
        "300 numbers in a row of +46700",
        "this range is skipped now",
        "numbers skipped",
    ]);
    let table = job.read("out.parquet");
    let asked = service.account().requests as usize;
    // 300 numbers, those in flight then, and one in a hundred of the others.
    assert!((327..=347).contains(&asked), "{asked}");
    assert_eq!(table.count("hlr_status", "unknown"), asked);
    assert_eq!(table.count("hlr_status", "not_checked"), 3_000 - asked);
    let reason = "skipped, because its number range returns no useful answers (skip_useless)";
    assert_eq!(table.count("hlr_reason", reason), 3_000 - asked);
}
