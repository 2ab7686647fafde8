//! Which values of the settings no enricher can work with.

use std::borrow::Cow;
use std::time::Duration;

use super::settings::{RowSettings, Settings};
use crate::model::ColumnError;
use crate::numbering::Region;
use crate::pricing::Tariff;

/// Longer waits are mistakes, and would overflow a time.
const LONGEST_WAIT: Duration = Duration::from_secs(366 * 86_400);
/// The longest time for which answers may be collected before they are committed.
pub(crate) const LONGEST_COMMIT_INTERVAL: Duration = Duration::from_secs(60);

/// A value that no enricher can work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{key}: {problem}")]
pub struct InvalidSetting {
    /// Its key in a pipeline file.
    pub key: &'static str,
    /// What is wrong.
    pub problem: Cow<'static, str>,
    /// What to do about it, if that is not obvious.
    #[help]
    pub help: Option<&'static str>,
}

/// Whether a value is invalid, its key, what is wrong, and what to do about it.
type Rule = (bool, &'static str, &'static str, Option<&'static str>);

const NEEDS_A_PRICE: Option<&str> = Some("set a price with --price, or with price in the pipeline file");

impl Settings {
    /// Every value that no enricher can work with. Missing values are errors of `open`.
    #[must_use]
    pub fn check(&self) -> Vec<InvalidSetting> {
        let mut invalid = broken(self.lookup_rules());
        invalid.extend(self.tariff.unknown_countries());
        invalid.extend(broken(self.waits()));
        invalid.extend(self.rows.check(&self.tariff));
        invalid
    }

    /// The first value that no enricher can work with, as an error.
    pub(super) fn validate(&self) -> Result<(), InvalidSetting> {
        self.check().into_iter().next().map_or(Ok(()), Err)
    }

    fn lookup_rules(&self) -> impl IntoIterator<Item = Rule> + use<> {
        let retry = &self.retry;
        let holds_no_certificate = |pem: &String| !pem.contains("-----BEGIN CERTIFICATE-----");
        [
            (self.timeout.is_zero(), "timeout", "must be longer than zero", None),
            (
                retry.attempts == 0,
                "attempts",
                "a number is asked at least once",
                Some("use 1 for no retries"),
            ),
            (
                !(0.0..=100.0).contains(&retry.budget),
                "retry_budget",
                "must be from 0 to 100 (retries for each number, on average)",
                None,
            ),
            (
                retry.first_backoff > retry.longest_backoff,
                "first_backoff",
                "must not be longer than longest_backoff",
                None,
            ),
            (
                self.caps.cost.is_some() && !self.tariff.has_prices(),
                "max_cost",
                "a cost limit needs a price",
                NEEDS_A_PRICE,
            ),
            (
                self.trusted_certificates.as_ref().is_some_and(holds_no_certificate),
                "ca_file",
                "holds no certificate",
                Some("a PEM file has a line -----BEGIN CERTIFICATE-----"),
            ),
            (
                self.ledger_file().is_some_and(|file| file.commit_interval > LONGEST_COMMIT_INTERVAL),
                "commit_interval",
                "must be 60s or less",
                None,
            ),
            (
                self.ledger_file().is_some_and(|file| file.unsaved_answers == 0),
                "unsaved_answers",
                "must be at least 1",
                None,
            ),
        ]
    }

    fn waits(&self) -> impl IntoIterator<Item = Rule> + use<> {
        let retry = &self.retry;
        let waits = [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("late_answer_grace", self.late_answer_grace.unwrap_or_default()),
            ("give_up_after", self.give_up_after),
            ("longest_backoff", retry.longest_backoff),
            ("second_pass", retry.second_pass.unwrap_or_default()),
        ];
        waits.map(|(key, wait)| (wait > LONGEST_WAIT, key, "must be at most 366 days", None))
    }
}

impl RowSettings {
    /// Every value that no stream can work with.
    fn check(&self, tariff: &Tariff) -> Vec<InvalidSetting> {
        broken([
            (self.cost_column && !tariff.has_prices(), "cost_column", "a cost needs a price", NEEDS_A_PRICE),
            (
                self.prefix.contains(['/', '\\']),
                "prefix",
                "must not contain / or \\, because a column's name can become a folder's",
                None,
            ),
            (self.window.rows == 0, "window_rows", "must be at least 1", Some("omit it for the default")),
            (self.window.bytes == 0, "window_mib", "must be at least 1", Some("omit it for the default")),
        ])
    }

    /// The first value that no stream can work with, as the error of a stream.
    pub(super) fn validate(&self, tariff: &Tariff) -> Result<(), ColumnError> {
        match self.check(tariff).into_iter().next() {
            Some(InvalidSetting { key, problem, help }) => {
                let error = ColumnError::new(format!("{key}: {problem}"));
                Err(ColumnError { help: help.map(str::to_owned), ..error })
            }
            None => Ok(()),
        }
    }
}

impl Tariff {
    /// A price under a key that is not a country's code would never apply.
    fn unknown_countries(&self) -> Vec<InvalidSetting> {
        let is_known = |code: &str| code.parse::<Region>().is_ok_and(|region| region.code() == code);
        let mut unknown: Vec<&String> = self.by_country.keys().filter(|code| !is_known(code)).collect();
        unknown.sort();
        let invalid = |code: &String| InvalidSetting {
            key: "price",
            problem: format!("{code:?} is not a country's code").into(),
            help: Some("write ISO 3166 codes in capitals, such as SE"),
        };
        unknown.into_iter().map(invalid).collect()
    }
}

fn broken(rules: impl IntoIterator<Item = Rule>) -> Vec<InvalidSetting> {
    let invalid = rules.into_iter().filter(|(is_invalid, ..)| *is_invalid);
    invalid.map(|(_, key, problem, help)| InvalidSetting { key, problem: problem.into(), help }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::enricher::{LedgerChoice, LedgerSettings};
    use crate::model::Money;

    fn keys(settings: &Settings) -> Vec<&'static str> {
        settings.check().iter().map(|invalid| invalid.key).collect()
    }

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Settings::default().check(), []);
    }

    #[test]
    fn a_price_that_would_never_apply_is_refused() {
        let price = Money::from_number(1.0).unwrap();
        let by_country = ["se", "Sweden", "SE"].map(|code| (code.to_owned(), price)).into();
        let tariff = Arc::new(Tariff { by_country, ..Tariff::default() });
        let invalid = Settings { tariff, ..Settings::default() }.check();
        let problems: Vec<&str> = invalid.iter().map(|invalid| invalid.problem.as_ref()).collect();
        assert_eq!(problems, ["\"Sweden\" is not a country's code", "\"se\" is not a country's code"]);
    }

    #[test]
    fn waits_that_would_overflow_a_time_are_refused() {
        let ledger = LedgerSettings { commit_interval: Duration::MAX, ..LedgerSettings::new("ledger") };
        let settings = Settings {
            timeout: Duration::MAX,
            give_up_after: Duration::MAX,
            ledger: LedgerChoice::File(ledger),
            ..Settings::default()
        };
        assert_eq!(keys(&settings), ["commit_interval", "timeout", "give_up_after"]);
        assert!(settings.larger_window().is_some());
    }

    #[test]
    fn certificates_without_a_certificate_are_refused() {
        let trusted_certificates = Some("not a certificate".to_owned());
        assert_eq!(keys(&Settings { trusted_certificates, ..Settings::default() }), ["ca_file"]);
    }

    #[test]
    fn the_rows_of_one_stream_are_checked_too() {
        let rows = RowSettings { cost_column: true, ..RowSettings::default() };
        let error = rows.validate(&Tariff::default()).unwrap_err();
        assert_eq!(error.problem, "cost_column: a cost needs a price");
    }
}
