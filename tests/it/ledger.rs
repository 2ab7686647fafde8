//! Paid answers are neither lost nor paid for again: runs that are killed, stopped, capped and
//! started again, judged by the simulator's account of every number.

mod administration;

use std::process::{Child, Output};
use std::time::Duration;

use arrow::array::{AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use hlr_enrich::simulator::{Latency, SimulatorSettings, Transient};

use crate::harness::{Job, Service, Table, every_row_is_true, nth_number, send_signal};

const NUMBERS: u64 = 15_000;

/// 20,000 rows with 15,000 different numbers: every third number occurs again, far from its first
/// row.
fn with_duplicates() -> String {
    let rows = (0..NUMBERS).chain((0..NUMBERS).step_by(3));
    let rows: String = rows.enumerate().map(|(id, n)| format!("{id},{}\n", nth_number(n).get())).collect();
    format!("id,phone\n{rows}")
}

/// Answers after some milliseconds; one number in twenty gets TIMEOUT or HLR_ABORT first.
fn realistic_service() -> Service {
    let latency = Latency { median: Duration::from_millis(10), p99: Duration::from_millis(60) };
    let transient = Transient { share: 0.05, ..Transient::default() };
    Service::start(SimulatorSettings { latency, transient, ..SimulatorSettings::default() })
}

fn wait(run: Child) -> Output {
    run.wait_with_output().unwrap()
}

/// Asserts that two files differ only in the source, time and attempts of their answers.
#[track_caller]
fn assert_same_answers(one: &Table, other: &Table) {
    assert_eq!(one.0.schema(), other.0.schema());
    for field in one.0.schema().fields() {
        let name = field.name();
        if !["hlr_source", "hlr_checked_at", "hlr_attempts"].contains(&name.as_str()) {
            assert_eq!(one.0.column_by_name(name), other.0.column_by_name(name), "{name}");
        }
    }
}

/// How many numbers a run reports as in doubt after the run before.
fn reported_in_doubt(stderr: &[u8]) -> Option<usize> {
    let stderr = String::from_utf8_lossy(stderr).into_owned();
    let rest = stderr.split("up to ").nth(1)?;
    rest.split(" numbers may have been paid for").next()?.parse().ok()
}

const FLAGS: [&str; 8] =
    ["--ledger", "l.redb", "--concurrency", "64", "--progress", "none", "--commit-interval", "10ms"];

#[test]
fn a_run_that_is_killed_repeatedly_loses_no_more_than_it_reports() {
    let service = realistic_service();
    let job = Job::new().list("list.csv", with_duplicates());
    let mut random = fastrand::Rng::with_seed(17);
    let (mut doubt, mut kills) = (0, 0);
    for _ in 0..5 {
        let before = service.account().requests;
        let mut run = job.start_enrich("list.csv", "out.parquet", &service, &FLAGS);
        // A random point of the work, not of the clock: it is killed after that many further
        // requests.
        let point = before + random.u64(200..3_500);
        while service.account_in_short().requests < point && run.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        kills += usize::from(run.try_wait().unwrap().is_none());
        send_signal("KILL", &run);
        doubt += reported_in_doubt(&wait(run).stderr).unwrap_or(0);
    }
    assert_eq!(kills, 5, "the list is long enough to be interrupted five times");
    let done = job.enrich("list.csv", "out.parquet", &service, &FLAGS);
    done.exits_with(0);
    let last = reported_in_doubt(&done.output.stderr).expect("it reports what the killed run left in doubt");
    assert!(last <= 64 + 2 * 2_000, "{last}: in flight, and two commits");
    let twice = service.account().settled_more_than_once();
    assert!(twice <= doubt + last, "{twice} numbers were answered twice, {} may have been", doubt + last);

    let table = job.read("out.parquet");
    assert_eq!(table.rows(), 20_000);
    every_row_is_true(&table, &service);
    let undisturbed = realistic_service();
    job.enrich("list.csv", "undisturbed.parquet", &undisturbed, &["--no-ledger"]).exits_with(0);
    assert_same_answers(&table, &job.read("undisturbed.parquet"));
}

#[test]
fn a_run_that_is_interrupted_pays_for_nothing_twice() {
    let service = realistic_service();
    let job = Job::new().list("list.csv", with_duplicates());
    for signal in ["TERM", "INT", "TERM"] {
        let before = service.account().requests;
        let mut run = job.start_enrich("list.csv", "out.parquet", &service, &FLAGS);
        while service.account_in_short().requests < before + 2_000 && run.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        send_signal(signal, &run);
        let ended = wait(run);
        assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(reported_in_doubt(&ended.stderr), None, "nothing is in doubt");
    }
    job.enrich("list.csv", "out.parquet", &service, &FLAGS).exits_with(0);
    assert_eq!(service.account().settled_more_than_once(), 0);
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn the_same_command_again_sends_nothing_and_writes_the_same() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().list("list.csv", with_duplicates());
    job.enrich("list.csv", "one.parquet", &service, &[]).exits_with(0);
    let asked = service.account().requests;
    job.enrich("list.csv", "two.parquet", &service, &[]).exits_with(0).says(&["answers are kept in"]);
    assert_eq!(service.account().requests, asked);
    let (one, two) = (job.read("one.parquet"), job.read("two.parquet"));
    assert_same_answers(&one, &two);
    assert_eq!(two.count("hlr_source", "ledger"), 20_000);
    let checked_at = |table: &Table| table.0.column_by_name("hlr_checked_at").unwrap().clone();
    assert_eq!(&checked_at(&one), &checked_at(&two), "the time of the answer is kept");
}

#[test]
fn failures_are_not_recorded_and_are_looked_up_again() {
    let transient = Transient { share: 0.3, ..Transient::default() };
    let service = Service::start(SimulatorSettings { transient, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 300);
    let flags = ["--attempts", "1"];
    job.enrich("list.csv", "one.parquet", &service, &flags)
        .exits_with(3)
        .says(&["to retry the rows without an answer"]);
    let before = service.account();
    let without = job.read("one.parquet").count("hlr_source", "none") as u64;
    assert!(without > 50, "{without}");
    job.enrich("list.csv", "two.parquet", &service, &flags);
    assert_eq!(service.account().requests - before.requests, without, "those and no others");
    let table = job.hlr(["ledger", "export", "all.parquet", "--ledger", &default_ledger(&job)]);
    table.exits_with(0);
    let results = job.read("all.parquet").column("result");
    assert!(!results.iter().flatten().any(|result| result == "TIMEOUT" || result == "HLR_ABORT"));
}

/// The default ledger of a run with a service on this machine.
fn default_ledger(job: &Job) -> String {
    job.data_folder().join("hlr/this-machine.redb").to_str().unwrap().to_owned()
}

#[test]
fn an_answer_is_used_up_to_its_age_and_looked_up_anew_on_request() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 200);
    let asked = |flags: &[&str]| {
        let before = service.account().requests;
        job.enrich("list.csv", "out.parquet", &service, &[&["--force"], flags].concat()).exits_with(0);
        service.account().requests - before
    };
    assert_eq!(asked(&[]), 200);
    assert_eq!(asked(&[]), 0);
    assert_eq!(asked(&["--max-age", "0s"]), 200);
    let dead = job.read("out.parquet").count("hlr_status", "dead") as u64;
    assert!(dead > 0);
    assert_eq!(asked(&["--max-age", "dead=0s"]), dead, "by status");
    assert_eq!(asked(&["--refresh"]), 200);
    assert_eq!(asked(&["--nocache"]), 200, "answers from the provider's cache are not used");
    assert_eq!(asked(&["--nocache"]), 0);
    assert_eq!(asked(&["--product", "portability"]), 200, "answers of another product are not used");
    assert_eq!(asked(&["--no-ledger"]), 200);
}

