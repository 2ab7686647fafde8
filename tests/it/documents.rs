//! Claims of the documents, checked against the program.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use hlr_enrich::internals::cli::Exit;
use hlr_enrich::internals::config::{KeySource, RawConfig};
use hlr_enrich::internals::enrich::added_columns::ADDED;
use hlr_enrich::internals::model::Status;
use hlr_enrich::simulator::{Scheme, SimulatorSettings};

use crate::harness::{Job, Service, Table};

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_first_command_of_the_readme_does_the_main_job() {
    let readme = document("README.md");
    let command = readme.lines().find_map(|line| line.strip_prefix("cargo run --release -- ")).unwrap();
    let sample = document("sample-data/contacts.csv");
    let job = Job::new().with_credentials(None);
    fs::create_dir(job.path("sample-data")).unwrap();
    fs::write(job.path("sample-data/contacts.csv"), &sample).unwrap();
    let done = job.hlr(command.split_whitespace());
    done.exits_with(0).says(&["SIMULATED ANSWERS", "enriched.parquet: 4 000 rows"]);
    assert!(done.stdout().is_empty(), "standard output stays clean");
    let table = job.read("enriched.parquet");
    let mut rows = csv::Reader::from_reader(sample.as_bytes());
    let columns = rows.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(table.rows(), rows.len());
    for (place, name) in columns.iter().enumerate() {
        let expected: Vec<_> = rows.iter().map(|row| row.get(place).map(str::to_owned)).collect();
        assert_eq!(table.column(name), expected, "{name}");
    }
}

#[test]
fn the_parquet_sample_is_enriched_too() {
    let job = Job::new().with_credentials(None);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/contacts.parquet");
    let list = sample.to_str().unwrap();
    job.hlr(["enrich", list, "-o", "out.parquet", "--endpoint", "simulator"]).exits_with(0);
    let (before, after) = (Table::read(&sample).0, job.read("out.parquet").0);
    assert_eq!(after.num_columns(), before.num_columns() + ADDED.len());
    for (place, field) in before.schema().fields().iter().enumerate() {
        assert_eq!(after.column(place), before.column(place), "{}", field.name());
    }
}

#[test]
fn the_reference_page_names_every_exit_code_column_and_status() {
    let page = document("docs/reference.md");
    for exit in Exit::ALL {
        assert!(page.contains(&format!("| {} |", exit.code())), "exit code {}", exit.code());
    }
    for column in ADDED {
        assert!(page.contains(&format!("`hlr_{column}`")), "column {column}");
    }
    for status in Status::ALL {
        assert!(page.contains(&format!("| `{}` |", status.text())), "status {}", status.text());
    }
}

#[test]
fn every_pipeline_file_passes_the_check_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(root.join("pipelines")).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for file in files {
        let job = Job::new().with_credentials(None);
        fs::create_dir(job.path("sample-data")).unwrap();
        for list in ["contacts.csv", "last-month.parquet"] {
            fs::copy(root.join("sample-data").join(list), job.path("sample-data").join(list)).unwrap();
        }
        let file = file.to_str().unwrap();
        job.hlr(["check", file]).exits_with(0);
        job.hlr(["run", file]).exits_with(0);
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn the_simulator_gives_the_documents_transcript() {
    let service = Service::start(SimulatorSettings::default());
    let mut connection = TcpStream::connect(service.url().strip_prefix("http://").unwrap()).unwrap();
    // What `curl -v -u user:password http://…/lookup?msisdn=46708100200` sends.
    let request = "GET /lookup?msisdn=46708100200 HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
                   User-Agent: curl/7.30.0\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    while !said.ends_with(b"imsi=24004") {
        let read = connection.read(&mut buffer).unwrap();
        assert!(read > 0, "the connection ended: {}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..read]);
    }
    let said = String::from_utf8(said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "result=OK;imsi=24004");
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK, Success"));
    let lines: Vec<_> = lines.collect();
    assert!(lines.contains(&"Content-Length: 20"), "{lines:?}");
    assert!(lines.contains(&"Content-Type: text/plain; charset=ISO-8859-1"), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("Date: ")), "{lines:?}");
}

#[test]
fn a_few_numbers_are_printed_as_a_table_or_as_json() {
    let service = Service::start(SimulatorSettings { scheme: Scheme::Http, ..SimulatorSettings::default() });
    let job = Job::new();
    let url = service.url();
    let table = job.hlr(["lookup", "+46 70-174 06 05", "nonsense", "--endpoint", &url]);
    table.exits_with(0);
    assert!(table.stdout().contains("+46 70-174 06 05"), "{}", table.stdout());
    let json = job.hlr(["lookup", "+46 70-174 06 05", "nonsense", "--json", "--endpoint", &url]);
    let rows: Vec<serde_json::Value> =
        json.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["msisdn"], "46701740605");
    assert_eq!(rows[1]["status"], "invalid");
}

