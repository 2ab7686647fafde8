//! Responses that no client expects: waits of a day, redirects, compressed and coloured bodies.

use std::time::Duration;

use super::kept;
use super::scripted_server::{ScriptedServer, reachable, response};
use crate::harness::Job;

const FLAGS: [&str; 6] = ["--concurrency", "8", "--attempts", "2", "--give-up-after", "2s"];

fn list(numbers: u64) -> Job {
    Job::new().numbers("list.csv", numbers)
}

#[test]
fn a_wait_of_a_day_is_told_at_once_and_not_waited_for() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        for wait in ["86400", "99999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"] {
            let header = format!("Retry-After: {wait}");
            let server = ScriptedServer::start(move |_, earlier| match earlier {
                0..20 => reachable(),
                _ => response(status, &[&header], b"later"),
            });
            let job = list(200);
            let done = server.enrich(&job, &FLAGS);
            done.exits_with(4)
                .says(&["asks for a wait of", "no longer than 2.0 s is waited (give_up_after)"]);
            assert!(done.took < Duration::from_secs(20), "{status} {wait}: {:?}", done.took);
            assert_eq!(kept(&job, "l.redb"), 20, "{status} {wait}");
        }
    }
}

#[test]
fn a_wait_that_makes_no_sense_is_not_taken() {
    for wait in ["-1", "soon", "", "1e9", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let header = format!("Retry-After: {wait}");
        let server = ScriptedServer::start(move |_, earlier| match earlier {
            20 => response("429 Too Many Requests", &[&header], b"later"),
            _ => reachable(),
        });
        let done = server.enrich(&list(60), &["--concurrency", "8", "--give-up-after", "30s"]);
        assert!(done.exits_with(0).took < Duration::from_secs(8), "{wait}: {:?}", done.took);
    }
}

#[test]
fn a_redirect_says_where_to_and_is_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let elsewhere = ScriptedServer::start(|_, _| reachable());
        let header = format!("Location: {}/login?user=46701740605", elsewhere.url());
        let server = ScriptedServer::start(move |_, _| response(status, &[&header], b""));
        let done = server.enrich(&list(30), &FLAGS);
        let expected = format!("redirected to {}/login", elsewhere.url());
        done.exits_with(4).says(&[&expected]);
        assert!(!done.stderr().contains("46701740605"), "{}", done.stderr());
        assert_eq!(elsewhere.requests(), 0, "{status}");
    }
}

/// Every way to show a body leads to a terminal in the end.
#[test]
fn no_body_reaches_the_terminal_as_it_is() {
    let bodies: [(&str, &[u8], &str); 6] = [
        ("Content-Encoding: gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x2b\x4a\x2d\x2e", "a body in gzip"),
        ("Content-Encoding: br", b"\x0b\x02\x80hello\x03", "a body in br"),
        ("X-Nothing: 1", b"\x28\xb5\x2f\xfd\x04\x58", "a body in zstd"),
        ("X-Nothing: 1", b"\xff\xfer\0e\0s\0u\0l\0t\0", "a body in UTF-16"),
        ("X-Nothing: 1", b"\x1b]0;owned\x07\x1b[2Jerror", "\\u{1b}]0;owned\\u{7}\\u{1b}[2Jerror"),
        (
            "X-Nothing: 1",
            "\u{9b}31m no such number 46 701 740 605".as_bytes(),
            "no such number •• ••• ••• •••",
        ),
    ];
    for (header, body, shown) in bodies {
        let server = ScriptedServer::start(move |_, _| response("200 OK", &[header], body));
        let done = server.enrich(&list(20), &FLAGS);
        done.exits_with(4).says(&[shown]);
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!done.stderr().contains(control), "{:?}", done.stderr());
    }
}

#[test]
fn a_byte_order_mark_before_an_answer_is_skipped() {
    let server = ScriptedServer::start(|_, _| {
        response("200 OK", &[], b"\xef\xbb\xbfresult=OK;imsi=24008;location=46\r\n")
    });
    let job = list(50);
    server.enrich(&job, &FLAGS).exits_with(0);
    assert_eq!(kept(&job, "l.redb"), 50);
}

/// Nobody asked for an encoding, so a server that says "identity", or says gzip and sends text, is
/// believed for what it sends.
#[test]
fn an_answer_that_can_be_read_is_read_whatever_its_header_says() {
    for header in ["Content-Encoding: identity", "Content-Encoding: gzip", "Content-Type: application/json"] {
        let server = ScriptedServer::start(move |_, _| {
            response("200 OK", &[header], b"result=OK;imsi=24008;location=46")
        });
        server.enrich(&list(20), &FLAGS).exits_with(0);
    }
}
