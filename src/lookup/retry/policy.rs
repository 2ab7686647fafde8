//! When requests without an answer are repeated: the settings.

use std::time::Duration;

use super::budget::RetryBudget;
use crate::model::LookupResult;

/// How often and how soon requests without an answer are repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The largest number of requests for one number, with the first. Each may be billed.
    pub attempts: u16,
    /// The wait before the second attempt is random, from zero to this; it doubles with each
    /// further attempt.
    pub first_backoff: Duration,
    /// The longest wait, except for one that the service asks for.
    pub longest_backoff: Duration,
    /// How long a number rests after its last attempt before it gets as many attempts again; `None`
    /// for no second pass. Trouble at an operator often lasts longer than some seconds of backoff.
    /// The number's row waits, and so do the rows behind it.
    pub second_pass: Option<Duration>,
    /// Whether `HLR_LOCAL_CANCEL` is retried like TIMEOUT. After the last attempt it is an answer.
    pub local_cancel: Finality,
    /// Whether `SYSTEM_FAILURE` is retried like TIMEOUT. After the last attempt it is an answer.
    pub system_failure: Finality,
    /// How many retries the whole run may make per number, on average: the most that trouble may
    /// add to the bill.
    pub budget: f64,
}

/// Whether a result is final or worth another attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
    /// The result is the answer.
    #[default]
    Final,
    /// A later attempt may get a better result.
    Retryable,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(30),
            second_pass: None,
            local_cancel: Finality::Final,
            system_failure: Finality::Final,
            budget: 1.0,
        }
    }
}

impl RetryPolicy {
    /// The largest number of requests for one number, in both passes.
    pub(super) fn max_attempts(&self) -> u16 {
        self.attempts.saturating_mul(1 + u16::from(self.second_pass.is_some()))
    }

    /// The largest number of requests that may be billed for this many numbers.
    #[must_use]
    pub fn requests_at_most(&self, numbers: u64) -> u64 {
        let by_attempts = numbers.saturating_mul(self.max_attempts().into());
        let by_budget = RetryBudget::FLOOR + self.budget * numbers as f64;
        by_attempts.min(numbers.saturating_add(by_budget.ceil() as u64))
    }

    /// Whether a result is retried.
    pub(super) fn retries(&self, result: &LookupResult) -> bool {
        match result {
            // Every request has its parameter; a service that says otherwise has garbled the
            // request.
            LookupResult::Timeout | LookupResult::HlrAbort | LookupResult::MandatoryParameterMissing => true,
            LookupResult::HlrLocalCancel => self.local_cancel == Finality::Retryable,
            LookupResult::SystemFailure => self.system_failure == Finality::Retryable,
            _ => false,
        }
    }

    /// The longest wait after this many attempts.
    pub(super) fn backoff(&self, attempts: u16) -> Duration {
        let doublings = u32::from(attempts.saturating_sub(1)).min(30);
        self.first_backoff.saturating_mul(1 << doublings).min(self.longest_backoff)
    }
}
