//! A server on raw sockets that breaks the rules of HTTP on demand. The right answer to a number
//! follows from the number, so that every row can be judged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How the server breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trick {
    /// Each `one_in`-th answer is followed by a copy of it.
    Doubled {
        gap: Duration,
        one_in: u64,
    },
    /// Each `one_in`-th answer is followed by the answer for the number after it.
    Another {
        gap: Duration,
        one_in: u64,
    },
    /// The first request about each tenth number gets this status or answer, and its answer later.
    LateAfter {
        first: &'static str,
        gap: Duration,
    },
    /// A Content-Length that is too small by this, for each tenth number.
    ShortLength(usize),
    /// Something is sent as soon as the connection is there.
    AnswerFirst,
    /// The connection is closed after each answer, unannounced.
    Closes,
    /// Answers come this late for each tenth number, for the first request only.
    Slow(Duration),
    None,
}

pub struct Judge {
    port: u16,
    asked: Arc<Mutex<HashMap<u64, u64>>>,
}

/// The body that is right for a number.
pub fn right_answer(number: u64) -> String {
    format!("result=OK;imsi=310{:03};location={}", number % 1000, 1 + number / 1000 % 900)
}

impl Judge {
    /// Answers after `latency`.
    pub fn start(trick: Trick, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<HashMap<u64, u64>>>::default();
        let counts = asked.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, counts) = (socket.unwrap(), counts.clone());
                // It ends when the client closes the connection.
                thread::spawn(move || serve(socket, trick, latency, &counts));
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests came in all.
    pub fn requests(&self) -> u64 {
        self.asked.lock().unwrap().values().sum()
    }
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn serve(socket: TcpStream, trick: Trick, latency: Duration, asked: &Mutex<HashMap<u64, u64>>) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    if trick == Trick::AnswerFirst {
        send(&socket, &response("200 OK", &right_answer(1)))?;
    }
    loop {
        let number = request(&mut reader)?;
        pause(latency);
        let times = {
            let mut asked = asked.lock().unwrap();
            let times = asked.entry(number).or_default();
            *times += 1;
            *times
        };
        let right = response("200 OK", &right_answer(number));
        match trick {
            Trick::Doubled { gap, one_in } if number % one_in == 0 => {
                send(&socket, &right)?;
                pause(gap);
                send(&socket, &right)?;
            }
            Trick::Another { gap, one_in } if number % one_in == 0 => {
                send(&socket, &right)?;
                pause(gap);
                send(&socket, &response("200 OK", &right_answer(number + 1)))?;
            }
            Trick::LateAfter { first, gap } if number.is_multiple_of(10) && times == 1 => {
                match first.strip_prefix("result=") {
                    Some(_) => send(&socket, &response("200 OK", first))?,
                    None => send(&socket, &response(first, "busy"))?,
                }
                pause(gap);
                send(&socket, &right)?;
            }
            Trick::ShortLength(less) if number.is_multiple_of(10) => {
                let body = right_answer(number);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() - less);
                send(&socket, &(head + &body))?;
            }
            Trick::Slow(delay) if number.is_multiple_of(10) && times == 1 => {
                thread::sleep(delay);
                send(&socket, &right)?;
            }
            Trick::Closes => {
                send(&socket, &right)?;
                return None;
            }
            _ => send(&socket, &right)?,
        }
    }
}

fn pause(gap: Duration) {
    if !gap.is_zero() {
        thread::sleep(gap);
    }
}

fn send(mut socket: &TcpStream, text: &str) -> Option<()> {
    socket.write_all(text.as_bytes()).ok()
}

/// The number of the next request; `None` at the end of the connection.
fn request(reader: &mut BufReader<TcpStream>) -> Option<u64> {
    let mut number = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((_, rest)) = line.split_once("msisdn=") {
            number = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
        }
        if line == "\r\n" {
            return number;
        }
    }
}
