//! The names of the files of a run: dates in them filled in, each file one thing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::path_template;
use super::raw::RawConfig;
use super::resolver::ConfigResolver;
use super::values::TextList;

/// Puts the moment of the run into the names that have a place for it. Gives the folders that have it in theirs: nobody could
/// make them beforehand.
pub(crate) fn fill_names(reading: &mut ConfigResolver) -> Vec<PathBuf> {
    let now = jiff::Zoned::now();
    if let Some(TextList(paths)) = reading.written.input.clone() {
        let filled = paths.iter().map(|path| path_template::fill(path, &now)).collect();
        if let Some(paths) = reading.sound("input", filled) {
            reading.written.input = Some(TextList(paths));
        }
    }
    let mut folders = Vec::new();
    for (key, place) in RawConfig::DATED {
        let Some(template) = place(&mut reading.written).take() else { continue };
        let has_a_date = template.parent().is_some_and(path_template::has_a_word);
        let filled = path_template::path(reading, key, template, &now);
        folders.extend(filled.parent().filter(|_| has_a_date).map(Path::to_owned));
        *place(&mut reading.written) = Some(filled);
    }
    folders
}

pub(crate) fn metrics_listen(reading: &mut ConfigResolver) -> Option<SocketAddr> {
    let text = reading.written.metrics_listen.clone()?;
    let address = text.parse().map_err(|_| "an address is a number and a port, such as 127.0.0.1:9464");
    reading.sound("metrics_listen", address)
}

/// The lock of an output, in its folder. A date in its name is none in that of the lock, and a folder with a date is left for
/// the one above, so that two nights have the same lock.
pub(crate) fn lock_beside(output: &Path) -> PathBuf {
    let name = output.file_name().unwrap_or_default().to_string_lossy().replace(['{', '}'], "");
    let folder = output.ancestors().skip(1).find(|folder| !path_template::has_a_word(folder));
    folder.unwrap_or(Path::new("")).join(format!(".{name}.lock"))
}

/// Leaves a problem where one file would be two things: each of them replaces the other, or itself.
pub(crate) fn keep_apart(reading: &mut ConfigResolver, lock: Option<&Path>) {
    let written = &reading.written;
    let inputs = written.input.iter().flat_map(|texts| &texts.0).map(|path| ("input", Path::new(path)));
    let others = written.paths().filter(|(key, _)| *key != "lock");
    let lock = lock.map(|lock| ("lock", lock));
    let all: Vec<(&str, PathBuf)> =
        inputs.chain(others).chain(lock).map(|(key, path)| (key, path.to_owned())).collect();
    let same = |one: &Path, other: &Path| match (std::path::absolute(one), std::path::absolute(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    for (place, (key, path)) in all.iter().enumerate() {
        let earlier = all[..place].iter().find(|(other, taken)| other != key && same(taken, path));
        if let Some((other, _)) = earlier {
            let text = format!("{} is the {other} already; give each a file of its own", path.display());
            reading.problem(key, text);
        }
    }
}

/// Leaves a problem with every name that is no text: it could not be told to anybody.
pub(crate) fn refuse_names_that_are_no_text(reading: &mut ConfigResolver) {
    let no_text = reading.written.paths().filter(|(_, path)| path.to_str().is_none());
    let keys: Vec<&str> = no_text.map(|(key, _)| key).collect();
    for key in keys {
        reading.problem(key, "the name is not UTF-8; choose another");
    }
}
