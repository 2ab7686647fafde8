//! Standard output that cannot take what is printed, and files that cannot be written.

#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::Stdio;

use super::end_of;
use crate::harness::Job;

fn commands() -> Vec<Vec<&'static str>> {
    [
        "ledger stats --ledger l.redb",
        "ledger stats --ledger l.redb --json",
        "ledger export - --format csv --ledger l.redb",
        "lookup 46701740605 --endpoint simulator",
        "lookup 46701740605 --endpoint simulator --json",
        "check p.toml",
        "completions bash",
        "--help",
        "--version",
        "enrich --help",
        "help ledger",
        "enrich list.csv -o - --format csv --endpoint simulator",
    ]
    .map(|line| line.split(' ').collect())
    .into()
}

fn job() -> Job {
    let job = Job::new().numbers("list.csv", 20);
    let job = job.list("p.toml", "input = \"list.csv\"\noutput = \"o.csv\"\nendpoint = \"simulator\"\n");
    job.hlr(["enrich", "list.csv", "-o", "out.csv", "--endpoint", "simulator", "--ledger", "l.redb"])
        .exits_with(0);
    job
}

#[test]
fn a_full_disk_under_standard_output_is_an_error_of_every_command() {
    let job = job();
    for arguments in commands() {
        let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        command.args(&arguments).stdout(full).stderr(Stdio::piped());
        let done = end_of(command.spawn().unwrap());
        let code = done.output.status.code();
        assert!(matches!(code, Some(1 | 4)), "{arguments:?}: {code:?}\n{}", done.stderr());
        assert!(done.stderr().contains("No space left"), "{arguments:?}: {}", done.stderr());
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let job = job();
    // Rows that nobody takes are told.
    let streams = |arguments: &Vec<&str>| arguments[0] == "enrich" || arguments[1] == "export";
    for arguments in commands().into_iter().filter(|arguments| arguments.len() < 2 || !streams(arguments)) {
        let mut command = job.command_of("sh");
        let line = format!("\"$HLR\" {} | true", arguments.join(" "));
        command.args(["-c", &line]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let done = end_of(command.spawn().unwrap());
        assert!(!done.stderr().contains("error"), "{arguments:?}: {}", done.stderr());
    }
}

#[test]
fn a_report_that_could_not_be_written_is_not_said_to_be_there() {
    let job = Job::new().numbers("list.csv", 400);
    std::fs::create_dir(job.path("reports")).unwrap();
    let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    let flags = ["--report", "reports/r.html", "--rate", "200", "--endpoint", "simulator"];
    command.args(["enrich", "list.csv", "-o", "out.csv"]).args(flags);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    std::fs::remove_dir_all(job.path("reports")).unwrap();
    let done = end_of(run);
    done.exits_with(0).says(&["the report could not be written to reports/r.html"]);
    assert!(!done.stderr().contains("the report is in"), "{}", done.stderr());
}

/// Each byte of a file may be damaged; whatever its reader makes of it, the user gets an error that
/// names the file.
#[test]
fn damaged_files_are_errors_and_never_panics() {
    let job = job();
    let convert = job.hlr(["enrich", "list.csv", "-o", "list.parquet", "--endpoint", "simulator"]);
    convert.exits_with(0);
    let mut random = fastrand::Rng::with_seed(7);
    for (name, flags) in [
        (
            "list.parquet",
            &["enrich", "damaged.parquet", "-o", "o.csv", "--force", "--endpoint", "simulator"][..],
        ),
        ("l.redb", &["ledger", "stats", "--ledger", "damaged.redb"]),
    ] {
        let whole = std::fs::read(job.path(name)).unwrap();
        let damaged = name.replace("list", "damaged").replace("l.redb", "damaged.redb");
        for _ in 0..25 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..20) {
                let at = random.usize(0..bytes.len());
                bytes[at] = random.u8(..);
            }
            bytes.truncate(random.usize(whole.len() / 2..=whole.len()));
            std::fs::write(job.path(&damaged), bytes).unwrap();
            let done = job.hlr(flags.iter().copied());
            let text = done.stderr();
            assert!(!text.contains("panicked at") && !text.contains("RUST_BACKTRACE"), "{text}");
            assert!(done.output.status.code() == Some(0) || text.contains("damaged."), "{text}");
        }
    }
}
