//! Signals that come together, the end of a terminal, and signals that are ignored.

#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use super::{end_of, enrich, kept, service, until_billed};
use crate::harness::{Job, send_signal};

#[test]
fn signals_that_come_together_count_as_one_and_nothing_is_lost() {
    for signals in
        [&["TERM", "TERM"][..], &["INT", "INT", "INT"], &["INT", "TERM"], &["HUP"], &["HUP", "TERM"]]
    {
        let (service, job) = (service(Duration::from_millis(600)), Job::new().numbers("list.csv", 5_000));
        let mut run = enrich(&job, &service, "list.csv", "out.csv", "l.redb", &["--concurrency", "64"]);
        let mut run = run.spawn().unwrap();
        until_billed(&service, &mut run, 30);
        for signal in signals {
            send_signal(signal, &run);
            std::thread::sleep(Duration::from_millis(30));
        }
        end_of(run).exits_with(130).says(&["interrupted", "to resume:"]);
        assert_eq!(kept(&job, "l.redb"), service.account_in_short().billed, "{signals:?}");
    }
}

/// The service needs longer than the timeout, so every request is in its grace most of the time.
#[test]
fn answers_that_come_after_the_timeout_are_kept_when_the_run_is_interrupted() {
    let (service, job) = (service(Duration::from_millis(1_100)), Job::new().numbers("list.csv", 2_000));
    let flags = ["--concurrency", "64", "--timeout", "700ms"];
    let mut run = enrich(&job, &service, "list.csv", "out.csv", "l.redb", &flags).spawn().unwrap();
    until_billed(&service, &mut run, 30);
    std::thread::sleep(Duration::from_millis(800));
    send_signal("TERM", &run);
    end_of(run).exits_with(130);
    assert_eq!(kept(&job, "l.redb"), service.account_in_short().billed);
}

/// A process that is stopped for longer than the timeout finds its answers in the sockets.
#[test]
fn answers_that_arrive_while_the_process_is_stopped_are_read_and_not_paid_for_twice() {
    let (service, job) = (service(Duration::from_millis(300)), Job::new().numbers("list.csv", 600));
    let flags = ["--concurrency", "64", "--timeout", "1s"];
    let mut run = enrich(&job, &service, "list.csv", "out.csv", "l.redb", &flags).spawn().unwrap();
    for answers in [60, 250] {
        until_billed(&service, &mut run, answers);
        send_signal("STOP", &run);
        std::thread::sleep(Duration::from_millis(2_500));
        send_signal("CONT", &run);
    }
    end_of(run).exits_with(0);
    assert_eq!(service.account_in_short().billed, 600, "each number is paid for once");
    assert_eq!(kept(&job, "l.redb"), 600);
}

#[test]
fn a_second_signal_after_a_second_ends_the_run_at_once() {
    let (service, job) = (service(Duration::from_secs(20)), Job::new().numbers("list.csv", 100));
    let mut run =
        enrich(&job, &service, "list.csv", "out.csv", "l.redb", &["--timeout", "40s"]).spawn().unwrap();
    while service.account_in_short().requests == 0 {
        assert!(run.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    send_signal("TERM", &run);
    std::thread::sleep(Duration::from_millis(1_300));
    send_signal("TERM", &run);
    let done = end_of(run);
    assert!(done.exits_with(130).took < Duration::from_secs(10), "{:?}", done.took);
}

#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored() {
    for signal in ["HUP", "INT"] {
        let (service, job) = (service(Duration::from_millis(50)), Job::new().numbers("list.csv", 300));
        let mut run = job.command_of("sh");
        let script = format!("trap '' {signal}; exec \"$HLR\" \"$@\"");
        run.args(["-c", &script, "sh", "enrich", "list.csv", "-o", "out.csv", "--endpoint", &service.url()]);
        run.args(["--ledger", "l.redb", "--rate", "200"]).stderr(Stdio::piped());
        let mut run = run.spawn().unwrap();
        until_billed(&service, &mut run, 50);
        send_signal(signal, &run);
        end_of(run).exits_with(0);
        assert_eq!(service.account().requests, 300);
    }
}
