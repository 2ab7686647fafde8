//! Every result and fault has its step, and the bill is bounded.

use super::policy::Finality;
use super::*;
use crate::model::Billed;

fn answered(result: LookupResult) -> Result<Answer, Fault> {
    Ok(Answer::bare(result))
}

fn failed(kind: FaultKind, retry_after: Option<u64>) -> Result<Answer, Fault> {
    let retry_after = retry_after.map(Duration::from_secs);
    Err(Fault { kind, billed: Billed::Maybe, retry_after })
}

/// The step with the longest random wait.
fn step(result: &Result<Answer, Fault>, attempts: u16, policy: &RetryPolicy) -> Step {
    next_step(result, attempts, policy, &RetryBudget::new(1.0), 1.0)
}

#[test]
fn each_result_has_its_step() {
    use LookupResult as R;
    let policy = RetryPolicy::default();
    let retry = Step::Retry(Duration::from_millis(500));
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
        (R::HlrAbort, retry),
        (R::HlrLocalCancel, Step::Settle),
        (R::Timeout, retry),
        (R::RequestThrottled, Step::RetryUncounted(Duration::from_millis(200))),
        (R::ImsiLookupBlocked, Step::Settle),
        (R::MandatoryParameterMissing, retry),
        (R::RangeNotAccepted, Step::Settle),
        (R::MsisdnInvalid, Step::Settle),
        (R::Unrecognised("HLR_ON_FIRE".into()), Step::Settle),
    ] {
        assert_eq!(step(&answered(result.clone()), 1, &policy), expected, "{result:?}");
    }
}

#[test]
fn each_fault_has_its_step() {
    use FaultKind as F;
    let policy = RetryPolicy::default();
    let (half, minute) = (Duration::from_millis(500), Duration::from_secs(60));
    for (kind, retry_after, expected) in [
        (F::NotConnected("refused".into()), None, Step::Retry(half)),
        (F::ConnectionBroken("reset".into()), None, Step::Retry(half)),
        (F::Stalled, None, Step::Retry(half)),
        (F::NotAnAnswer("<html>".into()), None, Step::Retry(half)),
        (F::HttpStatus(500), None, Step::Retry(half)),
        (F::HttpStatus(503), Some(60), Step::Retry(minute)),
        (F::HttpStatus(503), Some(0), Step::Retry(half)),
        (F::TooManyRequests, None, Step::RetryUncounted(Duration::from_secs(1))),
        (F::TooManyRequests, Some(60), Step::RetryUncounted(minute)),
        (F::Unauthorized, None, Step::StopRun),
        (F::PaymentRequired, None, Step::StopRun),
        (F::Forbidden, None, Step::GiveUp),
    ] {
        assert_eq!(step(&failed(kind.clone(), retry_after), 1, &policy), expected, "{kind:?}");
    }
}

#[test]
fn after_the_last_attempt_the_number_is_given_up() {
    let policy = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
    assert_eq!(step(&answered(LookupResult::Timeout), 2, &policy), Step::Retry(Duration::from_secs(1)));
    assert_eq!(step(&answered(LookupResult::Timeout), 3, &policy), Step::GiveUp);
    assert_eq!(step(&failed(FaultKind::Stalled, None), 3, &policy), Step::GiveUp);
    assert!(matches!(step(&answered(LookupResult::RequestThrottled), 3, &policy), Step::RetryUncounted(_)));
}

#[test]
fn a_number_rests_between_passes_and_has_the_same_attempts_in_each() {
    let rest = Duration::from_secs(300);
    let policy = RetryPolicy { attempts: 3, second_pass: Some(rest), ..RetryPolicy::default() };
    let timeout = answered(LookupResult::Timeout);
    let half = Duration::from_millis(500);
    for (attempts, expected) in [
        (1, Step::Retry(half)),
        (2, Step::Retry(half * 2)),
        (3, Step::Retry(rest * 5 / 4)),
        (4, Step::Retry(half)),
        (5, Step::Retry(half * 2)),
        (6, Step::GiveUp),
    ] {
        assert_eq!(step(&timeout, attempts, &policy), expected, "after {attempts}");
    }
    let soonest = next_step(&timeout, 3, &policy, &RetryBudget::new(1.0), 0.0);
    assert_eq!(soonest, Step::Retry(rest));
    assert_eq!(policy.requests_at_most(10), 60);
}

#[test]
fn two_results_are_retried_on_request_and_are_answers_after_the_last_attempt() {
    let (cancelled, failed) = (answered(LookupResult::HlrLocalCancel), answered(LookupResult::SystemFailure));
    let policy = RetryPolicy::default();
    for (policy, retried, other) in [
        (RetryPolicy { local_cancel: Finality::Retryable, ..policy.clone() }, &cancelled, &failed),
        (RetryPolicy { system_failure: Finality::Retryable, ..policy }, &failed, &cancelled),
    ] {
        assert!(matches!(step(retried, 1, &policy), Step::Retry(_)));
        assert_eq!(step(retried, 4, &policy), Step::Settle);
        assert_eq!(step(other, 1, &policy), Step::Settle, "each has its own setting");
    }
}

