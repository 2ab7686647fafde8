//! What statuses, results and failures mean, in a sentence each.

use crate::model::{LookupResult, Status};

/// What a status says of a subscriber, and what it does not.
pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::Reachable => "The register answered for the subscriber. It does not say who has the number.",
        Status::Assigned => "The network is known. It does not say that the handset is on.",
        Status::Absent => {
            "The subscriber exists, and is off or out of reach now. Never to be purged as dead."
        }
        Status::NoService => {
            "The number is assigned and takes no SMS. It does not say that the number is dead."
        }
        Status::Dead => {
            "The register knows no such subscriber: not assigned. It may be assigned again later."
        }
        Status::Unknown => "Asked, and there is no verdict. It says nothing about the subscriber.",
        Status::NotChecked => "Not looked up. It is no statement about the subscriber.",
        Status::Invalid => "No number that can be asked about; refused before any money was spent.",
    }
}

/// What the service means by its words.
pub(super) fn result(text: &str) -> &'static str {
    match LookupResult::from_text(text) {
        LookupResult::Ok => "the lookup was successful",
        LookupResult::DataMissing => "data was missing",
        LookupResult::UnknownSubscriber => "the subscriber is unknown",
        LookupResult::CallBarred => "the destination network restricts the service",
        LookupResult::AbsentSubscriberSm => "the subscriber is absent",
        LookupResult::UnexpectedDataValue => "a value in the request was not expected",
        LookupResult::SystemFailure => "a system failed in the register",
        LookupResult::FacilityNotSupported => "short messages are not supported",
        LookupResult::TeleServiceNotProvisioned => "the subscription has no short messages",
        LookupResult::HlrReject => "the register rejected the request",
        LookupResult::HlrAbort => "the register broke the request off",
        LookupResult::HlrLocalCancel => "no response was received for the request to the register",
        LookupResult::Timeout => "no response was received",
        LookupResult::RequestThrottled => "too many requests were under way; not looked up",
        LookupResult::ImsiLookupBlocked => "the request is blocked",
        LookupResult::MandatoryParameterMissing => "a fault of the client; not looked up",
        LookupResult::RangeNotAccepted => "numbers of this range are not allowed on this service",
        LookupResult::MsisdnInvalid => "the service takes this for no number",
        LookupResult::Unrecognised(_) => "texts that the interface document does not list",
    }
}

/// What went wrong with a request.
pub(super) fn fault(word: &str) -> &'static str {
    match word {
        "not_connected" => "No connection could be made. Nothing was sent.",
        "connection_broken" => "The connection broke after the request was sent. It may be billed.",
        "stalled" => "No whole answer came in time. It may be billed.",
        "http_401" => "The credentials were refused.",
        "http_403" => "The account may not do this.",
        "http_429" => "The service asked for fewer requests a second.",
        "not_an_answer" => "What came back was no answer.",
        _ if word.starts_with("http_5") => "The service said that it cannot answer now.",
        _ if word.starts_with("http_") => "The service answered with another status than 200.",
        _ => "",
    }
}

/// Why a row was refused.
pub(super) fn refusal(word: &str) -> &'static str {
    match word {
        "empty" => "nothing there, or a word that says so",
        "too_short" => "fewer digits than a number of that country has",
        "too_long" => "more digits than a number of that country has",
        "not_a_number" => "letters, an extension, or two numbers in a cell",
        "national_without_region" => "a national number; --region says where it is at home",
        "digits_lost" => "a spreadsheet has rounded its digits away",
        "not_in_plan" => "no country has such a number",
        _ => "not a mobile number, so no register knows it",
    }
}

/// `1 row`, `2 rows`; the plural is given.
pub(super) const fn of<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
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
