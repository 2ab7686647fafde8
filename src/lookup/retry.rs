//! What to do after an attempt: one pure decision.
//!
//! Results that say "no response was received" are asked again, because a later attempt often gets
//! through; so are failures of the transport and of the service. A throttled request was never looked
//! up: it is asked again at no cost to the number. Everything else is the service's word.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::model::{Answer, Fault, FaultKind, LookupResult};

/// How soon a throttled number is asked again, at the latest; the gate has made room by then.
const AFTER_THROTTLING: Duration = Duration::from_millis(200);
/// How soon after a 429 that names no time.
const AFTER_TOO_MANY: Duration = Duration::from_secs(1);

/// How patient a run is with numbers that get no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Requests for one number at the most, the first included. Each may be billed.
    pub attempts: u16,
    /// The wait before the second attempt is random between zero and this; it doubles with each further one.
    pub first_backoff: Duration,
    /// No wait is longer, but for one that the service asks for.
    pub longest_backoff: Duration,
    /// How long a number rests whose attempts are spent, before it gets as many again; `None` to leave it at the first
    /// pass. Trouble at an operator often outlasts a backoff of seconds. Its row waits, and with it those behind.
    pub second_pass: Option<Duration>,
    /// Whether `HLR_LOCAL_CANCEL` is asked again like TIMEOUT; after the last attempt it is an answer.
    pub local_cancel: Again,
    /// Whether `SYSTEM_FAILURE` is asked again like TIMEOUT; after the last attempt it is an answer.
    pub system_failure: Again,
    /// Retries of the whole run for each number asked, on average: the most that trouble may add to the bill.
    pub budget: f64,
}

/// Whether a result is final or worth another attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// It is the service's last word.
    #[default]
    No,
    /// A later attempt may get through.
    Yes,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(30),
            second_pass: None,
            local_cancel: Again::No,
            system_failure: Again::No,
            budget: 1.0,
        }
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This is the number's answer.
    Settle,
    /// Ask again after a while; the attempt counts.
    AskAgain(Duration),
    /// Ask again after a while; the attempt does not count, because the number was not looked up.
    AskAgainForFree(Duration),
    /// No answer is to be had within the attempts or the budget.
    GiveUp,
    /// Every further request would fail like this one.
    StopRun,
}

/// Decides what follows an attempt that brought `said`, when `attempts` have been spent, this one
/// included. `chance` is a random number from 0 to 1 and spreads the retries out (full jitter).
pub fn next_step(
    said: &Result<Answer, Fault>,
    attempts: u16,
    policy: &RetryPolicy,
    budget: &RetryBudget,
    chance: f64,
) -> Step {
    let retry = |asked_for: Duration| {
        if attempts >= policy.attempts_in_all() || !budget.take() {
            return Step::GiveUp;
        }
        let wait = match policy.second_pass {
            // Not all at once, those that failed together.
            Some(rest) if attempts == policy.attempts => rest.mul_f64(1.0 + chance / 4.0),
            Some(_) => backoff((attempts - 1) % policy.attempts + 1, policy).mul_f64(chance),
            None => backoff(attempts, policy).mul_f64(chance),
        };
        Step::AskAgain(wait.max(asked_for))
    };
    match said {
        Ok(answer) if answer.result == LookupResult::RequestThrottled => {
            Step::AskAgainForFree(AFTER_THROTTLING.mul_f64(chance))
        }
        Ok(answer) if policy.asks_again(&answer.result) => match retry(Duration::ZERO) {
            Step::GiveUp if is_an_answer_in_the_end(&answer.result) => Step::Settle,
            step => step,
        },
        Ok(_) => Step::Settle,
        Err(fault) => match fault.kind {
            FaultKind::Unauthorized | FaultKind::Forbidden => Step::StopRun,
            FaultKind::TooManyRequests => Step::AskAgainForFree(fault.retry_after.unwrap_or(AFTER_TOO_MANY)),
            FaultKind::NotConnected(_)
            | FaultKind::ConnectionBroken(_)
            | FaultKind::Stalled
            | FaultKind::HttpStatus(_)
            | FaultKind::NotAnAnswer(_) => retry(fault.retry_after.unwrap_or_default()),
        },
    }
}

impl RetryPolicy {
    /// Requests for one number at the most, in both passes.
    fn attempts_in_all(&self) -> u16 {
        self.attempts.saturating_mul(1 + u16::from(self.second_pass.is_some()))
    }

