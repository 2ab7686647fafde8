//! Faults from outside: system calls that fail, signals, other programs, numbers without an answer.
//!
//! The service judges: what it was paid for is in the ledger, in a file that says so, or among what
//! the program says is in doubt.

mod account;
mod clock;
mod disk;
mod foreign_changes;
mod foreign_text;
mod imports;
mod judge;
mod limits;
mod memory;
mod preload;
mod printing;
mod responses;
mod scripted_server;
mod signals;
mod silent_numbers;
mod simulated;
mod wrong_answers;

use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hlr_enrich::internals::ledger::{AnswerOrigin, IfMissing, LedgerFile};
use hlr_enrich::simulator::{Latency, SimulatorSettings};

use crate::harness::{Done, Job, Service};

/// A service that answers after this time.
fn service(latency: Duration) -> Service {
    let latency = Latency { median: latency, p99: latency + Duration::from_millis(1) };
    Service::start(SimulatorSettings { latency, ..SimulatorSettings::default() })
}

/// `hlr enrich LIST -o OUTPUT` with a ledger and further flags.
fn enrich(job: &Job, service: &Service, list: &str, output: &str, ledger: &str, flags: &[&str]) -> Command {
    let mut command = job.command_of(env!("CARGO_BIN_EXE_hlr"));
    let url = service.url();
    command.args(["enrich", list, "-o", output, "--endpoint", &url, "--ledger", ledger]).args(flags);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for the end; a run that hangs is killed and fails the test.
#[track_caller]
fn end_of(run: Child) -> Done {
    let (pid, started, (sender, receiver)) = (run.id(), Instant::now(), mpsc::channel());
    std::thread::spawn(move || sender.send(run.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(Duration::from_secs(60)) else {
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        panic!("the run hangs");
    };
    Done { output: output.unwrap(), took: started.elapsed() }
}

/// Waits until the service was paid for this many answers.
#[track_caller]
fn until_billed(service: &Service, run: &mut Child, answers: u64) {
    let started = Instant::now();
    while service.account_in_short().billed < answers {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is asked");
        assert!(run.try_wait().unwrap().is_none(), "the run has ended");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How many answers a ledger has.
fn kept(job: &Job, ledger: &str) -> u64 {
    let missing = IfMissing::Create(AnswerOrigin::ThisMachine);
    LedgerFile::open(&job.path(ledger), missing).unwrap().count().unwrap()
}

/// Runs the command that a run has printed, as a user who pastes it into a shell.
#[track_caller]
fn paste(job: &Job, command: &str) -> Done {
    let mut shell = job.command_of("sh");
    shell.args(["-c", command]).stdout(Stdio::piped()).stderr(Stdio::piped());
    end_of(shell.spawn().unwrap())
}

/// The line of a run that is a command of this kind.
#[track_caller]
fn printed(done: &Done, kind: &str) -> String {
    let stderr = done.stderr();
    let line = stderr.lines().find(|line| line.starts_with(env!("CARGO_BIN_EXE_hlr")) && line.contains(kind));
    line.unwrap_or_else(|| panic!("no command {kind:?} in\n{stderr}")).to_owned()
}
