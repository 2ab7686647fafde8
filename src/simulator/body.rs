//! The body of an answer: the one line of text that the interface document describes.

use crate::model::{Answer, LookupResult};

use super::decision::{Reply, Wording};
use super::settings::SentenceFormat;

/// The digits of a whole IMSI.
const FULL_IMSI_DIGITS: usize = 15;

/// Writes the answer into an empty buffer, in its wording.
pub(super) fn write(body: &mut Vec<u8>, reply: &Reply, format: SentenceFormat) {
    if reply.wording == Wording::ByteOrderMark {
        body.extend_from_slice(b"\xef\xbb\xbf");
    }
    if is_sentence(&reply.answer.result) && format != SentenceFormat::Field {
        body.extend_from_slice(reply.answer.result.text().as_bytes());
    } else {
        write_fields(body, reply);
    }
    match reply.wording {
        Wording::LineFeed => body.extend_from_slice(b"\n"),
        Wording::CarriageReturn => body.extend_from_slice(b"\r\n"),
        _ => {}
    }
}

/// Whether the interface document lists this result as a sentence.
pub(super) fn is_sentence(result: &LookupResult) -> bool {
    matches!(
        result,
        LookupResult::MandatoryParameterMissing
            | LookupResult::RangeNotAccepted
            | LookupResult::MsisdnInvalid
    )
}

fn write_fields(body: &mut Vec<u8>, reply: &Reply) {
    let Answer { result, network, location, .. } = &reply.answer;
    let result_first = reply.wording != Wording::Reordered;
    if result_first {
        push_pair(body, b"result=", result.text());
    }
    match reply.wording {
        Wording::UnknownField => body.extend_from_slice(b";ported=no"),
        Wording::EmptyField if network.is_none() => body.extend_from_slice(b";imsi=;location="),
        Wording::EmptyField if location.is_none() => body.extend_from_slice(b";location="),
        Wording::EmptyField => body.extend_from_slice(b";msc="),
        Wording::Latin1 => body.extend_from_slice(b";operator=T\xe9l\xe9com \xd6st"),
        _ => {}
    }
    if let Some(location) = location
        && !result_first
    {
        push_calling_code(body, location.get());
    }
    if network.is_some() {
        push_imsi(body, reply);
    }
    if let Some(location) = location
        && result_first
    {
        push_calling_code(body, location.get());
    }
    if !result_first {
        push_pair(body, b"result=", result.text());
    }
}

/// A pair, with a semicolon before it unless it is the first.
fn push_pair(body: &mut Vec<u8>, key: &[u8], value: &str) {
    if !body.is_empty() && !body.ends_with(b"\xef\xbb\xbf") {
        body.push(b';');
    }
    body.extend_from_slice(key);
    body.extend_from_slice(value.as_bytes());
}

fn push_calling_code(body: &mut Vec<u8>, code: u16) {
    push_pair(body, b"location=", "");
    push_decimal(body, u64::from(code));
}

/// MCC and MNC, and the rest of the IMSI where the answer shows it.
fn push_imsi(body: &mut Vec<u8>, reply: &Reply) {
    let Some(network) = reply.answer.network else { return };
    push_pair(body, b"imsi=", "");
    push_padded(body, u64::from(network.mcc()), 3);
    push_padded(body, u64::from(network.mnc()), usize::from(network.mnc_digits()));
    if let Some(tail) = reply.full_imsi {
        push_padded(body, tail, FULL_IMSI_DIGITS - 3 - usize::from(network.mnc_digits()));
    }
}

pub(super) fn push_decimal(bytes: &mut Vec<u8>, number: u64) {
    push_padded(bytes, number, number.checked_ilog10().map_or(1, |log| log as usize + 1));
}

/// The last `width` digits of the number, with leading zeros.
fn push_padded(bytes: &mut Vec<u8>, number: u64, width: usize) {
    let start = bytes.len();
    bytes.resize(start + width, b'0');
    let mut rest = number;
    for digit in bytes[start..].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallingCode, Plmn};

    fn ok() -> Reply {
        let network = Plmn::from_digits("24008");
        let answer = Answer { network, location: CallingCode::new(46), ..Answer::bare(LookupResult::Ok) };
        Reply { answer, ..Reply::bare(LookupResult::Ok) }
    }

    fn body(reply: Reply) -> String {
        let mut body = Vec::new();
        write(&mut body, &reply, SentenceFormat::Field);
        body.iter().map(|byte| char::from(*byte)).collect()
    }

    #[test]
    fn every_wording_is_written() {
        let worded = |wording| body(Reply { wording, ..ok() });
        assert_eq!(worded(Wording::Plain), "result=OK;imsi=24008;location=46");
        assert_eq!(worded(Wording::Reordered), "location=46;imsi=24008;result=OK");
        assert_eq!(worded(Wording::UnknownField), "result=OK;ported=no;imsi=24008;location=46");
        assert_eq!(worded(Wording::EmptyField), "result=OK;msc=;imsi=24008;location=46");
        assert_eq!(worded(Wording::LineFeed), "result=OK;imsi=24008;location=46\n");
        assert_eq!(worded(Wording::CarriageReturn), "result=OK;imsi=24008;location=46\r\n");
        assert_eq!(worded(Wording::ByteOrderMark), "ï»¿result=OK;imsi=24008;location=46");
        assert_eq!(worded(Wording::Latin1), "result=OK;operator=Télécom Öst;imsi=24008;location=46");
    }

    #[test]
    fn a_whole_imsi_has_fifteen_digits() {
        assert_eq!(body(Reply { full_imsi: Some(7), ..ok() }), "result=OK;imsi=240080000000007;location=46");
        let network = Plmn::from_digits("310010");
        let answer = Answer { network, ..Answer::bare(LookupResult::Ok) };
        assert_eq!(
            body(Reply { answer, full_imsi: Some(u64::MAX), ..ok() }),
            "result=OK;imsi=310010709551615"
        );
    }
}
