//! Resolves raw values to settings: knows where each value was set, and collects what is wrong.
//!
//! Every group of settings takes its raw values from here and reports its problems here, so that
//! all problems are shown at once.

use serde_json::Value;

use super::diagnostics::{Diagnostic, Diagnostics, Location, Problem};
use super::effective::EffectiveSettings;
use super::environment::Environment;
use super::pipeline_file::PipelineFile;
use super::raw::RawConfig;
use crate::model::{ForeignText, Setting};

/// Proof that a problem was reported: only a report creates one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported(());

/// A value, or a problem that was reported.
pub(crate) type Resolved<T> = Result<T, Reported>;

/// The values of flags and file, flags first, with everything that is wrong with them.
pub(crate) struct ConfigResolver<'a> {
    /// The values to resolve.
    pub(crate) raw: RawConfig,
    pub(crate) environment: &'a Environment,
    flags: RawConfig,
    file: Option<PipelineFile>,
    diagnostics: Vec<Diagnostic>,
    /// What is allowed, but the user should know.
    pub(crate) warnings: Vec<String>,
}

impl<'a> ConfigResolver<'a> {
    pub(crate) fn new(flags: RawConfig, file: Option<PipelineFile>, environment: &'a Environment) -> Self {
        let of_file = file.as_ref().map(|file| file.raw.clone()).unwrap_or_default();
        let raw = flags.clone().over(of_file);
        let diagnostics = file.as_ref().map(|file| file.diagnostics.clone()).unwrap_or_default();
        Self { raw, environment, flags, file, diagnostics, warnings: Vec::new() }
    }

    /// Where the key is set, if it is.
    pub(crate) fn location(&self, key: &str) -> Option<Location> {
        if self.flags.says(key) {
            return Some(Location::Flag(flag(key)));
        }
        self.file.as_ref().and_then(|file| file.location(key))
    }

    /// Whether a flag sets this key, and the other is set in the file at most.
    pub(crate) fn flag_wins(&self, key: &str, other: &str) -> bool {
        self.flags.says(key) && !self.flags.says(other)
    }

    /// Where a value comes from, in a few words: its flag, its file, or the kind of default.
    pub(crate) fn origin(&self, key: &str, default: &str) -> String {
        match (self.location(key), &self.file) {
            (Some(Location::Flag(flag)), _) => flag,
            (Some(_), Some(file)) => file.name(),
            _ => default.to_owned(),
        }
    }

    /// Reports a problem with a key, where it was set.
    pub(crate) fn report(&mut self, key: &str, problem: impl Into<Problem>) -> Reported {
        let location = self.location(key).unwrap_or(Location::Nowhere);
        self.report_at(location, problem)
    }

    /// Reports a problem at another location, or with something that is missing.
    pub(crate) fn report_at(&mut self, location: Location, problem: impl Into<Problem>) -> Reported {
        self.diagnostics.push(problem.into().at(location));
        Reported(())
    }

    /// The value, or its problem reported.
    pub(crate) fn check<T>(&mut self, key: &str, value: Result<T, impl Into<Problem>>) -> Resolved<T> {
        value.map_err(|problem| self.report(key, problem))
    }

    /// The value, or its error reported with its help.
    pub(crate) fn diagnosed<T>(
        &mut self,
        key: &str,
        value: Result<T, impl miette::Diagnostic>,
    ) -> Resolved<T> {
        value.map_err(|error| self.report(key, Problem::of(&error)))
    }

    /// Every setting with its origin: first the effective ones, then the others that were set.
    pub(crate) fn settings(&self, effective: &EffectiveSettings) -> Vec<Setting> {
        let mut settings = effective.0.clone();
        // A name that is not UTF-8 was reported as a problem, so the default is never shown.
        let mut raw = serde_json::to_value(&self.raw).unwrap_or_default();
        if let Some(simulator) = raw["simulator"].as_object_mut() {
            simulator.remove("authentication");
        }
        if let Some(conditions) = raw["filter"].as_array_mut() {
            conditions
                .iter_mut()
                .for_each(|text| *text = ForeignText(text.as_str().unwrap_or_default()).to_string().into());
        }
        // A name that is no variable may be the secret itself.
        for key in ["username_env", "password_env"] {
            let is_variable = |name: &str| self.environment.variable(name).is_some();
            if raw[key].as_str().is_some_and(|name| !is_variable(name)) {
                raw[key] = "(not set)".into();
            }
        }
        for key in RawConfig::KEYS {
            let value = match &raw[key.name] {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if !settings.iter().any(|setting| setting.name == key.name) {
                let origin = self.origin(key.name, "default");
                settings.push(Setting { name: key.name.to_owned(), value, origin });
            }
        }
        settings
    }

    /// The result, if nothing was reported.
    pub(crate) fn finish<T>(self, result: Resolved<T>) -> Result<T, Diagnostics> {
        match result {
            Ok(result) if self.diagnostics.is_empty() => Ok(result),
            Ok(_) | Err(Reported(())) => Err(Diagnostics(self.diagnostics).in_order_of_the_file()),
        }
    }
}

/// The flag that sets a key.
pub(crate) fn flag(key: &str) -> String {
    match key {
        "input" => "INPUT".into(),
        "header" => "--no-header".into(),
        _ => format!("--{}", key.replace('_', "-")),
    }
}
