//! Any range of an object, fetched in blocks, a few of them ahead of a reader that goes on.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::block_cache::Block;
use super::bucket::{Bucket, Request};
use super::object_info::ObjectInfo;
use super::url::ObjectUrl;
use crate::sync;

/// How much one request fetches from the middle of an object.
const BLOCK_BYTES: u64 = 2 << 20;
/// The first bytes are a block of their own: they show what an object is.
const HEAD_BYTES: u64 = 64 << 10;
/// So are the last, where Parquet files and archives have their directories.
const TAIL_BYTES: u64 = 256 << 10;
/// How many blocks are fetched before they are asked for, where reading goes on.
const AHEAD: usize = 3;
/// A version of an object. All readers of a bucket share the blocks that are held.
#[derive(Clone, Debug)]
pub(crate) struct ObjectReader {
    bucket: Bucket,
    object: Arc<ObjectInfo>,
}

impl ObjectReader {
    pub(crate) fn new(bucket: Bucket, object: ObjectInfo) -> Self {
        Self { bucket, object: Arc::new(object) }
    }

    pub(crate) fn url(&self) -> ObjectUrl {
        self.bucket.url(&self.object.key)
    }

    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        self.object.size
    }

    /// Reads some bytes from this position on; none only at the end.
    pub(crate) fn read_at(&self, position: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if position >= self.length() || buffer.is_empty() {
            return Ok(0);
        }
        let range = block_at(position, self.length());
        let block = self.block(range.clone())?;
        let rest = block.get((position - range.start) as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if count == 0 {
            let text = format!("{}: the object is shorter than the store said", self.url());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        }
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    /// A block, held or fetched now.
    fn block(&self, range: Range<u64>) -> io::Result<Bytes> {
        let block = self.held_block(&range);
        let bytes = match block {
            Some(Block::Fetched(bytes)) => bytes,
            Some(Block::OnItsWay(result)) => match futures::executor::block_on(result) {
                Ok(result) => result?,
                Err(_) => self.fetch(&range).wait()?,
            },
            None => self.fetch(&range).wait()?,
        };
        let mut blocks = sync::lock(&self.bucket.blocks);
        blocks.hold((self.object.clone(), range), Block::Fetched(bytes.clone()));
        Ok(bytes)
    }

    /// Takes a block out of those that are held, and asks for the next ones where the one before it
    /// was read too.
    fn held_block(&self, range: &Range<u64>) -> Option<Block> {
        let mut blocks = sync::lock(&self.bucket.blocks);
        let block = blocks.take(&self.object, range.start);
        let goes_on = range.start > 0 && blocks.ends_at(&self.object, range.start);
        let mut end = range.end;
        for _ in 0..if goes_on { AHEAD } else { 0 } {
            if end >= self.length() {
                break;
            }
            let next = block_at(end, self.length());
            end = next.end;
            if !blocks.begins_at(&self.object, next.start) {
                let on_its_way = Block::OnItsWay(self.fetch(&next).start());
                blocks.hold((self.object.clone(), next), on_its_way);
            }
        }
        block
    }

    fn fetch(&self, range: &Range<u64>) -> Request<Bytes> {
        self.bucket.range(&self.object.key, range.clone(), &self.object.version)
    }
}

/// The block that holds a position of an object of this length.
fn block_at(position: u64, length: u64) -> Range<u64> {
    let body_end = length.saturating_sub(TAIL_BYTES).max(HEAD_BYTES.min(length));
    if position < HEAD_BYTES {
        0..HEAD_BYTES.min(length)
    } else if position >= body_end {
        body_end..length
    } else {
        let start = position - (position - HEAD_BYTES) % BLOCK_BYTES;
        start..(start + BLOCK_BYTES).min(body_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_an_object_without_gaps() {
        for length in [1, HEAD_BYTES, HEAD_BYTES + 1, HEAD_BYTES + TAIL_BYTES, 5 * BLOCK_BYTES + 17] {
            let (mut position, mut blocks) = (0, 0);
            while position < length {
                let block = block_at(position, length);
                assert_eq!(block.start, position, "{length}");
                assert_eq!(block_at(block.end - 1, length), block, "{length}");
                (position, blocks) = (block.end, blocks + 1);
            }
            assert!(position == length && blocks <= 2 + length / BLOCK_BYTES + 1, "{length}: {blocks}");
        }
    }
}
