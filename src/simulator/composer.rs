//! The bytes of every message, written into buffers that a connection keeps.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::answer::{Answer, LookupResult};

use super::decision::{Framing, Reply, Wording};
use super::page::Page;
use super::request::Persistence;
use super::settings::SentenceGuise;

/// The form of the interface document's transcript: `Mon, 12 Feb 2014 11:00:41 +0100`.
const DATE: &str = "%a, %d %b %Y %H:%M:%S %z";
const STATUS: &str = "200 OK, Success";
const TEXT: &str = "text/plain; charset=ISO-8859-1";
/// The digits of a whole IMSI.
const FULL_IMSI_DIGITS: usize = 15;

/// Composes messages, one at a time.
pub(super) struct Composer {
    message: Vec<u8>,
    /// Where the part begins that is to be sent in a packet of its own.
    second_packet: Option<usize>,
    body: Vec<u8>,
    date: Date,
}

/// The `Date` field, written anew once a second.
struct Date {
    second: Option<u64>,
    text: String,
}

impl Composer {
    pub(super) fn new() -> Self {
        Self {
            message: Vec::with_capacity(256),
            second_packet: None,
            body: Vec::with_capacity(64),
            date: Date { second: None, text: String::new() },
        }
    }

    /// The last message, in the one or two pieces in which it is to be sent.
    pub(super) fn pieces(&self) -> (&[u8], &[u8]) {
        self.message.split_at(self.second_packet.unwrap_or(self.message.len()))
    }

    /// Composes an answer. Returns whether the connection stays open after it.
    pub(super) fn reply(
        &mut self,
        reply: &Reply,
        guise: SentenceGuise,
        persistence: Persistence,
        since_start: Duration,
    ) -> Persistence {
        let guise = if is_sentence(&reply.answer.result) { Some(guise) } else { None };
        self.write_body(reply, guise);
        let persistence = match reply.framing {
            Framing::Http10 | Framing::ConnectionClose => Persistence::Close,
            _ => persistence,
        };
        let status = if guise == Some(SentenceGuise::BadRequest) { "400 Bad Request" } else { STATUS };
        self.begin(status, since_start, reply.framing);
        self.frame(reply.framing, persistence);
        persistence
    }

    /// Composes a word that is about no lookup.
    pub(super) fn word(
        &mut self,
        result: LookupResult,
        guise: SentenceGuise,
        persistence: Persistence,
        since_start: Duration,
    ) {
        self.reply(&Reply::word(result), guise, persistence, since_start);
    }

    /// Composes a page. Returns whether the connection stays open after it.
    pub(super) fn page(
        &mut self,
        page: &Page,
        persistence: Persistence,
        since_start: Duration,
    ) -> Persistence {
        let parts = page.parts();
        let is_broken = parts.claimed_length.is_some();
        self.begin(parts.status, since_start, Framing::Plain);
        self.message.extend_from_slice(b"Content-Length: ");
        push_decimal(&mut self.message, parts.claimed_length.unwrap_or(parts.body.len()) as u64);
        push_field(&mut self.message, "\r\nContent-Type: ", parts.content_type);
        self.message.extend_from_slice(parts.fields.as_bytes());
        if persistence == Persistence::Close && !is_broken {
            self.message.extend_from_slice(b"Connection: close\r\n");
        }
        self.message.extend_from_slice(b"\r\n");
        self.message.extend_from_slice(&parts.body);
        if is_broken { Persistence::Close } else { persistence }
    }

    /// The status line and the date.
    fn begin(&mut self, status: &str, since_start: Duration, framing: Framing) {
        self.message.clear();
        self.second_packet = None;
        let version = if framing == Framing::Http10 { "HTTP/1.0 " } else { "HTTP/1.1 " };
        push_field(&mut self.message, version, status);
        let name = if framing == Framing::LowerCaseHeaders { "date: " } else { "Date: " };
        push_field(&mut self.message, name, self.date.at(since_start));
    }

    /// The rest of the head, and the body.
    fn frame(&mut self, framing: Framing, persistence: Persistence) {
        let Self { message, body, .. } = self;
        match framing {
            Framing::Http10 => {}
            Framing::Chunked => message.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Framing::LowerCaseHeaders => push_length(message, b"content-length: ", body),
            _ => push_length(message, b"Content-Length: ", body),
        }
        let content_type =
            if framing == Framing::LowerCaseHeaders { "content-type: " } else { "Content-Type: " };
        push_field(message, content_type, TEXT);
        if persistence == Persistence::Close && framing != Framing::Http10 {
            message.extend_from_slice(b"Connection: close\r\n");
        }
        message.extend_from_slice(b"\r\n");
        match framing {
            Framing::Chunked => push_chunks(message, body),
            Framing::Split => {
                self.second_packet = Some(message.len());
                message.extend_from_slice(body);
            }
            _ => message.extend_from_slice(body),
        }
    }

    fn write_body(&mut self, reply: &Reply, guise: Option<SentenceGuise>) {
        let body = &mut self.body;
        body.clear();
        match guise {
            None | Some(SentenceGuise::Field) => write_fields(body, reply),
            Some(SentenceGuise::Bare | SentenceGuise::BadRequest) => {
                body.extend_from_slice(reply.answer.result.text().as_bytes());
            }
        }
        match reply.wording {
            Wording::LineFeed => body.extend_from_slice(b"\n"),
            Wording::CarriageReturn => body.extend_from_slice(b"\r\n"),
            _ => {}
        }
    }
}

impl Date {
    fn at(&mut self, since_start: Duration) -> &str {
        let second = Some(since_start.as_secs());
        if self.second != second {
            self.second = second;
            self.text = Timestamp::now().to_zoned(TimeZone::UTC).strftime(DATE).to_string();
        }
        &self.text
    }
}

