//! A small language for tests that run the binary from outside, against the simulator.
//!
//! ```text
//! let service = Service::start(SimulatorSettings::stormy());
//! let job = Job::new().list("contacts.csv", "phone\n+46701740605\n");
//! let done = job.run(["enrich", "contacts.csv", "-o", "out.parquet"], &service);
//! done.exits_with(0);
//! job.read("out.parquet").column("hlr_status")
//! ```
//!
//! Every job has a folder of its own, which is its working directory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, SchemaRef};
use hlr_enrich::internals::model::{Answer, Msisdn};
use hlr_enrich::simulator::{Account, OutageKind, Simulator, SimulatorSettings};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The simulator, running in this process on threads of its own.
pub struct Service {
    runtime: Runtime,
    simulator: Option<Simulator>,
}

impl Service {
    pub fn start(settings: SimulatorSettings) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let simulator = runtime.block_on(Simulator::start(settings)).unwrap();
        Self { runtime, simulator: Some(simulator) }
    }

    pub fn url(&self) -> String {
        self.simulator().url()
    }

    pub fn truth(&self, msisdn: Msisdn) -> Answer {
        self.simulator().final_answer(msisdn)
    }

    pub fn account(&self) -> Account {
        self.simulator().account()
    }

    /// The account without the numbers, for looking at often.
    pub fn account_in_short(&self) -> Account {
        self.simulator().totals()
    }

    pub fn certificate_pem(&self) -> String {
        self.simulator().certificate_pem().unwrap().to_owned()
    }

    /// Begins an outage, or ends it.
    pub fn set_outage(&self, kind: Option<OutageKind>) {
        self.runtime.block_on(self.simulator().set_outage(kind));
    }

    /// Ends the service as if its machine had gone.
    pub fn stop(&mut self) -> Account {
        let simulator = self.simulator.take().expect("it was not stopped before");
        self.runtime.block_on(simulator.stop())
    }

    fn simulator(&self) -> &Simulator {
        self.simulator.as_ref().expect("it was not stopped")
    }
}

/// A folder with lists, in which the binary is run.
pub struct Job {
    folder: TempDir,
    /// Where summaries go, so that the folder holds only what the test put there.
    figures: TempDir,
    credentials: Option<(&'static str, &'static str)>,
    variables: Vec<(String, String)>,
}

/// Variables that a developer's machine may have, and that would lead to real stores.
const OF_CLOUDS: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCOUNT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "STORAGE_EMULATOR_HOST",
];

impl Job {
    pub fn new() -> Self {
        let (folder, figures) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Self { folder, figures, credentials: Some(("user", "password")), variables: Vec::new() }
    }

