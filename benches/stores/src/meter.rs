//! What a piece of work costs this process: time, processor time, bytes written, and memory.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::stat::{major, minor};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::sync;

use crate::store::Result;

/// The three clocks at one moment.
pub struct Meter {
    disk: PathBuf,
    start: Instant,
    cpu: Duration,
    written: u64,
}

/// What a piece of work of `count` parts has cost.
#[derive(Clone, Copy)]
pub struct Cost {
    count: u64,
    wall: Duration,
    cpu: Duration,
    written: u64,
}

impl Meter {
    /// Starts to measure work on files in `dir`, once what was written before has gone to the disk.
    pub fn start(dir: &Path) -> Result<Self> {
        sync();
        let device = dir.metadata()?.dev();
        let disk = format!("/sys/dev/block/{}:{}/stat", major(device), minor(device)).into();
        Ok(Self { written: written(&disk)?, disk, start: Instant::now(), cpu: cpu()? })
    }

    /// The cost since the start, of `count` parts. The time ends here, and the bytes are counted once all
    /// that was written has gone to the disk.
    pub fn stop(self, count: u64) -> Result<Cost> {
        let (wall, cpu) = (self.start.elapsed(), cpu()? - self.cpu);
        sync();
        Ok(Cost { count, wall, cpu, written: written(&self.disk)? - self.written })
    }
}

impl Cost {
    /// Parts a second.
    pub fn rate(self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    /// Microseconds of processor time for a part.
    pub fn cpu_us(self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }

    /// Bytes written for a part.
    pub fn bytes(self) -> f64 {
        self.written as f64 / self.count as f64
    }
}

/// Costs of the same work, which are told by their medians, since other work runs on the machine.
#[derive(Default)]
pub struct Costs(Vec<Cost>);

impl Costs {
    /// Adds a repetition.
    pub fn push(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    fn median(&self, of: impl Fn(Cost) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(|cost| of(*cost)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Rate and processor time of reads.
    pub fn of_reads(&self) -> String {
        let (rate, cpu) = (self.median(Cost::rate) / 1e6, self.median(Cost::cpu_us));
        format!("{rate:.2} M/s, {cpu:.2} µs")
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, cpu) = (self.median(Cost::rate) / 1e3, self.median(Cost::cpu_us));
        write!(f, "{rate:.0} k/s, {cpu:.2} µs, {:.0} B", self.median(Cost::bytes))
    }
}

/// Processor time of all threads of this process so far.
fn cpu() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}

/// Bytes that went to the disk, from all processes. What the kernel counts for a process alone
/// (`write_bytes` of `/proc/self/io`) is of no use: ext4 keeps files in large folios, and the whole folio is
/// counted for each page of it that is written, which was 78 times too much for random pages.
fn written(disk: &PathBuf) -> Result<u64> {
    let stat = std::fs::read_to_string(disk)?;
    let sectors: u64 = stat.split_whitespace().nth(6).ok_or("the disk counts what it writes")?.parse()?;
    Ok(512 * sectors)
}

/// Resident memory as text: the part of its own, and the part that belongs to files.
pub fn resident() -> Result<String> {
    let own = field("/proc/self/status", "RssAnon:")? / 1024;
    let files = field("/proc/self/status", "RssFile:")? / 1024;
    Ok(format!("{own} MiB and {files} MiB of files"))
}

fn field(file: &str, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("the field is not there")?;
    Ok(line.split_whitespace().next().ok_or("the field is empty")?.parse()?)
}

/// All files under a directory.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() { dirs.push(path) } else { found.push(path) }
        }
    }
    Ok(found)
}

/// Bytes the disk holds of a directory's files: the blocks they hold, since some files are longer than that.
pub fn size(dir: &Path) -> Result<u64> {
    let mut size = 0;
    for file in files(dir)? {
        size += 512 * file.metadata()?.blocks();
    }
    Ok(size)
}
