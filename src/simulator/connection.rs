//! One connection: requests are read and answered in turn, until either side closes it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::server::TlsStream;

use super::decision::{AttemptOutcome, Reply};
use super::handler::{Action, Delivery, Handler, Lookup};
use super::page::Page;
use super::read_buffer::ReadBuffer;
use super::request::{Persistence, Request};
use super::response_writer::ResponseWriter;
use super::settings::Fault;

/// How long after the head a body in a packet of its own is sent.
const BETWEEN_PACKETS: Duration = Duration::from_millis(1);
/// How long after a response another one follows that nobody asked for.
const BEFORE_SURPLUS: Duration = Duration::from_millis(2);
/// How long a client may take to notice that the connection is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A stream of bytes on a TCP connection.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl ByteStream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl ByteStream for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Makes the kernel reset the connection when it is dropped.
pub(super) fn reset_on_drop(tcp: &TcpStream) {
    // It fails only where the connection is gone already, which is just as good.
    tcp.set_zero_linger().ok();
}

/// Whether the client is still there.
#[derive(PartialEq)]
enum Client {
    Present,
    Gone,
}

/// What to do with the connection next.
enum Next {
    Continue,
    Close,
    /// The client is gone, or must get no response.
    Drop,
    Reset,
}

impl From<Persistence> for Next {
    fn from(persistence: Persistence) -> Self {
        match persistence {
            Persistence::KeepOpen => Self::Continue,
            Persistence::Close => Self::Close,
        }
    }
}

/// The state of one connection.
pub(super) struct Connection<'d, W> {
    wire: W,
    handler: &'d Handler,
    read_buffer: ReadBuffer,
    writer: ResponseWriter,
    served: u32,
}

impl<'d, W: ByteStream> Connection<'d, W> {
    pub(super) fn new(wire: W, handler: &'d Handler) -> Self {
        Self { wire, handler, read_buffer: ReadBuffer::new(), writer: ResponseWriter::new(), served: 0 }
    }

    /// Serves the connection to its end.
    pub(super) async fn serve(mut self) {
        loop {
            let next = match self.handler.heads.read(self.read_buffer.unread()) {
                Ok(Some(request)) => self.answer(request).await,
                Ok(None) if self.read_buffer.spare().is_empty() => {
                    self.send_page(&Page::HeadTooLarge, Persistence::Close).await
                }
                Ok(None) => self.receive().await,
                Err(_) => self.send_page(&Page::BadRequest, Persistence::Close).await,
            };
            match next {
                Next::Continue => {}
                Next::Close => return self.close().await,
                Next::Drop => return,
                Next::Reset => return reset_on_drop(self.wire.tcp()),
            }
        }
    }

    /// Reads the next bytes, within the idle limit.
    async fn receive(&mut self) -> Next {
        let read = self.wire.read(self.read_buffer.spare());
        let read = match self.handler.connections.idle {
            None => read.await,
            Some(limit) => match time::timeout(limit, read).await {
                Ok(read) => read,
                Err(_) => return Next::Close,
            },
        };
        match read {
            Ok(0) | Err(_) => Next::Drop,
            Ok(count) => {
                self.read_buffer.filled(count);
                Next::Continue
            }
        }
    }

    async fn answer(&mut self, request: Request) -> Next {
        self.read_buffer.consume(request.length);
        self.served += 1;
        let is_last = self.handler.connections.requests.is_some_and(|limit| self.served >= limit);
        let persistence = if is_last { Persistence::Close } else { request.persistence };
        match self.handler.handle(&request) {
            Action::Lookup(lookup) => self.look_up(lookup, persistence).await,
            Action::Page(page) => self.send_page(&page, persistence).await,
            Action::Result(result) => {
                let now = self.handler.account.elapsed();
                self.writer.bare_result(result, self.handler.sentences, persistence, now);
                self.send_as(persistence).await
            }
            Action::Reset => Next::Reset,
            Action::Stall => {
                self.client_gone().await;
                Next::Drop
            }
        }
    }

