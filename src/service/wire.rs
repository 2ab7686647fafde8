//! The text of the protocol: writes queries, reads bodies.
//!
//! A body is one line of `key=value` fields separated by `;`, in any order, or one of three bare
//! sentences. Undocumented fields are ignored; a body without a result is not an answer.

use std::borrow::Cow;

use crate::model::{Answer, CallingCode, ForeignText, LookupResult, Msisdn, Plmn, ProviderCache, Unreadable};

/// A longer text is not a result; the longest documented one has 36 characters.
const MAX_RESULT_LENGTH: usize = 120;
/// How much of a body that is not an answer is looked at for messages.
const EXCERPT_BYTES: usize = 200;

/// Results 16 to 18 are sentences: they may come bare, as a field, or with a 4xx status.
pub(super) const SENTENCES: [LookupResult; 3] =
    [LookupResult::MandatoryParameterMissing, LookupResult::RangeNotAccepted, LookupResult::MsisdnInvalid];

/// The query of a request: `msisdn=46708100200`, with a bare `nocache` where the cache is bypassed.
#[must_use]
pub fn query(msisdn: Msisdn, cache: ProviderCache) -> String {
    let digits = msisdn.digits();
    match cache {
        ProviderCache::Allowed => ["msisdn=", &digits].concat(),
        ProviderCache::Bypassed => ["msisdn=", &digits, "&nocache"].concat(),
    }
}

/// A body that is not an answer, with an excerpt for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnAnswer(pub String);

/// Reads a body, in ISO-8859-1, with or without a line end.
pub fn read_body(body: &[u8]) -> Result<Answer, NotAnAnswer> {
    let line = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if let Some(sentence) = sentence(line) {
        return Ok(Answer::bare(sentence));
    }
    let not_an_answer = || NotAnAnswer(excerpt(line));
    if line.contains(&b'\n') {
        return Err(not_an_answer());
    }
    let mut result = None;
    let mut network = None;
    let mut location = None;
    let mut unreadable = Unreadable::default();
    for field in line.split(|&byte| byte == b';') {
        let Some(equals) = field.iter().position(|&byte| byte == b'=') else { continue };
        let (key, value) = (field[..equals].trim_ascii(), field[equals + 1..].trim_ascii());
        if value.is_empty() {
            continue;
        }
        if key.eq_ignore_ascii_case(b"result") {
            result = Some(value);
        } else if key.eq_ignore_ascii_case(b"imsi") {
            network = std::str::from_utf8(value).ok().and_then(Plmn::from_imsi);
            unreadable.imsi = network.is_none();
        } else if key.eq_ignore_ascii_case(b"location") {
            location = calling_code(value);
            unreadable.location = location.is_none();
        }
    }
    let result = result.filter(|text| text.len() <= MAX_RESULT_LENGTH).ok_or_else(not_an_answer)?;
    match read_result(result) {
        LookupResult::Ok => Ok(Answer { result: LookupResult::Ok, network, location, unreadable }),
        // What a network means beside any other result is not documented.
        other => Ok(Answer::bare(other)),
    }
}

/// The bare sentence that a line is, if it is one.
fn sentence(line: &[u8]) -> Option<LookupResult> {
    let bare = line.strip_suffix(b".").unwrap_or(line);
    SENTENCES.into_iter().find(|sentence| bare.eq_ignore_ascii_case(sentence.text().as_bytes()))
}

fn read_result(text: &[u8]) -> LookupResult {
    if let Some(sentence) = sentence(text) {
        return sentence;
    }
    let documented =
        LookupResult::DOCUMENTED.iter().find(|result| text.eq_ignore_ascii_case(result.text().as_bytes()));
    documented.cloned().unwrap_or_else(|| LookupResult::Unrecognised(latin1(text).into()))
}

fn calling_code(value: &[u8]) -> Option<CallingCode> {
    let digits = value.strip_prefix(b"+").or_else(|| value.strip_prefix(b"00")).unwrap_or(value);
    if digits.len() > 4 || digits.first() == Some(&b'0') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().and_then(CallingCode::new)
}

