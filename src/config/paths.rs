//! The file names of a run: dates are filled in, and every file has one purpose and a UTF-8 name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::diagnostics::Problem;
use super::path_template;
use super::raw::RawConfig;
use super::resolver::{ConfigResolver, Resolved};
use super::values::TextList;
use crate::staging::fitting_name;
use crate::storage::{Place, is_object_url};

/// Fills the date of the run into names with placeholders. Returns the folders with a date in their
/// names: the user cannot create them in advance.
pub(crate) fn fill_dates(resolver: &mut ConfigResolver) -> Resolved<Vec<PathBuf>> {
    let now = jiff::Zoned::now();
    let mut checked = Ok(());
    if let Some(TextList(paths)) = resolver.raw.input.clone() {
        let filled = paths.iter().map(|path| path_template::fill(path, &now)).collect();
        match resolver.check("input", filled) {
            Ok(paths) => resolver.raw.input = Some(TextList(paths)),
            Err(reported) => checked = Err(reported),
        }
    }
    let mut folders = Vec::new();
    for (key, path_of) in RawConfig::DATED {
        let Some(template) = path_of(&mut resolver.raw).take() else { continue };
        let has_a_date = template.parent().is_some_and(path_template::has_placeholder);
        let filled = path_template::fill_path(&template, &now);
        let filled = resolver.check(key, filled).unwrap_or_else(|reported| {
            checked = Err(reported);
            template
        });
        // An object store has no folders to be made.
        let is_made = has_a_date && !is_object_url(&filled);
        folders.extend(filled.parent().filter(|_| is_made).map(Path::to_owned));
        *path_of(&mut resolver.raw) = Some(filled);
    }
    checked.map(|()| folders)
}

/// The address at which metrics are served, if there is one.
pub(crate) fn metrics_listen(resolver: &mut ConfigResolver) -> Resolved<Option<SocketAddr>> {
    let Some(text) = resolver.raw.metrics_listen.clone() else { return Ok(None) };
    let address = text.parse().map_err(|_| {
        Problem::new("this is not an address").with_help("write an IP address and a port: 127.0.0.1:9464")
    });
    resolver.check("metrics_listen", address).map(Some)
}

/// The lock file of an output, in its folder. Its name is that of the output without the braces,
/// and a folder with a placeholder is replaced by its parent, so that the runs of two nights use
/// the same lock.
pub(crate) fn lock_beside(output: &Path) -> PathBuf {
    let name = output.file_name().unwrap_or_default().to_string_lossy().replace(['{', '}'], "");
    let folder = output.ancestors().skip(1).find(|folder| !path_template::has_placeholder(folder));
    folder.unwrap_or(Path::new("")).join(fitting_name(".", &name, ".lock"))
}

/// Reports every file with two purposes: one would overwrite the other.
pub(crate) fn ensure_each_file_is_one_thing(
    resolver: &mut ConfigResolver,
    lock: Option<&Path>,
) -> Resolved<()> {
    let raw = &resolver.raw;
    let inputs = raw.input.iter().flat_map(|texts| &texts.0).map(|path| ("input", Path::new(path)));
    let others = raw.paths().filter(|(key, _)| *key != "lock");
    let lock = lock.map(|lock| ("lock", lock));
    let all: Vec<(&str, PathBuf)> =
        inputs.chain(others).chain(lock).map(|(key, path)| (key, path.to_owned())).collect();
    // Standard input and standard output are both `-`.
    let is_standard = |one: &str, other: &str, path: &Path| {
        path == Path::new("-") && one.min(other) == "input" && one.max(other) == "output"
    };
    let same = |one: &Path, other: &Path| match (std::path::absolute(one), std::path::absolute(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    let mut checked = Ok(());
    for (place, (key, path)) in all.iter().enumerate() {
        let earlier = all[..place]
            .iter()
            .find(|(other, taken)| other != key && same(taken, path) && !is_standard(other, key, path));
        if let Some((other, _)) = earlier {
            let problem = Problem::new(format!("{} is the {other} too", path.display()))
                .with_help("give each a file of its own");
            checked = Err(resolver.report(key, problem));
        }
    }
    checked
}

/// Reports every URL that cannot be used, or not for its purpose. `file://` URLs become paths.
pub(crate) fn resolve_urls(resolver: &mut ConfigResolver) -> Resolved<()> {
    let mut checked = Ok(());
    for name in resolver.raw.input.clone().map(|texts| texts.0).unwrap_or_default() {
        if let Err(error) = Place::of(&name) {
            checked = Err(resolver.report("input", Problem::of(&error)));
        }
    }
    for (key, path_of) in RawConfig::PATHS {
        let Some(path) = path_of(&mut resolver.raw).clone() else { continue };
        match Place::of_path(&path) {
            Ok(Place::Local(local)) => *path_of(&mut resolver.raw) = Some(local),
            Ok(Place::Object(_)) if RawConfig::MAY_BE_OBJECTS.contains(&key) => {}
            Ok(Place::Object(_)) => {
                let problem = Problem::new("this must be a file on this machine").with_help(match key {
                    "ledger" => {
                        "name a local file; answers that many machines share are named with --answers"
                    }
                    _ => "fetch the object first, and name the local file",
                });
                checked = Err(resolver.report(key, problem));
            }
            Err(error) => checked = Err(resolver.report(key, Problem::of(&error))),
        }
    }
    checked
}

/// Reports every name that is not UTF-8: no message and no report could show it.
pub(crate) fn ensure_names_are_text(resolver: &mut ConfigResolver) -> Resolved<()> {
    let not_text = resolver.raw.paths().filter(|(_, path)| path.to_str().is_none());
    let keys: Vec<&str> = not_text.map(|(key, _)| key).collect();
    let mut checked = Ok(());
    for key in keys {
        checked =
            Err(resolver.report(key, Problem::new("the name is not UTF-8").with_help("choose another")));
    }
    checked
}