/// Whether the interface document lists this result as a sentence.
fn is_sentence(result: &LookupResult) -> bool {
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
    if !body.is_empty() {
        body.push(b';');
    }
    body.extend_from_slice(key);
    body.extend_from_slice(value.as_bytes());
}

fn push_calling_code(body: &mut Vec<u8>, code: u16) {
    push_pair(body, b"location=", "");
    push_decimal(body, u64::from(code));
}

/// MCC and MNC, and all the digits that the subscriber has where the answer is to show them.
fn push_imsi(body: &mut Vec<u8>, reply: &Reply) {
    let Some(network) = reply.answer.network else { return };
    push_pair(body, b"imsi=", "");
    push_padded(body, u64::from(network.mcc()), 3);
    push_padded(body, u64::from(network.mnc()), usize::from(network.mnc_digits()));
    if let Some(tail) = reply.full_imsi {
        push_padded(body, tail, FULL_IMSI_DIGITS - 3 - usize::from(network.mnc_digits()));
    }
}

fn push_field(message: &mut Vec<u8>, before: &str, value: &str) {
    message.extend_from_slice(before.as_bytes());
    message.extend_from_slice(value.as_bytes());
    message.extend_from_slice(b"\r\n");
}

fn push_length(message: &mut Vec<u8>, name: &[u8], body: &[u8]) {
    message.extend_from_slice(name);
    push_decimal(message, body.len() as u64);
    message.extend_from_slice(b"\r\n");
}

/// Two chunks, the second with an extension, as RFC 9112, 7.1 allows.
fn push_chunks(message: &mut Vec<u8>, body: &[u8]) {
    let (first, second) = body.split_at(body.len() / 2);
    for (chunk, extension) in [(first, ""), (second, ";part=2")] {
        message.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
        message.extend_from_slice(chunk);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"0\r\n\r\n");
}

fn push_decimal(bytes: &mut Vec<u8>, number: u64) {
    push_padded(bytes, number, number.checked_ilog10().map_or(1, |log| log as usize + 1));
}

/// The last so many digits of the number.
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
    use crate::answer::CallingCode;
    use crate::plmn::Plmn;

    fn ok() -> Reply {
        let network = Plmn::from_digits("24008");
        let answer = Answer { network, location: CallingCode::new(46), ..Answer::bare(LookupResult::Ok) };
        Reply { answer, ..Reply::word(LookupResult::Ok) }
    }

    fn body(reply: Reply) -> String {
        let mut composer = Composer::new();
        composer.reply(&reply, SentenceGuise::Field, Persistence::KeepOpen, Duration::ZERO);
        composer.body.iter().map(|byte| char::from(*byte)).collect()
    }

    fn message(reply: &Reply, guise: SentenceGuise) -> String {
        let mut composer = Composer::new();
        composer.date = Date { second: Some(0), text: "D".into() };
        composer.reply(reply, guise, Persistence::KeepOpen, Duration::ZERO);
        String::from_utf8(composer.message).unwrap()
    }

    #[test]
    fn an_answer_is_worded_as_ordered() {
        let worded = |wording| body(Reply { wording, ..ok() });
        assert_eq!(worded(Wording::Plain), "result=OK;imsi=24008;location=46");
        assert_eq!(worded(Wording::Reordered), "location=46;imsi=24008;result=OK");
        assert_eq!(worded(Wording::UnknownField), "result=OK;ported=no;imsi=24008;location=46");
        assert_eq!(worded(Wording::EmptyField), "result=OK;msc=;imsi=24008;location=46");
        assert_eq!(worded(Wording::LineFeed), "result=OK;imsi=24008;location=46\n");
        assert_eq!(worded(Wording::CarriageReturn), "result=OK;imsi=24008;location=46\r\n");
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

    #[test]
    fn an_answer_is_framed_as_ordered() {
        let framed = |framing| message(&Reply { framing, ..ok() }, SentenceGuise::Bare);
        let head = "HTTP/1.1 200 OK, Success\r\nDate: D\r\nContent-Length: 32\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n";
        let body = "result=OK;imsi=24008;location=46";
        assert_eq!(framed(Framing::Plain), format!("{head}\r\n{body}"));
        assert_eq!(framed(Framing::ConnectionClose), format!("{head}Connection: close\r\n\r\n{body}"));
        let chunked = head.replace("Content-Length: 32", "Transfer-Encoding: chunked");
        let chunks = "10\r\nresult=OK;imsi=2\r\n10;part=2\r\n4008;location=46\r\n0\r\n\r\n";
        assert_eq!(framed(Framing::Chunked), format!("{chunked}\r\n{chunks}"));
        let old = head.replace("Content-Length: 32\r\n", "").replace("1.1", "1.0");
        assert_eq!(framed(Framing::Http10), format!("{old}\r\n{body}"));
    }

    #[test]
    fn a_sentence_has_three_guises() {
        let reply = Reply::word(LookupResult::MsisdnInvalid);
        assert!(message(&reply, SentenceGuise::Bare).ends_with("\r\n\r\nmsisdn is invalid"));
        assert!(message(&reply, SentenceGuise::Field).ends_with("\r\n\r\nresult=msisdn is invalid"));
        let refused = message(&reply, SentenceGuise::BadRequest);
        assert!(refused.starts_with("HTTP/1.1 400 ") && refused.ends_with("\r\n\r\nmsisdn is invalid"));
    }

    #[test]
    fn the_date_has_the_form_of_the_document() {
        let text = Date { second: None, text: String::new() }.at(Duration::ZERO).to_owned();
        assert_eq!(text.len(), "Mon, 12 Feb 2014 11:00:41 +0100".len(), "{text}");
        assert!(text.ends_with(" +0000"), "{text}");
    }
}