#[test]
fn an_answer_that_bypassed_the_cache_serves_every_run() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 100);
    job.enrich("list.csv", "one.parquet", &service, &["--nocache"]).exits_with(0);
    job.enrich("list.csv", "two.parquet", &service, &[]).exits_with(0);
    assert_eq!(service.account().requests, 100);
}

#[test]
fn a_refresh_that_was_stopped_continues_and_the_next_one_starts_anew() {
    let service = realistic_service();
    let job = Job::new().numbers("list.csv", 1_000);
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    let before = service.account().requests;
    let capped = ["--refresh", "--force", "--max-lookups", "400"];
    job.enrich("list.csv", "out.parquet", &service, &capped).exits_with(4).says(&["400 lookups"]);
    job.enrich("list.csv", "out.parquet", &service, &["--refresh", "--force"]).exits_with(0);
    let of_both = service.account().billed - before;
    // The answers of the first part are used; what was given up there is looked up again.
    assert!((1_000..1_200).contains(&of_both), "{of_both}");
    assert_eq!(service.account().numbers.values().filter(|number| number.settled != 2).count(), 0);
    job.enrich("list.csv", "out.parquet", &service, &["--refresh", "--force"]).exits_with(0);
    assert_eq!(service.account().numbers.values().filter(|number| number.settled != 3).count(), 0);
}

