//! What was written on the command line becomes a list of files.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use super::{InputError, malformed};

/// What `-` and patterns stand for.
pub(super) enum List {
    StandardInput,
    /// At least one file, in reading order.
    Files(Vec<PathBuf>),
}

/// Hidden files are matched only by patterns that say so: a result that is being written beside its
/// input is hidden, and must not be read.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Paths stay in the order given, the matches of one pattern are sorted by name. A file that is named
/// twice, as overlapping patterns do, is read once.
pub(super) fn expand(written: &[String]) -> Result<List, InputError> {
    if written.is_empty() {
        return Err(InputError::NoFiles(
            "no input was named; give files, patterns, or - for standard input".into(),
        ));
    }
    if written.iter().any(|path| path == "-") {
        return match written {
            [_] => Ok(List::StandardInput),
            _ => Err(InputError::NoFiles(
                "standard input cannot be joined with files; give - alone, or save it to a file first".into(),
            )),
        };
    }
    let mut files = Vec::new();
    for text in written {
        let path = Path::new(text);
        if path.exists() || !is_pattern(text) {
            files.push(one_file(path)?);
        } else {
            files.extend(matches(text)?);
        }
    }
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(List::Files(files))
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn one_file(path: &Path) -> Result<PathBuf, InputError> {
    let metadata = path.metadata().map_err(|source| InputError::Read { path: path.to_owned(), source })?;
    if metadata.is_dir() {
        let example = path.join("*.csv");
        return Err(malformed(
            path,
            format!("this is a folder; name its files, as in '{}'", example.display()),
        ));
    }
    Ok(path.to_owned())
}

fn matches(pattern: &str) -> Result<Vec<PathBuf>, InputError> {
    let found = glob::glob_with(pattern, MATCHING).map_err(|fault| {
        InputError::NoFiles(format!("{pattern}: not a pattern ({fault}); write a literal [ as [[]"))
    })?;
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
        return Err(InputError::NoFiles(format!(
            "{pattern}: no file matches this pattern; see whether the folder and the ending are right"
        )));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn files(folder: &Path, written: &[&str]) -> Result<Vec<String>, InputError> {
        let written: Vec<String> =
            written.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect();
        match expand(&written)? {
            List::Files(files) => Ok(files
                .iter()
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .collect()),
            List::StandardInput => unreachable!("no - was given"),
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
    fn what_names_no_file_is_an_error_that_names_it() {
        let folder = folder();
        for (written, part) in [
            ("nothing.csv", "nothing.csv"),
            ("*.parquet", "*.parquet: no file matches"),
            ("folder.csv", "folder.csv/*.csv"),
            ("[", "["),
        ] {
            let message = files(folder.path(), &[written]).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn standard_input_stands_alone() {
        assert!(matches!(expand(&["-".into()]), Ok(List::StandardInput)));
        assert!(expand(&["-".into(), "a.csv".into()]).is_err());
        assert!(expand(&[]).is_err());
    }
}
