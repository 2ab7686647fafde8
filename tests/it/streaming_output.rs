//! Output that is no file: standard output, FIFOs, devices; and names of the greatest length.

#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hlr_enrich::simulator::SimulatorSettings;

use crate::harness::{Done, Job, Service, Table, every_row_is_true, send_signal};

/// Longer than any run here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end of a run. A run that hangs is killed and fails its test.
#[track_caller]
fn end_of(child: Child) -> Done {
    let (started, process) = (Instant::now(), child.id());
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = ended.recv_timeout(PATIENCE) else {
        let _ = Command::new("kill").args(["-9", &process.to_string()]).status();
        panic!("the run hangs");
    };
    Done { output: output.unwrap(), took: started.elapsed() }
}

/// Runs a shell script in the folder of a job, with `$HLR` and `$URL`.
#[track_caller]
fn shell(job: &Job, service: &Service, script: &str) -> Done {
    let mut bash = job.command_of("bash");
    bash.args(["-c", script]).env("URL", service.url()).stdout(Stdio::piped()).stderr(Stdio::piped());
    end_of(bash.spawn().unwrap())
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Reads a FIFO to its end on another thread.
fn reader_of(path: &Path) -> thread::JoinHandle<Vec<u8>> {
    let path = path.to_owned();
    thread::spawn(move || fs::read(path).unwrap())
}

fn is_fifo(path: &Path) -> bool {
    path.symlink_metadata().unwrap().file_type().is_fifo()
}

fn quick() -> Service {
    Service::start(SimulatorSettings::default())
}

#[test]
fn standard_output_has_the_rows_and_nothing_else() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 200));
    for style in ["bar", "plain", "json"] {
        let flags = ["--format", "csv", "--no-ledger", "--verbose", "--progress", style];
        let done = job.enrich("list.csv", "-", &service, &flags);
        done.exits_with(0);
        let stdout = done.stdout();
        let mut rows = stdout.lines();
        assert!(rows.next().unwrap().starts_with("id,phone,hlr_msisdn,hlr_status"));
        for (id, row) in rows.clone().enumerate() {
            assert!(row.starts_with(&format!("{id},467000")), "{row}");
        }
        assert_eq!(rows.count(), 200);
    }
    let done = job.enrich("list.csv", "-", &service, &["--format", "ndjson", "--no-ledger"]);
    done.exits_with(0).says(&["standard output: 200 rows"]);
    for row in done.stdout().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(row).unwrap().is_object());
    }
    let done = job.enrich("list.csv", "-", &service, &["--format", "parquet", "--no-ledger"]);
    fs::write(job.path("got"), &done.output.stdout).unwrap();
    assert_eq!(job.read("got").rows(), 200);
    every_row_is_true(&job.read("got"), &service);
    assert_eq!(job.files(), ["got", "list.csv"], "no lock and no file beside it");
}

#[test]
fn standard_output_needs_a_format_and_a_table() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 3));
    for (flags, texts) in [
        (&[][..], ["standard output needs a format", "--format csv, ndjson or parquet"]),
        (&["--partition-by", "country"], ["not standard output", "--partition-by"]),
        (&["--partition-by", "country", "--format", "csv"], ["--format", "with partition_by"]),
        (&["--format", "xlsx"], ["--format", "parquet"]),
    ] {
        job.enrich("list.csv", "-", &service, flags).exits_with(2).says(&texts);
    }
    make_fifo(&job.path("pipe"));
    let flags = ["--partition-by", "country"];
    job.enrich("list.csv", "pipe", &service, &flags).exits_with(2).says(&["pipe, which is a stream"]);
    let done = job.enrich("list.csv", "pipe", &service, &[]);
    done.exits_with(2).says(&["must end in .parquet, .csv or .ndjson", "--format"]);
    assert_eq!(service.account().requests, 0);
}

#[test]
fn the_format_overrides_the_ending_of_a_name() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 3));
    job.enrich("list.csv", "out.txt", &service, &["--format", "ndjson"]).exits_with(0);
    assert_eq!(fs::read_to_string(job.path("out.txt")).unwrap().lines().count(), 3);
    job.enrich("list.csv", "out.csv", &service, &["--format", "parquet"]).exits_with(0);
    assert_eq!(job.read("out.csv").rows(), 3);
}

