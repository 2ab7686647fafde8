//! A TCP stream that can be asked at once whether something has arrived.
//!
//! Tokio reads a socket when it has heard from the system that there is something to read, and on a
//! busy runtime that may be a moment late. Before a connection is used again, it must be known that
//! nothing has arrived on it.

use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket that several owners may read. Clones are the same socket.
#[derive(Clone, Debug)]
pub(super) struct EagerStream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: TcpStream,
    /// Whether reads ask the system, whatever tokio has heard.
    is_eager: AtomicBool,
}

impl EagerStream {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self(Arc::new(Inner { socket, is_eager: AtomicBool::new(false) }))
    }

    /// Whether there is something to read, the end included. Asks the system.
    pub(super) fn has_arrived(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        !SockRef::from(&self.0.socket).peek(&mut byte).is_err_and(|fault| is_nothing(&fault))
    }

    /// Makes reads ask the system, whatever tokio has heard.
    pub(super) fn set_eager(&self, is_eager: bool) {
        self.0.is_eager.store(is_eager, Ordering::Relaxed);
    }
}

fn is_nothing(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl AsyncRead for EagerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Inner { socket, is_eager } = &*self.0;
        if is_eager.load(Ordering::Relaxed) {
            match (&*SockRef::from(socket)).read(buffer.initialize_unfilled()) {
                Err(fault) if is_nothing(&fault) => {}
                read => return Poll::Ready(read.map(|count| buffer.advance(count))),
            }
        }
        loop {
            ready!(socket.poll_read_ready(cx))?;
            match socket.try_read_buf(buffer) {
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }
}

impl EagerStream {
    /// Writes when the socket takes something.
    fn poll_written(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.socket.poll_write_ready(cx))?;
            match write(&self.0.socket) {
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for EagerStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_written(cx, |socket| socket.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_written(cx, |socket| socket.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&self.0.socket).shutdown(std::net::Shutdown::Write))
    }
}
