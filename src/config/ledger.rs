//! Where answers are kept, and how old they may be.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use super::diagnostics::{Diagnostic, Location, Problem};
use super::effective::EffectiveSettings;
use super::raw::RawConfig;
use super::resolver::{ConfigResolver, Resolved};
use super::values::{MaxAgeValue, mebibytes};
use crate::enricher::{
    LONGEST_COMMIT_INTERVAL, LedgerChoice, LedgerFolder, LedgerSettings, Refresh, Settings,
    SharedAnswersSettings,
};
use crate::storage::{Place, Storage};

/// How long answers may be gathered.
const ANSWERS_INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(60);
/// How long a lease may last.
const LEASE_TTLS: std::ops::RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(3_600);
use crate::ledger::{AnswerOrigin, MaxAge};
use crate::model::Status;
use crate::suggest::nearest;

/// How the ledger is used. Answers of the simulator inside this process cost nothing, so they are
/// kept only if the user names a file.
pub(super) fn choice(
    resolver: &mut ConfigResolver,
    settings: &Settings,
    effective: &mut EffectiveSettings,
) -> Resolved<LedgerChoice> {
    let (max_age, commit_interval) = (max_age(resolver), commit_interval(resolver));
    let raw = &resolver.raw;
    let without = raw.no_ledger == Some(true) && !resolver.flag_wins("ledger", "no_ledger");
    let named = raw.ledger.clone().filter(|_| !resolver.flag_wins("no_ledger", "ledger"));
    let refreshes = raw.refresh == Some(true);
    if without && named.is_some() {
        return Err(resolver.report(
            "no_ledger",
            Problem::new("a ledger is named too").with_help("use either --ledger or --no-ledger"),
        ));
    }
    if without || (settings.is_simulated() && named.is_none()) {
        if refreshes && without {
            let problem = Problem::new("without a ledger everything is asked again in any case");
            return Err(resolver.report("refresh", problem.with_help("remove --refresh or --no-ledger")));
        }
        effective.note("ledger", "none", resolver.origin("no_ledger", "simulator"));
        return Ok(LedgerChoice::Nowhere);
    }
    let memory = resolver.raw.ledger_memory_mib.map(mebibytes);
    let unsaved_answers = resolver.raw.unsaved_answers.map(NonZeroUsize::get);
    let (path, folder) = match named {
        Some(path) => (path, LedgerFolder::MustExist),
        None => {
            let origin =
                if settings.is_remote() { AnswerOrigin::Provider } else { AnswerOrigin::ThisMachine };
            (resolver.check("ledger", default_ledger_path(origin))?, LedgerFolder::Created)
        }
    };
    effective.note("ledger", path.display(), resolver.origin("ledger", "default"));
    let default = LedgerSettings::new(path);
    Ok(LedgerChoice::File(LedgerSettings {
        folder,
        max_age: max_age?,
        // A job sets its own name later, so that its refresh can be resumed.
        refresh: if refreshes { Refresh::Once } else { Refresh::No },
        commit_interval: commit_interval?.unwrap_or(default.commit_interval),
        unsaved_answers: unsaved_answers.unwrap_or(default.unsaved_answers),
        memory: memory.unwrap_or(default.memory),
        ..default
    }))
}

/// The store of answers that many machines share, if one is named.
pub(super) fn shared_answers(
    resolver: &mut ConfigResolver,
    storage: Storage,
) -> Resolved<Option<SharedAnswersSettings>> {
    let raw = &resolver.raw;
    let Some(store) = raw.answers.clone() else { return Ok(None) };
    let default = SharedAnswersSettings::new(store.clone(), storage);
    let interval = RawConfig::duration(raw.answers_interval).unwrap_or(default.interval);
    let lease_ttl = RawConfig::duration(raw.lease_ttl).unwrap_or(default.lease_ttl);
    let wait = RawConfig::duration(raw.wait).unwrap_or(default.wait);
    let mut checked = Ok(());
    match Place::of(&store) {
        Ok(Place::Local(folder)) if !folder.is_dir() => {
            let problem = Problem::new("there is no such folder")
                .with_help("create it first, on a file system that all machines share; or name a URL");
            checked = Err(resolver.report("answers", problem));
        }
        Ok(_) => {}
        Err(error) => checked = Err(resolver.report("answers", Problem::of(&error))),
    }
    if !ANSWERS_INTERVALS.contains(&interval) {
        checked = Err(resolver.report("answers_interval", "must be from 10ms to 60s"));
    }
    if !LEASE_TTLS.contains(&lease_ttl) {
        checked = Err(resolver.report("lease_ttl", "must be from 2s to 1h"));
    }
    checked?;
    let max_age = max_age(resolver)?;
    Ok(Some(SharedAnswersSettings { interval, lease_ttl, wait, max_age, ..default }))
}

/// The file in the data folder of the platform. Answers of this machine, which usually come from a
/// simulator, have a file of their own.
///
/// # Errors
///
/// When the platform has no such folder for this user.
pub fn default_ledger_path(origin: AnswerOrigin) -> Result<PathBuf, Problem> {
    let folders = etcetera::base_strategy::choose_native_strategy().map_err(|_| {
        Problem::new("cannot find a home folder for the ledger")
            .with_help("name its file with --ledger, or keep no answers with --no-ledger")
    })?;
    let name = match origin {
        AnswerOrigin::Provider => "ledger.redb",
        AnswerOrigin::ThisMachine => "this-machine.redb",
    };
    Ok(folders.data_dir().join("hlr").join(name))
}

/// The file of the ledger of real lookups, in the data folder of the platform.
///
/// # Errors
///
/// When the platform has no such folder for this user.
pub fn default_ledger() -> Result<PathBuf, Diagnostic> {
    default_ledger_path(AnswerOrigin::Provider).map_err(|problem| problem.at(Location::Nowhere))
}

fn commit_interval(resolver: &mut ConfigResolver) -> Resolved<Option<Duration>> {
    let interval = RawConfig::duration(resolver.raw.commit_interval);
    match interval.filter(|interval| *interval > LONGEST_COMMIT_INTERVAL) {
        Some(_) => Err(resolver.report("commit_interval", "must be 60s or less")),
        None => Ok(interval),
    }
}

fn max_age(resolver: &mut ConfigResolver) -> Resolved<MaxAge> {
    let by_status = match resolver.raw.max_age.clone() {
        None => return Ok(MaxAge::default()),
        Some(MaxAgeValue::OfAll(age)) => return Ok(MaxAge::of_all(age.0)),
        Some(MaxAgeValue::ByStatus(ages)) => ages,
    };
    let mut ages = Ok(MaxAge::default());
    let statuses = || Status::ALL.into_iter().filter(|status| *status != Status::Invalid);
    for (name, age) in by_status {
        match (statuses().find(|status| status.text() == name), &mut ages) {
            (Some(status), Ok(ages)) => ages.set(status, age.0),
            (Some(_), Err(_)) => {}
            (None, _) => {
                let known: Vec<&str> = statuses().map(Status::text).collect();
                let help = nearest(&name, known.iter().copied()).map_or_else(
                    || format!("the statuses are {}", known.join(", ")),
                    |near| format!("did you mean {near}?"),
                );
                let problem = Problem::new(format!("{name:?} is not a status")).with_help(help);
                ages = Err(resolver.report("max_age", problem));
            }
        }
    }
    ages
}
