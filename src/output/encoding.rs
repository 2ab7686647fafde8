//! The thread that turns batches into bytes, a few batches behind the stream.

use std::future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use arrow::array::RecordBatch;
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::encoder::Encoder;
use super::stream_writer::{ReaderWatch, is_reader_gone};
use crate::model::{BoxError, RecordStream, StreamError};

/// How many batches may wait for the encoder.
const BATCHES_WAITING: usize = 2;
/// How many KiB they may take together with the one that is being encoded. A larger batch is there
/// alone.
const KIB_WAITING: u32 = 32 << 10;

/// The size of a finished output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EncodedSize {
    /// Rows that a reader can read.
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// Whether the reader of a stream went away before its end.
    pub(super) reader_has_gone: bool,
}

/// Who gets the rows, and when.
#[derive(Debug)]
pub(super) enum Delivery {
    /// Nobody before the end.
    AtTheEnd,
    /// A reader, each batch as it is written.
    AsWritten(ReaderWatch),
}

impl Delivery {
    /// Waits until a reader goes away.
    async fn reader_gone(&self) {
        match self {
            Self::AtTheEnd => future::pending().await,
            Self::AsWritten(reader) => reader.reader_gone().await,
        }
    }
}

/// The end is a message of its own, so that a stream that failed or was dropped is never mistaken
/// for one that ended.
enum Step {
    /// A batch, and its part of [`KIB_WAITING`] until it is written.
    Write(RecordBatch, OwnedSemaphorePermit),
    Finish,
}

/// Why not all batches were written.
pub(super) enum EncodeError {
    /// The stream of batches failed.
    Stage(StreamError),
    /// The file could not be written.
    Write(BoxError),
}

/// Sends every batch through the encoder, on a thread of its own. A reader that goes away is no
/// error: the rest of the stream is dropped.
pub(super) async fn encode_all(
    encoder: Box<dyn Encoder>,
    mut batches: RecordStream,
    rows_written: Arc<AtomicU64>,
    delivery: Delivery,
) -> Result<EncodedSize, EncodeError> {
    let (steps, waiting) = mpsc::channel(BATCHES_WAITING);
    let (done, result) = oneshot::channel();
    let is_stream = matches!(delivery, Delivery::AsWritten(_));
    let (header_done, header) = oneshot::channel();
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            let _ = done.send(encode(encoder, waiting, &rows_written, is_stream.then_some(header_done)));
        })
        .map_err(|fault| EncodeError::Write(fault.into()))?;
    // The rows of a reader that has gone before the header are never polled, and cost nothing.
    let may_begin = header.await.is_ok() || !is_stream;
    let passed_on = match may_begin {
        true => pass_on(&mut batches, &steps, &delivery).await,
        false => Ok(PassedOn::EncoderEnded),
    };
    let reader_has_gone = match passed_on {
        Ok(passed_on) => passed_on == PassedOn::ReaderGone,
        Err(error) => {
            // Wait for the thread, so that nothing is written after this returns.
            drop(steps);
            let _ = result.await;
            return Err(EncodeError::Stage(error));
        }
    };
    // Nothing more is asked for rows that nobody takes.
    drop(batches);
    let _ = steps.send(Step::Finish).await;
    match result.await {
        Ok(Ok(size)) => Ok(EncodedSize { reader_has_gone: size.reader_has_gone || reader_has_gone, ..size }),
        Ok(Err(fault)) => Err(EncodeError::Write(fault)),
        Err(_) => Err(EncodeError::Stage(StreamError::TaskPanicked("writing the output".into()))),
    }
}

/// Why no more batches are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PassedOn {
    All,
    /// The encoder takes no more; its result says why.
    EncoderEnded,
    /// Nobody reads the stream any more.
    ReaderGone,
}

/// Passes the batches on to the encoder.
async fn pass_on(
    batches: &mut RecordStream,
    steps: &mpsc::Sender<Step>,
    delivery: &Delivery,
) -> Result<PassedOn, StreamError> {
    let room = Arc::new(Semaphore::new(KIB_WAITING as usize));
    loop {
        let batch = tokio::select! {
            biased;
            () = delivery.reader_gone() => return Ok(PassedOn::ReaderGone),
            batch = batches.next() => batch,
        };
        let Some(batch) = batch else { return Ok(PassedOn::All) };
        let batch = batch?;
        let kib = u32::try_from(batch.get_array_memory_size() >> 10).unwrap_or(KIB_WAITING).min(KIB_WAITING);
        let taken = room.clone().acquire_many_owned(kib).await.expect("it is never closed");
        if steps.send(Step::Write(batch, taken)).await.is_err() {
            return Ok(PassedOn::EncoderEnded);
        }
    }
}

fn encode(
    encoder: Box<dyn Encoder>,
    steps: mpsc::Receiver<Step>,
    rows_written: &AtomicU64,
    stream_header: Option<oneshot::Sender<()>>,
) -> Result<EncodedSize, BoxError> {
    let Some(header_done) = stream_header else { return encode_file(encoder, steps, rows_written) };
    match encode_stream(encoder, steps, rows_written, header_done) {
        Err(fault) if is_reader_gone(&fault) => {
            let rows = rows_written.load(Ordering::Relaxed);
            Ok(EncodedSize { rows, bytes: 0, reader_has_gone: true })
        }
        encoded => encoded,
    }
}

/// Counts rows as they are encoded.
fn encode_file(
    mut encoder: Box<dyn Encoder>,
    mut steps: mpsc::Receiver<Step>,
    rows_written: &AtomicU64,
) -> Result<EncodedSize, BoxError> {
    let mut rows = 0;
    while let Some(step) = steps.blocking_recv() {
        let Step::Write(batch, _taken) = step else {
            return Ok(EncodedSize { rows, bytes: encoder.finish()?, reader_has_gone: false });
        };
        encoder.write(&batch)?;
        rows += batch.num_rows() as u64;
        rows_written.store(rows, Ordering::Relaxed);
    }
    Err(dropped_early())
}

/// Hands each batch over as it comes, and counts the rows that a reader can read.
fn encode_stream(
    mut encoder: Box<dyn Encoder>,
    mut steps: mpsc::Receiver<Step>,
    rows_written: &AtomicU64,
    header_done: oneshot::Sender<()>,
) -> Result<EncodedSize, BoxError> {
    let mut rows = 0;
    encoder.flush_rows()?;
    let _ = header_done.send(());
    while let Some(step) = steps.blocking_recv() {
        let Step::Write(batch, _taken) = step else {
            let bytes = encoder.finish()?;
            rows_written.store(rows, Ordering::Relaxed);
            return Ok(EncodedSize { rows, bytes, reader_has_gone: false });
        };
        encoder.write(&batch)?;
        rows += batch.num_rows() as u64;
        if encoder.flush_rows()? {
            rows_written.store(rows, Ordering::Relaxed);
        }
    }
    Err(dropped_early())
}

fn dropped_early() -> BoxError {
    io::Error::new(io::ErrorKind::Interrupted, "the stream of rows was dropped before its end").into()
}