#[test]
fn waits_double_up_to_the_longest_and_jitter_starts_at_zero() {
    let policy = RetryPolicy { attempts: u16::MAX, ..RetryPolicy::default() };
    let timeout = answered(LookupResult::Timeout);
    for (attempts, seconds) in [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (60_000, 30.0)] {
        assert_eq!(step(&timeout, attempts, &policy), Step::Retry(Duration::from_secs_f64(seconds)));
    }
    let at_once = next_step(&timeout, 5, &policy, &RetryBudget::new(1.0), 0.0);
    assert_eq!(at_once, Step::Retry(Duration::ZERO));
}

#[test]
fn jitter_shortens_every_wait_except_one_that_the_service_asked_for() {
    let (timeout, throttled) = (answered(LookupResult::Timeout), answered(LookupResult::RequestThrottled));
    let busy = |retry_after| failed(FaultKind::TooManyRequests, retry_after);
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let policy = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
    let rests = RetryPolicy { second_pass: Some(minute * 2), ..policy.clone() };
    for (result, attempts, policy, expected) in [
        (&timeout, 2, &policy, Step::Retry(second / 4)),
        (&timeout, 2, &rests, Step::Retry(second / 4)),
        (&timeout, 5, &rests, Step::Retry(second / 4)),
        // Jitter only lengthens the rest between passes.
        (&timeout, 3, &rests, Step::Retry(minute * 2 + minute / 8)),
        (&throttled, 1, &policy, Step::RetryUncounted(second / 20)),
        (&busy(None), 1, &policy, Step::RetryUncounted(second)),
        (&busy(Some(60)), 1, &policy, Step::RetryUncounted(minute)),
        (&failed(FaultKind::HttpStatus(503), Some(60)), 1, &policy, Step::Retry(minute)),
    ] {
        let step = next_step(result, attempts, policy, &RetryBudget::new(1.0), 0.25);
        assert_eq!(step, expected, "{result:?} after {attempts}");
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
    let timeout = answered(LookupResult::Timeout);
    assert_eq!(step(&timeout, 2, &policy), Step::Retry(Duration::from_secs(30)));
    assert_eq!(step(&timeout, 40_000, &policy), Step::Retry(rest * 5 / 4));
    assert_eq!(step(&timeout, u16::MAX, &policy), Step::GiveUp);
    assert_eq!(policy.requests_at_most(u64::MAX), u64::MAX);
}

#[test]
fn the_bill_is_bounded_by_the_attempts_and_by_the_budget() {
    let policy = RetryPolicy::default();
    for (numbers, max) in [(0, 0), (10, 40), (500, 2_000), (501, 2_002), (1_000_000, 2_001_000)] {
        assert_eq!(policy.requests_at_most(numbers), max, "{numbers} numbers");
    }
    let policy = RetryPolicy { budget: 0.5, ..policy };
    assert_eq!(policy.requests_at_most(1_001), 1_001 + 1_000 + 501);
}

#[test]
fn only_a_counted_retry_is_taken_from_the_budget() {
    let (policy, budget) = (RetryPolicy::default(), RetryBudget::new(1.0));
    for (result, attempts) in [
        (answered(LookupResult::Ok), 1),
        (answered(LookupResult::RequestThrottled), 1),
        (failed(FaultKind::TooManyRequests, None), 1),
        (failed(FaultKind::Unauthorized, None), 1),
        (answered(LookupResult::Timeout), policy.attempts),
        (failed(FaultKind::Stalled, None), policy.attempts),
    ] {
        next_step(&result, attempts, &policy, &budget, 1.0);
        assert_eq!(budget.spent(), 0, "{result:?} after {attempts}");
    }
    next_step(&answered(LookupResult::Timeout), 1, &policy, &budget, 1.0);
    assert_eq!(budget.spent(), 1);
    assert_eq!(budget.newly_exhausted(), None);
}

#[test]
fn a_spent_budget_ends_retries_and_is_reported_once() {
    let (policy, budget) = (RetryPolicy::default(), RetryBudget::new(0.5));
    budget.grant(200);
    let retries = (0..5_000)
        .filter(|_| next_step(&answered(LookupResult::Timeout), 1, &policy, &budget, 0.5) != Step::GiveUp);
    assert_eq!(retries.count(), 1_100);
    assert_eq!(budget.newly_exhausted(), Some(1_100));
    assert_eq!(budget.newly_exhausted(), None);
    let throttled = next_step(&answered(LookupResult::RequestThrottled), 1, &policy, &budget, 0.5);
    assert!(matches!(throttled, Step::RetryUncounted(_)), "throttling costs no retry");
    let policy = RetryPolicy { local_cancel: Finality::Retryable, ..policy };
    let cancelled = next_step(&answered(LookupResult::HlrLocalCancel), 1, &policy, &budget, 0.5);
    assert_eq!(cancelled, Step::Settle, "this result is an answer without a budget too");
    budget.grant(2);
    assert!(matches!(next_step(&answered(LookupResult::Timeout), 1, &policy, &budget, 0.5), Step::Retry(_)));
    assert_eq!(next_step(&answered(LookupResult::Timeout), 1, &policy, &budget, 0.5), Step::GiveUp);
    assert_eq!(budget.newly_exhausted(), None, "it was reported before");
}
