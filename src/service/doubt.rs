//! Answers that may belong to another number.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::wire;
use crate::model::{Answer, Msisdn};

/// An answer after which bytes came that nobody had asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The number that the answer was taken for.
    pub msisdn: Msisdn,
    /// When the answer came.
    pub answered_at: Instant,
}

/// The latest answers of a connection, since it was quiet for long. If one of them was meant for the
/// request before, so were all that follow.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Exchanged>);

/// One answer of a connection.
#[derive(Clone, Debug)]
pub(super) struct Exchanged {
    pub(super) msisdn: Msisdn,
    pub(super) answer: Answer,
    pub(super) at: Instant,
}

/// How many answers of a connection are remembered.
const REMEMBERED: usize = 256;

impl History {
    pub(super) fn push(&mut self, exchanged: Exchanged) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(exchanged);
    }

    /// The connection was quiet for so long that none of its answers can have been another's.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The answers that are in doubt after these bytes. If they are the last answer once more, and all
    /// answers are the same, none is.
    pub(super) fn doubted(mut self, surplus: &[u8]) -> Vec<Doubt> {
        if let Some(last) = self.0.back().filter(|last| repeats(surplus, &last.answer)) {
            let answer = last.answer.clone();
            self.0.pop_back();
            if self.0.iter().all(|earlier| earlier.answer == answer) {
                return Vec::new();
            }
        }
        let doubt = |exchanged: &Exchanged| Doubt { msisdn: exchanged.msisdn, answered_at: exchanged.at };
        self.0.iter().map(doubt).collect()
    }
}

/// Whether bytes are one complete response with the same answer again: then it does not matter
/// which of the two was meant.
pub(super) fn repeats(surplus: &[u8], answer: &Answer) -> bool {
    let Some(head_end) = memchr::memmem::find(surplus, b"\r\n\r\n") else { return false };
    let (head, body) = surplus.split_at(head_end + 4);
    let has_status = head.starts_with(b"HTTP/1.1 200 ") || head.starts_with(b"HTTP/1.0 200 ");
    has_status && declared_length(head) == Some(body.len()) && wire::read_body(body).as_ref() == Ok(answer)
}

fn declared_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, length) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    length.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_response_with_the_same_answer_repeats_it() {
        let answer = wire::read_body(b"result=OK;imsi=24008;location=46").unwrap();
        let response = |length: usize, body: &str| {
            format!("HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
        };
        let same = "location=46;imsi=24008;result=OK";
        assert!(repeats(&response(same.len(), same), &answer));
        for surplus in [
            response(same.len(), "result=OK;imsi=24007;location=46"),
            response(same.len() + 5, same),
            response(same.len(), &format!("{same}{same}")),
            [response(same.len(), same), response(same.len(), same)].concat(),
            same.as_bytes().to_vec(),
            b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n".to_vec(),
            b"x".to_vec(),
        ] {
            assert!(!repeats(&surplus, &answer), "{}", String::from_utf8_lossy(&surplus));
        }
    }
}
