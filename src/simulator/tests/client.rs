//! A client that does only what these tests need: it shows what was on the wire.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::simulator::Simulator;

/// Base64 of `user:password`.
pub(super) const AUTHORIZATION: &str = "Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n";
/// Long for a machine, and short enough to wait for where nothing may come.
const A_MOMENT: Duration = Duration::from_millis(30);
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Client<S> {
    stream: S,
    received: Vec<u8>,
}

/// A message as it was on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    pub(super) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

pub(super) fn request(number: u64) -> String {
    format!("GET /lookup?msisdn={number} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZATION}\r\n")
}

pub(super) async fn connect(simulator: &Simulator) -> Client<TcpStream> {
    Client::new(TcpStream::connect(simulator.address()).await.unwrap())
}

/// Asks on a connection of its own.
pub(super) async fn ask(simulator: &Simulator, number: u64) -> io::Result<Message> {
    connect(simulator).await.ask(number).await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(super) async fn ask(&mut self, number: u64) -> io::Result<Message> {
        self.send(&request(number)).await;
        self.message().await
    }

    pub(super) async fn ask_for(&mut self, target: &str) -> Message {
        self.send(&format!("GET {target} HTTP/1.1\r\n{AUTHORIZATION}\r\n")).await;
        self.message().await.unwrap()
    }

    /// One message with a `Content-Length`, or everything to the end of the connection without one.
    pub(super) async fn message(&mut self) -> io::Result<Message> {
        let head = loop {
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break String::from_utf8(self.received.drain(..end + 4).collect()).unwrap();
            }
            self.receive().await?;
        };
        let mut message = Message { head, body: Vec::new() };
        match message.field("Content-Length").map(|length| length.parse().unwrap()) {
            Some(length) => {
                while self.received.len() < length {
                    self.receive().await?;
                }
                message.body = self.received.drain(..length).collect();
            }
            None if message.field("Transfer-Encoding").is_some() => {
                while !self.received.ends_with(b"0\r\n\r\n") {
                    self.receive().await?;
                }
                message.body = std::mem::take(&mut self.received);
            }
            None => {
                while self.receive().await.is_ok() {}
                message.body = std::mem::take(&mut self.received);
            }
        }
        Ok(message)
    }

    /// What the connection ends with, when it ends without a further byte.
    pub(super) async fn end(&mut self) -> io::ErrorKind {
        let end = self.receive().await.unwrap_err().kind();
        assert_eq!(self.received, b"", "bytes before the end");
        end
    }

    pub(super) async fn nothing_comes(&mut self) -> bool {
        timeout(A_MOMENT, self.stream.read_u8()).await.is_err()
    }

    async fn receive(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4_096];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("something comes or ends");
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.received.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }
}