    /// The most requests that may be billed for so many numbers.
    #[must_use]
    pub fn requests_at_most(&self, numbers: u64) -> u64 {
        let by_attempts = numbers.saturating_mul(self.attempts_in_all().into());
        let by_budget = RetryBudget::FLOOR + self.budget * numbers as f64;
        by_attempts.min(numbers.saturating_add(by_budget.ceil() as u64))
    }

    /// Whether this result is no answer but a failure to get one.
    fn asks_again(&self, result: &LookupResult) -> bool {
        match result {
            // The request has its parameter; a service that says otherwise has garbled it.
            LookupResult::Timeout | LookupResult::HlrAbort | LookupResult::MandatoryParameterMissing => true,
            LookupResult::HlrLocalCancel => self.local_cancel == Again::Yes,
            LookupResult::SystemFailure => self.system_failure == Again::Yes,
            _ => false,
        }
    }
}

/// Two results are answers by the interface document, even where a setting asks for another attempt first.
fn is_an_answer_in_the_end(result: &LookupResult) -> bool {
    matches!(result, LookupResult::HlrLocalCancel | LookupResult::SystemFailure)
}

/// The longest wait before the attempt that follows `attempts` spent ones.
fn backoff(attempts: u16, policy: &RetryPolicy) -> Duration {
    let doublings = u32::from(attempts.saturating_sub(1)).min(30);
    policy.first_backoff.saturating_mul(1 << doublings).min(policy.longest_backoff)
}

/// How many retries a run may still spend.
#[derive(Debug)]
pub struct RetryBudget {
    per_number: f64,
    numbers: AtomicU64,
    spent: AtomicU64,
    exhausted: AtomicBool,
}

impl RetryBudget {
    /// What every run may spend, however short its list.
    const FLOOR: f64 = 1_000.0;

    /// A budget of so many retries for each number asked, on average.
    #[must_use]
    pub fn new(per_number: f64) -> Self {
        let exhausted = AtomicBool::new(false);
        Self { per_number, numbers: AtomicU64::new(0), spent: AtomicU64::new(0), exhausted }
    }

    /// Grants what further numbers bring with them.
    pub fn grant(&self, numbers: u64) {
        self.numbers.fetch_add(numbers, Ordering::Relaxed);
    }

    fn granted(&self) -> f64 {
        Self::FLOOR + self.per_number * self.numbers.load(Ordering::Relaxed) as f64
    }

