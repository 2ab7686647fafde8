//! Ledger files that are cut, damaged, read-only, in use, or something else, and full disks:
//! nothing is sent in vain, no paid answer is lost, the file is not changed, and the message says
//! what to do.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use hlr_enrich::internals::ledger::{AnswerOrigin, IfMissing, LedgerFile};
use hlr_enrich::simulator::{Latency, SimulatorSettings};
use redb::{Database, TableDefinition};

use crate::harness::{Done, Job, Service, Table, every_row_is_true, nth_number};

const LEDGER: [&str; 2] = ["--ledger", "l.redb"];

/// A job whose list is answered in `l.redb`, and the service that answered it.
fn with_ledger(numbers: u64) -> (Job, Service) {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", numbers);
    job.enrich("list.csv", "first.parquet", &service, &LEDGER).exits_with(0);
    (job, service)
}

fn ledger(job: &Job) -> Vec<u8> {
    fs::read(job.path("l.redb")).unwrap()
}

/// Asserts that a run with this ledger says so and ends before it has sent or changed anything.
#[track_caller]
fn the_run_is_refused(job: &Job, service: &Service, texts: &[&str]) {
    let (before, asked) = (ledger(job), service.account_in_short().requests);
    job.enrich("list.csv", "out.parquet", service, &LEDGER).exits_with(2).says(&["l.redb"]).says(texts);
    assert_eq!(service.account_in_short().requests, asked, "nothing was sent");
    assert!(!job.path("out.parquet").exists() && !job.path("out.partial.parquet").exists());
    assert!(ledger(job) == before, "the file is unchanged");
}

/// The same, and `hlr ledger` refuses the file too.
#[track_caller]
fn every_command_is_refused(job: &Job, service: &Service, texts: &[&str]) {
    the_run_is_refused(job, service, texts);
    let before = ledger(job);
    job.hlr(["ledger", "stats", "--ledger", "l.redb"]).exits_with(2).says(&["l.redb"]).says(texts);
    assert!(ledger(job) == before, "the file is unchanged");
}

#[test]
fn a_file_that_was_cut_is_reported_and_not_changed() {
    let (job, service) = with_ledger(1_000);
    let whole = ledger(&job);
    for length in [whole.len() * 6 / 10, 100] {
        fs::write(job.path("l.redb"), &whole[..length]).unwrap();
        every_command_is_refused(&job, &service, &["is damaged", "restore a backup", "hlr ledger import"]);
    }
}

#[test]
fn an_empty_file_becomes_a_ledger_when_a_run_starts() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 100).list("l.redb", "");
    job.hlr(["ledger", "stats", "--ledger", "l.redb"]).exits_with(2).says(&["there is no ledger l.redb"]);
    assert!(ledger(&job).is_empty(), "reading creates nothing");
    for output in ["one.parquet", "two.parquet"] {
        job.enrich("list.csv", output, &service, &LEDGER).exits_with(0);
    }
    assert_eq!(service.account().requests, 100);
}

#[test]
fn a_file_that_is_something_else_is_reported_and_not_changed() {
    let (job, service) = with_ledger(1_000);
    let mut bytes = ledger(&job);
    bytes[..4096].fill(0);
    fs::write(job.path("l.redb"), bytes).unwrap();
    every_command_is_refused(&job, &service, &["is not a ledger", "--ledger"]);

    fs::copy(job.path("list.csv"), job.path("l.redb")).unwrap();
    every_command_is_refused(&job, &service, &["is not a ledger", "--ledger"]);

    fs::remove_file(job.path("l.redb")).unwrap();
    insert(&job.path("l.redb"), "of another program", "a key", "a text");
    every_command_is_refused(&job, &service, &["is not a ledger", "--ledger"]);
}

#[test]
fn a_newer_format_asks_for_a_newer_program() {
    let (job, service) = with_ledger(100);
    insert(&job.path("l.redb"), "about", "format", "3");
    every_command_is_refused(&job, &service, &["format 3", "formats up to 2", "use a newer hlr"]);
}

#[test]
fn an_unreadable_origin_is_damage_and_not_another_origin() {
    let (job, service) = with_ledger(100);
    for flipped in ["this michine", "thi{ machine", "\u{7f}a provider", ""] {
        insert(&job.path("l.redb"), "about", "answers", flipped);
        every_command_is_refused(
            &job,
            &service,
            &["is damaged", "origin of its answers", "restore a backup"],
        );
    }
}

