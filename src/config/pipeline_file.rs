//! Parses a pipeline file key by key, so that every fault is found at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::diagnostics::{Diagnostic, Diagnostics, Location, Problem};
use super::environment::Environment;
use super::raw::RawConfig;
use crate::suggest::explain_unknown_field;

/// The values of a pipeline file, the line of each key, and what is wrong with them.
#[derive(Clone)]
pub(crate) struct PipelineFile {
    path: PathBuf,
    pub(crate) raw: RawConfig,
    pub(crate) diagnostics: Vec<Diagnostic>,
    lines: BTreeMap<String, usize>,
}

impl PipelineFile {
    /// Reads the file. Faults of single keys are in its diagnostics, beside the values of the
    /// others.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not TOML: everything after such a fault would be a guess.
    pub(crate) fn read(path: &Path, environment: &Environment) -> Result<Self, Diagnostics> {
        let text = environment.text_of(path).map_err(|fault| {
            let location = Location::File { path: path.to_owned(), line: None, key: None };
            let problem = Problem::new(format!("the pipeline file cannot be read: {fault}"));
            Diagnostics(vec![problem.at(location)])
        });
        Self::parse(path, &text?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        let mut file = Self {
            path: path.to_owned(),
            raw: RawConfig::default(),
            diagnostics: Vec::new(),
            lines: BTreeMap::new(),
        };
        let (document, faults) = DeTable::parse_recoverable(text);
        if !faults.is_empty() {
            let fault = |fault: &toml::de::Error| {
                let line = fault.span().map(|span| line_at(text, span.start));
                let location = Location::File { path: path.to_owned(), line, key: None };
                Problem::new(in_one_line(fault.message())).at(location)
            };
            return Err(Diagnostics(faults.iter().map(fault).collect()));
        }
        let whole = document.span();
        let mut entries: Vec<_> = document.into_inner().into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let (name, line) = (key.get_ref().to_string(), line_at(text, key.span().start));
            let mut alone = DeTable::new();
            alone.insert(key, value);
            match RawConfig::deserialize(Deserializer::from(Spanned::new(whole.clone(), alone))) {
                Ok(raw) => file.raw = raw.over(std::mem::take(&mut file.raw)),
                Err(fault) => {
                    let line = fault.span().map_or(line, |span| line_at(text, span.start));
                    file.diagnostics.push(file.fault_of_key(&name, line, fault.message()));
                }
            }
            file.lines.insert(name, line);
        }
        Ok(file)
    }

    fn fault_of_key(&self, name: &str, line: usize, message: &str) -> Diagnostic {
        // The message names an unknown key, the location a known one.
        let key = RawConfig::KEYS.iter().any(|key| key.name == name).then(|| name.to_owned());
        let location = Location::File { path: self.path.clone(), line: Some(line), key };
        let message = in_plain_words(in_one_line(message));
        let (text, help) = explain_unknown_field(&message).unwrap_or((message, None));
        Problem::new(text).with_help_if(help).at(location)
    }

    /// The location of the key, if it is set.
    pub(crate) fn location(&self, key: &str) -> Option<Location> {
        let line = self.lines.get(key).copied()?;
        Some(Location::File { path: self.path.clone(), line: Some(line), key: Some(key.to_owned()) })
    }

    /// The name of the file, for messages.
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
        let diagnostics = match PipelineFile::parse(Path::new("nightly.toml"), text) {
            Ok(file) => file.diagnostics,
            Err(Diagnostics(diagnostics)) => diagnostics,
        };
        let lines = diagnostics.iter().map(|problem| match &problem.help {
            Some(help) => format!("{problem} / {help}"),
            None => problem.to_string(),
        });
        lines.collect()
    }

    #[test]
    fn every_fault_is_reported_with_its_line_and_key() {
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
                "nightly.toml:1: unknown key `rates` / did you mean `rate`?",
                "nightly.toml:2: timeout: invalid type: integer `10`, expected a duration with its unit, in \
                 quotes, such as \"10s\"",
                "nightly.toml:3: product: unknown variant `realtime`, expected `real-time` or `portability`",
                "nightly.toml:4: rate: invalid type: string \"fast\", expected a number",
                "nightly.toml:6: simulator: unknown key `latncy` / did you mean `latency`?",
            ]
        );
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let problems = problems_of("rate = 5\noutput = enriched.parquet\n");
        assert!(problems[0].starts_with("nightly.toml:2: "), "{problems:?}");
    }

    #[test]
    fn a_single_text_is_a_list_of_one() {
        let text = "input = \"a.csv\"\nendpoint = [\"eu\", \"us\"]\nrate = 500\n";
        let file =
            PipelineFile::parse(Path::new("x.toml"), text).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(file.diagnostics, []);
        let raw = file.raw;
        assert!(raw.input.is_some_and(|input| input.0 == ["a.csv"]));
        assert!(raw.endpoint.is_some_and(|endpoint| endpoint.0 == ["eu", "us"]));
        assert_eq!(raw.rate, Some(500.0));
    }
}
