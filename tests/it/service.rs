//! The service in all its states and lists in all their forms, as a user sees them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use hlr_enrich::internals::model::Product;
use hlr_enrich::simulator::{
    ConnectionLimits, FaultShares, Latency, Outage, OutageKind, SentenceFormat, SimulatorSettings,
};

use crate::harness::{Job, Service, every_row_is_true, nth_number, send_signal};

#[test]
fn the_portability_product_says_assigned() {
    let settings = SimulatorSettings { product: Product::Portability, ..SimulatorSettings::default() };
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 500);
    job.enrich("list.csv", "out.parquet", &service, &["--product", "portability"]).exits_with(0);
    let table = job.read("out.parquet");
    assert_eq!(table.count("hlr_status", "reachable"), 0);
    assert_eq!(table.count("hlr_status", "assigned"), table.count("hlr_result", "OK"));
    assert!(table.count("hlr_status", "assigned") > 300);
}

#[test]
fn the_sentences_are_understood_in_every_format() {
    for sentences in [SentenceFormat::Bare, SentenceFormat::Field, SentenceFormat::BadRequest] {
        let accepted_prefixes = vec!["4670000001".to_owned()];
        let service =
            Service::start(SimulatorSettings { sentences, accepted_prefixes, ..Default::default() });
        let job = Job::new().numbers("list.csv", 20);
        job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
        let table = job.read("out.parquet");
        every_row_is_true(&table, &service);
        assert_eq!(table.count("hlr_result", "MSISDN range is not accepted"), 10, "{sentences:?}");
        assert_eq!(table.count("hlr_status", "not_checked"), 10, "{sentences:?}");
    }
}

#[test]
fn an_unknown_result_is_kept_literally() {
    let results = [("HLR_ON_FIRE".to_owned(), 1.0)].into();
    let service = Service::start(SimulatorSettings { results, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 10);
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    let table = job.read("out.parquet");
    assert_eq!((table.count("hlr_result", "HLR_ON_FIRE"), table.count("hlr_status", "unknown")), (10, 10));
}

#[test]
fn nocache_bypasses_the_cache_of_the_provider() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 10);
    job.enrich("list.csv", "out.parquet", &service, &["--nocache"]).exits_with(0);
    assert_eq!(service.account().nocache, 10);
    job.enrich("list.csv", "again.parquet", &service, &[]).exits_with(0);
    assert_eq!(service.account().nocache, 10);
}

#[test]
fn a_forbidden_account_stops_the_run() {
    let faults = FaultShares { forbidden: 1.0, ..FaultShares::default() };
    let service = Service::start(SimulatorSettings { faults, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 5_000);
    let done = job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "10"]);
    done.exits_with(4).says(&["refused 20 numbers in a row (HTTP 403", "ask the provider"]);
    assert!(service.account().requests <= 20 + 10, "{} requests", service.account().requests);
}

#[test]
fn an_outage_is_waited_for() {
    let (from, to) = (Duration::from_millis(400), Duration::from_secs(3));
    for kind in [OutageKind::Refuse, OutageKind::Unavailable] {
        let mut settings =
            SimulatorSettings { outages: vec![Outage { from, to, kind }], ..Default::default() };
        settings.latency.median = Duration::from_millis(50);
        let service = Service::start(settings);
        let job = Job::new().numbers("list.csv", 1_000);
        let done = job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "20"]);
        done.exits_with(0).says(&["answers again"]);
        every_row_is_true(&job.read("out.parquet"), &service);
    }
}

#[test]
fn a_service_that_stays_away_ends_the_run_with_the_command_to_resume() {
    let (from, to) = (Duration::from_millis(400), Duration::from_secs(600));
    let mut settings = SimulatorSettings {
        outages: vec![Outage { from, to, kind: OutageKind::Unavailable }],
        ..Default::default()
    };
    settings.latency.median = Duration::from_millis(50);
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 2_000);
    let done =
        job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "20", "--give-up-after", "2s"]);
    done.exits_with(4).says(&["no endpoint has answered", "out.partial.parquet"]);
    assert!(done.stderr().lines().last().unwrap().contains("hlr enrich list.csv"), "{}", done.stderr());
    let table = job.read("out.partial.parquet");
    assert_eq!(table.count("hlr_source", "live") as u64, service.account().billed);
}

#[test]
fn the_primary_is_used_again_when_it_has_recovered() {
    let (from, to) = (Duration::from_millis(500), Duration::from_millis(1_500));
    let mut settings = SimulatorSettings {
        outages: vec![Outage { from, to, kind: OutageKind::Refuse }],
        ..Default::default()
    };
    settings.latency.median = Duration::from_millis(20);
    let (primary, backup) = (Service::start(settings.clone()), Service::start(SimulatorSettings::default()));
    let job = Job::new().numbers("list.csv", 3_000);
    let flags = ["--endpoint", &backup.url(), "--rate", "600"];
    let done = job.enrich("list.csv", "out.parquet", &primary, &flags);
    done.exits_with(0).says(&["not used for", "answers again"]);
    let (first, second) = (primary.account(), backup.account());
    assert_eq!(first.billed + second.billed, 3_000);
    assert!(second.billed > 100, "{} went to the backup", second.billed);
    let after_recovery: u32 = first.per_10ms.iter().skip(300).sum();
    assert!(after_recovery > 100, "{after_recovery} went to the primary after its recovery");
}