#[test]
fn a_refresh_with_gaps_prints_the_command_that_looks_up_only_the_gaps() {
    let transient = Transient { share: 0.2, ..Transient::default() };
    let service = Service::start(SimulatorSettings { transient, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 1_000);
    job.enrich("list.csv", "out.parquet", &service, &["--attempts", "4"]).exits_with(0);
    let refresh = ["--refresh", "--force", "--attempts", "1"];
    let other = Service::start(SimulatorSettings {
        transient: Transient { share: 0.2, ..Transient::default() },
        ..SimulatorSettings::default()
    });
    let done = job.enrich("list.csv", "out.parquet", &other, &refresh);
    let gaps = job.read("out.parquet").count("hlr_source", "none") as u64;
    assert!(gaps > 100);
    let stderr = done.exits_with(3).stderr();
    let again = stderr.lines().last().unwrap();
    let before = other.account().requests;
    job.hlr(again.split(' ').skip(1));
    assert_eq!(other.account().requests - before, gaps);
    job.enrich("list.csv", "out.parquet", &other, &refresh[..2]).exits_with(0);
    let before = other.account().requests;
    job.enrich("list.csv", "out.parquet", &other, &refresh[..2]).exits_with(0);
    assert_eq!(
        other.account().requests - before,
        1_000,
        "after a complete refresh, the next one starts anew"
    );
}

#[test]
fn a_refresh_is_for_one_product_and_hlr_lookup_refreshes_each_time() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 500);
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    let flags = ["--refresh", "--force"];
    let stopped = [&flags[..], &["--max-lookups", "200"]].concat();
    job.enrich("list.csv", "out.parquet", &service, &stopped).exits_with(4);
    let other = [&flags[..], &["--product", "portability"]].concat();
    job.enrich("list.csv", "other.parquet", &service, &other).exits_with(0);
    let before = service.account().requests;
    job.enrich("list.csv", "out.parquet", &service, &flags).exits_with(0);
    assert_eq!(service.account().requests - before, 300, "answers of the stopped run are used");
    let url = service.url();
    let before = service.account().requests;
    for _ in 0..3 {
        job.hlr(["lookup", "46700000001", "--refresh", "--endpoint", &url]).exits_with(0);
    }
    assert_eq!(service.account().requests - before, 3);
}

#[test]
fn a_cap_is_used_to_the_last_lookup_and_never_exceeded() {
    let service = realistic_service();
    let job = Job::new().numbers("list.csv", 1_000);
    let mut runs = 0;
    loop {
        let before = service.account().billed;
        let done = job.enrich("list.csv", "out.parquet", &service, &["--max-lookups", "300"]);
        let spent = service.account().billed - before;
        runs += 1;
        if done.output.status.code() == Some(0) {
            break;
        }
        done.exits_with(4).says(&["the limit of 300 lookups is reached", "to resume:"]);
        assert_eq!(spent, 300);
    }
    assert_eq!(runs, 4);
    assert_eq!(service.account().settled_more_than_once(), 0);
    every_row_is_true(&job.read("out.parquet"), &service);
}

#[test]
fn a_cost_cap_holds_even_if_requests_are_throttled_and_retried() {
    let transient = Transient { share: 0.3, ..Transient::default() };
    let service = Service::start(SimulatorSettings { transient, ..SimulatorSettings::stormy() });
    let job = Job::new().numbers("list.csv", 2_000);
    let flags = ["--price", "0.01", "--max-cost", "5", "--summary", "run.json", "--timeout", "2s"];
    job.enrich_alone("list.csv", "out.parquet", &service, &flags).exits_with(4);
    let account = service.account();
    assert!(account.billed + account.maybe_billed <= 500, "{account}");
    let costs = &job.json("run.json")["counts"]["costs"];
    let spent = costs["billed"].as_f64().unwrap() + costs["maybe_billed"].as_f64().unwrap();
    assert!(spent <= 5.0 && spent > 4.9, "{costs}");
}

