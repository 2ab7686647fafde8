//! `hlr enrich` from outside: its output, compared with the simulator's answers and account.

mod formats;

use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMillisecondType;
use hlr_enrich::simulator::{FaultShares, Latency, RequestLimits, Scheme, SimulatorSettings, Transient};

use crate::harness::{Job, Service, every_row_is_true, nth_number, send_signal};

const CONTACTS: &str = "\
id,name,phone
1,Ada,+46 70-174 06 05
2,Bertil,0046701740606
3,Cecilia,not a number
4,Doris,46701740605
5,Erik,4.67017E+10
6,\"Frida, the second\",=\"46701740607\"
7,Göran,
8,Hanna,46 (0)70 174 06 08
";

#[test]
fn every_row_comes_out_in_order_with_its_true_answer() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS);
    job.enrich("contacts.csv", "out.parquet", &service, &[]).exits_with(0);
    let table = job.read("out.parquet");
    assert_eq!(
        table.column("id").into_iter().flatten().collect::<Vec<_>>(),
        ["1", "2", "3", "4", "5", "6", "7", "8"]
    );
    assert_eq!(table.column("name")[5].as_deref(), Some("Frida, the second"));
    assert_eq!(table.column("phone")[7].as_deref(), Some("46 (0)70 174 06 08"));
    let reasons = table.column("hlr_reason");
    assert_eq!(reasons[2].as_deref(), Some("not_a_number"));
    assert_eq!(reasons[4].as_deref(), Some("digits_lost"));
    assert_eq!(reasons[6].as_deref(), Some("empty"));
    every_row_is_true(&table, &service);
    let sources = table.column("hlr_source");
    assert_eq!((sources[0].as_deref(), sources[3].as_deref()), (Some("live"), Some("duplicate")));
}

#[test]
fn the_added_columns_have_the_documented_names_and_types() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS);
    job.enrich("contacts.csv", "out.parquet", &service, &["--prefix", "x_"]).exits_with(0);
    let table = job.read("out.parquet").0;
    let added: Vec<_> = table.schema().fields()[3..]
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    let expected = [
        "x_msisdn Utf8",
        "x_status Utf8",
        "x_result Utf8",
        "x_mcc Utf8",
        "x_mnc Utf8",
        "x_location Utf8",
        "x_network Utf8",
        "x_country Utf8",
        "x_location_country Utf8",
        "x_roaming Boolean",
        "x_source Utf8",
        "x_checked_at Timestamp(ms, \"UTC\")",
        "x_attempts UInt16",
        "x_reason Utf8",
    ];
    assert_eq!(added, expected);
    let checked_at = table.column_by_name("x_checked_at").unwrap().as_primitive::<TimestampMillisecondType>();
    let this_year = 1_700_000_000_000..4_000_000_000_000_i64;
    assert!(this_year.contains(&checked_at.value(0)) && checked_at.is_null(2));
}

#[test]
fn every_answer_is_true_in_a_storm_of_faults() {
    let transient = Transient { share: 0.2, ..Transient::default() };
    let faults = FaultShares {
        reset_before_read: 0.01,
        reset_after_read: 0.01,
        unavailable: 0.02,
        html_page: 0.005,
        binary_body: 0.005,
        stall: 0.002,
        ..FaultShares::default()
    };
    let settings = SimulatorSettings { transient, faults, ..SimulatorSettings::stormy() };
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 5_000);
    job.enrich("list.csv", "out.parquet", &service, &["--timeout", "2s", "--attempts", "4"]).exits_with(0);
    let table = job.read("out.parquet");
    assert_eq!(table.rows(), 5_000);
    let in_order: Vec<_> = (0..5_000).map(|n| Some(n.to_string())).collect();
    assert_eq!(table.column("id"), in_order);
    every_row_is_true(&table, &service);
    let account = service.account();
    assert!(account.requests > 6_000, "the storm blew: {} requests", account.requests);
    assert_eq!(account.settled_more_than_once(), 0);
}