#[test]
fn a_reader_that_goes_away_stops_the_run_and_loses_no_answer() {
    let service = quick();
    let job = Job::new().numbers("list.csv", 2_000);
    let flags = ["--format", "csv", "--ledger", "l.redb", "--rate", "400", "--summary", "run.json"];
    let mut child = job.start_enrich("list.csv", "-", &service, &flags);
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let mut first = [String::new(), String::new()];
    first.iter_mut().for_each(|row| assert!(rows.read_line(row).unwrap() > 0));
    assert!(first[1].starts_with("0,4670"));
    drop(rows);
    let done = end_of(child);
    done.exits_with(130).says(&["nobody reads standard output any more", "to resume:"]);
    assert!(!done.stderr().contains("panicked") && !done.stderr().contains("--force"), "{}", done.stderr());
    let (summary, asked) = (job.json("run.json"), service.account());
    assert_eq!(summary["ending"], "interrupted");
    assert_eq!((&summary["output"], &summary["streamed"]), (&"-".into(), &true.into()));
    let gone_out = summary["rows"].as_u64().unwrap();
    assert!((1..2_000).contains(&gone_out), "{gone_out}");
    assert!(asked.distinct_numbers >= gone_out && asked.distinct_numbers < 2_000, "{asked}");
    // The next run takes what was asked from the ledger.
    let flags = ["--format", "csv", "--ledger", "l.redb"];
    assert_eq!(job.enrich("list.csv", "-", &service, &flags).exits_with(0).stdout().lines().count(), 2_001);
    assert_eq!(service.account().requests, 2_000, "no number was asked twice");
}

#[test]
fn a_reader_that_has_gone_before_the_first_row_costs_nothing() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 500));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let url = service.url();
    let mut hlr = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    hlr.args(["enrich", "list.csv", "-o", "-", "--format", "csv", "--endpoint", &url]);
    let child = hlr.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(hlr);
    end_of(child).exits_with(130).says(&["nobody reads standard output any more; no row went to"]);
    assert_eq!(service.account().requests, 0);
}

#[test]
fn a_stopped_stream_of_parquet_is_a_whole_file() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 5_000));
    let flags = ["--format", "parquet", "--ledger", "l.redb", "--rate", "300", "--summary", "run.json"];
    let child = job.start_enrich("list.csv", "-", &service, &flags);
    let started = Instant::now();
    while service.account_in_short().requests < 100 && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    send_signal("TERM", &child);
    let done = end_of(child);
    done.exits_with(130).says(&["interrupted", "went to standard output", "to resume:"]);
    fs::write(job.path("got"), &done.output.stdout).unwrap();
    let (table, summary) = (job.read("got"), job.json("run.json"));
    assert_eq!(table.rows() as u64, summary["rows"].as_u64().unwrap());
    assert_eq!(done.output.stdout.len() as u64, summary["bytes"].as_u64().unwrap());
    assert!(table.count("hlr_source", "live") >= 100, "{}", table.rows());
}

#[test]
fn a_fifo_is_written_to_and_stays_one() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 100));
    make_fifo(&job.path("pipe"));
    symlink("pipe", job.path("link.csv")).unwrap();
    for (output, flags) in [
        ("pipe", &["--format", "csv"][..]),
        ("pipe", &["--format", "csv", "--force", "--lock", "my.lock"]),
        ("link.csv", &[]),
    ] {
        let child = job.start_enrich("list.csv", output, &service, flags);
        // The reader comes late.
        thread::sleep(Duration::from_millis(300));
        let rows = reader_of(&job.path("pipe"));
        let done = end_of(child);
        done.exits_with(0).says(&[output, "the run starts once somebody reads this FIFO"]);
        let rows = String::from_utf8(rows.join().unwrap()).unwrap();
        assert_eq!(rows.lines().count(), 101, "{}", done.stderr());
        assert!(is_fifo(&job.path("pipe")) && job.path("link.csv").is_symlink());
        assert_eq!(job.files(), ["link.csv", "list.csv", "pipe"]);
    }
}

#[test]
fn a_run_that_waits_for_a_reader_can_be_interrupted() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 100));
    make_fifo(&job.path("pipe"));
    let mut child = job.start_enrich("list.csv", "pipe", &service, &["--format", "csv"]);
    let mut messages = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("once somebody reads") {
        line.clear();
        assert!(messages.read_line(&mut line).unwrap() > 0, "the run ended");
    }
    thread::sleep(Duration::from_millis(200));
    send_signal("INT", &child);
    let done = end_of(child);
    done.exits_with(130);
    let mut rest = String::new();
    messages.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("interrupted before the first row"), "{rest}");
    assert!(is_fifo(&job.path("pipe")));
    assert_eq!(service.account().requests, 0);
}

#[test]
fn the_reader_of_a_fifo_may_leave_too() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 3_000));
    make_fifo(&job.path("pipe"));
    let flags = ["--format", "ndjson", "--ledger", "l.redb", "--rate", "400"];
    let child = job.start_enrich("list.csv", "pipe", &service, &flags);
    let mut rows = BufReader::new(File::open(job.path("pipe")).unwrap());
    rows.read_line(&mut String::new()).unwrap();
    drop(rows);
    end_of(child).exits_with(130).says(&["nobody reads pipe any more", "went to pipe"]);
    assert!(service.account().distinct_numbers < 3_000 && is_fifo(&job.path("pipe")));
}