    async fn look_up(&mut self, lookup: Lookup<'d>, persistence: Persistence) -> Next {
        let latency = lookup.latency();
        if !latency.is_zero() && self.wait(latency).await == Client::Gone {
            // Dropping the lookup records it as abandoned.
            return Next::Drop;
        }
        match lookup.outcome() {
            AttemptOutcome::Answer(reply) => self.deliver(lookup.answered(reply), persistence).await,
            AttemptOutcome::Misdelivered(reply, fault) => {
                self.misdeliver(lookup, reply, fault, persistence).await
            }
            AttemptOutcome::Fault(fault) => {
                if fault == Fault::Stall {
                    self.client_gone().await;
                }
                lookup.failed(fault);
                self.send_fault(fault, persistence).await
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery<'d>, persistence: Persistence) -> Next {
        let now = self.handler.account.elapsed();
        let persistence = self.writer.reply(&delivery.reply, self.handler.sentences, persistence, now);
        match self.send().await {
            Client::Present => persistence.into(),
            Client::Gone => {
                delivery.failed();
                Next::Drop
            }
        }
    }

    /// Sends an answer in a way that breaks the rules.
    async fn misdeliver(
        &mut self,
        lookup: Lookup<'d>,
        reply: Reply,
        fault: Fault,
        persistence: Persistence,
    ) -> Next {
        let now = self.handler.account.elapsed();
        let surplus = match fault {
            Fault::TwoAnswers => self.handler.behaviour.answer_of_another(lookup.msisdn()),
            _ => reply.clone(),
        };
        if fault.is_answered() {
            let delivery = lookup.answered(reply);
            self.writer.reply(&delivery.reply, self.handler.sentences, persistence, now);
        } else {
            lookup.failed(fault);
            if fault == Fault::LateAnswer {
                self.writer.page(&Page::GatewayTimeout, persistence, now);
            } else {
                self.writer.reply(&reply, self.handler.sentences, persistence, now);
                self.writer.shorten_length();
            }
        }
        if self.send().await == Client::Gone {
            return Next::Drop;
        }
        match fault {
            Fault::UnannouncedClose => return Next::Close,
            Fault::TwoAnswers | Fault::LateAnswer => {
                time::sleep(BEFORE_SURPLUS).await;
                self.writer.reply(&surplus, self.handler.sentences, persistence, now);
                // The client may have left, which is the best that it can do.
                self.send().await;
            }
            _ => {}
        }
        persistence.into()
    }

    async fn send_fault(&mut self, fault: Fault, persistence: Persistence) -> Next {
        let page = match fault {
            Fault::ResetBeforeRead | Fault::ResetAfterRead => return Next::Reset,
            Fault::Stall => return Next::Drop,
            Fault::Unauthorized => Page::Unauthorized,
            Fault::Forbidden => Page::Forbidden,
            Fault::TooManyRequests => self.handler.too_many_requests(),
            Fault::Unavailable => Page::Unavailable,
            Fault::ServerError => Page::ServerError,
            Fault::HtmlPage => Page::Html,
            Fault::EmptyBody => Page::Empty,
            Fault::BinaryBody => Page::Binary,
            Fault::TruncatedBody => Page::Truncated,
            Fault::GzipBody => Page::Gzip,
            Fault::Moved => Page::Moved,
            Fault::LateAnswer | Fault::ShortLength | Fault::TwoAnswers | Fault::UnannouncedClose => {
                unreachable!("these have an answer")
            }
        };
        self.send_page(&page, persistence).await
    }

    async fn send_page(&mut self, page: &Page, persistence: Persistence) -> Next {
        let persistence = self.writer.page(page, persistence, self.handler.account.elapsed());
        self.send_as(persistence).await
    }

    async fn send_as(&mut self, persistence: Persistence) -> Next {
        match self.send().await {
            Client::Present => persistence.into(),
            Client::Gone => Next::Drop,
        }
    }

    /// Sends the written response.
    async fn send(&mut self) -> Client {
        let (first, second) = self.writer.packets();
        let sent = async {
            self.wire.write_all(first).await?;
            self.wire.flush().await?;
            if !second.is_empty() {
                time::sleep(BETWEEN_PACKETS).await;
                self.wire.write_all(second).await?;
                self.wire.flush().await?;
            }
            std::io::Result::Ok(())
        };
        if sent.await.is_ok() { Client::Present } else { Client::Gone }
    }

    /// Waits to the end, even if the client leaves: the lookup does not end with its client.
    async fn wait(&mut self, latency: Duration) -> Client {
        let end = time::sleep(latency);
        tokio::pin!(end);
        tokio::select! {
            biased;
            () = &mut end => return Client::Present,
            () = self.client_gone() => {}
        }
        end.await;
        Client::Gone
    }

    /// Returns when the client closes the connection. What it sends until then is kept.
    async fn client_gone(&mut self) {
        loop {
            let spare = self.read_buffer.spare();
            if spare.is_empty() {
                return std::future::pending().await;
            }
            match self.wire.read(spare).await {
                Ok(0) | Err(_) => return,
                Ok(count) => self.read_buffer.filled(count),
            }
        }
    }

    /// Closes so that the client gets everything that was sent. What it still sends is read:
    /// otherwise the connection is reset, and its kernel drops what it holds.
    async fn close(mut self) {
        if self.wire.shutdown().await.is_err() {
            return;
        }
        let rest = async {
            let mut bytes = [0; 1024];
            while matches!(self.wire.read(&mut bytes).await, Ok(count) if count > 0) {}
        };
        // A client that takes longer is not waited for.
        time::timeout(CLOSE_TIMEOUT, rest).await.ok();
    }
}
