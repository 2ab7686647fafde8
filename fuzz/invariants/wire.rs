//! What is true for every body that the service may send, whatever it contains.

use hlr_enrich::internals::model::{Answer, LookupResult, Unreadable};
use hlr_enrich::internals::service::wire::{NotAnAnswer, read_body};

/// The lengths of the longest result and the longest excerpt, in characters.
const MAX_RESULT_LENGTH: usize = 120;
const MAX_EXCERPT_LENGTH: usize = 60;

/// Reads the bytes as a body.
///
/// # Panics
///
/// If an invariant does not hold.
pub fn hold(body: &[u8]) {
    let read = read_body(body);
    assert_eq!(read_body(body), read, "a second reading has another result");
    assert_eq!(read_body(&[b" \r\n", body, b"\r\n"].concat()), read, "a line end changes the result");
    match read {
        Ok(answer) => {
            only_ok_has_a_network_and_a_location(&answer);
            nothing_is_invented(&answer, body);
            a_written_answer_is_read_back(&answer);
            if body.contains(&b'=') {
                let longer = [body.trim_ascii(), b";ported=yes;flag"].concat();
                assert_eq!(read_body(&longer), Ok(answer), "an unknown field changes the result");
            }
        }
        Err(NotAnAnswer(excerpt)) => {
            assert!(excerpt.chars().count() <= MAX_EXCERPT_LENGTH, "{excerpt:?}");
            assert!(!excerpt.contains(|c: char| c.is_ascii_digit() || c.is_control()), "{excerpt:?}");
        }
    }
}

fn only_ok_has_a_network_and_a_location(answer: &Answer) {
    if answer.result != LookupResult::Ok {
        assert_eq!(*answer, Answer::bare(answer.result.clone()), "only OK has a network and a location");
    }
    assert!(answer.network.is_none() || !answer.unreadable.imsi);
    assert!(answer.location.is_none() || !answer.unreadable.location);
}

fn nothing_is_invented(answer: &Answer, body: &[u8]) {
    let text = latin1(body).to_ascii_lowercase();
    let is_in_body = |part: &str| text.contains(&part.to_ascii_lowercase());
    let result = answer.result.text();
    assert!(!result.is_empty() && result.chars().count() <= MAX_RESULT_LENGTH);
    assert!(is_in_body(result), "{result:?} is not in the body");
    if let Some(network) = answer.network {
        assert!(is_in_body(&(network.mcc_text() + &network.mnc_text())), "{network:?} is not in the body");
    }
    if let Some(location) = answer.location {
        assert!(is_in_body(&location.to_string()), "{location} is not in the body");
    }
}

/// Writes the answer as the provider's documents do, and reads it again.
fn a_written_answer_is_read_back(answer: &Answer) {
    let Unreadable { imsi, location } = answer.unreadable;
    let mut body = format!("result={}", answer.result.text());
    match answer.network {
        Some(network) => body.extend([";imsi=", &network.mcc_text(), &network.mnc_text()]),
        None => body.push_str(if imsi { ";imsi=?" } else { ";imsi=" }),
    }
    match answer.location {
        Some(code) => body.push_str(&format!(";location={code}")),
        None => body.push_str(if location { ";location=?" } else { ";location=" }),
    }
    let body: Vec<u8> =
        body.chars().map(|char| u8::try_from(char).expect("a body is in ISO-8859-1")).collect();
    assert_eq!(read_body(&body).as_ref(), Ok(answer));
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
