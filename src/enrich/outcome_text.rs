//! An outcome as texts for the output: its status, its result and its reason.

use std::borrow::Cow;

use crate::model::{
    Answered, Billed, Fault, LookupResult, Outcome, Product, Status, Unanswered, UnansweredReason,
};

/// The result of a number that was never sent.
pub(super) const NOT_ASKED: &str = "not_asked";

/// The status of a number that went through the lookup stage.
pub(super) fn status(outcome: &Outcome, product: Product) -> Status {
    match outcome {
        Outcome::Answered(Answered { answer, .. }) => answer.result.status(product),
        Outcome::Unanswered(unanswered) => match &unanswered.last {
            UnansweredReason::Result(result) => result.status(product),
            UnansweredReason::Fault(Fault { billed: Billed::Maybe, .. }) => Status::Unknown,
            UnansweredReason::Fault(Fault { billed: Billed::No, .. })
            | UnansweredReason::NeverAsked
            | UnansweredReason::Skipped => Status::NotChecked,
        },
    }
}

/// The result in the words of the service, or what happened instead.
pub(super) fn result(outcome: &Outcome) -> Cow<'_, str> {
    match outcome {
        Outcome::Answered(Answered { answer, .. }) => answer.result.text().into(),
        Outcome::Unanswered(unanswered) => match &unanswered.last {
            UnansweredReason::Result(result) => result.text().into(),
            UnansweredReason::Fault(fault) => fault.kind.word(),
            UnansweredReason::NeverAsked | UnansweredReason::Skipped => NOT_ASKED.into(),
        },
    }
}

/// The last result from the service, if there was one.
pub(super) fn last_result(outcome: &Outcome) -> Option<&LookupResult> {
    match outcome {
        Outcome::Answered(Answered { answer, .. }) => Some(&answer.result),
        Outcome::Unanswered(unanswered) => match &unanswered.last {
            UnansweredReason::Result(result) => Some(result),
            UnansweredReason::Fault(_) | UnansweredReason::NeverAsked | UnansweredReason::Skipped => None,
        },
    }
}

/// Why there is no verdict, or only part of an answer; `None` where there is nothing to explain.
pub(super) fn reason(outcome: &Outcome) -> Option<Cow<'_, str>> {
    match outcome {
        Outcome::Answered(Answered { answer, .. }) => {
            match (answer.unreadable.imsi, answer.unreadable.location) {
                (true, true) => Some("the answer's imsi and location cannot be read".into()),
                (true, false) => Some("the answer's imsi cannot be read".into()),
                (false, true) => Some("the answer's location cannot be read".into()),
                (false, false) => meaning(&answer.result).map(Cow::from),
            }
        }
        Outcome::Unanswered(unanswered) => Some(no_answer(unanswered).into()),
    }
}

fn no_answer(unanswered: &Unanswered) -> String {
    let attempts = match unanswered.attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    match &unanswered.last {
        UnansweredReason::Result(LookupResult::RequestThrottled) => {
            "throttled by the service, and the run stopped before the next attempt".into()
        }
        UnansweredReason::Result(_) => format!("no response after {attempts}"),
        UnansweredReason::Fault(fault) => format!("{fault} (after {attempts})"),
        UnansweredReason::NeverAsked => "the run stopped before this number was looked up".into(),
        UnansweredReason::Skipped => {
            "skipped, because its number range returns no useful answers (skip_useless)".into()
        }
    }
}

/// What a result without a verdict means, as the interface document says.
fn meaning(result: &LookupResult) -> Option<&'static str> {
    match result {
        LookupResult::DataMissing => Some("data was missing"),
        LookupResult::UnexpectedDataValue => Some("a value in the request was not expected"),
        LookupResult::SystemFailure => Some("a system failure occurred in the HLR"),
        LookupResult::HlrReject => Some("the HLR rejected the request"),
        LookupResult::HlrAbort | LookupResult::HlrLocalCancel | LookupResult::Timeout => {
            Some("no response was received")
        }
        LookupResult::RequestThrottled => Some("too many requests were sent at once"),
        LookupResult::ImsiLookupBlocked => Some("the request is blocked"),
        LookupResult::MandatoryParameterMissing => Some("the service found no number in the request"),
        LookupResult::RangeNotAccepted => Some("numbers of this range are not allowed on this service"),
        LookupResult::MsisdnInvalid => Some("the service does not accept the number's format"),
        LookupResult::Unrecognised(_) => Some("the interface document does not list this result"),
        LookupResult::Ok
        | LookupResult::UnknownSubscriber
        | LookupResult::CallBarred
        | LookupResult::AbsentSubscriberSm
        | LookupResult::FacilityNotSupported
        | LookupResult::TeleServiceNotProvisioned => None,
    }
}
