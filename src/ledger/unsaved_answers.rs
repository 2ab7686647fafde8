//! How many answers may be paid for and not yet on disk.
//!
//! A request takes its room before it is sent and gives it back when its answer is on disk, or when
//! there is none. So a slow disk stops the asking, and a crash loses no more than the run marker
//! tells the next run.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Gives out the room for answers.
#[derive(Debug)]
pub struct UnsavedAnswers(Arc<Semaphore>);

/// The room for one answer, given back on drop.
#[derive(Debug, Default)]
#[must_use = "the room is given back on drop"]
pub struct AnswerRoom(#[expect(dead_code, reason = "dropping it is its use")] Option<OwnedSemaphorePermit>);

impl UnsavedAnswers {
    /// Room for this many requests in flight, and for this many answers that wait for the disk;
    /// `None` if no answer ever does.
    #[must_use]
    pub fn new(in_flight: usize, unsaved: Option<usize>) -> Self {
        let room = unsaved.map_or(Semaphore::MAX_PERMITS, |unsaved| in_flight.saturating_add(unsaved));
        Self(Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))))
    }

    /// Waits for room; `None` after [`UnsavedAnswers::close`].
    pub async fn room(&self) -> Option<AnswerRoom> {
        self.0.clone().acquire_owned().await.ok().map(|permit| AnswerRoom(Some(permit)))
    }

    /// Turns everybody away who waits for room.
    pub fn close(&self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn there_is_room_again_when_an_answer_is_on_disk() {
        let unsaved = UnsavedAnswers::new(1, Some(1));
        let (first, second) = (unsaved.room().await, unsaved.room().await);
        assert!(first.is_some() && second.is_some());
        assert!(unsaved.room().now_or_never().is_none(), "the third has to wait");
        drop(first);
        assert!(unsaved.room().now_or_never().flatten().is_some());
        unsaved.close();
        assert!(unsaved.room().await.is_none());
    }
}
