//! A pipeline file as text: TOML to what was written, key by key, so that every fault is found at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::diagnostics::{Diagnostic, Location};
use super::raw::RawConfig;
use crate::suggest::offer_nearest;

/// What a file says, and on which line each key is.
pub(crate) struct PipelineFile {
    path: PathBuf,
    pub(crate) written: RawConfig,
    lines: BTreeMap<String, usize>,
    is_unread: bool,
}

impl PipelineFile {
    /// Reads the file. What can be understood of it is there, whatever the problems.
    pub(crate) fn read(path: &Path, problems: &mut Vec<Diagnostic>) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text, problems),
            Err(fault) => {
                let place = Location::File { path: path.to_owned(), line: None, key: None };
                problems
                    .push(Diagnostic { place, text: format!("the pipeline file cannot be read: {fault}") });
                Self { is_unread: true, ..Self::parse(path, "", problems) }
            }
        }
    }

    fn parse(path: &Path, text: &str, problems: &mut Vec<Diagnostic>) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            written: RawConfig::default(),
            lines: BTreeMap::new(),
            is_unread: false,
        };
        let (document, faults) = DeTable::parse_recoverable(text);
        for fault in &faults {
            let line = fault.span().map(|span| line_at(text, span.start));
            let place = Location::File { path: path.to_owned(), line, key: None };
            problems.push(Diagnostic { place, text: in_one_line(fault.message()) });
        }
        if !faults.is_empty() {
            // What follows a fault in the notation is guesswork, and would be reported as such.
            file.is_unread = true;
            return file;
        }
        let whole = document.span();
        let mut entries: Vec<_> = document.into_inner().into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let (name, line) = (key.get_ref().to_string(), line_at(text, key.span().start));
            let mut alone = DeTable::new();
            alone.insert(key, value);
            match RawConfig::deserialize(Deserializer::from(Spanned::new(whole.clone(), alone))) {
                Ok(written) => file.written = written.over(std::mem::take(&mut file.written)),
                Err(fault) => {
                    let line = fault.span().map_or(line, |span| line_at(text, span.start));
                    problems.push(file.problem_with(&name, line, fault.message()));
                }
            }
            file.lines.insert(name, line);
        }
        file
    }

    fn problem_with(&self, name: &str, line: usize, message: &str) -> Diagnostic {
        // An unknown key is in the message; a known one is named in the place.
        let key = RawConfig::KEYS.contains(&name).then(|| name.to_owned());
        let place = Location::File { path: self.path.clone(), line: Some(line), key };
        Diagnostic { place, text: offer_nearest(&in_plain_words(in_one_line(message))) }
    }

    /// Whether nothing is known of what it says.
    pub(crate) fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// Where the key is written, if it is.
    pub(crate) fn place(&self, key: &str) -> Option<Location> {
        let line = self.lines.get(key).copied()?;
        Some(Location::File { path: self.path.clone(), line: Some(line), key: Some(key.to_owned()) })
    }

    /// The file's name, for people.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// The line of this byte, counted from 1.
fn line_at(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|&&byte| byte == b'\n').count()
}

fn in_one_line(message: &str) -> String {
    message.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A message without the names of Rust's types.
fn in_plain_words(message: String) -> String {
    let Some((before, kind)) = message.rsplit_once(", expected ") else { return message };
    match kind {
        "f64" => format!("{before}, expected a number"),
        "u16" | "u32" | "u64" | "i32" => format!("{before}, expected a whole number"),
        "path string" | "a string" => format!("{before}, expected a text in quotes"),
        "a boolean" => format!("{before}, expected true or false"),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        PipelineFile::parse(Path::new("nightly.toml"), text, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_its_key() {
        let problems = problems_of(
            "rates = 5\n\
             timeout = 10\n\
             product = \"realtime\"\n\
             rate = \"fast\"\n\
             [simulator]\n\
             latncy = \"5ms\"\n",
        );
        assert_eq!(
            problems,
            [
                "nightly.toml:1: unknown key `rates`; did you mean `rate`?",
                "nightly.toml:2: timeout: invalid type: integer `10`, expected a duration with its unit, in \
                 quotes, such as \"10s\"",
                "nightly.toml:3: product: unknown variant `realtime`, expected `real-time` or `portability`",
                "nightly.toml:4: rate: invalid type: string \"fast\", expected a number",
                "nightly.toml:6: simulator: unknown key `latncy`; did you mean `latency`?",
            ]
        );
    }

    #[test]
    fn a_fault_in_the_notation_has_its_line() {
        let problems = problems_of("rate = 5\noutput = enriched.parquet\n");
        assert!(problems[0].starts_with("nightly.toml:2: "), "{problems:?}");
    }

    #[test]
    fn one_text_is_a_list_of_one() {
        let mut problems = Vec::new();
        let text = "input = \"a.csv\"\nendpoint = [\"eu\", \"us\"]\nrate = 500\n";
        let file = PipelineFile::parse(Path::new("x.toml"), text, &mut problems);
        assert_eq!(problems, []);
        let written = file.written;
        assert!(written.input.is_some_and(|input| input.0 == ["a.csv"]));
        assert!(written.endpoint.is_some_and(|endpoint| endpoint.0 == ["eu", "us"]));
        assert_eq!(written.rate, Some(500.0));
    }
}
