use std::fs;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use hlr_enrich::simulator::{Latency, SimulatorSettings};

use super::{Store, Trouble, job_at};
use crate::harness::{Job, Service, every_row_is_true, nth_number, send_signal};

const ANSWERS: [&str; 2] = ["--answers", "s3://lake/answers"];

/// Another machine: a folder and a ledger of its own.
fn machine(store: &Store, numbers: u64) -> Job {
    job_at(store).numbers("list.csv", numbers)
}

fn slow() -> SimulatorSettings {
    let latency = Latency { median: Duration::from_millis(20), p99: Duration::from_millis(20) };
    SimulatorSettings { latency, ..SimulatorSettings::default() }
}

fn run(job: &Job, service: &Service, flags: &[&str]) -> crate::harness::Done {
    job.enrich_alone("list.csv", "out.parquet", service, &[&ANSWERS, flags].concat())
}

#[test]
fn what_one_machine_paid_for_another_machine_knows() {
    let store = Store::start();
    let service = Service::start(Default::default());
    let (first, second) = (machine(&store, 500), machine(&store, 700));
    run(&first, &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 500);
    run(&second, &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 700);
    for job in [&first, &second] {
        every_row_is_true(&job.read("out.parquet"), &service);
    }
    // A refresh asks again, and its answers are the ones that count.
    run(&machine(&store, 100), &service, &["--refresh"]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 800);
    // Without a ledger of its own, too.
    run(&machine(&store, 700), &service, &["--no-ledger"]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 800);
    // A list that is younger than the answers may be.
    run(&machine(&store, 700), &service, &["--max-age", "1ms"]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 1_500);
}

#[test]
fn a_shared_folder_does_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let service = Service::start(Default::default());
    for _ in 0..2 {
        let job = Job::new().numbers("list.csv", 300);
        job.enrich_alone("list.csv", "out.parquet", &service, &["--answers", place]).exits_with(0);
    }
    assert_eq!(service.account_in_short().requests, 300);
    let job = Job::new().numbers("list.csv", 3);
    let missing = folder.path().join("none");
    job.enrich_alone("list.csv", "out.parquet", &service, &["--answers", missing.to_str().unwrap()])
        .exits_with(2)
        .says(&["there is no such folder"]);
}

