//! Which steps are run on which store, and the table of what they say.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::{child, crash, damage};
use crate::steps::{DIRECT, JOURNALLED};
use crate::store::{Kind, Result};

/// The cache of every step but the reads of other sizes.
const CACHE: u64 = 256 << 20;

/// The largest store that is damaged: each kind of damage takes a copy.
const DAMAGE_UP_TO: u64 = 5_000_000;

/// What was asked for.
pub struct Plan {
    /// The answers that are loaded.
    pub answers: u64,
    /// The stores that are measured, in a word.
    pub store: String,
    /// Where their files are made.
    pub dir: PathBuf,
}

/// The rows of the table in the order in which they came up, and each column's cells.
#[derive(Default)]
struct Table {
    rows: Vec<String>,
    cells: Vec<(String, Kind, String)>,
}

impl Table {
    fn add(&mut self, kind: Kind, readings: Vec<(String, String)>) {
        for (row, cell) in readings {
            if !self.rows.contains(&row) {
                self.rows.push(row.clone());
            }
            self.cells.push((row, kind, cell.replace('|', "/")));
        }
    }

    fn cell(&self, row: &str, kind: Kind) -> &str {
        let mut cells = self.cells.iter();
        cells.find(|cell| cell.0 == row && cell.1 == kind).map_or("", |cell| cell.2.as_str())
    }

    fn markdown(&self, kinds: &[Kind]) -> String {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(kinds.len()));
        for row in &self.rows {
            let cells: Vec<&str> = kinds.iter().map(|kind| self.cell(row, *kind)).collect();
            writeln!(text, "| {row} | {} |", cells.join(" | ")).expect("a string takes all text");
        }
        text
    }
}

impl Plan {
    /// Measures, and gives the table.
    pub fn carry_out(&self) -> Result<String> {
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_asked_for(&self.store)).collect();
        let mut table = Table::default();
        for kind in kinds.iter().filter(|kind| kind.setting_of().is_none()) {
            let settings: Vec<Kind> =
                kinds.iter().copied().filter(|other| other.setting_of() == Some(*kind)).collect();
            self.measure(*kind, &settings, &mut table)?;
        }
        let heading = format!("{} answers, {}\n\n", self.answers, machine()?);
        Ok(heading + &table.markdown(&kinds))
    }

    /// Takes all readings of a store, and those that other settings of the same files change.
    fn measure(&self, kind: Kind, settings: &[Kind], table: &mut Table) -> Result<()> {
        let dir = self.dir.join(kind.name());
        fs::create_dir_all(&self.dir)?;
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        let step = |kind: Kind, name: &str, numbers: &[u64]| -> Result<Vec<(String, String)>> {
            let outcome = child::run(name, kind, &dir, numbers)?;
            let failure = outcome.failure.map(|failure| (name.to_owned(), failure));
            Ok(outcome.readings.into_iter().chain(failure).collect())
        };
        table.add(kind, step(kind, "load", &[self.answers, CACHE])?);
        let caches: &[u64] = if kind == Kind::Redb { &[64, 256, 1024] } else { &[256] };
        for cache in caches {
            table.add(kind, step(kind, "reads", &[self.answers, cache << 20])?);
        }
        table.add(kind, step(kind, "opening", &[CACHE])?);
        if self.answers <= DAMAGE_UP_TO && kind != Kind::LmdbInteger {
            table.add(kind, damage::readings(kind, &dir, self.answers, CACHE)?);
        }
        let mut from = self.answers;
        for kind in [kind].iter().chain(settings).copied() {
            table.add(kind, step(kind, "direct", &[from, CACHE])?);
            from += DIRECT;
            if kind.has_journal() {
                table.add(kind, step(kind, "journal", &[from, CACHE])?);
                from += JOURNALLED;
            }
            table.add(kind, crash::readings(kind, &dir, &mut from, CACHE)?);
        }
        table.add(kind, step(kind, "compact", &[from, CACHE])?);
        Ok(fs::remove_dir_all(&dir)?)
    }
}

/// The machine, and the time in seconds since 1970, which needs no crate.
fn machine() -> Result<String> {
    let text = fs::read_to_string("/proc/cpuinfo")?;
    let model = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism()?;
    let date = std::process::Command::new("date").arg("+%Y-%m-%d %H:%M").output()?;
    let date = String::from_utf8(date.stdout)?;
    Ok(format!("{cores} cores,{}, {}", model.trim_start_matches([' ', '\t', ':']), date.trim()))
}
