//! ConfigResolver what was written: where each word came from, and what was found wrong so far.
//!
//! Every conversion takes its words from here and leaves its problems here, so that all of them are
//! reported at once.

use std::fmt::Display;

use serde_json::Value;

use super::diagnostics::{Diagnostic, Diagnostics, Location};
use super::effective::EffectiveSettings;
use super::environment::Environment;
use super::pipeline_file::PipelineFile;
use super::raw::RawConfig;
use crate::report::run_report::Setting;

/// Flags over file, with everything that is wrong with them.
pub(crate) struct ConfigResolver<'a> {
    /// What is to be understood.
    pub(crate) written: RawConfig,
    pub(crate) environment: &'a Environment,
    flags: RawConfig,
    file: Option<PipelineFile>,
    problems: Vec<Diagnostic>,
    /// What is allowed and yet should be told.
    pub(crate) warnings: Vec<String>,
}

impl<'a> ConfigResolver<'a> {
    pub(crate) fn new(flags: RawConfig, file: Option<PipelineFile>, environment: &'a Environment) -> Self {
        let below = file.as_ref().map(|file| file.written.clone()).unwrap_or_default();
        let written = flags.clone().over(below);
        Self { written, environment, flags, file, problems: Vec::new(), warnings: Vec::new() }
    }

    /// Where the key is written, if it is.
    pub(crate) fn place(&self, key: &str) -> Option<Location> {
        if self.flags.says(key) {
            return Some(Location::Flag(flag(key)));
        }
        self.file.as_ref().and_then(|file| file.place(key))
    }

    /// Whether a flag says it, and no flag says the other, which a file may.
    pub(crate) fn flag_wins(&self, key: &str, other: &str) -> bool {
        self.flags.says(key) && !self.flags.says(other)
    }

    /// Where a value came from, in a word or two: its flag, its file, or the kind of default.
    pub(crate) fn origin(&self, key: &str, default: &str) -> String {
        match (self.place(key), &self.file) {
            (Some(Location::Flag(flag)), _) => flag,
            (Some(_), Some(file)) => file.name(),
            _ => default.to_owned(),
        }
    }

    /// Something is wrong with a key that was written.
    pub(crate) fn problem(&mut self, key: &str, text: impl Display) {
        let place = self.place(key).unwrap_or(Location::Nowhere);
        self.problems.push(Diagnostic { place, text: text.to_string() });
    }

    /// Something is wrong elsewhere, or missing.
    pub(crate) fn problem_at(&mut self, place: Location, text: impl Display) {
        self.problems.push(Diagnostic { place, text: text.to_string() });
    }

    /// The value if there is no error; else nothing, and a problem with the key.
    pub(crate) fn sound<T, E: Display>(&mut self, key: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.problem(key, error)).ok()
    }

    /// Every setting that is written somewhere, with where; and before them the choices that were made for the rest.
    pub(crate) fn settings(&self, choices: &EffectiveSettings) -> Vec<Setting> {
        let chosen = choices.0.iter().map(|choice| Setting {
            name: choice.name.to_owned(),
            value: choice.value.clone(),
            origin: choice.origin.clone(),
        });
        let mut settings: Vec<_> = chosen.collect();
        // Names that are no text have left a problem, and nothing is told then.
        let mut written = serde_json::to_value(&self.written).unwrap_or_default();
        if let Some(simulator) = written["simulator"].as_object_mut() {
            simulator.remove("authentication");
        }
        if let Some(conditions) = written["filter"].as_array_mut() {
            conditions.iter_mut().for_each(|text| *text = masked(text.as_str().unwrap_or_default()).into());
        }
        for key in RawConfig::KEYS {
            let value = match &written[key] {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if !settings.iter().any(|setting| setting.name == *key) {
                settings.push(Setting {
                    name: (*key).to_owned(),
                    value,
                    origin: self.origin(key, "default"),
                });
            }
        }
        settings
    }

    /// The result of the reading, if there is no problem.
    ///
    /// # Panics
    ///
    /// When something is missing from the result and nobody said why.
    pub(crate) fn finish<T>(self, before: Vec<Diagnostic>, result: Option<T>) -> Result<T, Diagnostics> {
        let problems: Vec<_> = before.into_iter().chain(self.problems).collect();
        match problems.is_empty() {
            true => Ok(result.expect("what is missing has left a problem")),
            false => Err(Diagnostics(problems)),
        }
    }
}

/// A text in which digits that may be a number are not shown.
fn masked(text: &str) -> String {
    const LONG_ENOUGH: usize = 7;
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, behind) = rest.split_at(start);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        shown.push_str(before);
        shown.push_str(if end < LONG_ENOUGH { &behind[..end] } else { "…" });
        rest = &behind[end..];
    }
    shown + rest
}

/// The flag that says the same as a key.
pub(crate) fn flag(key: &str) -> String {
    match key {
        "input" => "INPUT".into(),
        "header" => "--no-header".into(),
        _ => format!("--{}", key.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_condition_is_not_shown() {
        for (text, shown) in [
            ("phone!=+46701742201|+46701742202", "phone!=+…|+…"),
            ("year=2026|2025", "year=2026|2025"),
            ("plain", "plain"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
