//! Where answers are kept, and how long they are good for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;

use super::effective::EffectiveSettings;
use super::endpoint::Distance;
use super::raw::RawConfig;
use super::resolver::ConfigResolver;
use super::settings::mebibytes;
use super::values::MaxAgeValue;
use crate::ledger::{AnswerOrigin, FileOperation, LedgerError, MaxAge};
use crate::model::Status;
use crate::suggest::nearest;

/// How much of the file may be held in memory, unless a setting says otherwise: some ten million answers.
const MEMORY_MIB: u32 = 256;
/// How long answers are gathered before they are committed, unless a setting says otherwise.
const COMMIT_INTERVAL: Duration = Duration::from_millis(20);

/// How a run uses its ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerSettings {
    pub(crate) path: PathBuf,
    /// Whether the place is the platform's; its folders are made then.
    pub(crate) by_default: bool,
    pub(crate) answers_of: AnswerOrigin,
    pub(crate) max_age: MaxAge,
    pub(crate) refresh: bool,
    pub(crate) commit_interval: Duration,
    pub(crate) memory: usize,
}

/// How the ledger is used, `Some(None)` when there is none. `simulated` is whether the simulator inside this
/// process answers: nothing is paid then, and nothing kept unless a file is named.
pub(crate) fn settings(
    reading: &mut ConfigResolver,
    distance: Distance,
    simulated: bool,
    choices: &mut EffectiveSettings,
) -> Option<Option<LedgerSettings>> {
    let max_age = max_age(reading);
    let commit_interval = RawConfig::duration(reading.written.commit_interval).unwrap_or(COMMIT_INTERVAL);
    let commit_interval = match commit_interval > Duration::from_secs(60) {
        true => Err("answers are kept at least once a minute; write 60s or less"),
        false => Ok(commit_interval),
    };
    let commit_interval = reading.sound("commit_interval", commit_interval);
    let without = reading.written.no_ledger == Some(true) && !reading.flag_wins("ledger", "no_ledger");
    let named = reading.written.ledger.clone().filter(|_| !reading.flag_wins("no_ledger", "ledger"));
    if without && named.is_some() {
        reading.problem("no_ledger", "a ledger is named too; give one of the two");
        return None;
    }
    if without || (simulated && named.is_none()) {
        if reading.written.refresh == Some(true) && without {
            reading.problem("refresh", "without a ledger everything is asked anew in any case");
            return None;
        }
        let origin = reading.origin("no_ledger", "simulator");
        choices.note("ledger", "none", origin);
        return Some(None);
    }
    let answers_of = match distance {
        Distance::Remote => AnswerOrigin::Provider,
        Distance::Loopback => AnswerOrigin::ThisMachine,
    };
    let by_default = named.is_none();
    let path = match named {
        Some(path) => path,
        None => reading.sound("ledger", default_ledger_path(answers_of))?,
    };
    choices.note("ledger", path.display(), reading.origin("ledger", "default"));
    Some(Some(LedgerSettings {
        path,
        by_default,
        answers_of,
        max_age: max_age?,
        refresh: reading.written.refresh == Some(true),
        commit_interval: commit_interval?,
        memory: mebibytes(reading.written.ledger_memory_mib.unwrap_or(MEMORY_MIB)),
    }))
}

/// The file in the platform's folder for data. Answers of this machine, which are a simulator's most often, have a
/// file of their own.
///
/// # Errors
///
/// When the platform has no such folder for this user; says what mends it.
pub fn default_ledger_path(answers_of: AnswerOrigin) -> Result<PathBuf, &'static str> {
    let folders = etcetera::base_strategy::choose_native_strategy().map_err(|_| {
        "there is no home folder to keep the ledger in: name its file with --ledger, or do without with --no-ledger"
    })?;
    let name = match answers_of {
        AnswerOrigin::Provider => "ledger.redb",
        AnswerOrigin::ThisMachine => "this-machine.redb",
    };
    Ok(folders.data_dir().join("hlr").join(name))
}

impl LedgerSettings {
    /// Makes the folder of a ledger whose place nobody chose.
    pub(crate) fn make_folder(&self) -> Result<(), LedgerError> {
        match self.path.parent() {
            Some(folder) if self.by_default => make_private_folder(folder)
                .map_err(|source| LedgerError::file(&self.path, FileOperation::Create, source)),
            _ => Ok(()),
        }
    }
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;

        builder.mode(0o700);
    }
    builder.create(folder)
}

fn max_age(reading: &mut ConfigResolver) -> Option<MaxAge> {
    let by_status = match reading.written.max_age.clone() {
        None => return Some(MaxAge::default()),
        Some(MaxAgeValue::OfAll(age)) => return Some(MaxAge::of_all(age.0)),
        Some(MaxAgeValue::ByStatus(ages)) => ages,
    };
    let mut ages = MaxAge::default();
    let mut sound = true;
    let statuses = || Status::ALL.into_iter().filter(|status| *status != Status::Invalid);
    for (name, age) in by_status {
        match statuses().find(|status| status.text() == name) {
            Some(status) => ages.set(status, age.0),
            None => {
                let known: Vec<&str> = statuses().map(Status::text).collect();
                let offer = nearest(&name, known.iter().copied())
                    .map_or_else(|| known.join(", "), |near| format!("did you mean {near}?"));
                reading.problem("max_age", format!("no status is called {name:?}: {offer}"));
                sound = false;
            }
        }
    }
    sound.then_some(ages)
}
