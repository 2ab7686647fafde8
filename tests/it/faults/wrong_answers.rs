//! No number ever gets the answer of another one.

use std::time::Duration;

use super::judge::{Judge, Path, Trick, right_answer};
use crate::harness::{Done, Job};

/// How a run ended, and whether its rows are true.
struct Judged {
    done: Done,
    wrong: usize,
    rows: usize,
    without_answer: usize,
    requests: u64,
}

impl Judged {
    fn told_with_exit_4(&self) -> bool {
        self.done.output.status.code() == Some(4) && self.is_told()
    }

    /// Whether the run said of as many answers as are wrong that they may be.
    fn is_told(&self) -> bool {
        let text = self.done.stderr();
        let counted = text.split("the answers of ").nth(1).and_then(|rest| rest.split(" number").next());
        let counted = counted.map_or(0, |count| count.replace(' ', "").parse().unwrap());
        self.wrong <= counted
    }
}

fn judged(trick: Trick, numbers: u64, flags: &[&str]) -> Judged {
    judged_over(Path::Http, trick, 0, numbers, flags)
}

fn judged_over(path: Path, trick: Trick, latency_ms: u64, numbers: u64, flags: &[&str]) -> Judged {
    let judge = Judge::start(path, trick, Duration::from_millis(latency_ms));
    let mut job = Job::new().with_credentials(Some(("user", "secret"))).numbers("list.csv", numbers);
    let mut arguments: Vec<_> =
        ["enrich", "list.csv", "-o", "out.csv", "--no-ledger"].into_iter().map(String::from).collect();
    arguments.extend(judge.flags());
    if let Some(pem) = judge.certificate_pem() {
        job = job.list("ca.pem", pem);
        arguments.extend(["--ca-file", "ca.pem"].map(String::from));
    }
    let done = job.hlr(arguments.iter().map(String::as_str).chain(flags.iter().copied()));
    let name = if done.output.status.code() == Some(4) { "out.partial.csv" } else { "out.csv" };
    let (mut wrong, mut rows, mut without_answer) = (0, 0, 0);
    if job.path(name).exists() {
        let mut reader = csv::Reader::from_path(job.path(name)).unwrap();
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (number, mnc, location) = (at("hlr_msisdn"), at("hlr_mnc"), at("hlr_location"));
        for row in reader.records().map(Result::unwrap) {
            rows += 1;
            let expected = right_answer(row[number].parse().unwrap());
            let shown = format!("result=OK;imsi=310{};location={}", &row[mnc], &row[location]);
            without_answer += usize::from(row[mnc].is_empty());
            wrong += usize::from(!row[mnc].is_empty() && shown != expected);
        }
    }
    Judged { done, wrong, rows, without_answer, requests: judge.requests() }
}

/// Every row is there, has its own answer, and the run says that all is well.
#[track_caller]
fn all_true(trick: Trick, numbers: u64) -> Judged {
    let judged = judged(trick, numbers, &[]);
    judged.done.exits_with(0);
    assert_eq!((judged.rows as u64, judged.wrong, judged.without_answer), (numbers, 0, 0), "{trick:?}");
    judged
}

#[test]
fn a_server_that_keeps_the_rules_is_asked_once_for_each_number() {
    assert_eq!(all_true(Trick::None, 2_000).requests, 2_000);
}

#[test]
fn an_answer_that_comes_twice_is_taken_once_or_told() {
    for gap in [0, 2] {
        for one_in in [1, 100] {
            let trick = Trick::Doubled { gap: Duration::from_millis(gap), one_in };
            let judged = judged(trick, 2_000, &[]);
            // Where a connection had other answers before, they may have been shifted.
            match judged.done.output.status.code() {
                Some(0) => {
                    assert_eq!((judged.wrong, judged.rows), (0, 2_000), "{trick:?}");
                    assert!((2_000..2_100).contains(&judged.requests), "{trick:?}: {}", judged.requests);
                }
                _ => assert!(judged.told_with_exit_4(), "{trick:?}\n{}", judged.done.stderr()),
            }
        }
    }
}

#[test]
fn an_answer_that_is_followed_by_another_is_asked_for_again_or_ends_the_run() {
    for (gap, one_in) in [(0, 100), (2, 100), (2, 7)] {
        let trick = Trick::Another { gap: Duration::from_millis(gap), one_in };
        let judged = judged(trick, 1_000, &["--attempts", "2"]);
        // The service does it at every attempt, so these numbers stay without an answer; where a
        // busy machine sends the surplus late, the run ends.
        match judged.done.output.status.code() {
            Some(3) => assert_eq!((judged.wrong, judged.rows), (0, 1_000), "{trick:?}"),
            _ => assert!(judged.told_with_exit_4(), "{trick:?}\n{}", judged.done.stderr()),
        }
    }
    let always = Trick::Another { gap: Duration::from_millis(2), one_in: 1 };
    let judged = judged(always, 1_000, &[]);
    assert!(judged.told_with_exit_4(), "{}", judged.done.stderr());
    assert!(judged.requests < 600, "{} were paid for", judged.requests);
}