#[test]
fn a_few_numbers_do_not_wait_long_for_a_service_that_is_down() {
    let mut service = Service::start(SimulatorSettings::default());
    let url = service.url();
    service.stop();
    let done = Job::new().hlr(["lookup", "+46701740605", "--endpoint", &url, "--give-up-after", "3s"]);
    // The attempts may be spent before --give-up-after has passed.
    assert!(matches!(done.output.status.code(), Some(3 | 4)), "{}", done.stderr());
    done.says(&["hlr lookup"]);
    assert!(done.took < Duration::from_secs(10), "{:?}", done.took);
    assert!(done.stdout().contains("not_checked"), "{}", done.stdout());
}

/// The reference has every key of pipeline files, set or in a comment, and no other.
#[test]
fn the_reference_names_every_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("pipelines/reference.toml")).unwrap();
    let named: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .filter_map(|line| {
            line.split_once(" = ").map(|(key, _)| key).or_else(|| line.strip_prefix('[')?.strip_suffix(']'))
        })
        .filter(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .collect();
    let keys: Vec<&str> = RawConfig::KEYS.iter().map(|key| key.name).collect();
    for key in &keys {
        assert!(named.contains(key), "reference.toml lacks {key}");
    }
    let of_the_simulator = ["latency", "transient", "limits"];
    for key in named.iter().filter(|key| !of_the_simulator.contains(key)) {
        assert!(keys.contains(key), "{key} is not a key");
    }
}

#[test]
fn the_summary_matches_its_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema =
        serde_json::from_str(&fs::read_to_string(root.join("docs/summary.schema.json")).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let job = Job::new().with_credentials(None);
    fs::create_dir(job.path("sample-data")).unwrap();
    for list in ["contacts.csv", "last-month.parquet"] {
        fs::copy(root.join("sample-data").join(list), job.path("sample-data").join(list)).unwrap();
    }
    for pipeline in ["nightly", "recheck", "failover", "reference"] {
        let file = root.join("pipelines").join(pipeline).with_extension("toml");
        job.hlr(["run", file.to_str().unwrap(), "--summary", "run.json"]).exits_with(0);
        let summary = job.json("run.json");
        let faults: Vec<String> =
            schema.iter_errors(&summary).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{pipeline}: {faults:#?}");
        assert_eq!(summary["simulated"], true);
        assert!(!summary["timeline"]["points"].as_array().unwrap().is_empty());
    }
}

#[test]
fn completions_and_man_pages_have_the_flags_and_exit_codes() {
    let job = Job::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = job.hlr(["completions", shell]);
        done.exits_with(0);
        assert!(done.stdout().contains("--second-pass") || done.stdout().contains("second-pass"), "{shell}");
    }
    job.hlr(["man", "."]).exits_with(0);
    let pages = job.files();
    for page in ["hlr.1", "hlr-enrich.1", "hlr-run.1", "hlr-ledger-forget.1"] {
        assert!(pages.contains(&page.to_owned()), "{pages:?}");
    }
    let page = fs::read_to_string(job.path("hlr.1")).unwrap();
    assert!(page.contains("another run is active"), "the exit codes are on the page");
    job.hlr(["man", "missing"]).exits_with(2);
}

/// The block of docs/reference.md that lists every key, as the program knows it.
fn key_table() -> String {
    let mut table = "| key | flag | meaning |\n| --- | --- | --- |\n".to_owned();
    for key in RawConfig::KEYS {
        let flag = match (key.source, key.name) {
            (KeySource::File, _) => String::new(),
            (KeySource::Flag, "input") => "`INPUT`".into(),
            (KeySource::Flag, "header") => "`--header`, `--no-header`".into(),
            (KeySource::Flag, name) => format!("`--{}`", name.replace('_', "-")),
        };
        let paragraphs =
            key.doc.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let meaning = paragraphs.collect::<Vec<_>>().join("<br>").replace('|', "\\|");
        table.push_str(&format!("| `{}` | {flag} | {meaning} |\n", key.name));
    }
    table
}

/// `HLR_UPDATE_DOCS=1 cargo test --test it the_reference_page_lists` writes the block anew.
#[test]
fn the_reference_page_lists_every_key_with_its_help() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let page = fs::read_to_string(&path).unwrap();
    let (start, end) = ("<!-- keys: generated -->\n", "<!-- end of keys -->");
    let (before, rest) = page.split_once(start).unwrap();
    let (block, after) = rest.split_once(end).unwrap();
    if std::env::var_os("HLR_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{start}{}{end}{after}", key_table())).unwrap();
    } else {
        assert_eq!(block, key_table(), "write it anew with HLR_UPDATE_DOCS=1");
    }
}
