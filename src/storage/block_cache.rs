//! The parts of a bucket's objects that were fetched last.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::error::StorageError;
use super::object_info::ObjectInfo;

/// How much is held for all objects of a bucket. Parquet is read in several places at once, one for
/// each column.
const BYTES_HELD: u64 = 96 << 20;

/// The blocks of a bucket that were fetched last.
#[derive(Debug, Default)]
pub(super) struct BlockCache {
    /// Those that were used last are at the end.
    held: VecDeque<(BlockName, Block)>,
    bytes: u64,
}

/// The object with its version, and where the block is in it.
pub(super) type BlockName = (Arc<ObjectInfo>, Range<u64>);

/// A part of an object.
#[derive(Debug)]
pub(super) enum Block {
    Fetched(Bytes),
    OnItsWay(oneshot::Receiver<Result<Bytes, StorageError>>),
}

impl BlockCache {
    pub(super) fn take(&mut self, object: &Arc<ObjectInfo>, start: u64) -> Option<Block> {
        let place = self.held.iter().position(|((held, range), _)| held == object && range.start == start)?;
        let ((_, range), block) = self.held.remove(place)?;
        self.bytes -= range.end - range.start;
        Some(block)
    }

    pub(super) fn begins_at(&self, object: &Arc<ObjectInfo>, start: u64) -> bool {
        self.held.iter().any(|((held, range), _)| held == object && range.start == start)
    }

    pub(super) fn ends_at(&self, object: &Arc<ObjectInfo>, end: u64) -> bool {
        self.held.iter().any(|((held, range), _)| held == object && range.end == end)
    }

    pub(super) fn hold(&mut self, name: BlockName, block: Block) {
        // Another reader may have fetched it meanwhile.
        drop(self.take(&name.0, name.1.start));
        self.bytes += name.1.end - name.1.start;
        self.held.push_back((name, block));
        while self.bytes > BYTES_HELD
            && let Some(((_, range), _)) = self.held.pop_front()
        {
            self.bytes -= range.end - range.start;
        }
    }
}
