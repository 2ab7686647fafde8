//! Unattended runs: locks, reports, summaries, metrics and logs, in a minimal environment.

mod monitoring;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use hlr_enrich::simulator::{Latency, SimulatorSettings};

use crate::harness::{Job, Service, Table, send_signal};

/// A service that answers after some seconds.
fn slow_service() -> Service {
    let latency = Latency { median: Duration::from_secs(2), ..Latency::default() };
    Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() })
}

/// Waits until the service has received a request.
fn wait_for_a_request(service: &Service, run: &mut Child) {
    while service.account_in_short().requests == 0 {
        assert!(run.try_wait().unwrap().is_none(), "the run has ended");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_second_run_names_the_holder_of_the_lock_and_does_nothing() {
    let service = slow_service();
    let pipeline = format!(
        "input = \"list.csv\"\noutput = \"out-{{time}}.parquet\"\nendpoint = \"{}\"\n",
        service.url()
    );
    let job = Job::new().numbers("list.csv", 50).list("nightly.toml", pipeline);
    let mut first = job.start(&["run", "nightly.toml", "--no-ledger"]);
    wait_for_a_request(&service, &mut first);
    let second = job.hlr(["run", "nightly.toml", "--no-ledger", "--force"]);
    let process = format!("process {}", first.id());
    second.exits_with(5).says(&[
        "another run is already writing this output",
        &process,
        "since 20",
        ".out-time.parquet.lock",
        "help: wait for it to end, or choose another lock with --lock",
    ]);
    // A run with another lock may run at the same time.
    let third = job.hlr(["run", "nightly.toml", "--no-ledger", "--lock", "other.lock", "--output", "o.csv"]);
    third.exits_with(0);
    assert_eq!(first.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(service.account_in_short().requests, 100, "the second has asked nothing");
    let files = job.files();
    assert!(!files.iter().any(|file| file.ends_with(".lock")), "{files:?}");
}

#[test]
fn a_ledger_in_use_ends_the_run_without_waiting() {
    let service = slow_service();
    let job = Job::new().numbers("list.csv", 20);
    let mut first = job.start_enrich("list.csv", "a.parquet", &service, &["--ledger", "l.redb"]);
    wait_for_a_request(&service, &mut first);
    let second = job.enrich_alone("list.csv", "b.parquet", &service, &["--ledger", "l.redb"]);
    second.exits_with(5).says(&["is in use by another run"]);
    assert_eq!(first.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn the_lock_of_a_killed_process_does_not_hold() {
    let service = slow_service();
    let job = Job::new().numbers("list.csv", 20);
    let mut first = job.start_enrich("list.csv", "a.parquet", &service, &["--no-ledger"]);
    wait_for_a_request(&service, &mut first);
    send_signal("KILL", &first);
    first.wait().unwrap();
    assert!(job.path(".a.parquet.lock").exists());
    job.enrich_alone("list.csv", "a.parquet", &service, &["--no-ledger"]).exits_with(0);
}

#[test]
fn rows_are_filtered_columns_selected_and_the_output_partitioned() {
    let service = Service::start(SimulatorSettings::default());
    let rows: String = (0..60).map(|n| format!("{n},4670174{n:04},{}\n", ["yes", "no", ""][n % 3])).collect();
    let job = Job::new().list("list.csv", format!("id,phone,consent\n{rows}"));
    let flags =
        ["--filter", "consent=yes|", "--keep-columns", "id,consent", "--drop-columns", "hlr_location"];
    let done = job.enrich("list.csv", "out.parquet", &service, &flags);
    done.exits_with(0).says(&["filtered out"]);
    let table = job.read("out.parquet");
    assert_eq!(table.rows(), 40);
    assert_eq!(service.account_in_short().distinct_numbers, 40, "what is left out is not asked about");
    let columns: Vec<_> = table.0.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(columns[..3], ["id", "consent", "hlr_msisdn"]);
    assert!(!columns.contains(&"hlr_location".to_owned()));
    assert_eq!((table.count("consent", "no"), table.count("consent", "yes")), (0, 20));

    let flags = ["--partition-by", "country,status", "--drop-columns", "phone"];
    job.enrich("list.csv", "partitions", &service, &flags).exits_with(0);
    let mut rows = 0;
    for country in fs::read_dir(job.path("partitions")).unwrap() {
        let country = country.unwrap().path();
        for status in fs::read_dir(&country).unwrap() {
            let status = status.unwrap().path();
            let part = Table::read(&status.join("part-0.parquet"));
            rows += part.rows();
            let (country, status) = (name_of(&country), name_of(&status));
            assert!(
                country.starts_with("hlr_country=") && status.starts_with("hlr_status="),
                "{country}/{status}"
            );
            assert!(
                part.0.column_by_name("hlr_status").is_none() && part.0.column_by_name("hlr_mcc").is_some()
            );
        }
    }
    assert_eq!(rows, 60);

    let refused = job.enrich_alone("list.csv", "x.parquet", &service, &["--filter", "consnt=yes"]);
    refused.exits_with(2).says(&["filter: there is no column \"consnt\"", "help: did you mean \"consent\"?"]);
    let refused = job.enrich_alone("list.csv", "x.parquet", &service, &["--keep-columns", "email"]);
    let texts = ["keep_columns: there is no column \"email\"", "help: the columns are id, phone, consent"];
    refused.exits_with(2).says(&texts);
    let dry = job.enrich_alone("list.csv", "x.parquet", &service, &["--filter", "consent=no", "--dry-run"]);
    dry.exits_with(0).says(&["filtered out"]);
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn names_have_the_date_of_the_run() {
    let today = || String::from_utf8(Command::new("date").arg("+%Y-%m-%d").output().unwrap().stdout).unwrap();
    let job = Job::new();
    let before = today();
    let list = format!("list-{}.csv", before.trim());
    let job = job.numbers(&list, 3);
    let flags = ["enrich", "list-{date}.csv", "-o", "out-{date}.csv", "--endpoint", "simulator"];
    job.hlr([&flags[..], &["--summary", "{year}-{month}-{day}.json"]].concat()).exits_with(0);
    let day = before.trim().to_owned();
    if today() == before {
        assert_eq!(job.files(), [format!("{day}.json"), list, format!("out-{day}.csv")]);
    }
    // A folder with the date in its name is created.
    job.hlr(["enrich", "list-{date}.csv", "-o", "{year}/{date}/out.csv", "--endpoint", "simulator"])
        .exits_with(0);
    job.hlr(["enrich", "a.csv", "-o", "{dat}.csv", "--endpoint", "simulator"])
        .exits_with(2)
        .says(&["--output: {dat} is not a placeholder", "help: did you mean {date}?"]);
}

/// As a service manager starts it: no terminal, no home, no variables, standard input closed, a
/// working folder that is not writable.
#[test]
fn a_run_needs_nothing_but_its_files() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 30).list("credentials", "username=user\npassword=password\n");
    let path = |name: &str| job.path(name).to_str().unwrap().to_owned();
    let pipeline = format!(
        "input = \"{}\"\noutput = \"{}\"\nendpoint = \"{}\"\nledger = \"{}\"\nreport = \"{}\"\nsummary = \"{}\"\n\
         metrics = \"{}\"\ncredentials_file = \"{}\"\n",
        path("list.csv"),
        path("out.parquet"),
        service.url(),
        path("ledger.redb"),
        path("run.html"),
        path("run.json"),
        path("run.prom"),
        path("credentials"),
    );
    let job = job.list("nightly.toml", pipeline);
    restrict(&job.path("credentials"));
    let run = |closing: &str| {
        let script = format!("cd /proc && exec \"$0\" run \"$1\" --force {closing}");
        let mut command = job.command_of("sh");
        command.env_clear().args(["-c", &script, env!("CARGO_BIN_EXE_hlr")]).arg(job.path("nightly.toml"));
        command.output().unwrap()
    };
    for closing in ["<&-", "<&- >&-", "<&- >&- 2>&-"] {
        let done = run(closing);
        assert_eq!(done.status.code(), Some(0), "{closing}\n{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(job.read("out.parquet").rows(), 30);
        for file in ["run.html", "run.json", "run.prom"] {
            fs::remove_file(job.path(file)).unwrap_or_else(|fault| panic!("{closing}: {file}: {fault}"));
        }
    }
    assert_eq!(service.account_in_short().requests, 30, "the ledger knows them from the second run on");
}

/// Makes the file readable for its owner only.
fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A run for each documented exit code.
#[test]
fn every_exit_code_is_reached() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 5);
    job.enrich_alone("list.csv", "a.csv", &service, &["--no-ledger"]).exits_with(0);
    // The built-in simulator cannot start, because its port is taken.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let pipeline = format!(
        "input = \"list.csv\"\noutput = \"b.csv\"\nendpoint = \"simulator\"\n[simulator]\nlisten = \"{}\"\n",
        taken.local_addr().unwrap()
    );
    let job = job.list("taken.toml", pipeline);
    job.hlr(["run", "taken.toml"]).exits_with(1);
    job.enrich_alone("missing.csv", "c.csv", &service, &[]).exits_with(2);
    let results = [("TIMEOUT".to_owned(), 1.0)].into();
    let silent = Service::start(SimulatorSettings { results, ..SimulatorSettings::default() });
    job.enrich_alone("list.csv", "d.csv", &silent, &["--no-ledger", "--attempts", "1"]).exits_with(3);
    job.enrich_alone("list.csv", "e.csv", &service, &["--no-ledger", "--max-lookups", "2"]).exits_with(4);
    let slow = slow_service();
    let mut run = job.start_enrich("list.csv", "f.csv", &slow, &["--no-ledger"]);
    wait_for_a_request(&slow, &mut run);
    job.enrich_alone("list.csv", "f.csv", &slow, &["--no-ledger"]).exits_with(5);
    send_signal("TERM", &run);
    // Two within a second count as one.
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    send_signal("TERM", &run);
    assert_eq!(run.wait().unwrap().code(), Some(130));
}

#[test]
fn a_list_that_was_enriched_before_keeps_its_new_columns() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 10);
    job.enrich("list.csv", "a.csv", &service, &["--no-ledger"]).exits_with(0);
    for only in ["all", "unresolved"] {
        let flags = ["--keep-columns", "id", "--only", only, "--no-ledger", "--force"];
        job.enrich("a.csv", "b.parquet", &service, &flags).exits_with(0);
        let table = job.read("b.parquet");
        assert_eq!(table.0.num_columns(), 1 + 14, "{only}");
        assert!(table.column("hlr_status").iter().all(Option::is_some));
    }
}

