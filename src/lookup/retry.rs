//! What to do after an attempt: one pure function.
//!
//! Results that mean "no response" are retried, because a later attempt often gets through. So are
//! failures of the transport and of the service. A throttled request was not looked up, so its
//! retry costs the number no attempt. Every other result is an answer.

pub mod budget;
pub mod policy;

use std::time::Duration;

use self::budget::RetryBudget;
use self::policy::RetryPolicy;
use crate::model::{Answer, Fault, FaultKind, LookupResult};

/// The longest wait after throttling; by then the concurrency limit has adapted.
const AFTER_THROTTLING: Duration = Duration::from_millis(200);
/// The wait after a 429 without `Retry-After`.
const AFTER_TOO_MANY_REQUESTS: Duration = Duration::from_secs(1);

/// The wait after this machine could not open a connection.
const AFTER_LOCAL_FAULT: Duration = Duration::from_secs(1);

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This is the number's answer.
    Settle,
    /// Try again after this wait; the attempt counts.
    Retry(Duration),
    /// Try again after this wait; the attempt does not count, because the number was not looked up.
    RetryUncounted(Duration),
    /// Give up: attempts or budget are spent.
    GiveUp,
    /// Stop the run: every further request would fail like this one.
    StopRun,
}

/// Decides what follows an attempt. `attempts` counts this one. `chance` is a random number from 0
/// to 1, which spreads retries out (full jitter).
pub fn next_step(
    result: &Result<Answer, Fault>,
    attempts: u16,
    policy: &RetryPolicy,
    budget: &RetryBudget,
    chance: f64,
) -> Step {
    let retry = |min_wait: Duration| {
        if attempts >= policy.max_attempts() || !budget.take() {
            return Step::GiveUp;
        }
        let wait = match policy.second_pass {
            // Numbers that failed together do not come back all at once.
            Some(rest) if attempts == policy.attempts => rest.mul_f64(1.0 + chance / 4.0),
            Some(_) => policy.backoff((attempts - 1) % policy.attempts + 1).mul_f64(chance),
            None => policy.backoff(attempts).mul_f64(chance),
        };
        Step::Retry(wait.max(min_wait))
    };
    match result {
        Ok(answer) if answer.result == LookupResult::RequestThrottled => {
            Step::RetryUncounted(AFTER_THROTTLING.mul_f64(chance))
        }
        Ok(answer) if policy.retries(&answer.result) => match retry(Duration::ZERO) {
            Step::GiveUp if is_answer_after_last_attempt(&answer.result) => Step::Settle,
            step => step,
        },
        Ok(_) => Step::Settle,
        Err(fault) => match fault.kind {
            FaultKind::Unauthorized | FaultKind::PaymentRequired => Step::StopRun,
            // It is its row's, and free. How many came in a row is counted elsewhere.
            FaultKind::Forbidden => Step::GiveUp,
            FaultKind::TooManyRequests => {
                Step::RetryUncounted(fault.retry_after.unwrap_or(AFTER_TOO_MANY_REQUESTS))
            }
            FaultKind::Local(_) => retry(AFTER_LOCAL_FAULT),
            FaultKind::NotConnected(_)
            | FaultKind::ConnectionBroken(_)
            | FaultKind::Surplus
            | FaultKind::Stalled
            | FaultKind::Redirect { .. }
            | FaultKind::HttpStatus(_)
            | FaultKind::NotAnAnswer(_) => retry(fault.retry_after.unwrap_or_default()),
        },
    }
}

/// By the interface document these two results are answers, even if a setting retries them first.
fn is_answer_after_last_attempt(result: &LookupResult) -> bool {
    matches!(result, LookupResult::HlrLocalCancel | LookupResult::SystemFailure)
}

#[cfg(test)]
mod tests;