#[test]
fn simulated_and_real_answers_do_not_mix() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 100);
    drop(LedgerFile::open(&job.path("l.redb"), IfMissing::Create(AnswerOrigin::Provider)).unwrap());
    the_run_is_refused(
        &job,
        &service,
        &["answers of a provider", "this machine", "must not mix", "--ledger"],
    );
}

fn insert(file: &Path, table: &str, key: &str, text: &str) {
    let database = Database::create(file).unwrap();
    let transaction = database.begin_write().unwrap();
    let definition: TableDefinition<'_, &str, &str> = TableDefinition::new(table);
    transaction.open_table(definition).unwrap().insert(key, text).unwrap();
    transaction.commit().unwrap();
}

/// A run that must end soon; one that hangs is killed and fails the test.
#[track_caller]
fn ends(mut command: Command) -> Done {
    let started = Instant::now();
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (pid, (sender, receiver)) = (run.id(), mpsc::channel());
    std::thread::spawn(move || sender.send(run.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(Duration::from_secs(60)) else {
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        panic!("the run hangs");
    };
    Done { output: output.unwrap(), took: started.elapsed() }
}

/// The arguments of `hlr enrich LIST -o OUTPUT` with a ledger.
fn enrich(list: &str, output: &str, service: &Service, ledger: &str) -> Vec<String> {
    let url = service.url();
    ["enrich", list, "-o", output, "--endpoint", &url, "--ledger", ledger].map(str::to_owned).into()
}

#[test]
fn a_flipped_bit_is_reported_or_harmless_and_nothing_is_paid_for_again() {
    let (job, service) = with_ledger(2_000);
    let few: String = (0..2_000).step_by(50).map(|n| format!("{}\n", nth_number(n).get())).collect();
    let job = job.list("few.csv", format!("phone\n{few}"));
    // As a run leaves it, with answers in the journal, and after they were folded into their scope.
    let journalled = ledger(&job);
    job.hlr(["ledger", "stats", "--ledger", "l.redb"]).exits_with(0);
    let folded = ledger(&job);
    let reports_it = |stderr: &str| {
        let messages =
            ["the ledger l.redb is damaged", "l.redb is not a ledger", "the ledger l.redb has format"];
        messages.iter().any(|message| stderr.contains(message))
    };
    let mut random = fastrand::Rng::with_seed(17);
    let (mut harmless, mut reported) = (0, 0);
    for (nth, whole) in [journalled, folded].iter().cycle().take(40).enumerate() {
        let mut damaged = whole.clone();
        let place = loop {
            let page = random.usize(0..whole.len() / 4096) * 4096;
            if whole[page..page + 4096].iter().any(|byte| *byte != 0) {
                break page + random.usize(0..4096);
            }
        };
        damaged[place] ^= 1 << random.u8(0..8);
        let mut endings = Vec::new();
        for list in ["list.csv", "few.csv"] {
            fs::write(job.path("l.redb"), &damaged).unwrap();
            let _ = fs::remove_file(job.path("out.parquet"));
            let asked = service.account_in_short().requests;
            let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
            command.args(enrich(list, "out.parquet", &service, "l.redb"));
            let done = ends(command);
            let asked = service.account_in_short().requests - asked;
            match done.output.status.code() {
                Some(0) => every_row_is_true(&job.read("out.parquet"), &service),
                Some(2 | 4) if reports_it(&done.stderr()) => {}
                _ => panic!("flip {nth}, byte {place}: {:?}\n{}", done.output.status, done.stderr()),
            }
            assert_eq!(asked, 0, "flip {nth}, byte {place}: paid for again\n{}", done.stderr());
            endings.push(done.output.status.code() == Some(0));
        }
        harmless += usize::from(endings == [true, true]);
        reported += usize::from(endings == [false, false]);
    }
    eprintln!("of 40 flipped bits {harmless} were harmless and {reported} were reported");
    assert_eq!(harmless + reported, 40, "each is reported to every run");
    assert!(harmless > 0 && reported > 0);
}

#[test]
fn a_run_leaves_its_ledger_closed_cleanly_and_private() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 300);
    // A read-only database cannot be opened if it needs a repair.
    let is_clean = |ledger: &str| redb::ReadOnlyDatabase::open(job.path(ledger)).map(drop);
    let (refresh, capped, plain): (&[&str], &[&str], &[&str]) =
        (&["--refresh"], &["--max-lookups", "100"], &[]);
    for (nth, flags) in [refresh, capped, plain].into_iter().cycle().take(9).enumerate() {
        let ledger = format!("{nth}.redb");
        let flags = [&["--force", "--ledger", &ledger], flags].concat();
        job.enrich("list.csv", "out.parquet", &service, &flags);
        is_clean(&ledger).unwrap_or_else(|fault| panic!("{flags:?}: {fault}"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let script = r#"umask 000; exec "$HLR" "$@""#;
        let mut command = job.command_of("sh");
        command.args(["-c", script, "sh"]).args(enrich("list.csv", "open.parquet", &service, "private.redb"));
        ends(command).exits_with(0);
        let mode = fs::metadata(job.path("private.redb")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "numbers are personal data");
    }
}

#[test]
fn a_ledger_in_use_is_reported_at_once_and_its_run_is_not_disturbed() {
    let latency = Latency { median: Duration::from_millis(30), p99: Duration::from_millis(60) };
    let service = Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() });
    let job = Job::new().numbers("list.csv", 500).numbers("other.csv", 10);
    let slow = [&LEDGER[..], &["--rate", "200"]].concat();
    let mut first = job.start_enrich("list.csv", "first.parquet", &service, &slow);
    while service.account_in_short().requests == 0 && first.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let url = service.url();
    let second = enrich("other.csv", "second.parquet", &service, "l.redb");
    for arguments in [
        second.iter().map(String::as_str).collect(),
        vec!["ledger", "stats", "--ledger", "l.redb"],
        vec!["ledger", "forget", "+46700000001", "--ledger", "l.redb"],
        vec!["enrich", "other.csv", "--dry-run", "--endpoint", &url, "--ledger", "l.redb"],
    ] {
        let done = job.hlr(arguments);
        done.exits_with(5).says(&["l.redb", "is in use by another run", "wait for the other run to end"]);
    }
    assert!(first.try_wait().unwrap().is_none(), "the commands did not wait for the first run");
    let ended = first.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    every_row_is_true(&job.read("first.parquet"), &service);
    assert_eq!(service.account().requests, 500, "the others sent nothing");
    assert!(!job.path("second.parquet").exists());
    job.enrich("list.csv", "again.parquet", &service, &LEDGER).exits_with(0);
    assert_eq!(service.account().requests, 500, "every answer is in the ledger");
}

