//! Reading ahead: a blocking iterator of batches becomes a stream, on a thread of its own.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use futures::executor::block_on;
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::error::InputError;
use crate::model::{RecordStream, StreamError};

/// How many batches are read before they are asked for.
const BATCHES_AHEAD: usize = 2;
/// How many KiB they may take together. A larger batch is read ahead alone.
const KIB_AHEAD: u32 = 16 << 10;

/// The end is a message of its own, so that a reader that panicked is never mistaken for a list
/// that ended.
enum Step {
    /// A batch, and its part of [`KIB_AHEAD`].
    Read(RecordBatch, OwnedSemaphorePermit),
    Failed(InputError),
    Ended,
}

/// Where a reader puts its batches; it breaks off when nobody wants more.
pub(super) type Sink<'a> = dyn FnMut(RecordBatch) -> ControlFlow<()> + 'a;

/// Starts the reading. The thread ends with the list, after the first error, or with its next batch
/// once the stream is dropped. A thread that waits for a silent pipe ends with the process.
pub(super) fn read_ahead(
    schema: SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, InputError>> + Send + 'static,
) -> Result<RecordStream, InputError> {
    push_ahead(schema, move |sink| {
        for batch in batches {
            if sink(batch?).is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// The batches of a caller's reader, read on a thread of its own.
///
/// # Errors
///
/// When the thread cannot be started.
pub fn read_batches(reader: impl RecordBatchReader + Send + 'static) -> Result<RecordStream, InputError> {
    let failed = |source: ArrowError| InputError::Malformed {
        path: "data".into(),
        problem: source.to_string(),
        help: None,
        source: None,
    };
    let schema = reader.schema();
    read_ahead(schema, reader.map(move |batch| batch.map_err(failed)))
}

/// The same for a reader that cannot be an iterator, because it borrows from what it opened.
pub(super) fn push_ahead(
    schema: SchemaRef,
    read: impl FnOnce(&mut Sink<'_>) -> Result<(), InputError> + Send + 'static,
) -> Result<RecordStream, InputError> {
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    thread::Builder::new()
        .name("input".into())
        .spawn(move || run(read, &sender))
        .map_err(InputError::NoThread)?;
    let stream = stream::unfold(Some(receiver), async |receiver| {
        let mut receiver: mpsc::Receiver<Step> = receiver?;
        match receiver.recv().await {
            Some(Step::Read(batch, taken)) => {
                drop(taken);
                Some((Ok(batch), Some(receiver)))
            }
            Some(Step::Failed(error)) => Some((Err(error.into()), None)),
            Some(Step::Ended) => None,
            None => Some((Err(StreamError::TaskPanicked("reading the input".into())), None)),
        }
    });
    Ok(RecordStream::new(schema, stream))
}

fn run(read: impl FnOnce(&mut Sink<'_>) -> Result<(), InputError>, sender: &mpsc::Sender<Step>) {
    let room = Arc::new(Semaphore::new(KIB_AHEAD as usize));
    let mut sink = |batch: RecordBatch| {
        let kib = u32::try_from(batch.get_array_memory_size() >> 10).unwrap_or(KIB_AHEAD).min(KIB_AHEAD);
        // A stream that is dropped drops its batches, and with them what they take.
        let taken = block_on(room.clone().acquire_many_owned(kib)).expect("it is never closed");
        match sender.blocking_send(Step::Read(batch, taken)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    };
    let last = match read(&mut sink) {
        Ok(()) => Step::Ended,
        Err(error) => Step::Failed(error.or_storage_error()),
    };
    let _ = sender.blocking_send(last);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use arrow::datatypes::Schema;
    use futures::StreamExt;

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::empty())
    }

    fn batch() -> Result<RecordBatch, InputError> {
        Ok(RecordBatch::new_empty(schema()))
    }

    #[tokio::test]
    async fn the_first_error_is_the_last_item() {
        let steps = [batch(), Err(InputError::NoneNamed), batch()];
        let stream = read_ahead(schema(), steps.into_iter()).unwrap();
        let read: Vec<_> = stream.collect().await;
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].as_ref().unwrap_err().to_string(), "no input was named");
    }

    #[tokio::test]
    async fn a_reader_that_panicked_is_not_an_end() {
        let panicking = std::iter::once(batch()).chain(std::iter::once_with(|| panic!("on purpose")));
        let read: Vec<_> = read_ahead(schema(), panicking).unwrap().collect().await;
        assert!(matches!(read[..], [Ok(_), Err(StreamError::TaskPanicked(_))]));
    }

    #[test]
    fn a_dropped_stream_ends_the_reader() {
        struct Endless(#[expect(dead_code, reason = "dropping it is the signal")] Sender<()>);
        impl Iterator for Endless {
            type Item = Result<RecordBatch, InputError>;
            fn next(&mut self) -> Option<Self::Item> {
                Some(batch())
            }
        }
        let (alive, ended) = channel();
        drop(read_ahead(schema(), Endless(alive)).unwrap());
        assert!(
            ended
                .recv_timeout(Duration::from_secs(20))
                .is_err_and(|error| error.to_string().contains("closed"))
        );
    }
}
