//! One connection: requests are read and answered in turn, until either side has had enough.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::server::TlsStream;

use super::composer::Composer;
use super::decision::Deed;
use super::handler::{Delivery, Handler, Lookup, Reception};
use super::page::Page;
use super::read_buffer::ReadBuffer;
use super::request::{Persistence, Request};
use super::settings::Fault;

/// How long a body in a packet of its own lets itself be waited for.
const BETWEEN_PACKETS: Duration = Duration::from_millis(1);
/// How long a client may take to notice that the connection is being closed.
const CLOSING: Duration = Duration::from_secs(1);

/// A stream of bytes on a TCP connection.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Makes the kernel reset the connection when it is dropped.
pub(super) fn reset_on_drop(tcp: &TcpStream) {
    // It fails only where the connection is gone already, which is what was wanted.
    tcp.set_zero_linger().ok();
}

/// Whether the client is still there.
#[derive(PartialEq)]
enum Client {
    Present,
    Gone,
}

/// What becomes of the connection.
enum After {
    GoOn,
    Close,
    /// The client is gone, or nothing can be said to it.
    Drop,
    Reset,
}

impl From<Persistence> for After {
    fn from(persistence: Persistence) -> Self {
        match persistence {
            Persistence::KeepOpen => Self::GoOn,
            Persistence::Close => Self::Close,
        }
    }
}

/// The state of one connection.
pub(super) struct Connection<'d, W> {
    wire: W,
    handler: &'d Handler,
    read_buffer: ReadBuffer,
    composer: Composer,
    served: u32,
}

impl<'d, W: Wire> Connection<'d, W> {
    pub(super) fn new(wire: W, handler: &'d Handler) -> Self {
        Self { wire, handler, read_buffer: ReadBuffer::new(), composer: Composer::new(), served: 0 }
    }

    /// Serves the connection to its end.
    pub(super) async fn serve(mut self) {
        loop {
            let after = match self.handler.heads.read(self.read_buffer.unread()) {
                Ok(Some(request)) => self.answer(request).await,
                Ok(None) if self.read_buffer.spare().is_empty() => {
                    self.send_page(&Page::HeadTooLarge, Persistence::Close).await
                }
                Ok(None) => self.receive().await,
                Err(_) => self.send_page(&Page::BadRequest, Persistence::Close).await,
            };
            match after {
                After::GoOn => {}
                After::Close => return self.close().await,
                After::Drop => return,
                After::Reset => return reset_on_drop(self.wire.tcp()),
            }
        }
    }

    /// Reads what comes next, within the idle limit.
    async fn receive(&mut self) -> After {
        let read = self.wire.read(self.read_buffer.spare());
        let read = match self.handler.connections.idle {
            None => read.await,
            Some(limit) => match time::timeout(limit, read).await {
                Ok(read) => read,
                Err(_) => return After::Close,
            },
        };
        match read {
            Ok(0) | Err(_) => After::Drop,
            Ok(count) => {
                self.read_buffer.filled(count);
                After::GoOn
            }
        }
    }

    async fn answer(&mut self, request: Request) -> After {
        self.read_buffer.consume(request.length);
        self.served += 1;
        let is_last = self.handler.connections.requests.is_some_and(|limit| self.served >= limit);
        let persistence = if is_last { Persistence::Close } else { request.persistence };
        match self.handler.receive(&request) {
            Reception::Lookup(lookup) => self.look_up(lookup, persistence).await,
            Reception::Page(page) => self.send_page(&page, persistence).await,
            Reception::Word(result) => {
                let now = self.handler.books.elapsed();
                self.composer.word(result, self.handler.sentences, persistence, now);
                self.send_as(persistence).await
            }
            Reception::Reset => After::Reset,
            Reception::Stall => {
                self.client_gone().await;
                After::Drop
            }
        }
    }

    async fn look_up(&mut self, lookup: Lookup<'d>, persistence: Persistence) -> After {
        let latency = lookup.latency();
        if !latency.is_zero() && self.wait(latency).await == Client::Gone {
            // Dropping the lookup enters it in the account as abandoned.
            return After::Drop;
        }
        match lookup.deed() {
            Deed::Answer(reply) => self.deliver(lookup.answered(reply), persistence).await,
            Deed::Fault(fault) => {
                if fault == Fault::Stall {
                    self.client_gone().await;
                }
                lookup.failed(fault);
                self.misbehave(fault, persistence).await
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery<'d>, persistence: Persistence) -> After {
        let now = self.handler.books.elapsed();
        let persistence = self.composer.reply(&delivery.reply, self.handler.sentences, persistence, now);
        match self.send().await {
            Client::Present => persistence.into(),
            Client::Gone => {
                delivery.failed();
                After::Drop
            }
        }
    }

    async fn misbehave(&mut self, fault: Fault, persistence: Persistence) -> After {
        let page = match fault {
            Fault::ResetBeforeRead | Fault::ResetAfterRead => return After::Reset,
            Fault::Stall => return After::Drop,
            Fault::Unauthorized => Page::Unauthorized,
            Fault::Forbidden => Page::Forbidden,
            Fault::TooManyRequests => self.handler.too_many_requests(),
            Fault::Unavailable => Page::Unavailable,
            Fault::ServerError => Page::ServerError,
            Fault::HtmlPage => Page::Html,
            Fault::EmptyBody => Page::Empty,
            Fault::BinaryBody => Page::Binary,
            Fault::TruncatedBody => Page::Truncated,
        };
        self.send_page(&page, persistence).await
    }

    async fn send_page(&mut self, page: &Page, persistence: Persistence) -> After {
        let persistence = self.composer.page(page, persistence, self.handler.books.elapsed());
        self.send_as(persistence).await
    }

    async fn send_as(&mut self, persistence: Persistence) -> After {
        match self.send().await {
            Client::Present => persistence.into(),
            Client::Gone => After::Drop,
        }
    }

    /// Sends the composed message.
    async fn send(&mut self) -> Client {
        let (first, second) = self.composer.pieces();
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

    /// Waits to the end, even where the client goes: the lookup does not end with its client.
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

    /// Ends when the client closes the connection. What it sends until then is kept.
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

    /// Closes so that the client gets all that was sent: what it still sends is read, or its kernel would
    /// be told of a reset, and forget what it holds.
    async fn close(mut self) {
        if self.wire.shutdown().await.is_err() {
            return;
        }
        let rest = async {
            let mut bytes = [0; 1024];
            while matches!(self.wire.read(&mut bytes).await, Ok(count) if count > 0) {}
        };
        // A client that takes longer has had its time.
        time::timeout(CLOSING, rest).await.ok();
    }
}
