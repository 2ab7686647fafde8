//! Measures the embedded stores that could hold the ledger of paid answers: how fast it takes answers, how
//! fast it gives them back, and what is left after a crash or damage.
//!
//! `cargo run --release --manifest-path benches/stores/Cargo.toml -- --answers 5000000 --store all`

mod answers;
mod child;
mod crash;
mod damage;
mod fjall_store;
mod lmdb_store;
mod meter;
mod plan;
mod redb_store;
mod sqlite_store;
mod steps;
mod store;

use std::path::PathBuf;

use store::{Kind, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "step") {
        return step(&arguments[1..]);
    }
    let mut plan =
        plan::Plan { answers: 5_000_000, store: "all".into(), dir: std::env::temp_dir().join("hlr-stores") };
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--answers" => plan.answers = value.parse()?,
            [name, value] if name == "--store" => plan.store.clone_from(value),
            [name, value] if name == "--dir" => plan.dir = value.into(),
            _ => return Err("usage: [--answers N] [--store redb|sqlite|fjall|lmdb|all] [--dir DIR]".into()),
        }
    }
    println!("{}", plan.carry_out()?);
    Ok(())
}

/// Does the work of a child process: the step, the kind of store, its directory, and numbers.
fn step(arguments: &[String]) -> Result<()> {
    let [step, kind, dir, numbers @ ..] = arguments else {
        return Err("a step has a store and a directory".into());
    };
    let kind = Kind::named(kind).ok_or("there is no such store")?;
    let dir = PathBuf::from(dir);
    let numbers =
        numbers.iter().map(|number| number.parse()).collect::<std::result::Result<Vec<u64>, _>>()?;
    match (step.as_str(), numbers.as_slice()) {
        ("load", [count, cache]) => steps::load(kind, &dir, *count, *cache as usize),
        ("direct", [from, cache]) => steps::direct(kind, &dir, *from, *cache as usize),
        ("journal", [from, cache]) => steps::journal(kind, &dir, *from, *cache as usize),
        ("reads", [count, cache]) => steps::reads(kind, &dir, *count, *cache as usize),
        ("opening", [cache]) => steps::opening(kind, &dir, *cache as usize),
        ("compact", [count, cache]) => steps::compact(kind, &dir, *count, *cache as usize),
        ("write-on", [from, cache]) => steps::write_on(kind, &dir, *from, *cache as usize),
        ("open-again", [from, to, cache]) => steps::open_again(kind, &dir, *from..*to, *cache as usize),
        ("probe", [count, cache, check]) => steps::probe(kind, &dir, *count, *cache as usize, *check == 1),
        _ => Err("there is no such step".into()),
    }
}