/// What stands in the way of the name at the end costs no row.
#[test]
fn rows_that_could_not_get_their_name_are_kept() {
    let service = slow_service();
    let job = Job::new().numbers("list.csv", 20);
    for (output, flags) in
        [("late.csv", &["--force"][..]), ("late", &["--force", "--partition-by", "status"])]
    {
        let flags = [flags, &["--no-ledger"]].concat();
        let mut run = job.start_enrich("list.csv", output, &service, &flags);
        let before = service.account_in_short().requests;
        while service.account_in_short().requests < before + 1 {
            assert!(run.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::create_dir_all(job.path(output).join("of somebody else")).unwrap();
        let ended = run.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(job.path(output).join("of somebody else").exists());
        assert!(said.lines().any(|line| line.starts_with("error: ") && line.contains("late")), "{said}");
        let help = said.lines().find(|line| line.starts_with("help: take "));
        let kept = help.and_then(|line| line.rsplit_once(" from ")).unwrap_or_else(|| panic!("{said}")).1;
        assert!(job.path(kept).exists(), "{said}");
    }
}

#[test]
fn a_filter_without_matches_is_reported() {
    let service = Service::start(SimulatorSettings::default());
    let job = Job::new().numbers("list.csv", 10);
    let done = job.enrich("list.csv", "a.csv", &service, &["--filter", "id=x", "--no-ledger"]);
    done.exits_with(0).says(&["the filter matches no row"]);
}

#[test]
fn simulated_answers_are_not_imported_into_a_ledger_of_real_ones() {
    let job = Job::new().numbers("list.csv", 10);
    job.hlr(["enrich", "list.csv", "-o", "a.parquet", "--endpoint", "simulator"]).exits_with(0);
    let refused = job.hlr(["ledger", "import", "a.parquet", "--ledger", "l.redb"]);
    refused.exits_with(2).says(&["a simulator's", "--simulated"]);
    job.hlr(["ledger", "import", "a.parquet", "--ledger", "s.redb", "--simulated"]).exits_with(0);
}