/// Decodes ISO-8859-1: each byte is the character with the same number.
fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// The start of a text, for messages.
fn excerpt(line: &[u8]) -> String {
    let start = &line[..line.len().min(EXCERPT_BYTES)];
    ForeignText(&latin1(start)).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ok(imsi: &str, location: u16) -> Answer {
        Answer {
            result: LookupResult::Ok,
            network: Plmn::from_digits(imsi),
            location: CallingCode::new(location),
            unreadable: Unreadable::default(),
        }
    }

    #[test]
    fn the_documented_bodies_are_read() {
        for (body, expected) in [
            ("result=OK;imsi=24008", ok("24008", 0)),
            ("result=OK;imsi=24008;location=46", ok("24008", 46)),
            ("result=OK;imsi=24008;location=46\n", ok("24008", 46)),
            ("result=OK;imsi=24008;location=46\r\n", ok("24008", 46)),
            ("result=UNKNOWN_SUBSCRIBER", Answer::bare(LookupResult::UnknownSubscriber)),
        ] {
            assert_eq!(read_body(body.as_bytes()), Ok(expected), "{body:?}");
        }
    }

    #[test]
    fn every_result_is_read_as_a_field_and_the_sentences_bare_too() {
        for result in LookupResult::DOCUMENTED {
            let field = format!("result={}", result.text());
            assert_eq!(read_body(field.as_bytes()), Ok(Answer::bare(result.clone())));
            if result.index() >= 15 {
                assert_eq!(read_body(result.text().as_bytes()), Ok(Answer::bare(result)));
            }
        }
    }

    #[test]
    fn fields_come_in_any_order_unknown_ones_too_and_empty_ones() {
        for body in [
            "location=46;imsi=24008;result=OK",
            "result=OK;ported=yes;imsi=24008;location=46;",
            " Result = OK ; IMSI = 24008 ; location = +46 ",
            "result=OK;imsi=24008;location=0046;flag",
        ] {
            assert_eq!(read_body(body.as_bytes()), Ok(ok("24008", 46)), "{body:?}");
        }
        assert_eq!(read_body(b"result=OK;imsi=;location="), Ok(Answer::bare(LookupResult::Ok)));
        assert_eq!(read_body(b"result=OK;name=\xc5se;imsi=24008"), Ok(ok("24008", 0)));
    }

    #[test]
    fn a_whole_imsi_leaves_only_its_network() {
        assert_eq!(read_body(b"result=OK;imsi=240081234567890"), Ok(ok("24008", 0)));
        assert_eq!(read_body(b"result=OK;imsi=310260123456789"), Ok(ok("310260", 0)));
    }

    #[test]
    fn a_field_that_cannot_be_read_is_marked_unreadable() {
        let answer = read_body(b"result=OK;imsi=4008;location=Sweden").unwrap();
        assert_eq!(answer.unreadable, Unreadable { imsi: true, location: true });
        assert_eq!((answer.network, answer.location), (None, None));
    }

    #[test]
    fn only_ok_has_a_network_and_a_location() {
        for (text, result) in [
            ("ABSENT_SUBSCRIBER_SM", LookupResult::AbsentSubscriberSm),
            ("msisdn is invalid", LookupResult::MsisdnInvalid),
            ("HLR_ON_FIRE", LookupResult::Unrecognised("HLR_ON_FIRE".into())),
        ] {
            for fields in ["imsi=24008;location=46", "imsi=4008;location=Sweden"] {
                let body = format!("{fields};result={text}");
                assert_eq!(read_body(body.as_bytes()), Ok(Answer::bare(result.clone())), "{body:?}");
            }
        }
    }

    #[test]
    fn an_undocumented_result_is_kept_to_the_letter() {
        let answer = read_body(b"result=HLR_P\xe5_Fire").unwrap();
        assert_eq!(answer.result, LookupResult::Unrecognised("HLR_På_Fire".into()));
    }

    #[test]
    fn a_body_without_a_result_is_not_an_answer() {
        for body in ["", "  \n", "OK", "<html>busy</html>", "{\"result\": \"OK\"}", "result=", "imsi=24008"] {
            assert!(read_body(body.as_bytes()).is_err(), "{body:?}");
        }
        assert!(read_body(b"result=OK\nresult=TIMEOUT").is_err());
        assert!(read_body(&[b"result=".as_slice(), &[b'x'; 200]].concat()).is_err());
    }

    #[test]
    fn an_excerpt_shows_no_number() {
        assert_eq!(
            read_body(b"no such page: /46708100200"),
            Err(NotAnAnswer("no such page: /•••••••••••".into()))
        );
    }

    #[test]
    fn the_query_is_the_documented_one() {
        let msisdn = Msisdn::new(46_708_100_200).unwrap();
        assert_eq!(query(msisdn, ProviderCache::Allowed), "msisdn=46708100200");
        assert_eq!(query(msisdn, ProviderCache::Bypassed), "msisdn=46708100200&nocache");
    }

    proptest! {
        #[test]
        fn no_body_causes_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_body(&body);
        }

        #[test]
        fn no_field_causes_a_panic(fields in proptest::collection::vec("(result|imsi|location|x)=[ -~]{0,20}", 0..6)) {
            let _ = read_body(fields.join(";").as_bytes());
        }
    }
}
