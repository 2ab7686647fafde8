//! What holds of every body that the service may send, whatever is in it.

use hlr_enrich::model::{Answer, LookupResult, Unreadable};
use hlr_enrich::service::wire::{NotAnAnswer, read_body};

/// The longest result and the longest excerpt, in characters.
const LONGEST_RESULT: usize = 120;
const LONGEST_EXCERPT: usize = 60;

/// Reads the bytes as a body.
///
/// # Panics
///
/// When something does not hold.
pub fn hold(body: &[u8]) {
    let read = read_body(body);
    assert_eq!(read_body(body), read, "a second reading says something else");
    assert_eq!(read_body(&[b" \r\n", body, b"\r\n"].concat()), read, "a line end counts");
    match read {
        Ok(answer) => {
            only_ok_says_where(&answer);
            nothing_is_made_up(&answer, body);
            what_is_read_reads_as_itself(&answer);
            if body.contains(&b'=') {
                let longer = [body.trim_ascii(), b";ported=yes;flag"].concat();
                assert_eq!(read_body(&longer), Ok(answer), "an unknown field counts");
            }
        }
        Err(NotAnAnswer(excerpt)) => {
            assert!(excerpt.chars().count() <= LONGEST_EXCERPT, "{excerpt:?}");
            assert!(!excerpt.contains(|c: char| c.is_ascii_digit() || c.is_control()), "{excerpt:?}");
        }
    }
}

fn only_ok_says_where(answer: &Answer) {
    if answer.result != LookupResult::Ok {
        assert_eq!(*answer, Answer::bare(answer.result.clone()), "only OK comes with a network and a place");
    }
    assert!(answer.network.is_none() || !answer.unreadable.imsi);
    assert!(answer.location.is_none() || !answer.unreadable.location);
}

fn nothing_is_made_up(answer: &Answer, body: &[u8]) {
    let text = latin1(body).to_ascii_lowercase();
    let is_said = |part: &str| text.contains(&part.to_ascii_lowercase());
    let result = answer.result.text();
    assert!(!result.is_empty() && result.chars().count() <= LONGEST_RESULT);
    assert!(is_said(result), "{result:?} was not said");
    if let Some(network) = answer.network {
        assert!(is_said(&(network.mcc_text() + &network.mnc_text())), "{network:?} was not said");
    }
    if let Some(location) = answer.location {
        assert!(is_said(&location.to_string()), "{location} was not said");
    }
}

/// Writes the answer down as the documents do, and reads it again.
fn what_is_read_reads_as_itself(answer: &Answer) {
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
