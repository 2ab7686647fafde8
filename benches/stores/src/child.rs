//! Steps as child processes.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::store::{Kind, Result};

/// How long a step may take.
const LIMIT: Duration = Duration::from_secs(400);

/// What a step has said, and how it ended.
pub struct Outcome {
    /// Its readings.
    pub readings: Vec<(String, String)>,
    /// How it ended, if not well.
    pub failure: Option<String>,
}

impl Outcome {
    /// The reading of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.readings.iter().find(|reading| reading.0 == name).map(|reading| reading.1.as_str())
    }
}

/// Starts a step of this program. Its arguments are all numbers.
pub fn start(step: &str, kind: Kind, dir: &Path, numbers: &[u64]) -> Result<Child> {
    Ok(Command::new(std::env::current_exe()?)
        .args(["step", step, kind.name()])
        .arg(dir)
        .args(numbers.iter().map(u64::to_string))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// Runs a step to its end, or to the limit of time.
pub fn run(step: &str, kind: Kind, dir: &Path, numbers: &[u64]) -> Result<Outcome> {
    eprintln!("{} {step} {numbers:?}", kind.name());
    let mut child = start(step, kind, dir, numbers)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let out = std::thread::spawn(move || lines(out));
    let err = std::thread::spawn(move || lines(err));
    let begun = Instant::now();
    let failure = loop {
        match child.try_wait()? {
            Some(status) if status.success() => break None,
            Some(status) => break Some(status.to_string()),
            None if begun.elapsed() > LIMIT => {
                child.kill()?;
                child.wait()?;
                break Some("no end".to_owned());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let out = out.join().expect("reading lines does not panic");
    let err = err.join().expect("reading lines does not panic");
    let readings = out.iter().filter_map(|line| line.split_once('\t'));
    let readings = readings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let failure = failure.map(|failure| format!("{failure}: {}", first_words(&err)));
    if let Some(failure) = &failure {
        eprintln!("  {failure}");
    }
    Ok(Outcome { readings, failure })
}

/// The part of an error text that fits in a cell. A panic says its place in the line before its message.
fn first_words(lines: &[String]) -> String {
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    let text = lines[panic.unwrap_or(0)..].iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
    let text = text.rsplit_once("/src/").map_or(text.as_str(), |parts| parts.1);
    text.chars().take(120).collect()
}

fn lines(pipe: Option<impl Read>) -> Vec<String> {
    pipe.map(|pipe| BufReader::new(pipe).lines().map_while(std::result::Result::ok).collect())
        .unwrap_or_default()
}