#[test]
fn what_a_shell_does_with_an_output() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 50));
    let hlr = r#""$HLR" enrich list.csv --format csv --endpoint "$URL" --quiet --no-ledger"#;
    for (script, file) in [
        (format!("{hlr} -o - > redirected"), "redirected"),
        (format!("{hlr} -o - >> appended"), "appended"),
        (format!("{hlr} -o - | tee teed | cat > /dev/null"), "teed"),
        (format!("{hlr} -o /dev/stdout > through-dev"), "through-dev"),
        (format!("{hlr} -o /dev/stdout | cat > through-pipe"), "through-pipe"),
        (format!("{hlr} -o /dev/fd/3 3> third"), "third"),
        (format!("{hlr} -o /dev/fd/3 3> >(cat > fourth; touch done); until [ -e done ]; do :; done"), "fourth"),
        (format!("{hlr} -o >(gzip > fifth.gz; touch ok); until [ -e ok ]; do :; done; zcat fifth.gz > fifth"), "fifth"),
        (
            r#"cat list.csv | "$HLR" enrich - -o - --format csv --endpoint "$URL" --quiet --no-ledger > piped"#
                .to_owned(),
            "piped",
        ),
    ] {
        shell(&job, &service, &script).exits_with(0);
        let rows = fs::read_to_string(job.path(file)).unwrap();
        assert_eq!(rows.lines().count(), 51, "{script}");
    }
    for script in [format!("{hlr} -o /dev/null"), format!("{hlr} -o - < /dev/null > x")] {
        shell(&job, &service, &script).exits_with(0);
    }
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
    for script in [format!("{hlr} -o - > /dev/null"), format!("{hlr} -o - >&-")] {
        shell(&job, &service, &script).exits_with(0).says(&["standard output is closed or /dev/null"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_takes_no_more_is_an_error_with_its_cause() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 5_000));
    let hlr = r#""$HLR" enrich list.csv --endpoint "$URL" --no-ledger"#;
    let full = format!("{hlr} -o - --format csv > /dev/full");
    shell(&job, &service, &full).exits_with(1).says(&["cannot write to standard output", "No space left"]);
    let full = format!("{hlr} -o /dev/full --format parquet");
    shell(&job, &service, &full).exits_with(1).says(&["cannot write to /dev/full", "No space left"]);
    // Beyond the limit the system sends a signal that ends other programs.
    for (output, name, code) in [("- --format csv > x", "standard output", 1), ("out.csv", "out.csv", 4)] {
        let limited = format!("ulimit -f 8; {hlr} -o {output}");
        shell(&job, &service, &limited).exits_with(code).says(&["cannot write", name, "File too large"]);
    }
    assert_eq!(job.files(), ["list.csv", "x"]);
}

#[test]
fn the_output_is_none_of_the_lists() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 5).numbers("more.csv", 5));
    let list = fs::read(job.path("list.csv")).unwrap();
    symlink("list.csv", job.path("link.csv")).unwrap();
    fs::hard_link(job.path("list.csv"), job.path("hard.csv")).unwrap();
    for (input, output) in [
        ("list.csv", "list.csv"),
        ("list.csv", "link.csv"),
        ("list.csv", "./hard.csv"),
        ("*.csv", "more.csv"),
    ] {
        job.enrich(input, output, &service, &["--force"]).exits_with(2);
    }
    let append = r#""$HLR" enrich list.csv -o - --format csv --endpoint "$URL" >> list.csv"#;
    shell(&job, &service, append).exits_with(2).says(&["the list list.csv would be replaced"]);
    assert_eq!(fs::read(job.path("list.csv")).unwrap(), list);
    assert_eq!(service.account().requests, 0);
    let partitions = ["--partition-by", "country", "--force"];
    job.enrich("list.csv", "out", &service, &partitions).exits_with(0);
    let done = job.enrich("out/*/*.parquet", "out", &service, &partitions);
    done.exits_with(2).says(&["would be replaced by the output"]);
}

#[test]
fn summaries_and_reports_go_into_streams_too() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 5));
    make_fifo(&job.path("pipe"));
    let summary = reader_of(&job.path("pipe"));
    let flags = ["--summary", "pipe", "--report", "/dev/null"];
    end_of(job.start_enrich("list.csv", "out.csv", &service, &flags)).exits_with(0);
    let summary: serde_json::Value = serde_json::from_slice(&summary.join().unwrap()).unwrap();
    assert_eq!((&summary["rows"], &summary["streamed"]), (&5.into(), &false.into()));
    let summary = reader_of(&job.path("pipe"));
    end_of(job.start_enrich("list.csv", "-", &service, &["--dry-run", "--summary", "pipe"])).exits_with(0);
    assert!(summary.join().unwrap().starts_with(b"{"));
    assert!(is_fifo(&job.path("pipe")));
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
    let flags = ["--metrics", "pipe", "--force"];
    job.enrich("list.csv", "out.csv", &service, &flags).exits_with(2).says(&["pipe", "this is not a file"]);
    let flags = ["--lock", "pipe", "--force"];
    job.enrich("list.csv", "out.csv", &service, &flags).exits_with(2).says(&["cannot lock pipe"]);
}

