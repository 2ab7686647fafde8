//! The thread that turns batches into bytes, and the three formats it knows.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::aside::Open;
use super::format::Format;
use super::{OutputSettings, WriteError, csv, ndjson, parquet, partitions, unwritable};
use crate::model::{RecordStream, StreamError};

/// How many batches may wait for the encoder.
const BATCHES_WAITING: usize = 2;

/// Any reason why a batch cannot be written.
pub(super) type Fault = Box<dyn Error + Send + Sync>;

/// A file in one of the formats.
pub(super) enum Encoder {
    Parquet(Box<parquet::Encoder>),
    Csv(Box<csv::Encoder>),
    Ndjson(ndjson::Encoder),
    Partitions(Box<partitions::Encoder>),
}

impl Encoder {
    /// Fails when the format has no form for one of the columns.
    pub(super) fn new(place: Open, schema: &SchemaRef, settings: &OutputSettings) -> Result<Self, Fault> {
        let (format, file) = match place {
            Open::File(format, file) => (format, file),
            Open::Folder(folder) => {
                return Ok(Self::Partitions(Box::new(partitions::Encoder::new(&folder, schema, settings)?)));
            }
        };
        Ok(match format {
            Format::Parquet => Self::Parquet(Box::new(parquet::Encoder::new(file, schema, settings)?)),
            Format::Csv => Self::Csv(Box::new(csv::Encoder::new(file, schema)?)),
            Format::Ndjson => Self::Ndjson(ndjson::Encoder::new(file, schema)?),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
        match self {
            Self::Parquet(encoder) => encoder.write(batch),
            Self::Csv(encoder) => encoder.write(batch),
            Self::Ndjson(encoder) => encoder.write(batch),
            Self::Partitions(encoder) => encoder.write(batch),
        }
    }

    /// Puts everything on disk, and tells how many bytes it takes.
    fn finish(self) -> Result<u64, Fault> {
        let file = match self {
            Self::Parquet(encoder) => encoder.finish(),
            Self::Csv(encoder) => encoder.finish(),
            Self::Ndjson(encoder) => encoder.finish(),
            Self::Partitions(encoder) => return encoder.finish(),
        }?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

/// How large a finished file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// The end is said aloud, so that a stream that failed or was dropped is never taken for one that ended.
enum Step {
    Write(RecordBatch),
    Finish,
}

/// Sends every batch through the encoder, on a thread of its own. `path` is for messages.
pub(super) async fn encode_all(
    encoder: Encoder,
    mut batches: RecordStream,
    written: Arc<AtomicU64>,
    path: &Path,
) -> Result<Encoded, WriteError> {
    let (steps, waiting) = mpsc::channel(BATCHES_WAITING);
    let (done, outcome) = oneshot::channel();
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            let _ = done.send(encode(encoder, waiting, &written));
        })
        .map_err(|fault| unwritable(path, fault))?;
    while let Some(batch) = batches.next().await {
        // The encoder takes no more steps once it has failed; its outcome tells why.
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                // The thread ends what it has, so that nothing is written behind our back.
                drop(steps);
                let _ = outcome.await;
                return Err(error.into());
            }
        };
        if steps.send(Step::Write(batch)).await.is_err() {
            break;
        }
    }
    let _ = steps.send(Step::Finish).await;
    match outcome.await {
        Ok(Ok(encoded)) => Ok(encoded),
        Ok(Err(fault)) => Err(unwritable(path, fault).into()),
        Err(_) => Err(StreamError::TaskPanicked("writing the output".into()).into()),
    }
}

fn encode(
    mut encoder: Encoder,
    mut steps: mpsc::Receiver<Step>,
    written: &AtomicU64,
) -> Result<Encoded, Fault> {
    let mut rows = 0;
    while let Some(step) = steps.blocking_recv() {
        let Step::Write(batch) = step else {
            return Ok(Encoded { rows, bytes: encoder.finish()? });
        };
        encoder.write(&batch)?;
        rows += batch.num_rows() as u64;
        written.store(rows, Ordering::Relaxed);
    }
    Err(io::Error::new(io::ErrorKind::Interrupted, "the rows ended before their end").into())
}