#[test]
fn a_number_that_occurs_often_is_looked_up_once() {
    let service = Service::start(SimulatorSettings::default());
    let rows: String = (0..20_000).map(|n| format!("{}\n", nth_number(n % 100).get())).collect();
    let job = Job::new().list("list.csv", format!("msisdn\n{rows}"));
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    let table = job.read("out.parquet");
    every_row_is_true(&table, &service);
    assert_eq!((table.count("hlr_source", "live"), table.count("hlr_source", "duplicate")), (100, 19_900));
    assert_eq!(service.account().requests, 100);
}

#[test]
fn invalid_cells_are_never_sent() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list(
        "list.csv",
        "phone\n070-174 06 05\n+46 8 465 004 00\n12345\n+46701740605000000\n+46701740606\n",
    );
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    assert_eq!(service.account().requests, 1);
    let table = job.read("out.parquet");
    assert_eq!(table.count("hlr_status", "invalid"), 4);
    assert_eq!(table.column("hlr_reason")[0].as_deref(), Some("national_without_region"));
    assert_eq!(table.column("hlr_reason")[1].as_deref(), Some("fixed_line"));
    job.enrich("list.csv", "again.parquet", &service, &["--region", "SE"]).exits_with(0);
    assert_eq!(service.account().requests, 2, "the first is a number in Sweden");
}

#[test]
fn throttling_slows_the_run_down_and_changes_no_row() {
    let limits = RequestLimits { ongoing: Some(20), ..RequestLimits::default() };
    let mut settings = SimulatorSettings { limits, ..SimulatorSettings::default() };
    settings.latency.median = Duration::from_millis(10);
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 3_000);
    job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "200", "--attempts", "1"])
        .exits_with(0);
    let table = job.read("out.parquet");
    every_row_is_true(&table, &service);
    assert_eq!(table.count("hlr_attempts", "1"), 3_000, "throttling costs no attempt");
    let account = service.account();
    assert!(account.throttled < 300, "{} were throttled", account.throttled);
}

#[test]
fn http_429_makes_requests_wait_as_long_as_the_service_says() {
    let limits = RequestLimits { per_second: Some(300), ..RequestLimits::default() };
    let service = Service::start(SimulatorSettings { limits, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 120);
    job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "4"]).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn the_rate_holds_from_the_first_second() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 500);
    let done = job.enrich("list.csv", "out.parquet", &service, &["--rate", "200"]);
    done.exits_with(0);
    let account = service.account();
    // In paused time the limit is 1 %; here the machine may delay a packet.
    assert!(account.most_in_a_second <= 210, "{} in one second", account.most_in_a_second);
    assert!(done.took >= Duration::from_millis(2_450), "{:?}", done.took);
}

