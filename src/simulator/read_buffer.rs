//! The bytes that a client sent and that were not read yet.

/// A head longer than this is refused.
const MAX_HEAD_BYTES: usize = 16 * 1024;
const INITIAL_CAPACITY: usize = 1024;

/// A buffer that is read from the front and filled at the back.
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReadBuffer {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; INITIAL_CAPACITY], start: 0, end: 0 }
    }

    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Removes the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Space for more bytes; empty when the buffer has reached its limit.
    pub(super) fn spare(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.end == self.bytes.len() && self.end < MAX_HEAD_BYTES {
                self.bytes.resize(self.end * 2, 0);
            }
        }
        &mut self.bytes[self.end..]
    }

    /// `count` bytes were put into the spare space.
    pub(super) fn filled(&mut self, count: usize) {
        self.end += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(read_buffer: &mut ReadBuffer, bytes: &[u8]) -> usize {
        let spare = read_buffer.spare();
        let count = spare.len().min(bytes.len());
        spare[..count].copy_from_slice(&bytes[..count]);
        read_buffer.filled(count);
        count
    }

    #[test]
    fn unconsumed_bytes_stay() {
        let mut read_buffer = ReadBuffer::new();
        put(&mut read_buffer, b"one two");
        read_buffer.consume(4);
        assert_eq!(read_buffer.unread(), b"two");
        put(&mut read_buffer, b" three");
        assert_eq!(read_buffer.unread(), b"two three");
        read_buffer.consume(9);
        assert_eq!(read_buffer.unread(), b"");
    }

    #[test]
    fn it_grows_up_to_its_limit() {
        let mut read_buffer = ReadBuffer::new();
        let mut held = 0;
        loop {
            match put(&mut read_buffer, &[b'x'; 700]) {
                0 => break,
                count => held += count,
            }
        }
        assert_eq!((held, read_buffer.unread().len()), (MAX_HEAD_BYTES, MAX_HEAD_BYTES));
    }
}
