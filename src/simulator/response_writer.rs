//! The bytes of every response, written into buffers that a connection reuses.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::LookupResult;

use super::body;
use super::body::push_decimal;
use super::decision::{Framing, Reply};
use super::page::Page;
use super::request::Persistence;
use super::settings::SentenceFormat;

/// The form of the interface document's transcript: `Mon, 12 Feb 2014 11:00:41 +0100`.
const DATE: &str = "%a, %d %b %Y %H:%M:%S %z";
const STATUS: &str = "200 OK, Success";
const TEXT: &str = "text/plain; charset=ISO-8859-1";

/// Writes responses, one at a time.
pub(super) struct ResponseWriter {
    message: Vec<u8>,
    /// Where the part begins that is sent in a packet of its own.
    second_packet: Option<usize>,
    body: Vec<u8>,
    date: Date,
}

/// The `Date` field, which changes once a second.
struct Date {
    second: Option<u64>,
    text: String,
}

impl ResponseWriter {
    pub(super) fn new() -> Self {
        Self {
            message: Vec::with_capacity(256),
            second_packet: None,
            body: Vec::with_capacity(64),
            date: Date { second: None, text: String::new() },
        }
    }

    /// The last response, in the one or two packets in which it is sent.
    pub(super) fn packets(&self) -> (&[u8], &[u8]) {
        self.message.split_at(self.second_packet.unwrap_or(self.message.len()))
    }

    /// Writes an answer. Returns whether the connection stays open after it.
    pub(super) fn reply(
        &mut self,
        reply: &Reply,
        format: SentenceFormat,
        persistence: Persistence,
        since_start: Duration,
    ) -> Persistence {
        self.body.clear();
        body::write(&mut self.body, reply, format);
        let persistence = match reply.framing {
            Framing::Http10 | Framing::ConnectionClose => Persistence::Close,
            _ => persistence,
        };
        let is_refused = format == SentenceFormat::BadRequest && body::is_sentence(&reply.answer.result);
        let status = if is_refused { "400 Bad Request" } else { STATUS };
        self.begin(status, since_start, reply.framing);
        self.frame(reply.framing, persistence);
        persistence
    }

    /// Makes the length that the last answer announces too small by three.
    pub(super) fn shorten_length(&mut self) {
        const FIELD: &[u8] = b"Content-Length: ";
        let Some(at) = memchr::memmem::find(&self.message, FIELD) else { return };
        let start = at + FIELD.len();
        let count = self.message[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let short = format!("{:0count$}", self.body.len().saturating_sub(3));
        self.message[start..start + count].copy_from_slice(short.as_bytes());
    }

    /// Writes a result without a lookup.
    pub(super) fn bare_result(
        &mut self,
        result: LookupResult,
        format: SentenceFormat,
        persistence: Persistence,
        since_start: Duration,
    ) {
        self.reply(&Reply::bare(result), format, persistence, since_start);
    }

    /// Writes a page. Returns whether the connection stays open after it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, CallingCode, Plmn};

    fn ok() -> Reply {
        let network = Plmn::from_digits("24008");
        let answer = Answer { network, location: CallingCode::new(46), ..Answer::bare(LookupResult::Ok) };
        Reply { answer, ..Reply::bare(LookupResult::Ok) }
    }

    fn message(reply: &Reply, format: SentenceFormat) -> String {
        let mut writer = ResponseWriter::new();
        writer.date = Date { second: Some(0), text: "D".into() };
        writer.reply(reply, format, Persistence::KeepOpen, Duration::ZERO);
        String::from_utf8(writer.message).unwrap()
    }

    #[test]
    fn every_framing_is_written() {
        let framed = |framing| message(&Reply { framing, ..ok() }, SentenceFormat::Bare);
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
    fn a_sentence_has_three_formats() {
        let reply = Reply::bare(LookupResult::MsisdnInvalid);
        assert!(message(&reply, SentenceFormat::Bare).ends_with("\r\n\r\nmsisdn is invalid"));
        assert!(message(&reply, SentenceFormat::Field).ends_with("\r\n\r\nresult=msisdn is invalid"));
        let refused = message(&reply, SentenceFormat::BadRequest);
        assert!(refused.starts_with("HTTP/1.1 400 ") && refused.ends_with("\r\n\r\nmsisdn is invalid"));
    }

    #[test]
    fn the_date_has_the_form_of_the_document() {
        let text = Date { second: None, text: String::new() }.at(Duration::ZERO).to_owned();
        assert_eq!(text.len(), "Mon, 12 Feb 2014 11:00:41 +0100".len(), "{text}");
        assert!(text.ends_with(" +0000"), "{text}");
    }
}
