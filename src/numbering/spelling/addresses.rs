//! Numbers in addresses: `tel:`, `sip:`, WhatsApp's and Signal's links, RFC 3966's parameters.
//!
//! An address becomes plain text with the same number, so that one reader reads both.

use std::borrow::Cow;

/// What comes before the number in a link, and whether the number is always complete there.
const LINKS: [(&str, Completeness); 9] = [
    ("wa.me/", Completeness::Complete),
    ("whatsapp.com/send?phone=", Completeness::Complete),
    ("whatsapp.com/send/?phone=", Completeness::Complete),
    ("whatsapp://send?phone=", Completeness::Complete),
    ("signal.me/#p/", Completeness::AsWritten),
    ("t.me/+", Completeness::Complete),
    ("viber://chat?number=", Completeness::AsWritten),
    ("viber://add?number=", Completeness::AsWritten),
    ("viber://contact?number=", Completeness::AsWritten),
];

/// What comes after a number, always complete, in the identifiers of WhatsApp.
const IDENTIFIERS: [&str; 2] = ["@s.whatsapp.net", "@c.us"];

/// Schemes whose address may end in a query, which is not part of the number.
const SCHEMES: [&str; 10] =
    ["tel:", "sms:", "smsto:", "mms:", "mmsto:", "callto:", "skype:", "facetime:", "whatsapp:", "viber:"];

/// The parameter of RFC 3966 that says where a local number is at home.
const CONTEXT: &str = ";phone-context=";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Completeness {
    /// With its calling code, whether or not a plus sign is written.
    Complete,
    AsWritten,
}

/// A cell's text without the parts of an address that are not the number.
pub(super) struct Unwrapped<'a> {
    pub(super) text: Cow<'a, str>,
    /// The digits to put before a local number, with their plus sign.
    pub(super) context: Option<String>,
}

pub(super) fn unwrapped(text: &str) -> Unwrapped<'_> {
    if !text.contains([':', '/', '@']) {
        return Unwrapped { text: Cow::Borrowed(text), context: None };
    }
    // ASCII only, so that places in both texts are the same.
    let lower = text.to_ascii_lowercase();
    if let Some(start) = lower.find(CONTEXT) {
        return with_context(text, start);
    }
    let unwrapped = link(text, &lower)
        .or_else(|| identifier(text, &lower))
        .or_else(|| session_address(text, &lower))
        .or_else(|| without_query(text, &lower));
    Unwrapped { text: unwrapped.map_or(Cow::Borrowed(text), Cow::Owned), context: None }
}

/// `tel:070-1740605;phone-context=+46`. A context that is the name of a domain says nothing.
fn with_context(text: &str, start: usize) -> Unwrapped<'_> {
    let value = &text[start + CONTEXT.len()..];
    let (value, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    let is_number = value.starts_with('+') && value.contains(|char: char| char.is_ascii_digit());
    Unwrapped {
        text: Cow::Owned([&text[..start], rest].concat()),
        context: is_number.then(|| value.to_owned()),
    }
}

/// `https://wa.me/46701740605?text=hello`: everything of the link but the number is left out.
fn link(text: &str, lower: &str) -> Option<String> {
    let (marker, completeness) = LINKS.iter().find(|(marker, _)| lower.contains(marker))?;
    let start = lower.find(marker)?;
    let begins_link = |char: char| char.is_whitespace() || "\"'(<,;".contains(char);
    let before = &text[..after_last(&text[..start], begins_link)];
    let after = &text[start + marker.len()..];
    let after_link = after.find(|char: char| char.is_whitespace() || "\"')>,;".contains(char));
    let (link, after_link) = after.split_at(after_link.unwrap_or(after.len()));
    let number = link.split(['?', '&', '#', '/']).next()?;
    let has_digits = |text: &str| text.contains(|char: char| char.is_numeric());
    if !has_digits(number) || has_digits(&text[before.len()..start]) {
        return None;
    }
    Some([before, " ", plus(number, *completeness), number, after_link].concat())
}

/// `46701740605@s.whatsapp.net`, or with a device, `46701740605:12@s.whatsapp.net`.
fn identifier(text: &str, lower: &str) -> Option<String> {
    let (end, host) = IDENTIFIERS.iter().find_map(|host| lower.find(host).map(|end| (end, host)))?;
    let before = &text[..end];
    let before = match before.rsplit_once(':') {
        Some((number, device)) if device.len() <= 2 && device.bytes().all(|byte| byte.is_ascii_digit()) => {
            number
        }
        _ => before,
    };
    let start = after_last(before, |char| !char.is_ascii_digit() && char != '+');
    let number = before.get(start..).filter(|number| !number.is_empty())?;
    let rest = &text[end + host.len()..];
    Some([&before[..start], plus(number, Completeness::Complete), number, rest].concat())
}

/// `sip:+46701740605@example.com;user=phone`.
fn session_address(text: &str, lower: &str) -> Option<String> {
    let user = ["sip:", "sips:"]
        .iter()
        .find_map(|scheme| lower.starts_with(scheme).then(|| &text[scheme.len()..]))?;
    let user = user.split('@').next()?;
    let is_number = !user.contains(|char: char| char.is_alphabetic()) || user.contains(';');
    is_number.then(|| format!("tel:{user}"))
}

/// `sms:+46701740605?body=hello`.
fn without_query(text: &str, lower: &str) -> Option<String> {
    SCHEMES.iter().find(|scheme| lower.trim_start().starts_with(**scheme))?;
    let (address, _) = text.split_once('?')?;
    Some(address.to_owned())
}

/// The plus sign that a complete number lacks. A number that begins with a zero is not complete,
/// whatever the rules of the address are.
fn plus(number: &str, completeness: Completeness) -> &'static str {
    let begins_with_calling_code = number.starts_with(|char: char| ('1'..='9').contains(&char));
    if completeness == Completeness::Complete && begins_with_calling_code { "+" } else { "" }
}

/// Where a text goes on after the last character of a kind.
fn after_last(text: &str, is_of_kind: impl Fn(char) -> bool) -> usize {
    text.char_indices()
        .rev()
        .find(|(_, char)| is_of_kind(*char))
        .map_or(0, |(start, char)| start + char.len_utf8())
}
