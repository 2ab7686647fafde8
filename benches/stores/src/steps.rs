//! The measured work. Each step runs in a process of its own, so that memory and caches are those of the
//! step alone, and says its readings as lines of `name<tab>value`.

use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{answers, meter};
use crate::answers::{NEVER_STORED, key, mix, pack, sorted};
use crate::meter::{Costs, Meter};
use crate::store::{Kind, Result, Store};

/// The answers of a commit.
pub const COMMIT: u64 = 1_000;

/// The answers of a round of direct commits.
const ROUND: u64 = 200_000;

/// The answers the journal holds when it is folded.
const FOLD: u64 = 500_000;

/// How often a reading is repeated.
const ROUNDS: u64 = 3;

/// The numbers of a batch read.
const BATCH: usize = 8_192;

/// The indexes that the direct commits take up.
pub const DIRECT: u64 = ROUNDS * ROUND;

/// The indexes that the journalled commits take up.
pub const JOURNALLED: u64 = 2 * FOLD;

/// How long one reading of reads lasts.
const READING: Duration = Duration::from_millis(1_000);

/// How long a damaged store is read: an error can take long where the store tries a large part again.
const PROBE: Duration = Duration::from_secs(20);

/// Says a reading.
pub fn say(name: &str, value: impl std::fmt::Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{name}\t{value}")?;
    Ok(out.flush()?)
}

fn commits(indexes: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    indexes.step_by(COMMIT as usize).map(|from| from..from + COMMIT)
}

/// Loads the first `count` answers in ten parts, each of them in order: the pages are then filled as a
/// ledger that folds its journal fills them, and not as full as one sorted load would.
pub fn load(kind: Kind, dir: &Path, count: u64, cache: usize) -> Result<()> {
    let store = kind.open(dir, cache, false)?;
    let meter = Meter::start(dir)?;
    for part in 0..10 {
        store.load(&sorted(part * count / 10..(part + 1) * count / 10))?;
    }
    store.settle()?;
    let mut costs = Costs::default();
    costs.push(meter.stop(count)?);
    store.close()?;
    say("load, 10 sorted commits", &costs)?;
    say("size after the load", per_answer(dir, count)?)
}

fn per_answer(dir: &Path, count: u64) -> Result<String> {
    Ok(format!("{:.1} B", meter::size(dir)? as f64 / count as f64))
}

/// Commits 1 000 answers at a time, from index `from` on.
pub fn direct(kind: Kind, dir: &Path, from: u64, cache: usize) -> Result<()> {
    let store = kind.open(dir, cache, false)?;
    let mut costs = Costs::default();
    for round in 0..ROUNDS {
        let first = from + round * ROUND;
        let batches: Vec<_> = commits(first..first + ROUND).map(sorted).collect();
        let meter = Meter::start(dir)?;
        for batch in &batches {
            store.commit(batch)?;
        }
        store.settle()?;
        costs.push(meter.stop(ROUND)?);
    }
    store.close()?;
    say("direct commits of 1 000", &costs)
}

/// Appends 1 000 answers at a time to the journal, and folds it, twice.
pub fn journal(kind: Kind, dir: &Path, from: u64, cache: usize) -> Result<()> {
    let store = kind.open(dir, cache, false)?;
    let (mut appends, mut folds) = (Costs::default(), Costs::default());
    for first in [from, from + FOLD] {
        let entries: Vec<_> = commits(first..first + FOLD).map(|range| pack(&sorted(range))).collect();
        let meter = Meter::start(dir)?;
        for (sequence, entry) in entries.iter().enumerate() {
            store.append(sequence as u64, entry)?;
        }
        appends.push(meter.stop(FOLD)?);
        let meter = Meter::start(dir)?;
        store.fold()?;
        store.settle()?;
        folds.push(meter.stop(FOLD)?);
    }
    store.close()?;
    say("journal, appends of 1 000", &appends)?;
    say("journal, fold of 500 000", &folds)
}

/// Reads batches in order: with one thread and two, all of them stored and a tenth of them.
pub fn reads(kind: Kind, dir: &Path, count: u64, cache: usize) -> Result<()> {
    let store = kind.open(dir, cache, false)?;
    let label = |what: &str| format!("reads, cache {} MiB, {what}", cache >> 20);
    let numbers = |tenths: u64, seed: u64| -> Vec<u64> {
        let wanted = |seed| if seed % 10 < tenths { mix(seed) % count } else { NEVER_STORED + seed };
        (0..BATCH as u64 * 100).map(|place| key(wanted(seed + place))).collect()
    };
    for (tenths, found) in [(10, "all found"), (1, "10 % found")] {
        for threads in [1, 2] {
            let pools: Vec<_> = (0..threads).map(|thread| numbers(tenths, thread << 28)).collect();
            repeat_reads(store.as_ref(), &pools, Duration::from_secs(2))?;
            let mut costs = Costs::default();
            for _ in 0..ROUNDS {
                let meter = Meter::start(dir)?;
                let read = repeat_reads(store.as_ref(), &pools, READING)?;
                costs.push(meter.stop(read)?);
            }
            let plural = if threads == 1 { "" } else { "s" };
            say(&label(&format!("{found}, {threads} thread{plural}")), costs.of_reads())?;
        }
    }
    say(&label("resident"), meter::resident()?)
}

