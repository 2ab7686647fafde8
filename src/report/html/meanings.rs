//! What statuses, results, failures and refusals mean, in a sentence each; and words for counts.

use crate::model::{LookupResult, Status};

/// What a status says about a subscriber, and what it does not say.
pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::Reachable => "The HLR answered for the subscriber. It does not say who has the number.",
        Status::Assigned => "The network is known. It does not say that the handset is on.",
        Status::Absent => {
            "The subscriber exists; the handset is off or out of reach now. Do not treat it as dead."
        }
        Status::NoService => {
            "The number is assigned but receives no SMS. It does not say that the number is dead."
        }
        Status::Dead => {
            "The HLR does not know the subscriber: the number is not assigned. It may be assigned again later."
        }
        Status::Unknown => "Looked up, but there is no verdict. It says nothing about the subscriber.",
        Status::NotChecked => "Not looked up. It says nothing about the subscriber.",
        Status::Invalid => "No number that can be looked up; nothing was spent.",
    }
}

/// What a result of the service means.
pub(super) fn result(text: &str) -> &'static str {
    match LookupResult::from_text(text) {
        LookupResult::Ok => "the lookup was successful",
        LookupResult::DataMissing => "data was missing",
        LookupResult::UnknownSubscriber => "the subscriber is unknown",
        LookupResult::CallBarred => "the destination network restricts the service",
        LookupResult::AbsentSubscriberSm => "the subscriber is absent",
        LookupResult::UnexpectedDataValue => "a value in the request was not expected",
        LookupResult::SystemFailure => "a system failure in the HLR",
        LookupResult::FacilityNotSupported => "short messages are not supported",
        LookupResult::TeleServiceNotProvisioned => "the subscription has no short messages",
        LookupResult::HlrReject => "the HLR rejected the request",
        LookupResult::HlrAbort => "the HLR aborted the request",
        LookupResult::HlrLocalCancel => "the HLR did not respond to the request",
        LookupResult::Timeout => "no response was received",
        LookupResult::RequestThrottled => "too many requests were in flight; not looked up",
        LookupResult::ImsiLookupBlocked => "the request is blocked",
        LookupResult::MandatoryParameterMissing => "a fault of the client; not looked up",
        LookupResult::RangeNotAccepted => "numbers of this range are not allowed on this service",
        LookupResult::MsisdnInvalid => "the service does not accept the number's format",
        LookupResult::Unrecognised(_) => "results that the interface document does not list",
    }
}

/// What went wrong with a request.
pub(super) fn fault(word: &str) -> &'static str {
    match word {
        "not_connected" => "No connection could be made. Nothing was sent.",
        "connection_broken" => "The connection broke after the request was sent. It may be billed.",
        "stalled" => "No complete answer came in time. It may be billed.",
        "http_401" => "The credentials were refused.",
        "http_403" => "The account may not do this.",
        "http_429" => "The service asked for fewer requests per second.",
        "not_an_answer" => "The response was not an answer.",
        _ if word.starts_with("http_5") => "The service said that it could not answer.",
        _ if word.starts_with("http_") => "The service answered with a status other than 200.",
        _ => "",
    }
}

/// Why a row was refused.
pub(super) fn refusal(word: &str) -> &'static str {
    match word {
        "empty" => "no content, or a word such as NULL",
        "too_short" => "fewer digits than a number of that country has",
        "too_long" => "more digits than a number of that country has",
        "not_a_number" => "words, a date, an amount: no telephone number",
        "several_numbers" => "more than one number in the cell; see --several-numbers",
        "national_without_region" => "a national number without a country; give --region",
        "ambiguous" => "a number without + that may be complete or national",
        "digits_lost" => "a spreadsheet rounded the digits away",
        "not_in_plan" => "no country has such a number",
        _ => "not a mobile number, so no HLR knows it",
    }
}

/// The word for a count: `1 row`, `2 rows`.
pub(super) const fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