/// Whether this machine allows a command. If not, the test says that it proves nothing here.
fn can(job: &Job, program: &str, arguments: &[&str]) -> bool {
    let mut command = job.command_of(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|done| done.success())
}

#[cfg(unix)]
#[test]
fn a_read_only_ledger_is_reported_with_an_alternative() {
    use std::os::unix::fs::PermissionsExt;

    let (job, service) = with_ledger(100);
    let allow = |name: &str, mode| {
        fs::set_permissions(job.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["closed", "open"] {
        fs::create_dir(job.path(name)).unwrap();
    }
    fs::copy(job.path("l.redb"), job.path("open/l.redb")).unwrap();
    // Not copied by this process: children of its other threads would inherit the open copy, which
    // then cannot be executed.
    assert!(can(&job, "sh", &["-c", r#"cp "$HLR" hlr"#]));
    for (name, mode) in [("", 0o755), ("closed", 0o555), ("open", 0o777), ("open/l.redb", 0o444)] {
        allow(name, mode);
    }
    // A user who may write everywhere has to become one who may not.
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let somebody: &[&str] = if can(&job, "sh", &["-c", "! touch closed/x"]) {
        &["env"]
    } else if can(&job, "setpriv", &[&nobody[..], &["./hlr", "--version"]].concat()) {
        &["setpriv", nobody[0], nobody[1], nobody[2]]
    } else {
        eprintln!("NOT SHOWN: this user may write everywhere, and setpriv does not work here");
        return;
    };
    let asked = service.account().requests;
    for (ledger, doing) in [("closed/l.redb", "cannot be created"), ("open/l.redb", "cannot be opened")] {
        let before = fs::read(job.path(ledger)).ok();
        let mut command = job.command_of(somebody[0]);
        command.args(&somebody[1..]).arg("./hlr");
        command.args(enrich("list.csv", "open/out.parquet", &service, ledger));
        ends(command).exits_with(2).says(&[ledger, doing, "--ledger", "--no-ledger", "ermission denied"]);
        assert_eq!(fs::read(job.path(ledger)).ok(), before);
    }
    assert_eq!(service.account().requests, asked, "nothing was sent");
    assert!(!job.path("open/out.parquet").exists());
    allow("closed", 0o755);
}

/// Runs with 8,000 numbers in a script that fills the disk of the ledger, `full/l.redb`, and copies
/// what is on it at the end. Shows that the run stops and loses nothing, and that the next one
/// continues.
fn a_full_disk_costs_nothing(program: &str, arguments: &[&str], script: &str) {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 8_000);
    fs::create_dir(job.path("full")).unwrap();
    let mut command = job.command_of(program);
    let script = format!("{script} || exit 99; \"$HLR\" \"$@\"; code=$?; cp full/* . && exit $code");
    command.args(arguments).args(["sh", "-c", &script, "sh"]);
    command.args(enrich("list.csv", "out.parquet", &service, "full/l.redb"));
    command.args(["--concurrency", "16", "--rate", "4000", "--summary", "run.json"]);
    let done = ends(command);
    done.exits_with(4).says(&["full/l.redb cannot be written", "free space on its disk", "--ledger"]);
    done.says(&["not in the ledger", "hlr ledger import ", "--ledger full/l.redb"]);

    let (account, table) = (service.account(), job.read("out.partial.parquet"));
    assert!(!job.path("out.parquet").exists());
    assert_eq!(table.count("hlr_source", "live") as u64, account.billed, "every paid answer has a row");
    let live = table.column("hlr_source").into_iter().map(|source| Some(source.as_deref() == Some("live")));
    let live = filter_record_batch(&table.0, &live.collect::<BooleanArray>()).unwrap();
    every_row_is_true(&Table(live), &service);
    let not_kept = job.json("run.json")["counts"]["not_kept"].as_u64().unwrap();
    let kept = LedgerFile::open(&job.path("l.redb"), IfMissing::Refuse).unwrap();
    assert_eq!(
        kept.count().unwrap() + not_kept,
        account.billed,
        "each is in the ledger or counted as missing"
    );
    // Those of two commits (20 ms each, at 4,000 per second) and those in flight, with a margin for
    // slow machines.
    assert!((1..=1_500).contains(&not_kept), "{not_kept} answers came after the ledger had failed");
    drop(kept);

    // The command that it prints, with a ledger on a disk with free space.
    let stderr = done.stderr();
    let printed = stderr.lines().find(|line| line.contains("hlr ledger import ")).unwrap();
    job.hlr(printed.replace("full/", "").split(' ').skip(1)).exits_with(0);
    job.enrich("list.csv", "out.parquet", &service, &LEDGER).exits_with(0);
    every_row_is_true(&job.read("out.parquet"), &service);
    let account = service.account();
    assert_eq!(account.settled_more_than_once(), 0, "nothing is paid for twice");
    assert_eq!(account.requests, 8_000);
}

/// The arguments of `unshare` that let a test mount a file system, if any do.
fn mounting(job: &Job) -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let script = ["sh", "-c", "mkdir -p full && mount -t tmpfs -o size=64k tmpfs full"];
    let way = WAYS.into_iter().find(|way| can(job, "unshare", &[*way, &script].concat()));
    if way.is_none() {
        eprintln!("NOT SHOWN: no file system can be mounted here");
    }
    way
}

#[test]
fn a_disk_that_fills_up_stops_the_run_and_costs_nothing() {
    if let Some(way) = mounting(&Job::new()) {
        a_full_disk_costs_nothing("unshare", way, "mount -t tmpfs -o size=128k tmpfs full");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_stops_the_run_and_costs_nothing() {
    a_full_disk_costs_nothing("env", &[], "trap '' XFSZ && ulimit -f 300");
}

#[test]
fn a_ledger_that_a_full_disk_prevented_can_be_created_later() {
    let (service, job) = (Service::start(SimulatorSettings::default()), Job::new().numbers("list.csv", 100));
    let Some(way) = mounting(&job) else { return };
    let script = r#"mount -t tmpfs -o size=128k tmpfs full || exit 99
        head -c 200000 /dev/zero > full/all 2> /dev/null
        "$HLR" "$@"; echo "first $?, left $(ls -A full)"
        rm full/all; exec "$HLR" "$@""#;
    let mut command = job.command_of("unshare");
    command.args(way).args(["sh", "-c", script, "sh"]);
    command.args(enrich("list.csv", "out.parquet", &service, "full/l.redb"));
    let done = ends(command);
    done.exits_with(0).says(&["full/l.redb cannot be created", "free space on its disk"]);
    assert_eq!(done.stdout(), "first 2, left all\n");
    every_row_is_true(&job.read("out.parquet"), &service);
    assert_eq!(service.account().requests, 100);
}