    /// Runs the binary with these environment variables too.
    pub fn with_variables<'a>(mut self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    pub fn with_credentials(mut self, credentials: Option<(&'static str, &'static str)>) -> Self {
        self.credentials = credentials;
        self
    }

    pub fn list(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    /// A list of so many different Swedish mobile numbers, in a column `phone`, with their place in `id`.
    pub fn numbers(self, name: &str, count: u64) -> Self {
        let rows: String = (0..count).map(|n| format!("{n},{}\n", nth_number(n).get())).collect();
        self.list(name, format!("id,phone\n{rows}"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_hlr"))
    }

    /// Another program in the place of the binary, whose path it finds in `$HLR`.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HLR", env!("CARGO_BIN_EXE_hlr"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        // Whatever is remembered, is remembered for this job alone.
        command.env("HOME", self.figures.path()).env("XDG_DATA_HOME", self.figures.path());
        for name in ["HLR_USERNAME", "HLR_PASSWORD", "CREDENTIALS_DIRECTORY"] {
            command.env_remove(name);
        }
        if let Some((username, password)) = self.credentials {
            command.env("HLR_USERNAME", username).env("HLR_PASSWORD", password);
        }
        for name in OF_CLOUDS {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the binary with these arguments.
    pub fn hlr<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Done {
        let started = Instant::now();
        let output = self.command().args(arguments).output().unwrap();
        Done { output, took: started.elapsed() }
    }

    /// Runs `hlr enrich LIST -o OUTPUT` against a service, with further flags. Whatever the run is for, its
    /// counts must add up and agree with the account of the service, where that is the only one.
    #[track_caller]
    pub fn enrich(&self, list: &str, output: &str, service: &Service, flags: &[&str]) -> Done {
        let (url, before) = (service.url(), service.account());
        let summary = self.figures.path().join("summary.json");
        let arguments =
            ["enrich", list, "-o", output, "--endpoint", &url, "--summary", summary.to_str().unwrap()];
        let done = self.hlr(arguments.into_iter().chain(flags.iter().copied()));
        let is_the_only_one = !flags.contains(&"--endpoint");
        if let (true, Ok(file)) = (is_the_only_one, File::open(&summary)) {
            the_counts_agree(&serde_json::from_reader(file).unwrap(), &before, &service.account());
        }
        let _ = fs::remove_file(summary);
        done
    }

    /// Runs `hlr enrich` with these flags and no others.
    pub fn enrich_alone(&self, list: &str, output: &str, service: &Service, flags: &[&str]) -> Done {
        let url = service.url();
        self.hlr([&["enrich", list, "-o", output, "--endpoint", &url], flags].concat())
    }

    /// The platform's folder for data, as this job sees it.
    pub fn data_folder(&self) -> &Path {
        self.figures.path()
    }

    /// Starts the same without waiting for its end.
    pub fn start_enrich(&self, list: &str, output: &str, service: &Service, flags: &[&str]) -> Child {
        let url = service.url();
        self.start(&[&["enrich", list, "-o", output, "--endpoint", &url], flags].concat())
    }

    /// Starts the binary with these arguments without waiting for its end.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command();
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn read(&self, name: &str) -> Table {
        Table::read(&self.path(name))
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_reader(File::open(self.path(name)).unwrap()).unwrap()
    }
}

/// Sends a signal, INT or TERM, by the shell's own `kill`, which every machine has.
pub fn send_signal(signal: &str, process: &Child) {
    let kill = format!("kill -{signal} {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// The n-th number of [`Job::numbers`].
pub fn nth_number(n: u64) -> Msisdn {
    Msisdn::new(46_700_000_000 + n).unwrap()
}

/// A run of the binary that has ended.
pub struct Done {
    pub output: Output,
    pub took: Duration,
}

impl Done {
    #[track_caller]
    pub fn exits_with(&self, code: i32) -> &Self {
        assert_eq!(self.output.status.code(), Some(code), "\n{}", self.stderr());
        self
    }

    /// Standard error has each of these texts.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> &Self {
        let stderr = self.stderr();
        for text in texts {
            assert!(stderr.contains(text), "{text:?} is not in\n{stderr}");
        }
        self
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }
}

/// A Parquet file, read whole.
pub struct Table(pub RecordBatch);

impl Table {
    pub fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema: SchemaRef = reader.schema().clone();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        Self(concat_batches(&schema, &batches).unwrap())
    }

    pub fn rows(&self) -> usize {
        self.0.num_rows()
    }

    /// A column as text, whatever its type.
    #[track_caller]
    pub fn column(&self, name: &str) -> Vec<Option<String>> {
        let column = self.0.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
        let text = cast(column, &DataType::Utf8).unwrap();
        text.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    /// How many rows have which value in a column.
    pub fn count(&self, name: &str, value: &str) -> usize {
        self.column(name).iter().filter(|cell| cell.as_deref() == Some(value)).count()
    }
}

/// Asserts that every row with a number has the service's true answer, whole.
#[track_caller]
pub fn every_row_is_true(table: &Table, service: &Service) {
    let columns = ["msisdn", "status", "result", "mcc", "mnc", "location"];
    let [msisdn, status, result, mcc, mnc, location] =
        columns.map(|name| table.column(&format!("hlr_{name}")));
    let product = hlr_enrich::internals::model::Product::RealTime;
    for row in 0..table.rows() {
        let Some(digits) = &msisdn[row] else {
            assert_eq!(status[row].as_deref(), Some("invalid"), "row {row}");
            continue;
        };
        let truth = service.truth(Msisdn::new(digits.parse().unwrap()).unwrap());
        assert_eq!(result[row].as_deref(), Some(truth.result.text()), "row {row}");
        assert_eq!(status[row].as_deref(), Some(truth.result.status(product).text()), "row {row}");
        assert_eq!(mcc[row], truth.network.map(|network| network.mcc_text()), "row {row}");
        assert_eq!(mnc[row], truth.network.map(|network| network.mnc_text()), "row {row}");
        assert_eq!(location[row], truth.location.map(|code| code.to_string()), "row {row}");
    }
}

/// Asserts that the counts of a summary add up, and agree with what the service was asked meanwhile.
#[track_caller]
fn the_counts_agree(summary: &serde_json::Value, before: &Account, after: &Account) {
    let count = |name: &str| summary["counts"][name].as_u64().unwrap_or_else(|| panic!("no count {name}"));
    let classes = ["invalid", "carried", "duplicates", "from_ledger", "answered", "unanswered"].map(count);
    assert_eq!(count("rows"), classes.iter().sum::<u64>(), "{summary:#}");
    let faults = summary["counts"]["faults"].as_object().unwrap();
    let failed: u64 = faults.values().filter_map(serde_json::Value::as_u64).sum();
    let throttled = after.throttled - before.throttled;
    assert_eq!(count("throttled"), throttled + after.rate_limited - before.rate_limited, "{summary:#}");
    assert_eq!(count("requests"), count("replies") + throttled + failed, "{summary:#}");
    let fault = |kind: &str| faults.get(kind).and_then(serde_json::Value::as_u64).unwrap_or(0);
    // A request on a connection that broke may or may not have reached the service; all others did.
    let sent = count("requests") - fault("not_connected");
    let arrived = after.requests - before.requests;
    assert!((sent - fault("connection_broken")..=sent).contains(&arrived), "{summary:#}\n{after}");
}
