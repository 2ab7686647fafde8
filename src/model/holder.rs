//! Who is at work where only one may be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::UtcMillis;

/// The run that holds a lock or a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The identifier of the run, as in its summary and logs.
    pub run_id: String,
    /// Its process.
    pub pid: u32,
    /// The machine that it runs on.
    pub host: String,
    /// When it began, RFC 3339.
    pub since: String,
}

impl Holder {
    /// This process, from now on.
    pub(crate) fn of_this_process(run_id: &str) -> Self {
        let (run_id, since) = (run_id.to_owned(), UtcMillis::now().to_string());
        Self { run_id, pid: std::process::id(), host: host(), since }
    }
}

/// The name of this machine.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    name.unwrap_or_else(|| "this machine".into())
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run_id, pid, host, since } = self;
        write!(f, "run {run_id}, process {pid} on {host}, since {since}")
    }
}
