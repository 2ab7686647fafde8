//! Disks that are slow, full or broken, and systems without another thread.

use std::fs;
use std::time::Duration;

use super::preload::with_faults;
use super::{end_of, enrich, kept, paste, printed, service, until_billed};
use crate::harness::{Job, every_row_is_true};

/// The number in `up to N numbers may have been paid for`.
fn doubt(stderr: &str) -> u64 {
    let rest = stderr.split("up to ").nth(1).unwrap_or_else(|| panic!("no doubt is told in\n{stderr}"));
    rest.split(' ').next().unwrap().replace(['\u{a0}', ',', ' '], "").parse().unwrap()
}

#[test]
fn a_slow_disk_stops_the_asking_and_a_kill_loses_no_more_than_is_told() {
    let (service, job) = (service(Duration::from_millis(1)), Job::new().numbers("list.csv", 20_000));
    let job = job.numbers("few.csv", 10);
    let flags = ["--concurrency", "50", "--unsaved-answers", "100"];
    end_of(enrich(&job, &service, "few.csv", "few.parquet", "l.redb", &flags).spawn().unwrap()).exits_with(0);
    let run = enrich(&job, &service, "list.csv", "out.csv", "l.redb", &flags);
    let Some(mut run) = with_faults(run, &[("FAULT_SYNC_MS", "1000")]) else { return };
    let mut run = run.spawn().unwrap();
    until_billed(&service, &mut run, 130);
    // A commit is under way; whatever can be asked meanwhile is asked.
    std::thread::sleep(Duration::from_millis(700));
    run.kill().unwrap();
    run.wait().unwrap();
    let billed = service.account_in_short().billed;
    let next = end_of(enrich(&job, &service, "few.csv", "few.csv2.csv", "l.redb", &flags).spawn().unwrap());
    next.exits_with(0);
    let (told, lost) = (doubt(&next.stderr()), billed - kept(&job, "l.redb"));
    assert_eq!(told, 150);
    assert!(lost <= told, "{lost} answers are lost, and {told} were told");
    assert!(lost > 0, "the disk was not slow");
}

#[test]
fn whatever_thread_cannot_be_had_no_answer_is_lost_and_no_run_hangs() {
    let (service, job) = (service(Duration::from_millis(1)), Job::new().numbers("list.csv", 200));
    let (mut complete, workers) = (0, std::thread::available_parallelism().unwrap().get());
    for threads in workers..workers * 2 + 20 {
        let ledger = format!("{threads}.redb");
        let before = service.account_in_short().billed;
        let run = enrich(&job, &service, "list.csv", "out.parquet", &ledger, &["--force"]);
        let Some(mut run) = with_faults(run, &[("FAULT_THREADS", &threads.to_string())]) else { return };
        let done = end_of(run.spawn().unwrap());
        let billed = service.account_in_short().billed - before;
        let code = done.output.status.code();
        complete += u64::from(code == Some(0));
        assert!(!done.stderr().contains("panicked"), "{threads} threads\n{}", done.stderr());
        if billed > 0 {
            assert_eq!(kept(&job, &ledger), billed, "{threads} threads, {code:?}\n{}", done.stderr());
            assert!(matches!(code, Some(0 | 4)), "{threads} threads, {code:?}\n{}", done.stderr());
        }
    }
    assert!(complete > 0, "some number of threads is enough");
}

#[test]
fn a_ledger_and_an_output_on_one_disk_that_fills_up_cost_nothing_twice() {
    let job = Job::new().numbers("list.csv", 30_000);
    let mut endings = Vec::new();
    for kibibytes in [3_000, 3_600, 4_300, 5_200] {
        let service = service(Duration::ZERO);
        let folder = format!("disk{kibibytes}");
        fs::create_dir(job.path(&folder)).unwrap();
        let (output, ledger) = (format!("{folder}/out.csv"), format!("{folder}/l.redb"));
        let run = enrich(&job, &service, "list.csv", &output, &ledger, &["--rate", "20000"]);
        let bytes = (kibibytes * 1024).to_string();
        let faults = [("FAULT_DISK", folder.as_str()), ("FAULT_DISK_BYTES", bytes.as_str())];
        let Some(mut run) = with_faults(run, &faults) else { return };
        let done = end_of(run.spawn().unwrap());
        done.exits_with(4).says(&["stopped: ", "No space left on device", "  requests", "to resume:"]);
        let billed = service.account_in_short().billed;
        assert!(billed > 0, "{}", done.stderr());
        assert_eq!(kept(&job, &ledger), billed, "{kibibytes} KiB\n{}", done.stderr());
        endings.push(done.stderr().contains("cannot write"));
        assert!(
            !fs::read_dir(job.path(&folder))
                .unwrap()
                .any(|file| { file.unwrap().file_name().to_str().unwrap().ends_with(".reserve") })
        );
        // The command that it prints, now that there is room.
        paste(&job, &printed(&done, "enrich")).exits_with(0);
        let account = service.account();
        assert_eq!((account.settled_more_than_once(), account.requests), (0, 30_000), "{kibibytes} KiB");
    }
    assert!(endings.contains(&true), "the output was never full: {endings:?}");
}

#[test]
fn a_disk_that_breaks_loses_nothing_that_was_paid_for() {
    for nth in [8, 12, 20, 40] {
        let (service, job) = (service(Duration::from_millis(1)), Job::new().numbers("list.csv", 3_000));
        let run = enrich(&job, &service, "list.csv", "out.parquet", "l.redb", &["--rate", "2000"]);
        let Some(mut run) = with_faults(run, &[("FAULT_SYNC_FAILS", &nth.to_string())]) else { return };
        let done = end_of(run.spawn().unwrap());
        let billed = service.account_in_short().billed;
        if billed == 0 {
            continue;
        }
        done.exits_with(4).says(&["l.redb cannot be written", "Input/output error"]);
        let import = printed(&done, "ledger import").replace("--ledger l.redb", "--ledger new.redb");
        paste(&job, &import).exits_with(0);
        let rescued = kept(&job, "new.redb");
        assert!(rescued > 0 && kept(&job, "l.redb") + rescued >= billed, "sync {nth}: {rescued} of {billed}");
    }
}

#[test]
fn without_a_ledger_an_output_that_cannot_be_written_says_what_is_lost() {
    let (service, job) = (service(Duration::ZERO), Job::new().numbers("list.csv", 20_000));
    fs::create_dir(job.path("disk")).unwrap();
    let mut run = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    run.args(["enrich", "list.csv", "-o", "disk/out.csv", "--no-ledger", "--endpoint", &service.url()]);
    run.stderr(std::process::Stdio::piped());
    let Some(mut run) = with_faults(run, &[("FAULT_DISK", "disk/"), ("FAULT_DISK_BYTES", "300000")]) else {
        return;
    };
    let done = end_of(run.spawn().unwrap());
    done.exits_with(4).says(&[
        "all answers are lost",
        "cannot write disk/out.csv",
        "paid answers of this run are lost",
    ]);
    let job = job.numbers("small.csv", 10);
    let whole = job.enrich("small.csv", "small.parquet", &service, &["--no-ledger"]);
    whole.exits_with(0).says(&["without a ledger, the output is the only copy"]);
    every_row_is_true(&job.read("small.parquet"), &service);
}
