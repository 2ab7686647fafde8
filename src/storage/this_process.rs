//! What identifies a process on its machine, and clocks that go on while it sleeps.

use std::fs;
use std::time::Duration;

use crate::model::UtcMillis;

/// This process, in a form by which it can be looked for on this machine: the boot, the namespace of
/// process numbers, the number, and when the process began. `None` where that is not known.
pub(super) fn identity() -> Option<String> {
    let pid = std::process::id();
    Some(format!("{}/{pid}/{}", here()?, started_at(pid)?))
}

/// Whether a process of this machine and boot has ended. False for processes elsewhere.
pub(super) fn has_ended_here(identity: &str) -> bool {
    let Some(rest) = here().and_then(|here| identity.strip_prefix(&here)?.strip_prefix('/')) else {
        return false;
    };
    let Some((pid, started)) = rest.split_once('/') else { return false };
    pid.parse().is_ok_and(|pid| started_at(pid).is_none_or(|now| now != started))
}

/// The boot and the namespace of process numbers: containers on one machine have their own.
fn here() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

/// When a process began, in ticks since boot; `None` if there is none, or only its remains.
fn started_at(pid: u32) -> Option<String> {
    const STATE: usize = 0;
    const START: usize = 19;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in brackets, may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    match fields.get(STATE)? {
        &"Z" | &"X" => None,
        _ => fields.get(START).map(|start| (*start).to_owned()),
    }
}

/// A moment, by the clock that goes on while the machine sleeps, and by the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeaseTime {
    pub(super) boot_ns: i64,
    pub(super) wall_ms: i64,
}

impl LeaseTime {
    pub(super) fn now() -> Self {
        Self { boot_ns: boot_ns(), wall_ms: UtcMillis::now().0 }
    }

    /// How long ago it was, by the clock that nobody sets.
    pub(super) fn elapsed(self) -> Duration {
        Duration::from_nanos(boot_ns().saturating_sub(self.boot_ns).max(0) as u64)
    }
}

#[cfg(target_os = "linux")]
fn boot_ns() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Elsewhere the wall clock has to do: it counts suspension too.
#[cfg(not(target_os = "linux"))]
fn boot_ns() -> i64 {
    UtcMillis::now().0 * 1_000_000
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_known_to_have_ended_on_its_own_machine_only() {
        let this = identity().unwrap();
        assert!(!has_ended_here(&this));
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let of_child = format!("{}/{}/{}", here().unwrap(), child.id(), started_at(child.id()).unwrap());
        assert!(!has_ended_here(&of_child));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(has_ended_here(&of_child));
        let elsewhere = of_child.replacen(|c: char| c.is_ascii_hexdigit(), "g", 1);
        assert!(!has_ended_here(&elsewhere) && !has_ended_here(""));
        // The number was given to another process since.
        assert!(has_ended_here(&format!("{}/{}/0", here().unwrap(), std::process::id())));
    }

    #[test]
    fn time_goes_on() {
        let then = LeaseTime::now();
        assert!(then.elapsed() < Duration::from_secs(60) && then.boot_ns > 0 && then.wall_ms > 0);
    }
}
