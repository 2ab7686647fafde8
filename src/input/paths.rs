//! Names, patterns and folders become a list of files.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::error::InputError;
use super::folder::{ensure_no_table_format, files_in, is_passed_over};
use super::objects;
use super::partition_path::partitions_of;
use super::source::ListFile;
use crate::storage::{Place, Storage};

/// What the names of a list stand for.
pub(super) enum ListSource {
    StandardInput,
    /// At least one file, in reading order.
    Files(FoundFiles),
}

/// The files of a list, and what a user should know about how they were found.
pub(super) struct FoundFiles {
    pub(super) files: Vec<ListFile>,
    pub(super) remarks: Vec<String>,
}

/// Hidden files are matched only by patterns with a leading dot: an output that is being written
/// beside its input is hidden, and must not be read.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The files that these names stand for, each once, in their order. Matches of a pattern and files of
/// a folder are sorted.
pub(super) fn expand(names: &[String], storage: &Storage) -> Result<ListSource, InputError> {
    match names {
        [] => return Err(InputError::NoneNamed),
        [name] if name == "-" => return Ok(ListSource::StandardInput),
        names if names.iter().any(|name| name == "-") => {
            return Err(InputError::StandardInputAmongFiles);
        }
        _ => {}
    }
    let (mut files, mut remarks) = (Vec::new(), Vec::new());
    for name in names {
        match Place::of(name)? {
            Place::Local(path) => {
                files.extend(local_files(&path, &mut remarks)?.into_iter().map(|path| {
                    let partitions = partitions_of(&path);
                    ListFile::local(path, partitions)
                }));
            }
            Place::Object(url) => files.extend(objects::files_at(&url, storage, MATCHING, &mut remarks)?),
        }
    }
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.path().to_owned()));
    Ok(ListSource::Files(FoundFiles { files, remarks }))
}

fn local_files(path: &Path, remarks: &mut Vec<String>) -> Result<Vec<PathBuf>, InputError> {
    match path.to_str() {
        Some(pattern) if !path.exists() && is_pattern(pattern) => matches(pattern),
        _ => {
            let metadata =
                path.metadata().map_err(|source| InputError::Read { path: path.to_owned(), source })?;
            match metadata.is_dir() {
                true => files_in(path, remarks),
                false => Ok(vec![path.to_owned()]),
            }
        }
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn matches(pattern: &str) -> Result<Vec<PathBuf>, InputError> {
    let found = glob::glob_with(pattern, MATCHING)
        .map_err(|fault| InputError::InvalidPattern { pattern: pattern.to_owned(), source: fault.into() })?;
    let (mut files, mut folders) = (Vec::new(), HashSet::new());
    for entry in found {
        let path = entry.map_err(|fault| {
            let path = fault.path().to_owned();
            InputError::Read { path, source: io::Error::from(fault) }
        })?;
        if path.is_dir() || is_a_marker(&path) {
            continue;
        }
        if let Some(folder) = path.parent()
            && folders.insert(folder.to_owned())
        {
            // Old versions of rows lie beside the current ones there.
            ensure_no_table_format(folder)?;
        }
        files.push(path);
    }
    if files.is_empty() {
        return Err(InputError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(files)
}

/// Whether a file was left by the engine that wrote a Hive-style folder, such as `_SUCCESS`.
fn is_a_marker(path: &Path) -> bool {
    is_passed_over(path) && !partitions_of(path).is_empty()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use miette::Diagnostic;

    use super::*;

    fn files(folder: &Path, names: &[&str]) -> Result<Vec<String>, InputError> {
        let names: Vec<String> =
            names.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect();
        match expand(&names, &Storage::default())? {
            ListSource::Files(found) => Ok(found
                .files
                .iter()
                .map(|file| file.path().file_name().unwrap().to_string_lossy().into_owned())
                .collect()),
            ListSource::StandardInput => unreachable!("no - was given"),
        }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.txt", ".hidden.csv", "odd[1].csv"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join("folder.csv")).unwrap();
        folder
    }

    #[test]
    fn matches_are_sorted_and_hidden_files_and_folders_are_left_out() {
        assert_eq!(files(folder().path(), &["*.csv"]).unwrap(), ["a.csv", "b.csv", "odd[1].csv"]);
    }

    #[test]
    fn paths_keep_their_order_and_no_file_is_read_twice() {
        assert_eq!(
            files(folder().path(), &["c.txt", "b.csv", "[ab].csv"]).unwrap(),
            ["c.txt", "b.csv", "a.csv"]
        );
    }

    #[test]
    fn a_file_whose_name_looks_like_a_pattern_is_a_file() {
        assert_eq!(files(folder().path(), &["odd[1].csv"]).unwrap(), ["odd[1].csv"]);
    }

    #[test]
    fn a_name_without_a_file_is_an_error_that_names_it() {
        let folder = folder();
        for (name, part) in [
            ("nothing.csv", "nothing.csv"),
            ("*.parquet", "*.parquet: no file matches"),
            ("folder.csv", "folder.csv: this folder has no list"),
            ("[", "["),
        ] {
            let error = files(folder.path(), &[name]).unwrap_err();
            let message =
                format!("{error}; {}", error.help().map(|help| help.to_string()).unwrap_or_default());
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn standard_input_stands_alone() {
        assert!(matches!(expand(&["-".into()], &Storage::default()), Ok(ListSource::StandardInput)));
        assert!(expand(&["-".into(), "a.csv".into()], &Storage::default()).is_err());
        assert!(expand(&[], &Storage::default()).is_err());
    }
}
