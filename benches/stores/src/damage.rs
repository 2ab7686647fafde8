//! What a store makes of files that were damaged after a clean close.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::answers::mix;
use crate::{child, meter};
use crate::store::{Kind, Result};

/// The beginning of a file that is not "the data", and is not hit by flipped bytes.
const HEADER: u64 = 64 << 10;

/// The bytes that are flipped, each in a place of its own.
const FLIPS: u64 = 20;

/// A way to damage files.
#[derive(Clone, Copy)]
enum Damage {
    Cut,
    Flip(u64),
    Zero,
}

impl Damage {
    fn name(self) -> String {
        match self {
            Self::Cut => "damage: cut to 60 %".into(),
            Self::Flip(seed) => format!("damage: 20 bytes flipped ({seed})"),
            Self::Zero => "damage: first 4 KiB zero".into(),
        }
    }

    fn inflict(self, dir: &Path) -> Result<()> {
        let files = data_files(dir)?;
        let (largest, length) = files.last().ok_or("the store has files")?;
        match self {
            Self::Cut => OpenOptions::new().write(true).open(largest)?.set_len(length * 6 / 10)?,
            Self::Zero => OpenOptions::new().write(true).open(largest)?.write_all_at(&[0; 4096], 0)?,
            Self::Flip(seed) => {
                for flip in 0..FLIPS {
                    let random = mix(seed * 1000 + flip);
                    let (path, length) = &files[random as usize % files.len()];
                    let file = OpenOptions::new().read(true).write(true).open(path)?;
                    let place = HEADER + mix(random) % (length - HEADER);
                    let mut byte = [0];
                    file.read_exact_at(&mut byte, place)?;
                    file.write_all_at(&[!byte[0]], place)?;
                }
            }
        }
        Ok(())
    }
}

/// The files that hold answers, the largest last: for fjall its tables, and not its logs.
fn data_files(dir: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for file in meter::files(dir)? {
        let length = file.metadata()?.len();
        if length > 2 * HEADER {
            files.push((file, length));
        }
    }
    let in_tables = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "tables");
    if files.iter().any(|(file, _)| in_tables(file)) {
        files.retain(|(file, _)| in_tables(file));
    }
    files.sort_by_key(|file| file.1);
    Ok(files)
}

/// Damages copies of the store in each way, and reads all its answers.
pub fn readings(kind: Kind, dir: &Path, count: u64, cache: u64) -> Result<Vec<(String, String)>> {
    let checks: &[bool] = if kind.has_check() { &[false, true] } else { &[false] };
    let mut readings = Vec::new();
    for damage in [Damage::Cut, Damage::Flip(1), Damage::Flip(2), Damage::Zero] {
        for check in checks {
            let copy = dir.with_extension("damaged");
            copy_files(dir, &copy)?;
            damage.inflict(&copy)?;
            let outcome = child::run("probe", kind, &copy, &[count, cache, u64::from(*check)])?;
            fs::remove_dir_all(&copy)?;
            let name = damage.name() + if *check { ", checked at opening" } else { "" };
            let refused = outcome.get("refused").map(|error| format!("refused: {error}"));
            let cell = outcome.failure.clone().or(refused);
            readings.push((name, cell.unwrap_or_else(|| outcome.get("opened").unwrap_or("?").to_owned())));
        }
    }
    Ok(readings)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for file in meter::files(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(copy.parent().ok_or("a file is in a directory")?)?;
        fs::copy(file, copy)?;
    }
    Ok(())
}
