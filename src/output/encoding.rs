//! The thread that turns batches into bytes, a few batches behind the stream.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use arrow::array::RecordBatch;
use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::encoder::Encoder;
use super::error::{OutputError, WriteError};
use crate::model::{BoxError, RecordStream, StreamError};

/// How many batches may wait for the encoder.
const BATCHES_WAITING: usize = 2;

/// The size of a finished output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EncodedSize {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// The end is a message of its own, so that a stream that failed or was dropped is never mistaken
/// for one that ended.
enum Step {
    Write(RecordBatch),
    Finish,
}

/// Sends every batch through the encoder, on a thread of its own. `path` is for messages.
pub(super) async fn encode_all(
    encoder: Box<dyn Encoder>,
    mut batches: RecordStream,
    rows_written: Arc<AtomicU64>,
    path: &Path,
) -> Result<EncodedSize, WriteError> {
    let (steps, waiting) = mpsc::channel(BATCHES_WAITING);
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            let _ = done.send(encode(encoder, waiting, &rows_written));
        })
        .map_err(|fault| OutputError::write(path, fault))?;
    while let Some(batch) = batches.next().await {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                // Wait for the thread, so that nothing is written after this returns.
                drop(steps);
                let _ = result.await;
                return Err(error.into());
            }
        };
        // The encoder takes no more steps once it has failed; its result says why.
        if steps.send(Step::Write(batch)).await.is_err() {
            break;
        }
    }
    let _ = steps.send(Step::Finish).await;
    match result.await {
        Ok(Ok(size)) => Ok(size),
        Ok(Err(fault)) => Err(OutputError::write(path, fault).into()),
        Err(_) => Err(StreamError::TaskPanicked("writing the output".into()).into()),
    }
}

fn encode(
    mut encoder: Box<dyn Encoder>,
    mut steps: mpsc::Receiver<Step>,
    rows_written: &AtomicU64,
) -> Result<EncodedSize, BoxError> {
    let mut rows = 0;
    while let Some(step) = steps.blocking_recv() {
        let Step::Write(batch) = step else {
            return Ok(EncodedSize { rows, bytes: encoder.finish()? });
        };
        encoder.write(&batch)?;
        rows += batch.num_rows() as u64;
        rows_written.store(rows, Ordering::Relaxed);
    }
    Err(io::Error::new(io::ErrorKind::Interrupted, "the stream of rows was dropped before its end").into())
}
