//! What is left when the process is killed in the middle of its commits. The operating system lives on: this
//! says nothing about a loss of power.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

use crate::answers::mix;
use crate::{child, meter};
use crate::steps::COMMIT;
use crate::store::{Kind, Result};

/// How often a writer is killed.
const KILLS: u64 = 4;

/// Kills writers and opens their store again, the last time with nothing of the files in memory.
pub fn readings(kind: Kind, dir: &Path, from: &mut u64, cache: u64) -> Result<Vec<(String, String)>> {
    let (mut warm, mut cold, mut missing, mut torn, mut acknowledged) = (Vec::new(), 0.0, 0, 0, 0);
    for kill in 0..KILLS {
        let last = kill + 1 == KILLS;
        let first = *from;
        let end = write_and_kill(kind, dir, first, cache, kill)?;
        acknowledged += (end - first) / COMMIT;
        if last {
            forget(dir)?;
        }
        let outcome = child::run("open-again", kind, dir, &[first, end, cache])?;
        let number = |name| -> Result<f64> {
            let reading = outcome.get(name).ok_or_else(|| outcome.failure.clone().unwrap_or_default())?;
            Ok(reading.parse()?)
        };
        let opened = number("opened")?;
        if last {
            cold = opened;
        } else {
            warm.push(opened);
        }
        missing += number("missing")? as u64;
        torn += u64::from(![0, COMMIT].contains(&(number("next")? as u64)));
        *from = end + COMMIT;
    }
    warm.sort_unstable_by(f64::total_cmp);
    let opened = format!("{:.0} ms, {cold:.0} ms from the disk", warm[warm.len() / 2]);
    let lost = format!("{missing} answers missing of {acknowledged} commits, {torn} torn");
    Ok(vec![("opening after kill -9".into(), opened), ("kill -9, acknowledged commits".into(), lost)])
}

/// Lets a child write and kills it after some of its commits. The index after the last acknowledged commit.
fn write_and_kill(kind: Kind, dir: &Path, from: u64, cache: u64, seed: u64) -> Result<u64> {
    let mut child = child::start("write-on", kind, dir, &[from, cache])?;
    let out = child.stdout.take().ok_or("the child has an output")?;
    let mut lines = BufReader::new(out).lines();
    let mut acknowledged = from;
    let mut note = |line: std::io::Result<String>| -> Result<()> {
        let line = line?;
        let first: u64 = line.rsplit('\t').next().ok_or("a commit has an index")?.parse()?;
        acknowledged = first + COMMIT;
        Ok(())
    };
    for line in lines.by_ref().take(20 + (mix(seed) % 60) as usize) {
        note(line)?;
    }
    std::thread::sleep(Duration::from_micros(mix(seed + 100) % 20_000));
    child.kill()?;
    child.wait()?;
    for line in lines {
        note(line)?;
    }
    Ok(acknowledged)
}

/// Drops what the operating system keeps of the files.
fn forget(dir: &Path) -> Result<()> {
    for file in meter::files(dir)? {
        let file = std::fs::File::open(file)?;
        file.sync_all()?;
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    }
    Ok(())
}
