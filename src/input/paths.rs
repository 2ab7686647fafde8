//! Names and patterns become a list of files.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::error::InputError;

/// What the names of a list stand for.
pub(super) enum ListSource {
    StandardInput,
    /// At least one file, in reading order.
    Files(Vec<PathBuf>),
}

/// Hidden files are matched only by patterns with a leading dot: an output that is being written
/// beside its input is hidden, and must not be read.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Paths keep their order, and the matches of one pattern are sorted by name. A file that is named
/// twice, for example by overlapping patterns, is read once.
pub(super) fn expand(names: &[String]) -> Result<ListSource, InputError> {
    match names {
        [] => return Err(InputError::NoneNamed),
        [name] if name == "-" => return Ok(ListSource::StandardInput),
        names if names.iter().any(|name| name == "-") => {
            return Err(InputError::StandardInputAmongFiles);
        }
        _ => {}
    }
    let mut files = Vec::new();
    for name in names {
        let path = Path::new(name);
        if path.exists() || !is_pattern(name) {
            files.push(one_file(path)?);
        } else {
            files.extend(matches(name)?);
        }
    }
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(ListSource::Files(files))
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn one_file(path: &Path) -> Result<PathBuf, InputError> {
    let metadata = path.metadata().map_err(|source| InputError::Read { path: path.to_owned(), source })?;
    if metadata.is_dir() {
        let help = format!("name its files, for example '{}'", path.join("*.csv").display());
        return Err(InputError::malformed(path, "this is a folder", help));
    }
    Ok(path.to_owned())
}

fn matches(pattern: &str) -> Result<Vec<PathBuf>, InputError> {
    let found = glob::glob_with(pattern, MATCHING)
        .map_err(|fault| InputError::InvalidPattern { pattern: pattern.to_owned(), source: fault.into() })?;
    let mut files = Vec::new();
    for entry in found {
        let path = entry.map_err(|fault| {
            let path = fault.path().to_owned();
            InputError::Read { path, source: io::Error::from(fault) }
        })?;
        if !path.is_dir() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(InputError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use miette::Diagnostic;

    use super::*;

    fn files(folder: &Path, names: &[&str]) -> Result<Vec<String>, InputError> {
        let names: Vec<String> =
            names.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect();
        match expand(&names)? {
            ListSource::Files(files) => Ok(files
                .iter()
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
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
            ("folder.csv", "folder.csv/*.csv"),
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
        assert!(matches!(expand(&["-".into()]), Ok(ListSource::StandardInput)));
        assert!(expand(&["-".into(), "a.csv".into()]).is_err());
        assert!(expand(&[]).is_err());
    }
}
