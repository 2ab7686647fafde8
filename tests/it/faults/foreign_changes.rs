//! Other programs that delete, replace, cut or overwrite the ledger under a run, and files that killed
//! processes have left.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::preload::with_faults;
use super::{end_of, enrich, kept, paste, printed, service, until_billed};
use crate::harness::{Job, nth_number};

/// Runs with 4,000 numbers and lets another program do this to the ledger in the middle.
fn under_a_run(change: &str, does: impl Fn(&Path)) {
    let service = service(Duration::from_millis(5));
    let job = Job::new().numbers("list.csv", 4_000).numbers("few.csv", 50);
    end_of(enrich(&job, &service, "few.csv", "few.csv.csv", "l.redb", &[]).spawn().unwrap()).exits_with(0);
    fs::copy(job.path("l.redb"), job.path("backup")).unwrap();
    let mut run =
        enrich(&job, &service, "list.csv", "out.parquet", "l.redb", &["--rate", "1000"]).spawn().unwrap();
    until_billed(&service, &mut run, 1_000);
    does(&job.path("l.redb"));
    let done = end_of(run);
    done.exits_with(4)
        .says(&[&format!("the ledger l.redb was {change} by another program"), "not in the ledger"]);
    assert!(!done.stderr().contains("answers are kept in"), "{}", done.stderr());
    let billed = service.account_in_short().billed;
    assert!(billed < 3_000, "{billed}: the run went on asking");
    // The ledger that is restored, and the command that was printed.
    fs::rename(job.path("backup"), job.path("l.redb")).unwrap();
    paste(&job, &printed(&done, "ledger import")).exits_with(0);
    assert_eq!(kept(&job, "l.redb"), billed, "{change}");
    end_of(enrich(&job, &service, "list.csv", "out.parquet", "l.redb", &["--force"]).spawn().unwrap())
        .exits_with(0);
    let account = service.account();
    assert_eq!((account.settled_more_than_once(), account.requests), (0, 4_000), "{change}");
}

#[test]
fn a_ledger_that_is_deleted_under_a_run_is_noticed() {
    under_a_run("deleted", |ledger| fs::remove_file(ledger).unwrap());
}

#[test]
fn a_ledger_that_is_replaced_under_a_run_is_noticed() {
    under_a_run("replaced", |ledger| {
        fs::copy(ledger.with_file_name("backup"), ledger.with_file_name("copy")).unwrap();
        fs::rename(ledger.with_file_name("copy"), ledger).unwrap();
    });
}

#[test]
fn a_ledger_that_is_truncated_under_a_run_is_noticed() {
    under_a_run("truncated", |ledger| {
        fs::OpenOptions::new().write(true).open(ledger).unwrap().set_len(20_000).unwrap();
    });
}

/// The files in the folder that have this number in them.
fn files_with(job: &Job, number: u64) -> Vec<String> {
    let (text, bytes) = (number.to_string(), number.to_le_bytes());
    let has_it = |name: &String| {
        let content = fs::read(job.path(name)).unwrap_or_default();
        content.windows(8).any(|window| window == bytes)
            || content.windows(text.len()).any(|window| window == text.as_bytes())
    };
    job.files().into_iter().filter(has_it).collect()
}

#[test]
fn what_a_killed_forget_has_left_goes_when_the_ledger_is_opened() {
    let (service, job) = (service(Duration::ZERO), Job::new().numbers("list.csv", 20_000));
    end_of(enrich(&job, &service, "list.csv", "out.csv", "l.redb", &[]).spawn().unwrap()).exits_with(0);
    for name in ["list.csv", "out.csv"] {
        fs::remove_file(job.path(name)).unwrap();
    }
    let others = [".other.redb.AbCdEf.part", ".l.redb.too-long.part", ".l.redb.AbCdEf.kept"];
    let job = others.iter().fold(job, |job, name| job.list(name, "of somebody else"));
    // The first one of a block is written as a whole.
    let number = nth_number(0).get().to_string();
    assert_eq!(files_with(&job, nth_number(0).get()), ["l.redb"]);
    let mut forget = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    forget.args(["ledger", "forget", &number, "--ledger", "l.redb"]);
    let Some(mut forget) = with_faults(forget, &[("FAULT_SYNC_MS", "300")]) else { return };
    let mut forget = forget.spawn().unwrap();
    let is_copy = |name: &String| {
        name.starts_with(".l.redb.") && name.ends_with(".part") && !others.contains(&name.as_str())
    };
    let started = Instant::now();
    let copy = loop {
        let copy = job.files().into_iter().find(is_copy);
        match copy.filter(|name| fs::metadata(job.path(name)).is_ok_and(|file| file.len() > 100_000)) {
            Some(copy) => break copy,
            None => assert!(started.elapsed() < Duration::from_secs(30), "{:?}", job.files()),
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    forget.kill().unwrap();
    forget.wait().unwrap();
    assert!(job.files().contains(&copy));
    job.hlr(["ledger", "forget", &number, "--ledger", "l.redb"]).exits_with(0);
    assert!(files_with(&job, nth_number(0).get()).is_empty(), "{:?}", job.files());
    assert_eq!(
        job.files(),
        [".l.redb.AbCdEf.kept", ".l.redb.too-long.part", ".other.redb.AbCdEf.part", "l.redb"]
    );
}

#[test]
fn what_a_killed_run_has_left_goes_when_the_output_is_written_again() {
    let (service, job) = (service(Duration::from_millis(5)), Job::new().numbers("list.csv", 2_000));
    for output in ["out.csv", "out.parquet"] {
        let mut run =
            enrich(&job, &service, "list.csv", output, "l.redb", &["--rate", "500"]).spawn().unwrap();
        let before = service.account_in_short().billed;
        until_billed(&service, &mut run, before + 100);
        run.kill().unwrap();
        run.wait().unwrap();
        assert!(job.files().iter().any(|name| name.ends_with(".part")), "{:?}", job.files());
        end_of(
            enrich(&job, &service, "list.csv", output, "l.redb", &["--max-lookups", "1"]).spawn().unwrap(),
        )
        .exits_with(4);
        let left: Vec<_> = job.files().into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