/// Reads batches out of each pool on a thread of its own, for a time. The number of numbers read.
fn repeat_reads(store: &dyn Store, pools: &[Vec<u64>], time: Duration) -> Result<u64> {
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            pools.iter().map(|pool| scope.spawn(move || read_until(store, pool, end))).collect();
        let counts = threads.into_iter().map(|thread| thread.join().expect("a reader does not panic"));
        counts.sum()
    })
}

fn read_until(store: &dyn Store, pool: &[u64], end: Instant) -> Result<u64> {
    let mut read = 0;
    for batch in pool.chunks(BATCH).cycle() {
        if Instant::now() >= end {
            break;
        }
        let mut batch = batch.to_vec();
        batch.sort_unstable();
        let mut lengths = 0;
        store.read(&batch, &mut |_, found| lengths += found.map_or(0, <[u8]>::len))?;
        std::hint::black_box(lengths);
        read += batch.len() as u64;
    }
    Ok(read)
}

/// Opens the store after a clean close, and then again with a check of all it holds.
pub fn opening(kind: Kind, dir: &Path, cache: usize) -> Result<()> {
    for (check, name) in [(false, "opening after a clean close"), (true, "opening with a check of all")] {
        let start = Instant::now();
        let store = kind.open(dir, cache, check)?;
        let time = start.elapsed().as_secs_f64() * 1e3;
        store.close()?;
        if !check || kind.has_check() {
            say(name, format!("{time:.1} ms"))?;
        }
    }
    Ok(())
}

/// Compacts.
pub fn compact(kind: Kind, dir: &Path, count: u64, cache: usize) -> Result<()> {
    say("size after all commits", per_answer(dir, count)?)?;
    let mut store = kind.open(dir, cache, false)?;
    let start = Instant::now();
    store.compact()?;
    let time = start.elapsed().as_secs_f64();
    store.close()?;
    say("size compacted", format!("{} in {time:.1} s", per_answer(dir, count)?))
}

/// Commits without end, and says each commit when the store has acknowledged it.
pub fn write_on(kind: Kind, dir: &Path, from: u64, cache: usize) -> Result<()> {
    let store = kind.open(dir, cache, false)?;
    for range in commits(from..from + 2_000 * COMMIT) {
        let first = range.start;
        store.commit(&sorted(range))?;
        say("committed", first)?;
    }
    Ok(())
}

/// Opens a store whose writer was killed, and counts the answers of the commits from `from` to `to`, and of
/// the one after them, of which all or none may be there.
pub fn open_again(kind: Kind, dir: &Path, range: Range<u64>, cache: usize) -> Result<()> {
    let start = Instant::now();
    let store = kind.open(dir, cache, false)?;
    let mut first = 0;
    store.read(&[key(range.start)], &mut |_, found| first += usize::from(found.is_some()))?;
    say("opened", start.elapsed().as_secs_f64() * 1e3)?;
    let mut missing = 0;
    for range in commits(range.clone()) {
        missing += COMMIT - right(store.as_ref(), range)?;
    }
    say("missing", missing)?;
    say("next", right(store.as_ref(), range.end..range.end + COMMIT)?)?;
    store.close()
}

/// How many answers of the indexes are there and right.
fn right(store: &dyn Store, indexes: Range<u64>) -> Result<u64> {
    let keys: Vec<u64> = sorted(indexes).into_iter().map(|answer| answer.0).collect();
    let mut right = 0;
    store.read(&keys, &mut |key, found| {
        right += u64::from(found == Some(answers::value(key).as_slice()));
    })?;
    Ok(right)
}

/// Reads all `count` answers of a damaged store, or as many as there is time for, and counts what becomes of
/// them.
pub fn probe(kind: Kind, dir: &Path, count: u64, cache: usize, check: bool) -> Result<()> {
    let store = match kind.open(dir, cache, check) {
        Ok(store) => store,
        Err(error) => return say("refused", error),
    };
    let (mut right, mut wrong, mut errors) = (0, 0, 0);
    let mut message = String::new();
    let mut keys: Vec<u64> = (0..count).map(key).collect();
    keys.chunks_mut(256).for_each(<[u64]>::sort_unstable);
    let mut read = |keys: &[u64]| {
        let mut counts = (0, 0);
        let outcome = store.read(keys, &mut |key, found| match found {
            Some(found) if found == answers::value(key) => counts.0 += 1,
            Some(_) => counts.1 += 1,
            None => {}
        });
        match outcome {
            Ok(()) => (right, wrong) = (right + counts.0, wrong + counts.1),
            Err(error) if keys.len() == 1 => {
                errors += 1;
                message = error.to_string();
                message.truncate(message.floor_char_boundary(90));
            }
            Err(_) => return false,
        }
        true
    };
    let (mut tried, end) = (0, Instant::now() + PROBE);
    for batch in keys.chunks(256) {
        if Instant::now() >= end {
            break;
        }
        if !read(batch) {
            batch.iter().for_each(|key| {
                read(std::slice::from_ref(key));
            });
        }
        tried += batch.len() as u64;
    }
    let missing = tried - right - wrong - errors;
    say("opened", format!("{wrong} wrong, {missing} missing, {errors} errors of {tried} {message}"))
}