#[test]
fn the_dry_run_counts_what_the_run_then_sends() {
    let service = Service::start(SimulatorSettings::default());
    let rows = "not a number\n+46 70 000 00 07\n0046700000007\n070-123\n";
    let job = Job::new().list("list.csv", format!("{}{rows}", "phone\n")).numbers("known.csv", 500);
    job.enrich("known.csv", "known.parquet", &service, &[]).exits_with(0);
    let list: String = (400..1_200).map(|n| format!("{}\n", nth_number(n).get())).collect();
    let job = job.list("list.csv", format!("phone\n{list}{rows}"));
    let before = service.account().requests;
    let url = service.url();
    let dry = ["enrich", "list.csv", "--dry-run", "--endpoint", &url, "--price", "0.01", "--rate", "100"];
    let summary = ["--summary", "dry.json"];
    job.hlr(dry.into_iter().chain(summary)).exits_with(0).says(&["to be looked up", "7.00", "0:07"]);
    assert_eq!(service.account().requests, before, "nothing is sent");
    let survey = &job.json("dry.json")["survey"];
    let figure = |name: &str| survey[name].as_u64().unwrap();
    assert_eq!(
        ["rows", "invalid", "duplicates", "distinct", "fresh_in_ledger", "to_look_up"].map(figure),
        [804, 2, 1, 801, 101, 700]
    );
    assert_eq!(survey["invalid_by_reason"]["not_a_number"], 1);
    assert_eq!(survey["cost"], 7.0);
    job.enrich("list.csv", "out.parquet", &service, &[]).exits_with(0);
    assert_eq!(service.account().requests - before, figure("to_look_up"));
    assert!(!job.files().iter().any(|name| name.contains("dry") && name.ends_with("parquet")));
}

#[test]
fn every_row_has_its_cost_and_the_summary_has_their_sum() {
    let transient = Transient { share: 0.2, ..Transient::default() };
    let service = Service::start(SimulatorSettings { transient, ..SimulatorSettings::default() });
    let rows: String = (0..3_000).map(|n| format!("{}\n", nth_number(n % 2_000).get())).collect();
    let job = Job::new().list("list.csv", format!("phone\n{rows}"));
    let flags = ["--price", "0.25", "--cost-column", "--summary", "run.json"];
    job.enrich_alone("list.csv", "out.parquet", &service, &flags).exits_with(0).says(&["billed", "saved by"]);
    let table = job.read("out.parquet").0;
    let column = table.column_by_name("hlr_cost").unwrap();
    let of_rows: f64 = column.as_primitive::<Float64Type>().iter().flatten().sum();
    let costs = &job.json("run.json")["counts"]["costs"];
    assert_eq!(of_rows, costs["billed"].as_f64().unwrap());
    assert_eq!(of_rows, service.account().billed as f64 * 0.25);
    job.enrich("list.csv", "again.parquet", &service, &flags[..3]).exits_with(0);
    let again = job.read("again.parquet").0;
    let free: &Float64Array = again.column_by_name("hlr_cost").unwrap().as_primitive();
    assert!(free.iter().all(|cost| cost == Some(0.0)), "answers of the ledger cost nothing");
}

#[test]
fn only_rows_without_a_verdict_are_looked_up_again() {
    let transient = Transient { share: 0.3, ..Transient::default() };
    let service = Service::start(SimulatorSettings { transient, ..SimulatorSettings::default() });
    let list = "id,phone\n0,nonsense\n";
    let rows: String = (1..400).map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
    let job = Job::new().list("list.csv", format!("{list}{rows}"));
    let first = ["--attempts", "1", "--no-ledger"];
    for (name, next) in [("one.parquet", "two.parquet"), ("one.csv", "three.parquet")] {
        job.enrich("list.csv", name, &service, &first);
        let before = service.account().requests;
        job.enrich(name, next, &service, &["--only", "unresolved", "--no-ledger"]).exits_with(0);
        let (asked, table) = (service.account().requests - before, job.read(next));
        assert!(asked < 250, "{asked}");
        assert_eq!((table.rows(), table.count("hlr_status", "invalid")), (400, 1));
        every_row_is_true(&table, &service);
        assert_eq!(table.count("hlr_result", "TIMEOUT") + table.count("hlr_result", "HLR_ABORT"), 0);
    }
    let refused = job.enrich("list.csv", "x.parquet", &service, &["--only", "unresolved"]);
    refused.exits_with(2).says(&["enriched before", "hlr_msisdn", "--prefix"]);
}
