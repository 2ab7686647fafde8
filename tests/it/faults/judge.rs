//! A server on raw sockets that breaks the rules of HTTP on demand. The right answer to a number
//! follows from the number, so that every row can be judged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

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

/// How requests reach the server. As a proxy, it answers in the place of the servers that it is
/// asked to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Path {
    Http,
    Https,
    /// A request with the whole URL.
    HttpProxy,
    /// HTTPS through a tunnel.
    HttpsProxy,
}

impl Path {
    fn is_https(self) -> bool {
        matches!(self, Self::Https | Self::HttpsProxy)
    }
}

pub struct Judge {
    port: u16,
    path: Path,
    certificate_pem: String,
    asked: Arc<Mutex<HashMap<u64, u64>>>,
}

/// A socket, or TLS over one.
trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

type Reader = BufReader<Box<dyn Stream>>;

/// The body that is right for a number.
pub fn right_answer(number: u64) -> String {
    format!("result=OK;imsi=310{:03};location={}", number % 1000, 1 + number / 1000 % 900)
}

impl Judge {
    /// Answers after `latency`.
    pub fn start(path: Path, trick: Trick, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<HashMap<u64, u64>>>::default();
        let counts = asked.clone();
        let (tls, certificate_pem) = identity();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, counts, tls) = (socket.unwrap(), counts.clone(), tls.clone());
                // It ends when the client closes the connection.
                thread::spawn(move || {
                    let mut reader = accept(socket, path, tls)?;
                    serve(&mut reader, trick, latency, &counts)
                });
            }
        });
        Self { port, path, certificate_pem, asked }
    }

    /// The flags that lead a client here. As a proxy, it stands for a server that is not there.
    pub fn flags(&self) -> Vec<String> {
        let scheme = if self.path.is_https() { "https" } else { "http" };
        let here = format!("127.0.0.1:{}", self.port);
        match self.path {
            Path::Http | Path::Https => vec!["--endpoint".into(), format!("{scheme}://{here}")],
            Path::HttpProxy | Path::HttpsProxy => {
                let nowhere = format!("{scheme}://127.0.0.1:9");
                vec!["--endpoint".into(), nowhere, "--proxy".into(), format!("http://{here}")]
            }
        }
    }

    /// What a client must trust, if it comes by HTTPS.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.path.is_https().then_some(&self.certificate_pem)
    }

    /// How many requests came in all.
    pub fn requests(&self) -> u64 {
        self.asked.lock().unwrap().values().sum()
    }
}

fn identity() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

fn accept(mut socket: TcpStream, path: Path, tls: Arc<ServerConfig>) -> Option<Reader> {
    socket.set_nodelay(true).ok()?;
    if path == Path::HttpsProxy {
        // Nothing follows the request for a tunnel until it is there, so nothing is read ahead.
        request(&mut BufReader::new(socket.try_clone().ok()?));
        socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    }
    Some(BufReader::new(match path.is_https() {
        true => Box::new(StreamOwned::new(ServerConnection::new(tls).ok()?, socket)),
        false => Box::new(socket),
    }))
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn serve(
    reader: &mut Reader,
    trick: Trick,
    latency: Duration,
    asked: &Mutex<HashMap<u64, u64>>,
) -> Option<()> {
    if trick == Trick::AnswerFirst {
        send(reader, &response("200 OK", &right_answer(1)))?;
    }
    loop {
        let number = request(reader)?;
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
                send(reader, &right)?;
                pause(gap);
                send(reader, &right)?;
            }
            Trick::Another { gap, one_in } if number % one_in == 0 => {
                send(reader, &right)?;
                pause(gap);
                send(reader, &response("200 OK", &right_answer(number + 1)))?;
            }
            Trick::LateAfter { first, gap } if number.is_multiple_of(10) && times == 1 => {
                match first.strip_prefix("result=") {
                    Some(_) => send(reader, &response("200 OK", first))?,
                    None => send(reader, &response(first, "busy"))?,
                }
                pause(gap);
                send(reader, &right)?;
            }
            Trick::ShortLength(less) if number.is_multiple_of(10) => {
                let body = right_answer(number);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() - less);
                send(reader, &(head + &body))?;
            }
            Trick::Slow(delay) if number.is_multiple_of(10) && times == 1 => {
                thread::sleep(delay);
                send(reader, &right)?;
            }
            Trick::Closes => {
                send(reader, &right)?;
                return None;
            }
            _ => send(reader, &right)?,
        }
    }
}

fn pause(gap: Duration) {
    if !gap.is_zero() {
        thread::sleep(gap);
    }
}

fn send(reader: &mut Reader, text: &str) -> Option<()> {
    let stream = reader.get_mut();
    stream.write_all(text.as_bytes()).ok()?;
    stream.flush().ok()
}

/// The number of the next request; `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> Option<u64> {
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
