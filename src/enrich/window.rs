//! How many rows are held between reading and writing.
//!
//! A batch is done when its slowest row is. More rows must be held than rate × usual latency, or
//! one slow number leaves the rate unused. Rows cost memory, so both rows and bytes are limited.

use std::sync::Arc;

use arrow::array::RecordBatch;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::bytes_of_rows;

/// How much may be held between reading and writing. A batch that is larger than the whole window
/// is admitted alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows; each costs some 100 bytes besides its own.
    pub rows: usize,
    /// Bytes of the input's own columns.
    pub bytes: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { rows: 131_072, bytes: 64 << 20 }
    }
}

/// Bytes are counted in units of this size, to fit a semaphore's permits.
const UNIT: usize = 1024;

/// Admits batches as long as the window has room for them.
#[derive(Clone, Debug)]
pub(super) struct WindowLimiter {
    size: Window,
    rows: Arc<Semaphore>,
    units: Arc<Semaphore>,
}

/// The part of the window that one batch takes, until it is dropped.
#[derive(Debug)]
pub(super) struct WindowPermit {
    _rows: OwnedSemaphorePermit,
    _units: OwnedSemaphorePermit,
}

impl WindowLimiter {
    pub(super) fn new(size: Window) -> Self {
        let size = Window { rows: permits(size.rows), bytes: permits(size.bytes / UNIT) * UNIT };
        Self {
            size,
            rows: Arc::new(Semaphore::new(size.rows)),
            units: Arc::new(Semaphore::new(size.bytes / UNIT)),
        }
    }

    /// Waits until the window has room for a batch.
    pub(super) async fn admit(&self, batch: &RecordBatch) -> WindowPermit {
        let rows = batch.num_rows().min(self.size.rows);
        let units = bytes_of_rows(batch).min(self.size.bytes) / UNIT;
        let take = async |semaphore: &Arc<Semaphore>, permits: usize| {
            let permits = u32::try_from(permits).expect("the window has at most u32::MAX permits");
            semaphore.clone().acquire_many_owned(permits).await.expect("the window is never closed")
        };
        WindowPermit { _rows: take(&self.rows, rows).await, _units: take(&self.units, units).await }
    }
}

/// The wanted permits, within what a semaphore has and one batch can take.
fn permits(wanted: usize) -> usize {
    wanted.clamp(1, (u32::MAX as usize).min(Semaphore::MAX_PERMITS))
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, StringArray};
    use futures::FutureExt;

    use super::*;

    fn batch(rows: usize, bytes_per_row: usize) -> RecordBatch {
        let cells = StringArray::from_iter_values((0..rows).map(|_| "x".repeat(bytes_per_row)));
        RecordBatch::try_from_iter([("cell", Arc::new(cells) as ArrayRef)]).unwrap()
    }

    #[test]
    fn rows_are_bounded() {
        let window = WindowLimiter::new(Window { rows: 100, bytes: 1 << 20 });
        let first = window.admit(&batch(60, 1)).now_or_never().expect("there is room");
        assert!(window.admit(&batch(60, 1)).now_or_never().is_none());
        drop(first);
        assert!(window.admit(&batch(60, 1)).now_or_never().is_some());
    }

    #[test]
    fn bytes_are_bounded() {
        let window = WindowLimiter::new(Window { rows: 1_000_000, bytes: 100_000 });
        let _first = window.admit(&batch(6, 10_000)).now_or_never().expect("there is room");
        assert!(window.admit(&batch(6, 10_000)).now_or_never().is_none());
    }

    #[test]
    fn a_batch_larger_than_the_window_is_admitted_alone() {
        let window = WindowLimiter::new(Window { rows: 10, bytes: 2_000 });
        let first = window.admit(&batch(60, 1_000)).now_or_never().expect("the window is empty");
        assert!(window.admit(&batch(1, 1)).now_or_never().is_none());
        drop(first);
    }
}
