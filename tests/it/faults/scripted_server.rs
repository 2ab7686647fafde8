//! A server on raw sockets whose every response is written by the test.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::harness::{Done, Job};

/// A server that answers as its script says.
pub struct ScriptedServer {
    port: u16,
    requests: Arc<AtomicU64>,
}

impl ScriptedServer {
    /// `script` gets the number and how many requests came before this one, and returns the whole
    /// response. The connection is closed after it.
    pub fn start(script: impl Fn(u64, u64) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (script, requests) = (Arc::new(script), Arc::<AtomicU64>::default());
        let counted = requests.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, script, counted) = (socket.unwrap(), script.clone(), counted.clone());
                thread::spawn(move || serve(socket, &*script, &counted));
            }
        });
        Self { port, requests }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Runs `hlr enrich list.csv -o out.csv` of so many numbers, with a ledger `l.redb` and a
    /// summary.
    pub fn enrich(&self, job: &Job, flags: &[&str]) -> Done {
        let url = self.url();
        let usual = ["enrich", "list.csv", "-o", "out.csv", "--endpoint", &url, "--ledger", "l.redb"];
        let all = [&usual, flags, &["--summary", "summary.json", "--force"]].concat();
        job.hlr(all)
    }
}

fn serve(mut socket: TcpStream, script: &dyn Fn(u64, u64) -> Vec<u8>, counted: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    let mut number = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((_, rest)) = line.split_once("msisdn=") {
            number = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let earlier = counted.fetch_add(1, Ordering::SeqCst);
    // As long as a real service takes at least.
    thread::sleep(Duration::from_millis(5));
    socket.write_all(&script(number, earlier)).ok()
}

/// A response with this status line, further header lines, and body.
pub fn response(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    headers.iter().for_each(|line| head.push_str(&format!("{line}\r\n")));
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A response with this result.
pub fn result(text: &str) -> Vec<u8> {
    response("200 OK", &[], format!("result={text}").as_bytes())
}

/// The answer that says that a number can be reached.
pub fn reachable() -> Vec<u8> {
    result("OK;imsi=24008;location=46")
}