#[test]
fn an_answer_after_a_refusal_is_not_taken_for_the_next_number() {
    for first in ["504 Gateway Timeout", "500 Internal Server Error", "result=REQUEST_THROTTLED"] {
        for gap in [0, 2, 20] {
            all_true(Trick::LateAfter { first, gap: Duration::from_millis(gap) }, 1_000);
        }
    }
}

#[test]
fn an_answer_with_a_wrong_length_is_not_kept() {
    for less in [1, 4, 12] {
        let judged = judged(Trick::ShortLength(less), 300, &["--attempts", "2"]);
        match judged.done.output.status.code() {
            Some(3) => assert_eq!((judged.wrong, judged.rows), (0, 300)),
            _ => assert!(judged.told_with_exit_4(), "{}", judged.done.stderr()),
        }
    }
}

#[test]
fn a_server_that_speaks_first_is_not_believed() {
    let judged = judged(Trick::AnswerFirst, 100, &["--give-up-after", "1s"]);
    judged.done.exits_with(4);
    assert!(judged.is_told(), "{} wrong: {}", judged.wrong, judged.done.stderr());
    assert!(judged.requests < 300, "{} were paid for", judged.requests);
}

/// Whatever the server does and whenever: all rows are true, or the run says how many may not be.
#[test]
fn surplus_at_any_time_is_caught_or_told() {
    // A server that speaks first and is slow is found out only after more than 20 answers.
    let tricks = surplus_tricks(&[0, 2, 20, 200]).chain(LENGTHS).chain([Trick::Closes]);
    for latency in [0, 30] {
        for trick in tricks.clone() {
            true_or_told(Path::Http, trick, latency);
        }
    }
}

/// Bytes that arrive are seen as soon as they are decrypted. Session tickets, which follow the
/// handshake, are not taken for an answer.
#[test]
fn surplus_over_https_is_caught_or_told() {
    let tricks = surplus_tricks(&[0, 20]).chain(LENGTHS).chain([Trick::Closes, Trick::None]);
    for trick in tricks {
        true_or_told(Path::Https, trick, 0);
    }
    assert_eq!(judged_over(Path::Https, Trick::None, 0, 1_000, &[]).requests, 1_000);
}

/// A connection to a proxy has one request, so what follows its answer is nobody's.
#[test]
fn surplus_behind_a_proxy_is_nobodys_answer() {
    for path in [Path::HttpProxy, Path::HttpsProxy] {
        for trick in surplus_tricks(&[0, 20]).chain([Trick::Closes, Trick::None]) {
            let judged = true_or_told(path, trick, 0);
            assert_eq!((judged.rows as u64, judged.wrong), (numbers(), 0), "{path:?} {trick:?}");
            judged.done.exits_with(0);
        }
    }
}

/// Answers with more than was announced.
const LENGTHS: [Trick; 2] = [Trick::ShortLength(4), Trick::ShortLength(12)];

fn surplus_tricks(gaps_ms: &[u64]) -> impl Iterator<Item = Trick> + Clone {
    gaps_ms.iter().map(|&gap| Duration::from_millis(gap)).flat_map(|gap| {
        [
            Trick::Doubled { gap, one_in: 1 },
            Trick::Doubled { gap, one_in: 50 },
            Trick::Another { gap, one_in: 1 },
            Trick::Another { gap, one_in: 50 },
            Trick::LateAfter { first: "504 Gateway Timeout", gap },
            Trick::LateAfter { first: "result=REQUEST_THROTTLED", gap },
        ]
    })
}

#[track_caller]
fn true_or_told(path: Path, trick: Trick, latency_ms: u64) -> Judged {
    let flags = ["--attempts", "2", "--give-up-after", "5s"];
    let judged = judged_over(path, trick, latency_ms, numbers(), &flags);
    let code = judged.done.output.status.code().unwrap();
    eprintln!(
        "{path:?} {trick:?} latency {latency_ms} ms: exit {code}, {} wrong of {} rows, {} without answer, {} requests",
        judged.wrong, judged.rows, judged.without_answer, judged.requests
    );
    match code {
        0 | 3 => assert_eq!((judged.wrong, judged.rows as u64), (0, numbers()), "{trick:?}"),
        4 => assert!(judged.is_told(), "{trick:?}: {} wrong\n{}", judged.wrong, judged.done.stderr()),
        code => panic!("exit {code}: {trick:?}\n{}", judged.done.stderr()),
    }
    judged
}

/// `$HLR_FAULT_NUMBERS` makes the lists longer.
fn numbers() -> u64 {
    std::env::var("HLR_FAULT_NUMBERS").map_or(300, |text| text.parse().unwrap())
}

#[test]
fn connections_that_are_closed_without_a_word_cost_nothing() {
    let judged = all_true(Trick::Closes, 1_500);
    assert_eq!(judged.requests, 1_500);
}

#[test]
fn a_late_answer_is_taken_and_not_paid_for_again() {
    let trick = Trick::Slow(Duration::from_millis(700));
    let judged = judged(trick, 200, &["--timeout", "400ms"]);
    judged.done.exits_with(0);
    assert_eq!((judged.wrong, judged.without_answer, judged.requests), (0, 0, 200));
}