/// SIGHUP reloads the rate from the pipeline file.
#[test]
fn a_running_job_takes_a_new_rate() {
    let service = Service::start(SimulatorSettings::default());
    let written = |rate: &str| {
        let url = service.url();
        format!("input = \"list.csv\"\noutput = \"out.parquet\"\nendpoint = {url:?}\nrate = {rate}\n")
    };
    let job = Job::new().numbers("list.csv", 3_000).list("job.toml", written("5"));
    let run = job.start(&["run", "job.toml", "--progress", "none"]);
    while service.account_in_short().requests == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    // An invalid file changes nothing.
    std::fs::write(job.path("job.toml"), written("\"fast\"")).unwrap();
    send_signal("HUP", &run);
    std::thread::sleep(Duration::from_millis(500));
    assert!(service.account_in_short().requests < 10);
    std::fs::write(job.path("job.toml"), written("5000")).unwrap();
    send_signal("HUP", &run);
    let ended = run.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.contains("job.toml:4: rate") && stderr.contains("continues with its current settings"),
        "{stderr}"
    );
    assert!(stderr.contains("the rate is now 5 000 per second"), "{stderr}");
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn the_accounts_concurrency_limit_is_remembered_for_the_next_run() {
    let latency = Latency { median: Duration::from_millis(20), ..Latency::default() };
    let limits = RequestLimits { ongoing: Some(60), ..RequestLimits::default() };
    let service = Service::start(SimulatorSettings { latency, limits, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 6_000);
    let throttled = |flags: &[&str]| {
        let before = service.account().throttled;
        job.enrich("list.csv", "out.parquet", &service, &[&["--force"], flags].concat()).exits_with(0);
        service.account().throttled - before
    };
    let (first, second) = (throttled(&[]), throttled(&["--refresh"]));
    assert!(first > 0 && second < first, "{first} refusals, and {second} in the second run");
    assert!(second <= 60, "{second} of 6 000");
}

#[test]
fn a_range_without_useful_answers_is_reported() {
    let results = [("HLR_REJECT".to_owned(), 1.0)].into();
    let service = Service::start(SimulatorSettings { results, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 400);
    let done = job.enrich("list.csv", "out.parquet", &service, &[]);
    done.exits_with(0).says(&["300 numbers in a row of +46700… (SE)", "HLR_REJECT"]);
}

#[test]
fn wrong_credentials_stop_the_run_at_once_and_name_the_settings() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 50_000).with_credentials(Some(("user", "wrong-secret")));
    let done = job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "50"]);
    done.exits_with(4).says(&["401", "HLR_USERNAME", "HLR_PASSWORD"]);
    assert!(!done.stderr().contains("wrong-secret"));
    assert!(service.account().requests <= 50, "{} requests", service.account().requests);
    assert!(done.took < Duration::from_secs(5), "{:?}", done.took);
}

#[test]
fn a_blocked_account_stops_the_run() {
    let results = [("IMSI_LOOKUP_BLOCKED".to_owned(), 1.0)].into();
    let service = Service::start(SimulatorSettings { results, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 5_000);
    job.enrich("list.csv", "out.parquet", &service, &["--concurrency", "8"])
        .exits_with(4)
        .says(&["IMSI_LOOKUP_BLOCKED", "--accept-results"]);
    let requests = service.account().requests;
    assert!((350..500).contains(&requests), "{requests}");
    let some = [("IMSI_LOOKUP_BLOCKED".to_owned(), 0.9)].into();
    let service = Service::start(SimulatorSettings { results: some, ..SimulatorSettings::default() });
    job.enrich("list.csv", "other.parquet", &service, &["--no-ledger"]).exits_with(0);
}

#[test]
fn the_backup_takes_over_when_the_primary_is_gone() {
    let mut primary = Service::start(SimulatorSettings::default());
    let primary_url = primary.url();
    primary.stop();
    let backup = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 2_000);
    let (backup_url, list) = (backup.url(), ["enrich", "list.csv", "-o", "out.parquet"]);
    let endpoints = ["--endpoint", &primary_url, "--endpoint", &backup_url];
    job.hlr(list.into_iter().chain(endpoints)).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &backup);
    assert_eq!(backup.account().billed, 2_000);
}

#[test]
fn numbers_without_an_answer_are_unknown() {
    let transient = Transient { share: 1.0, results: vec!["TIMEOUT".into()] };
    let settings = SimulatorSettings { transient, faulty_attempts: 100, ..SimulatorSettings::default() };
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 20);
    let done = job.enrich("list.csv", "out.parquet", &service, &["--attempts", "2"]);
    done.exits_with(3);
    let last_line = done.stderr().lines().last().unwrap().to_owned();
    assert!(last_line.contains("hlr enrich") && last_line.contains("list.csv"), "{last_line}");
    let table = job.read("out.parquet");
    assert_eq!((table.count("hlr_result", "TIMEOUT"), table.count("hlr_status", "unknown")), (20, 20));
    assert_eq!((table.count("hlr_attempts", "2"), table.count("hlr_source", "none")), (20, 20));
    assert_eq!(service.account().requests, 40);
}