#[test]
fn a_second_interrupt_ends_the_run_at_once() {
    let faults = FaultShares { stall: 1.0, ..FaultShares::default() };
    let service = Service::start(SimulatorSettings { faults, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 100);
    let mut child = job.start_enrich("list.csv", "out.parquet", &service, &["--timeout", "5m"]);
    let wait_until = |what: &str, done: &mut dyn FnMut() -> bool| {
        let started = Instant::now();
        while !done() {
            assert!(started.elapsed() < Duration::from_secs(30), "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
        started.elapsed()
    };
    wait_until("requests are under way", &mut || service.account().ongoing > 0);
    send_signal("INT", &child);
    std::thread::sleep(Duration::from_millis(1_200));
    assert!(child.try_wait().unwrap().is_none(), "requests that were sent are waited for");
    send_signal("INT", &child);
    let took = wait_until("the process ends", &mut || child.try_wait().unwrap().is_some());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_server_that_closes_idle_connections_delays_no_request() {
    let connections = ConnectionLimits { idle: Some(Duration::from_millis(3)), requests: None };
    let service = Service::start(SimulatorSettings { connections, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 1_500);
    // Each connection is idle for about as long as the server allows.
    let done = job.enrich("list.csv", "out.parquet", &service, &["--rate", "500"]);
    done.exits_with(0);
    assert!(done.took < Duration::from_secs(9), "a request waited for its timeout: {:?}", done.took);
    assert!(!done.stderr().contains("stalled"), "{}", done.stderr());
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn rows_may_come_out_as_they_are_done() {
    let latency = Latency { median: Duration::from_millis(1), p99: Duration::from_millis(200) };
    let settings = SimulatorSettings { latency, ..SimulatorSettings::default() };
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 20_000);
    job.enrich("list.csv", "out.parquet", &service, &["--order", "completion"]).exits_with(0);
    let table = job.read("out.parquet");
    every_row_is_true(&table, &service);
    let mut ids: Vec<u64> = table.column("id").into_iter().map(|id| id.unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..20_000));
}

#[test]
fn several_files_and_archives_are_one_list() {
    let service = Service::start(SimulatorSettings::default());
    let mut archive = GzEncoder::new(Vec::new(), Compression::fast());
    archive.write_all(b"id;phone\n3;+46701740607\n").unwrap();
    let job = Job::new()
        .list("a.csv", "id,phone\n1,+46701740605\n")
        .list("b.csv", b"\xef\xbb\xbfid\tphone\r\n2\t+46701740606\r\n")
        .list("c.csv.gz", archive.finish().unwrap());
    job.enrich("*.csv*", "out.parquet", &service, &[]).exits_with(0);
    let table = job.read("out.parquet");
    assert_eq!(table.column("id").into_iter().flatten().collect::<Vec<_>>(), ["1", "2", "3"]);
    every_row_is_true(&table, &service);
}

#[test]
fn standard_input_can_be_a_list() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hlr"))
        .args(["enrich", "-", "-o", job.path("out.csv").to_str().unwrap(), "--endpoint", &service.url()])
        .env("HLR_USERNAME", "user")
        .env("HLR_PASSWORD", "password")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"phone\n+46701740605\n+46701740606\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_to_string(job.path("out.csv")).unwrap().lines().count(), 3);
}

#[test]
fn the_simulator_is_a_command_with_an_account_at_its_end() {
    let job = Job::new().list("contacts.csv", "phone\n+46701740605\n");
    let account = job.path("account.json");
    let mut simulator = Command::new(env!("CARGO_BIN_EXE_hlr"))
        .args(["simulate", "--port", "0", "--seed", "7", "--account", account.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(simulator.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    job.hlr(["enrich", "contacts.csv", "-o", "out.parquet", "--endpoint", url.trim()]).exits_with(0);
    send_signal("TERM", &simulator);
    assert_eq!(simulator.wait().unwrap().code(), Some(0));
    let account: serde_json::Value = serde_json::from_slice(&std::fs::read(account).unwrap()).unwrap();
    assert_eq!(
        (account["requests"].as_u64(), account["numbers"]["46701740605"]["billed"].as_u64()),
        (Some(1), Some(1))
    );
}

/// The peak memory of a process so far, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_length_of_the_list() {
    let service = Service::start(SimulatorSettings::default());
    let peak_for = |rows: u64| {
        let lines: String = (0..rows).map(|n| format!("{n},{}\n", nth_number(n % 1_000).get())).collect();
        let job = Job::new().list("list.csv", format!("id,phone\n{lines}"));
        let mut child = job.start_enrich("list.csv", "out.csv", &service, &["-q"]);
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            peak = peak_memory(child.id()).unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    };
    let (short, long) = (peak_for(300_000), peak_for(900_000));
    assert!(long < short + 20_000, "{short} KiB for 300,000 rows, {long} KiB for 900,000");
}
