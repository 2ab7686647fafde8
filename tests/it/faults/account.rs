//! What the service says about the account, and not about a number.

use std::thread;
use std::time::Duration;

use super::kept;
use super::scripted_server::{ScriptedServer, reachable, response, result};
use crate::harness::{Done, Job};

const FLAGS: [&str; 4] = ["--concurrency", "16", "--price", "0.01"];

fn list(numbers: u64) -> Job {
    Job::new().numbers("list.csv", numbers)
}

fn cells(job: &Job, file: &str, column: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(job.path(file)).unwrap();
    let at = reader.headers().unwrap().iter().position(|header| header == column).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn figure(job: &Job, path: &str) -> f64 {
    let summary = job.json("summary.json");
    path.split('.')
        .fold(&summary, |value, key| &value[key])
        .as_f64()
        .unwrap_or_else(|| panic!("{path}: {summary}"))
}

#[track_caller]
fn stops(done: &Done, texts: &[&str]) {
    done.exits_with(4).says(texts).says(&["help:", "to resume:"]);
}

#[test]
fn a_number_that_is_refused_with_403_is_a_row_without_an_answer() {
    let server = ScriptedServer::start(|number, _| match number % 20 {
        0 => response("403 Forbidden", &[], b"this number is not for you"),
        _ => reachable(),
    });
    let job = list(200);
    server.enrich(&job, &FLAGS).exits_with(3);
    assert_eq!(server.requests(), 200, "a refused number is not asked again");
    let (statuses, results) = (cells(&job, "out.csv", "hlr_status"), cells(&job, "out.csv", "hlr_result"));
    assert_eq!(statuses.iter().filter(|status| *status == "not_checked").count(), 10);
    assert_eq!(results.iter().filter(|result| *result == "http_403").count(), 10);
    assert_eq!((figure(&job, "counts.costs.billed"), kept(&job, "l.redb")), (1.9, 190));
    // The list can be finished as often as anybody likes: only the refused numbers are asked.
    server.enrich(&job, &FLAGS).exits_with(3);
    assert_eq!(server.requests(), 210);
}

#[test]
fn nothing_but_403_is_about_the_account() {
    let server = ScriptedServer::start(|_, earlier| match earlier {
        0..60 => reachable(),
        _ => response("403 Forbidden", &[], b"no"),
    });
    let job = list(1_000);
    let done = server.enrich(&job, &FLAGS);
    stops(&done, &["refused 20 numbers in a row (HTTP 403: refused)"]);
    // Answers rest before they count, so that some of the first 60 count among the refusals.
    assert!(server.requests() <= 60 + 20 + 3 * 16, "{}", server.requests());
    assert_eq!(kept(&job, "l.redb"), 60);
}

#[test]
fn no_permission_and_no_credit_stop_the_run_at_once() {
    for (status, text) in [
        ("401 Unauthorized", "HTTP 401: credentials refused"),
        ("402 Payment Required", "HTTP 402: the account has no credit"),
    ] {
        let server = ScriptedServer::start(move |_, earlier| match earlier {
            0..60 => reachable(),
            _ => response(status, &[], b"no"),
        });
        let job = list(1_000);
        stops(&server.enrich(&job, &FLAGS), &[text]);
        assert!(server.requests() <= 60 + 17, "{status}: {}", server.requests());
        assert_eq!(kept(&job, "l.redb"), 60, "{status}");
    }
}

/// Each of these would fill the whole list, and its rows would look as if they said something.
#[test]
fn nothing_but_refusing_words_stops_the_run_and_keeps_none_of_them() {
    for words in
        [&["NO_CREDIT"][..], &["IMSI_LOOKUP_BLOCKED"], &["quota exceeded", "Quota Exceeded.", "E-17"]]
    {
        let server = ScriptedServer::start(move |number, earlier| match earlier {
            0..60 => reachable(),
            _ => result(words[number as usize % words.len()]),
        });
        let job = list(3_000);
        stops(
            &server.enrich(&job, &FLAGS),
            &["the account is blocked: the last 350 answers were all refusals such as", "--accept-results"],
        );
        assert!(server.requests() <= 60 + 500, "{words:?}: {}", server.requests());
        // Some refusals may overtake the last answers, and stand alone then.
        let kept = kept(&job, "l.redb");
        assert!((60..76).contains(&kept), "{words:?}: {kept}");
        let surely = figure(&job, "counts.costs.billed");
        assert!((surely - 0.6).abs() < 1e-9, "{words:?}: {surely} is surely billed");
        // When the account works again, all of these numbers are asked about.
        let works_again = ScriptedServer::start(|_, _| reachable());
        works_again.enrich(&job, &FLAGS).exits_with(0);
        assert!((3_000 - kept..=2_940).contains(&works_again.requests()), "{words:?}");
    }
}

/// With 450 requests in flight too: those that were sent are refused, and soon nothing follows.
#[test]
fn many_requests_in_flight_are_some_500_refusals() {
    let server = ScriptedServer::start(|_, earlier| {
        thread::sleep(Duration::from_millis(300));
        if earlier < 1_500 { reachable() } else { result("NO_CREDIT") }
    });
    stops(&server.enrich(&list(6_000), &["--concurrency", "450"]), &["the account is blocked"]);
    // An answer that a refusal overtakes begins the count anew.
    let sent = server.requests() - 1_500;
    assert!((350..550).contains(&sent), "{sent}");
}

#[test]
fn refusals_among_answers_are_their_rows() {
    let server = ScriptedServer::start(|number, _| match number % 3 {
        0 => reachable(),
        1 => result("NO_CREDIT"),
        _ => result("IMSI_LOOKUP_BLOCKED"),
    });
    let job = list(900);
    server.enrich(&job, &FLAGS).exits_with(0);
    assert_eq!(figure(&job, "counts.costs.billed"), 3.0, "an undocumented result is not surely billed");
    assert_eq!(figure(&job, "counts.costs.maybe_billed"), 3.0);
    // A day later or now: nobody knows what the word means, so the next run asks again.
    server.enrich(&job, &FLAGS).exits_with(0);
    assert_eq!(server.requests(), 900 + 300);
}

#[test]
fn words_of_networks_never_stop_a_run() {
    for word in ["HLR_REJECT", "MSISDN range is not accepted", "UNKNOWN_SUBSCRIBER"] {
        let server = ScriptedServer::start(move |_, _| result(word));
        server.enrich(&list(1_200), &FLAGS).exits_with(0);
        assert_eq!(server.requests(), 1_200, "{word}");
    }
}

#[test]
fn a_word_that_is_accepted_is_an_answer() {
    let server = ScriptedServer::start(|number, _| match number % 2 {
        0 => result("PORTED_OUT"),
        _ => result("IMSI_LOOKUP_BLOCKED"),
    });
    let job = list(1_000);
    let flags = [&FLAGS[..], &["--accept-results", "PORTED_OUT,IMSI_LOOKUP_BLOCKED"]].concat();
    server.enrich(&job, &flags).exits_with(0);
    assert_eq!(figure(&job, "counts.costs.billed"), 5.0);
    server.enrich(&job, &flags).exits_with(0);
    assert_eq!(server.requests(), 1_000, "the second run has all answers");
    let done = server.enrich(&job, &["--accept-results", "OK"]);
    done.exits_with(2).says(&["--accept-results: \"OK\" is always accepted as it is"]);
}