#[test]
fn compaction_loses_nothing_and_the_commands_of_a_ledger_work_on_the_store() {
    let store = Store::start();
    let service = Service::start(Default::default());
    for numbers in [200, 300, 400] {
        run(&machine(&store, numbers), &service, &[]).exits_with(0);
    }
    let job = job_at(&store);
    let ledger = |arguments: &[&str]| {
        let all = [&["ledger"], arguments, &ANSWERS].concat();
        job.hlr(all)
    };
    assert!(store.keys("answers/parts/").len() >= 3);
    job.hlr(["ledger", "compact", "s3://lake/answers"]).exits_with(0).says(&["400 left"]);
    assert_eq!((store.keys("answers/parts/").len(), store.keys("answers/sorted/").len()), (0, 1));
    run(&machine(&store, 400), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 400, "compacted answers are found");
    let stats = ledger(&["stats", "--json"]).exits_with(0).stdout();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!((&stats["answers"], &stats["answers_of"]), (&400.into(), &"this machine".into()));
    ledger(&["export", "all.csv"]).exits_with(0).says(&["400 answers"]);
    let number = format!("+{}", nth_number(7).get());
    ledger(&["forget", &number]).exits_with(0).says(&["1 answer removed, 399 left"]);
    run(&machine(&store, 400), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 401, "the number that was forgotten");
    ledger(&["prune", "--older-than", "1ms", "--dry-run"]).exits_with(0).says(&["400 of 400 answers"]);
    ledger(&["prune", "--older-than", "1ms"]).exits_with(0).says(&["400 answers removed, 0 left"]);
    ledger(&["import", "all.csv", "--simulated"]).exits_with(0).says(&["400 answers stored"]);
    run(&machine(&store, 400), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 401, "imported answers are found");
    // A store that is none, and one of other answers.
    job.hlr(["ledger", "compact", "s3://lake/none"])
        .exits_with(2)
        .says(&["there are no shared answers here"]);
    store.put("real/_hlr.json", r#"{"format": 1, "answers_of": "a provider"}"#);
    let done = job.numbers("list.csv", 3).enrich_alone(
        "list.csv",
        "out.csv",
        &service,
        &["--answers", "s3://lake/real"],
    );
    done.exits_with(2).says(&["holds answers of a provider", "must not mix"]);
}

#[test]
fn one_run_at_a_time_asks_on_a_contract() {
    let store = Store::start();
    let service = Service::start(slow());
    let (first, second) = (machine(&store, 600), machine(&store, 900));
    let flags = [&ANSWERS[..], &["--rate", "200"]].concat();
    let mut running = first.start_enrich("list.csv", "out.parquet", &service, &flags);
    while service.account_in_short().requests < 50 {
        thread::sleep(Duration::from_millis(10));
    }
    run(&second, &service, &["--rate", "200"]).exits_with(5).says(&[
        "another run asks on this contract: run ",
        "since",
        "--wait",
    ]);
    // It waits for the first one, and then knows what that has paid for.
    run(&second, &service, &["--rate", "200", "--wait", "1m"])
        .exits_with(0)
        .says(&["waiting for another run on this contract"]);
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let account = service.account();
    assert_eq!((account.requests, account.distinct_numbers), (900, 900));
    assert!(account.most_in_a_second <= 221, "{}", account.most_in_a_second);
}

/// SIGSTOP for longer than the lease: the other one takes over; the first, when it goes on, stops.
#[test]
fn a_frozen_asker_is_followed_and_stops_by_itself() {
    let store = Store::start();
    let service = Service::start(slow());
    let (first, second) = (machine(&store, 1_500), machine(&store, 1_500));
    let shared = [&ANSWERS[..], &["--rate", "200", "--concurrency", "20", "--lease-ttl", "2s"]].concat();
    let all = [&shared[..], &["--timeout", "1s"]].concat();
    let mut running = first.start_enrich("list.csv", "out.parquet", &service, &all);
    while service.account_in_short().requests < 200 {
        thread::sleep(Duration::from_millis(10));
    }
    send_signal("STOP", &running);
    thread::sleep(Duration::from_millis(300));
    let at_stop = service.account_in_short().requests;
    let waited = [&all[2..], &["--wait", "1m"]].concat();
    let done = thread::scope(|scope| {
        let other = scope.spawn(|| run(&second, &service, &waited));
        // The lease of two seconds, the timeout and its grace, and two more.
        let began = Instant::now();
        while service.account_in_short().requests == at_stop {
            assert!(began.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(20));
        }
        assert!(began.elapsed() > Duration::from_secs(4), "{:?}", began.elapsed());
        send_signal("CONT", &running);
        let code = running.wait().unwrap().code();
        assert_eq!(code, Some(4), "it stops by itself");
        other.join().unwrap()
    });
    done.exits_with(0);
    let account = service.account();
    let twice = account.requests - account.distinct_numbers;
    // What was in flight when it froze, and what had passed the check.
    assert!(twice <= 20 + 20 + 400, "{twice}");
    eprintln!("{twice} of {} were paid for twice", account.requests);
    every_row_is_true(&second.read("out.parquet"), &service);
}

/// With lists that have no number in common, the requests of each run can be told apart.
#[test]
fn an_asker_that_was_frozen_sends_no_more_than_had_passed_the_check() {
    const CONCURRENCY: u64 = 20;
    let store = Store::start();
    let service = Service::start(slow());
    let list = |range: std::ops::Range<u64>| {
        let lines: String = range.map(|n| format!("+{}\n", nth_number(n).get())).collect();
        job_at(&store).list("list.csv", format!("phone\n{lines}"))
    };
    let (first, second) = (list(0..3_000), list(10_000..10_400));
    let of_first = || -> u64 {
        let account = service.account();
        let asked = (0..3_000).filter_map(|n| account.numbers.get(&nth_number(n)));
        asked.map(|number| u64::from(number.asked)).sum()
    };
    let flags = ["--rate", "400", "--concurrency", "20", "--lease-ttl", "2s", "--timeout", "1s"];
    let all = [&ANSWERS[..], &flags].concat();
    let mut running = first.start_enrich("list.csv", "out.parquet", &service, &all);
    while service.account_in_short().requests < 200 {
        thread::sleep(Duration::from_millis(5));
    }
    send_signal("STOP", &running);
    run(&second, &service, &[&flags[..], &["--wait", "1m"]].concat()).exits_with(0);
    let frozen = of_first();
    send_signal("CONT", &running);
    assert_eq!(running.wait().unwrap().code(), Some(4), "it stops by itself");
    let thawed = of_first() - frozen;
    eprintln!("{thawed} requests after it went on");
    assert!(thawed <= CONCURRENCY, "{thawed}");
    // When it runs again, every number has its row, and was asked once but for those in flight.
    first
        .enrich_alone("list.csv", "out.parquet", &service, &[&all[..], &["--wait", "1m"]].concat())
        .exits_with(0);
    every_row_is_true(&first.read("out.parquet"), &service);
    let twice = of_first() - 3_000;
    assert!(twice <= 2 * CONCURRENCY, "{twice}");
}

/// The machine is lost, five times, at any moment; each time another one goes on.
#[test]
fn a_machine_that_is_lost_costs_no_more_than_the_next_run_says() {
    const NUMBERS: u64 = 20_000;
    const KILLS: u64 = 5;
    let (concurrency, rate) = (50, 2_000);
    let store = Store::start();
    let service = Service::start(slow());
    let flags = [&ANSWERS[..], &["--rate", "2000", "--concurrency", "50", "--wait", "1m"]].concat();
    for _ in 0..KILLS {
        let job = machine(&store, NUMBERS);
        let moment = service.account_in_short().requests + fastrand::u64(200..3_000);
        let mut running = job.start_enrich("list.csv", "out.parquet", &service, &flags);
        while service.account_in_short().requests < moment {
            thread::sleep(Duration::from_millis(5));
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let last = machine(&store, NUMBERS);
    let done = last.enrich_alone("list.csv", "out.parquet", &service, &flags);
    done.exits_with(0).says(&["did not end cleanly: up to 4 050 numbers"]);
    let account = service.account();
    let twice = account.requests - account.distinct_numbers;
    eprintln!("{twice} of {} were paid for twice", account.requests);
    // In flight, and what was paid for in a second and a put; each time less than the next run says.
    assert!(twice <= KILLS * (concurrency + rate * 13 / 10), "{twice}");
    every_row_is_true(&last.read("out.parquet"), &service);
}

/// On the same machine, its own ledger has them: nothing is asked twice, and they are stored.
#[test]
fn a_run_that_was_killed_stores_its_answers_when_it_runs_again() {
    let store = Store::start();
    let service = Service::start(slow());
    let flags = [&ANSWERS[..], &["--rate", "400", "--concurrency", "20", "--wait", "1m"]].concat();
    let again = machine(&store, 2_000);
    let mut running = again.start_enrich("list.csv", "out.parquet", &service, &flags);
    while service.account_in_short().requests < 500 {
        thread::sleep(Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    again
        .enrich_alone("list.csv", "out.parquet", &service, &flags)
        .exits_with(0)
        .says(&["an earlier run on this machine did not end cleanly"]);
    let account = service.account();
    let twice = account.requests - account.distinct_numbers;
    assert!(twice <= 60, "{twice}");
    run(&machine(&store, 2_000), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, account.requests, "all of them are stored");
}

#[test]
fn faults_of_the_store_cost_no_answer() {
    for trouble in [
        Trouble::Status(500, "InternalError"),
        Trouble::Status(503, "SlowDown"),
        Trouble::Reset,
        Trouble::LostReply,
    ] {
        let store = Store::start();
        store.set_trouble(move |earlier, _| (earlier % 3 == 1).then_some(trouble));
        let service = Service::start(Default::default());
        let job = machine(&store, 400);
        run(&job, &service, &["--rate", "400"]).exits_with(0);
        run(&machine(&store, 400), &service, &[]).exits_with(0);
        assert_eq!(service.account_in_short().requests, 400, "{trouble:?}");
        every_row_is_true(&job.read("out.parquet"), &service);
    }
}

/// A store that answers 409 has stored nothing, though nothing is there.
#[test]
fn a_conflict_is_not_taken_for_a_part_that_is_stored() {
    let store = Store::start();
    let conditional = std::sync::atomic::AtomicU64::new(0);
    store.set_trouble(move |_, request| {
        let is_conditional =
            ["if-none-match", "if-match"].iter().any(|name| request.headers.contains_key(*name));
        let refused = request.method == "PUT"
            && is_conditional
            && conditional.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        refused.then_some(Trouble::Status(409, "ConditionalRequestConflict"))
    });
    let service = Service::start(Default::default());
    let job = machine(&store, 400);
    run(&job, &service, &["--rate", "400"]).exits_with(0);
    run(&machine(&store, 400), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 400);
    let output = job.enrich("list.csv", "s3://lake/out.csv", &service, &["--no-ledger"]);
    output.exits_with(0);
    assert!(store.get("out.csv").is_some());
}

/// Down in the middle: asking pauses, and stops. The local ledger has what was paid for, and the next
/// run on this machine stores it.
#[test]
fn a_store_that_goes_down_stops_the_run_and_nothing_is_lost() {
    let store = Store::start();
    let service = Service::start(slow());
    let job = machine(&store, 4_000);
    let flags = [
        &ANSWERS[..],
        &["--rate", "200", "--concurrency", "20", "--give-up-after", "3s", "--lease-ttl", "1h"],
    ]
    .concat();
    let running = job.start_enrich("list.csv", "out.parquet", &service, &flags);
    while service.account_in_short().requests < 300 {
        thread::sleep(Duration::from_millis(10));
    }
    store.set_trouble(|_, _| Some(Trouble::Status(403, "AccessDenied")));
    let output = running.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("the shared answers cannot be used") && text.contains("give no right"), "{text}");
    let requests = service.account_in_short().requests;
    assert!(requests < 4_000, "{requests}");
    store.set_trouble(|_, _| None);
    job.enrich_alone("list.csv", "out.parquet", &service, &[&flags[..], &["--force"]].concat()).exits_with(0);
    let account = service.account();
    assert_eq!((account.requests, account.distinct_numbers), (4_000, 4_000));
    run(&machine(&store, 4_000), &service, &[]).exits_with(0);
    assert_eq!(service.account_in_short().requests, 4_000, "all of them are stored");
    assert!(fs::metadata(job.path("out.parquet")).unwrap().len() > 0);
}