    /// Takes one retry out of the budget, if there is one left.
    fn take(&self) -> bool {
        let granted = self.granted();
        let spend = |spent: u64| ((spent as f64) < granted).then_some(spent + 1);
        self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    /// The retries spent, when there are none left and nobody has been told yet.
    pub fn newly_exhausted(&self) -> Option<u64> {
        let spent = self.spent.load(Ordering::Relaxed);
        let first = spent as f64 >= self.granted() && !self.exhausted.swap(true, Ordering::Relaxed);
        first.then_some(spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Billed;

    fn said(result: LookupResult) -> Result<Answer, Fault> {
        Ok(Answer::bare(result))
    }

    fn failed(kind: FaultKind, retry_after: Option<u64>) -> Result<Answer, Fault> {
        let retry_after = retry_after.map(Duration::from_secs);
        Err(Fault { kind, billed: Billed::Maybe, retry_after })
    }

    /// The step with the longest wait that chance allows.
    fn step(said: &Result<Answer, Fault>, attempts: u16, policy: &RetryPolicy) -> Step {
        next_step(said, attempts, policy, &RetryBudget::new(1.0), 1.0)
    }

    #[test]
    fn each_result_has_its_step() {
        use LookupResult as R;
        let policy = RetryPolicy::default();
        let again = Step::AskAgain(Duration::from_millis(500));
        for (result, expected) in [
            (R::Ok, Step::Settle),
            (R::DataMissing, Step::Settle),
            (R::UnknownSubscriber, Step::Settle),
            (R::CallBarred, Step::Settle),
            (R::AbsentSubscriberSm, Step::Settle),
            (R::UnexpectedDataValue, Step::Settle),
            (R::SystemFailure, Step::Settle),
            (R::FacilityNotSupported, Step::Settle),
            (R::TeleServiceNotProvisioned, Step::Settle),
            (R::HlrReject, Step::Settle),
            (R::HlrAbort, again),
            (R::HlrLocalCancel, Step::Settle),
            (R::Timeout, again),
            (R::RequestThrottled, Step::AskAgainForFree(Duration::from_millis(200))),
            (R::ImsiLookupBlocked, Step::Settle),
            (R::MandatoryParameterMissing, again),
            (R::RangeNotAccepted, Step::Settle),
            (R::MsisdnInvalid, Step::Settle),
            (R::Unrecognised("HLR_ON_FIRE".into()), Step::Settle),
        ] {
            assert_eq!(step(&said(result.clone()), 1, &policy), expected, "{result:?}");
        }
    }

    #[test]
    fn each_fault_has_its_step() {
        use FaultKind as F;
        let policy = RetryPolicy::default();
        let (half, minute) = (Duration::from_millis(500), Duration::from_secs(60));
        for (kind, retry_after, expected) in [
            (F::NotConnected("refused".into()), None, Step::AskAgain(half)),
            (F::ConnectionBroken("reset".into()), None, Step::AskAgain(half)),
            (F::Stalled, None, Step::AskAgain(half)),
            (F::NotAnAnswer("<html>".into()), None, Step::AskAgain(half)),
            (F::HttpStatus(500), None, Step::AskAgain(half)),
            (F::HttpStatus(503), Some(60), Step::AskAgain(minute)),
            (F::HttpStatus(503), Some(0), Step::AskAgain(half)),
            (F::TooManyRequests, None, Step::AskAgainForFree(Duration::from_secs(1))),
            (F::TooManyRequests, Some(60), Step::AskAgainForFree(minute)),
            (F::Unauthorized, None, Step::StopRun),
            (F::Forbidden, None, Step::StopRun),
        ] {
            assert_eq!(step(&failed(kind.clone(), retry_after), 1, &policy), expected, "{kind:?}");
        }
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let policy = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
        assert_eq!(step(&said(LookupResult::Timeout), 2, &policy), Step::AskAgain(Duration::from_secs(1)));
        assert_eq!(step(&said(LookupResult::Timeout), 3, &policy), Step::GiveUp);
        assert_eq!(step(&failed(FaultKind::Stalled, None), 3, &policy), Step::GiveUp);
        assert!(matches!(step(&said(LookupResult::RequestThrottled), 3, &policy), Step::AskAgainForFree(_)));
    }

    #[test]
    fn a_number_rests_between_two_passes_and_has_as_many_attempts_in_each() {
        let rest = Duration::from_secs(300);
        let policy = RetryPolicy { attempts: 3, second_pass: Some(rest), ..RetryPolicy::default() };
        let timeout = said(LookupResult::Timeout);
        let half = Duration::from_millis(500);
        for (attempts, expected) in [
            (1, Step::AskAgain(half)),
            (2, Step::AskAgain(half * 2)),
            (3, Step::AskAgain(rest * 5 / 4)),
            (4, Step::AskAgain(half)),
            (5, Step::AskAgain(half * 2)),
            (6, Step::GiveUp),
        ] {
            assert_eq!(step(&timeout, attempts, &policy), expected, "after {attempts}");
        }
        let at_the_soonest = next_step(&timeout, 3, &policy, &RetryBudget::new(1.0), 0.0);
        assert_eq!(at_the_soonest, Step::AskAgain(rest));
        assert_eq!(policy.requests_at_most(10), 60);
    }

    #[test]
    fn two_results_are_asked_again_by_setting_and_are_answers_in_the_end() {
        let (cancelled, failed) = (said(LookupResult::HlrLocalCancel), said(LookupResult::SystemFailure));
        let policy = RetryPolicy::default();
        for (policy, again, other) in [
            (RetryPolicy { local_cancel: Again::Yes, ..policy.clone() }, &cancelled, &failed),
            (RetryPolicy { system_failure: Again::Yes, ..policy }, &failed, &cancelled),
        ] {
            assert!(matches!(step(again, 1, &policy), Step::AskAgain(_)));
            assert_eq!(step(again, 4, &policy), Step::Settle);
            assert_eq!(step(other, 1, &policy), Step::Settle, "each has its own setting");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_spread_down_to_zero() {
        let policy = RetryPolicy { attempts: u16::MAX, ..RetryPolicy::default() };
        let timeout = said(LookupResult::Timeout);
        for (attempts, seconds) in [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (60_000, 30.0)] {
            assert_eq!(step(&timeout, attempts, &policy), Step::AskAgain(Duration::from_secs_f64(seconds)));
        }
        let at_once = next_step(&timeout, 5, &policy, &RetryBudget::new(1.0), 0.0);
        assert_eq!(at_once, Step::AskAgain(Duration::ZERO));
    }

    #[test]
    fn chance_shortens_every_wait_but_the_one_that_the_service_asked_for() {
        let (timeout, throttled) = (said(LookupResult::Timeout), said(LookupResult::RequestThrottled));
        let busy = |retry_after| failed(FaultKind::TooManyRequests, retry_after);
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let policy = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
        let rests = RetryPolicy { second_pass: Some(minute * 2), ..policy.clone() };
        for (said, attempts, policy, expected) in [
            (&timeout, 2, &policy, Step::AskAgain(second / 4)),
            (&timeout, 2, &rests, Step::AskAgain(second / 4)),
            (&timeout, 5, &rests, Step::AskAgain(second / 4)),
            // The rest itself is only ever lengthened.
            (&timeout, 3, &rests, Step::AskAgain(minute * 2 + minute / 8)),
            (&throttled, 1, &policy, Step::AskAgainForFree(second / 20)),
            (&busy(None), 1, &policy, Step::AskAgainForFree(second)),
            (&busy(Some(60)), 1, &policy, Step::AskAgainForFree(minute)),
            (&failed(FaultKind::HttpStatus(503), Some(60)), 1, &policy, Step::AskAgain(minute)),
        ] {
            let step = next_step(said, attempts, policy, &RetryBudget::new(1.0), 0.25);
            assert_eq!(step, expected, "{said:?} after {attempts}");
        }
    }

    #[test]
    fn the_largest_settings_do_not_overflow() {
        let rest = Duration::from_secs(300);
        let policy = RetryPolicy {
            attempts: 40_000,
            first_backoff: Duration::MAX,
            second_pass: Some(rest),
            ..RetryPolicy::default()
        };
        let timeout = said(LookupResult::Timeout);
        assert_eq!(step(&timeout, 2, &policy), Step::AskAgain(Duration::from_secs(30)));
        assert_eq!(step(&timeout, 40_000, &policy), Step::AskAgain(rest * 5 / 4));
        assert_eq!(step(&timeout, u16::MAX, &policy), Step::GiveUp);
        assert_eq!(policy.requests_at_most(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_bill_is_bounded_by_the_attempts_and_by_the_budget() {
        let policy = RetryPolicy::default();
        for (numbers, most) in [(0, 0), (10, 40), (500, 2_000), (501, 2_002), (1_000_000, 2_001_000)] {
            assert_eq!(policy.requests_at_most(numbers), most, "{numbers} numbers");
        }
        let policy = RetryPolicy { budget: 0.5, ..policy };
        assert_eq!(policy.requests_at_most(1_001), 1_001 + 1_000 + 501);
    }

    #[test]
    fn only_a_retry_that_counts_is_taken_out_of_the_budget() {
        let (policy, budget) = (RetryPolicy::default(), RetryBudget::new(1.0));
        for (said, attempts) in [
            (said(LookupResult::Ok), 1),
            (said(LookupResult::RequestThrottled), 1),
            (failed(FaultKind::TooManyRequests, None), 1),
            (failed(FaultKind::Unauthorized, None), 1),
            (said(LookupResult::Timeout), policy.attempts),
            (failed(FaultKind::Stalled, None), policy.attempts),
        ] {
            next_step(&said, attempts, &policy, &budget, 1.0);
            assert_eq!(budget.spent.load(Ordering::Relaxed), 0, "{said:?} after {attempts}");
        }
        next_step(&said(LookupResult::Timeout), 1, &policy, &budget, 1.0);
        assert_eq!(budget.spent.load(Ordering::Relaxed), 1);
        assert_eq!(budget.newly_exhausted(), None);
    }

    #[test]
    fn a_spent_budget_ends_retries_and_is_told_once() {
        let (policy, budget) = (RetryPolicy::default(), RetryBudget::new(0.5));
        budget.grant(200);
        let retries = (0..5_000)
            .filter(|_| next_step(&said(LookupResult::Timeout), 1, &policy, &budget, 0.5) != Step::GiveUp);
        assert_eq!(retries.count(), 1_100);
        assert_eq!(budget.newly_exhausted(), Some(1_100));
        assert_eq!(budget.newly_exhausted(), None);
        let throttled = next_step(&said(LookupResult::RequestThrottled), 1, &policy, &budget, 0.5);
        assert!(matches!(throttled, Step::AskAgainForFree(_)), "throttling costs no retry");
        let policy = RetryPolicy { local_cancel: Again::Yes, ..policy };
        let cancelled = next_step(&said(LookupResult::HlrLocalCancel), 1, &policy, &budget, 0.5);
        assert_eq!(cancelled, Step::Settle, "what is an answer in the end is one without a budget too");
        budget.grant(2);
        assert!(matches!(
            next_step(&said(LookupResult::Timeout), 1, &policy, &budget, 0.5),
            Step::AskAgain(_)
        ));
        assert_eq!(next_step(&said(LookupResult::Timeout), 1, &policy, &budget, 0.5), Step::GiveUp);
        assert_eq!(budget.newly_exhausted(), None, "it was told already");
    }
}