#[test]
fn pipelines_dry_runs_and_exports_write_to_standard_output() {
    let (service, job) = (quick(), Job::new().numbers("list.csv", 5));
    let file = "input = \"list.csv\"\noutput = \"-\"\nformat = \"ndjson\"\nledger = \"l.redb\"\n";
    fs::write(job.path("job.toml"), format!("{file}endpoint = {:?}\n", service.url())).unwrap();
    assert_eq!(job.hlr(["check", "job.toml"]).exits_with(0).stdout(), "job.toml: ok\n");
    assert_eq!(job.hlr(["run", "job.toml"]).exits_with(0).stdout().lines().count(), 5);
    assert_eq!(job.hlr(["run", "job.toml", "--format", "csv"]).exits_with(0).stdout().lines().count(), 6);
    assert_eq!(job.hlr(["run", "job.toml", "--dry-run"]).exits_with(0).stdout(), "");
    let export = ["ledger", "export", "-", "--format", "csv", "--ledger", "l.redb"];
    let done = job.hlr(export);
    assert_eq!(done.exits_with(0).says(&["standard output: 5 answers"]).stdout().lines().count(), 6);
    job.hlr(["ledger", "export", "-", "--ledger", "l.redb"]).exits_with(2).says(&["--format"]);
    let gone = r#"exec 3> >(true); wait $!; "$HLR" ledger export /dev/fd/3 --format csv --ledger l.redb"#;
    shell(&job, &service, gone).exits_with(2).says(&["nobody reads /dev/fd/3"]);
}

#[test]
fn a_name_may_be_as_long_as_the_file_system_allows() {
    let service = quick();
    for letter in ["x", "å", "電"] {
        let named = |ending: &str| {
            let stem = letter.repeat((255 - ending.len()) / letter.len());
            format!("{stem}{ending}")
        };
        let job = Job::new().numbers("list.csv", 2_000);
        let (output, summary) = (named(".csv"), named(".json"));
        let (report, metrics) = (named(".html"), named(".prom"));
        let files = ["--summary", &summary, "--report", &report, "--metrics", &metrics, "--no-ledger"];
        let stopped = [&files[..], &["--max-lookups", "300"]].concat();
        end_of(job.start_enrich("list.csv", &output, &service, &stopped)).exits_with(4);
        let partial = job.json(&summary)["output"].as_str().unwrap().to_owned();
        assert!(partial.ends_with(".partial.csv") && partial.len() <= 255, "{partial}");
        assert!(job.path(&partial).is_file() && !job.path(&output).exists());
        end_of(job.start_enrich("list.csv", &output, &service, &files)).exits_with(0);
        assert_eq!(fs::read_to_string(job.path(&output)).unwrap().lines().count(), 2_001);
        let mut expected = [output.clone(), summary.clone(), report.clone(), metrics.clone(), partial];
        expected.sort();
        let there: Vec<_> = job.files().into_iter().filter(|name| name != "list.csv").collect();
        assert_eq!(there, expected);
        let too_long = format!("{}.csv", "x".repeat(252));
        let before = service.account().requests;
        job.enrich("list.csv", &too_long, &service, &[]).exits_with(2).says(&["File name too long"]);
        assert_eq!(service.account().requests, before);
    }
}

#[test]
fn runs_with_long_names_that_begin_alike_do_not_lock_each_other() {
    let service = quick();
    let job = Job::new().numbers("list.csv", 3_000);
    let name = |last: &str| format!("{}{last}.csv", "x".repeat(250));
    let flags = ["--rate", "100", "--no-ledger"];
    let first = job.start_enrich("list.csv", &name("1"), &service, &flags);
    let started = Instant::now();
    while service.account_in_short().requests == 0 && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    job.enrich_alone("list.csv", &name("1"), &service, &["--no-ledger"]).exits_with(5);
    job.enrich_alone("list.csv", &name("2"), &service, &["--no-ledger"]).exits_with(0);
    send_signal("TERM", &first);
    end_of(first).exits_with(130);
    let table = Table::read(&{
        job.enrich_alone("list.csv", "all.parquet", &service, &["--no-ledger"]).exits_with(0);
        job.path("all.parquet")
    });
    assert_eq!(table.rows(), 3_000);
}
