//! Exports a ledger as a table that DuckDB, pandas and Spark can read.

use std::sync::Arc;

#[cfg(feature = "cloud")]
use arrow::array::RecordBatch;
use futures::stream;
#[cfg(feature = "cloud")]
use tokio::sync::mpsc;

use crate::answer_table::{batch, schema};
use crate::ledger::{AnswerOrigin, Entry, LedgerFile};
use crate::model::{ANSWERS_OF, RecordStream, SIMULATED, StreamError};
use crate::output::{StagedOutput, Target, WriteError};
#[cfg(feature = "cloud")]
use crate::shared_answers::AnswerStore;
#[cfg(feature = "cloud")]
use crate::task::AbortOnDrop;

/// How many answers one batch has.
const PAGE: usize = 50_000;

/// Writes every answer of a ledger, by scope and number.
///
/// # Errors
///
/// If the ledger cannot be read or the file cannot be written.
pub async fn export(ledger_file: LedgerFile, target: Target) -> Result<Box<dyn StagedOutput>, WriteError> {
    let origin = ledger_file.metadata("answers").ok().flatten();
    let is_simulated = origin.as_deref() == Some(AnswerOrigin::ThisMachine.text());
    let pages =
        stream::try_unfold((ledger_file, None), async |(ledger_file, last): (LedgerFile, Option<Entry>)| {
            let page = ledger_file.entries(last.as_ref(), PAGE).map_err(StreamError::source)?;
            if page.is_empty() {
                return Ok(None);
            }
            let batch = batch(&page)?;
            Ok(Some((batch, (ledger_file, page.into_iter().next_back()))))
        });
    target.write(of_origin(RecordStream::new(schema(), pages), is_simulated), Arc::default()).await
}

/// The rows with the mark of simulated answers, if they are: an import must not take them for real.
fn of_origin(rows: RecordStream, is_simulated: bool) -> RecordStream {
    if is_simulated { rows.with_metadata(ANSWERS_OF, SIMULATED) } else { rows }
}

/// Writes every shared answer by number, newest first.
///
/// # Errors
///
/// If the store cannot be read or the file cannot be written.
#[cfg(feature = "cloud")]
pub(super) async fn export_shared(
    store: AnswerStore,
    target: Target,
) -> Result<Box<dyn StagedOutput>, WriteError> {
    let is_simulated = matches!(store.origin().await, Ok(AnswerOrigin::ThisMachine));
    let (pages, page) = mpsc::channel(2);
    let reading = AbortOnDrop::spawn(async move {
        let send = |page: Result<RecordBatch, StreamError>| {
            let pages = pages.clone();
            tokio::task::block_in_place(|| pages.blocking_send(page).is_ok())
        };
        let mut entries = Vec::with_capacity(PAGE);
        let read = store
            .for_each(|entry| {
                entries.push(entry.clone());
                if entries.len() == PAGE {
                    send(batch(&entries).map_err(StreamError::from));
                    entries.clear();
                }
            })
            .await;
        send(batch(&entries).map_err(StreamError::from));
        if let Err(error) = read {
            send(Err(StreamError::source(error)));
        }
    });
    let pages = stream::unfold((page, reading), async |(mut page, reading)| {
        let next = page.recv().await?;
        Some((next, (page, reading)))
    });
    target.write(of_origin(RecordStream::new(schema(), pages), is_simulated), Arc::default()).await
}