#[test]
fn an_interrupt_finishes_what_was_sent_and_keeps_what_was_paid() {
    let mut settings = SimulatorSettings::default();
    settings.latency.median = Duration::from_millis(50);
    let service = Service::start(settings);
    let job = Job::new().numbers("list.csv", 100_000);
    let child = job.start_enrich("list.csv", "out.parquet", &service, &["--concurrency", "20"]);
    let enough = || service.account().requests > 200;
    let started = std::time::Instant::now();
    while !enough() && started.elapsed() < Duration::from_secs(30) {
        std::thread::yield_now();
    }
    send_signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.lines().last().unwrap().contains("hlr enrich"), "{stderr}");
    assert!(!job.path("out.parquet").exists());
    let table = job.read("out.partial.parquet");
    let account = service.account();
    assert_eq!(account.billed as usize, table.count("hlr_source", "live"), "every paid answer has its row");
    assert_eq!(account.abandoned, 0);
    assert_eq!(account.settled_more_than_once(), 0);
}

#[test]
fn a_list_that_ends_unexpectedly_keeps_its_paid_rows() {
    let service = Service::start(SimulatorSettings::default());
    let rows: String = (0..30_000).map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
    let endless = "never closed".repeat(200_000);
    let job = Job::new().list("list.csv", format!("id,phone\n{rows}\"{endless},1\n"));
    let done = job.enrich("list.csv", "out.parquet", &service, &[]);
    done.exits_with(2).says(&["list.csv", "30002", "quote", "out.partial.parquet"]);
    let table = job.read("out.partial.parquet");
    assert_eq!(table.count("hlr_source", "live") as u64, service.account().billed);
    assert!(!job.path("out.parquet").exists());
}

#[test]
fn https_works_with_a_custom_certificate() {
    let settings = SimulatorSettings { scheme: Scheme::Https, ..SimulatorSettings::default() };
    let service = Service::start(settings);
    let job = Job::new().list("contacts.csv", CONTACTS).list("ca.pem", service.certificate_pem());
    job.enrich("contacts.csv", "out.parquet", &service, &["--ca-file", "ca.pem"]).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn usage_errors_say_what_to_do_and_send_nothing() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("contacts.csv", CONTACTS).list("two.csv", "mobile,phone_mobile,mobil\n1,2,3\n");
    let url = service.url();
    for (arguments, texts) in [
        (vec!["enrich", "contacts.csv", "-o", "x.parquet"], vec!["--endpoint", "simulator"]),
        (vec!["enrich", "missing.csv", "-o", "x.parquet", "--endpoint", &url], vec!["missing.csv"]),
        (vec!["enrich", "contacts.csv", "-o", "x.xlsx", "--endpoint", &url], vec!["x.xlsx", ".parquet"]),
        (
            vec!["enrich", "contacts.csv", "-o", "x.csv", "--endpoint", &url, "-c", "fon"],
            vec!["fon", "id, name, phone"],
        ),
        (vec!["enrich", "two.csv", "-o", "x.csv", "--endpoint", &url], vec!["--column"]),
        (vec!["enrich", "contacts.csv", "-o", "x.csv", "--endpoint", &url, "--rate", "0"], vec!["--rate"]),
        (
            vec!["enrich", "contacts.csv", "-o", "x.csv", "--endpoint", "http://me:secret@127.0.0.1"],
            vec!["HLR_PASSWORD"],
        ),
    ] {
        let done = job.hlr(arguments);
        done.exits_with(2).says(&texts);
        assert!(done.stdout().is_empty(), "{}", done.stdout());
    }
    let nobody = Job::new().list("contacts.csv", CONTACTS).with_credentials(None);
    nobody.enrich("contacts.csv", "x.csv", &service, &[]).exits_with(2).says(&["HLR_USERNAME"]);
    assert_eq!(service.account().requests, 0);
}
