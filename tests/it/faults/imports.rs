//! Answers that come from files, which may say anything.

use super::kept;
use crate::harness::{Done, Job};

const HEADER: &str = "msisdn,product,nocache,status,result,mcc,mnc,location,checked_at,attempts";
const GOOD: &str = "46700000001,real-time,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,1";

fn import(job: &Job, file: &str) -> Done {
    job.hlr(["ledger", "import", file, "--ledger", "l.redb", "--simulated"])
}

#[test]
fn impossible_answers_are_refused_with_their_row_and_nothing_is_imported() {
    for (row, problem) in [
        ("46700000002,real-time,false,reachable,OK,240,08,46,0001-01-02T03:04:05Z,1", "is before 1991"),
        ("46700000002,real-time,false,reachable,OK,240,08,46,1970-01-01T00:00:00Z,1", "is before 1991"),
        ("46700000002,real-time,false,reachable,OK,240,08,46,9999-01-02T03:04:05Z,1", "is in the future"),
        ("46700000002,real-time,false,reachable,OK,240,08,46,,1", "checked_at is empty"),
        ("46700000002,real-time,false,dead,OK,240,08,46,2026-01-02T03:04:05Z,1", "contradicts the result OK"),
        (
            "46700000002,real-time,false,reachable,UNKNOWN_SUBSCRIBER,,,,2026-01-02T03:04:05Z,1",
            "contradicts the result UNKNOWN_SUBSCRIBER, which means dead",
        ),
        ("46700000002,real-time,false,reachable,OK,001,08,46,2026-01-02T03:04:05Z,1", "not a valid network"),
        ("46700000002,real-time,false,reachable,OK,940,08,46,2026-01-02T03:04:05Z,1", "not a valid network"),
        ("46700000002,real-time,false,reachable,OK,240,8,46,2026-01-02T03:04:05Z,1", "not a valid network"),
        ("46700000002,real-time,false,reachable,OK,24,008,46,2026-01-02T03:04:05Z,1", "not a valid network"),
        ("46700000002,real-time,false,reachable,OK,240,,46,2026-01-02T03:04:05Z,1", "mcc without mnc"),
        (
            "46700000002,real-time,false,reachable,OK,240,08,0,2026-01-02T03:04:05Z,1",
            "not a valid calling code",
        ),
        ("46700000002,real-time,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,-1", "attempts \"-1\""),
        ("46700000002,real-time,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,0", "attempts \"0\""),
        (
            "46700000002,real-time,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,99999",
            "attempts \"99999\"",
        ),
        (
            "12,real-time,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,1",
            "not a valid international number",
        ),
        (
            "46700000002,fax,false,reachable,OK,240,08,46,2026-01-02T03:04:05Z,1",
            "product \"fax\" is not known",
        ),
    ] {
        let job = Job::new().list("answers.csv", format!("{HEADER}\n{GOOD}\n{row}\n"));
        let done = import(&job, "answers.csv");
        done.exits_with(2).says(&["row 2", problem, "nothing of this file was imported"]);
        assert_eq!(kept(&job, "l.redb"), 0, "{row}");
    }
}

#[test]
fn rows_without_an_answer_are_counted_and_the_newest_of_several_is_kept() {
    let rows = [
        GOOD,
        "46700000001,real-time,false,absent,ABSENT_SUBSCRIBER_SM,,,,2026-03-01T00:00:00Z,2",
        "46700000001,real-time,false,dead,UNKNOWN_SUBSCRIBER,,,,2026-02-01T00:00:00Z,1",
        "46700000003,real-time,false,unknown,TIMEOUT,,,,2026-02-01T00:00:00Z,4",
        "46700000004,real-time,false,unknown,NEW_WORD,,,,2026-02-01T00:00:00Z,1",
    ];
    let job = Job::new().list("answers.csv", format!("{HEADER}\n{}\n", rows.join("\n")));
    import(&job, "answers.csv").exits_with(0).says(&["5 rows, 4 with an answer"]);
    assert_eq!(kept(&job, "l.redb"), 2);
    let export = ["ledger", "export", "-", "--format", "csv", "--ledger", "l.redb"];
    let text = job.hlr(export).exits_with(0).stdout();
    assert!(text.contains("ABSENT_SUBSCRIBER_SM") && !text.contains("UNKNOWN_SUBSCRIBER"), "{text}");
}

#[test]
fn every_format_of_an_export_comes_back() {
    let job = Job::new().numbers("list.csv", 300);
    job.hlr(["enrich", "list.csv", "-o", "out.csv", "--endpoint", "simulator", "--ledger", "from.redb"])
        .exits_with(0);
    let csv = |ledger: &str| {
        let export = job.hlr(["ledger", "export", "-", "--format", "csv", "--ledger", ledger]);
        export.exits_with(0).stdout()
    };
    for file in ["a.parquet", "a.csv", "a.ndjson"] {
        job.hlr(["ledger", "export", file, "--ledger", "from.redb"]).exits_with(0);
        let ledger = format!("{file}.redb");
        job.hlr(["ledger", "import", file, "--ledger", &ledger, "--simulated"]).exits_with(0);
        assert_eq!(csv(&ledger), csv("from.redb"), "{file}");
    }
}

#[test]
fn a_file_that_breaks_off_says_how_much_is_imported() {
    let job = Job::new().numbers("list.csv", 5_000);
    job.hlr(["enrich", "list.csv", "-o", "out.csv", "--endpoint", "simulator", "--ledger", "from.redb"])
        .exits_with(0);
    job.hlr(["ledger", "export", "a.ndjson", "--ledger", "from.redb"]).exits_with(0);
    let whole = std::fs::read(job.path("a.ndjson")).unwrap();
    std::fs::write(job.path("cut.ndjson"), &whole[..whole.len() - 40]).unwrap();
    let done = import(&job, "cut.ndjson");
    done.exits_with(2).says(&["cut.ndjson"]);
    // What is malformed is found before anything is written.
    assert!(!job.path("l.redb").exists() || kept(&job, "l.redb") == 0, "{}", done.stderr());
}
