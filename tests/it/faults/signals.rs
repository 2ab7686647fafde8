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
