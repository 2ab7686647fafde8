//! The list of a job, before and after it is opened.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::StartError;
use super::progress::Progress;
use crate::enrich::column_selection::ColumnChoice;
use crate::enrich::filter::{Condition, rows_that_fit};
use crate::input;
use crate::input::{InputNotes, InputSettings, Opened};
use crate::lookup::StopSignal;
use crate::model::RecordStream;
use crate::telemetry::Counters;

/// Which files are read, and which of their rows and columns are used.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) input: InputSettings,
    pub(super) conditions: Vec<Condition>,
    pub(super) columns: ColumnChoice,
}

/// An open list: its rows without those that are filtered out, counted as they are read.
pub(super) struct OpenList {
    pub(super) rows: RecordStream,
    pub(super) progress: Progress,
    pub(super) files: Vec<PathBuf>,
    pub(super) notes: Arc<InputNotes>,
}

impl OpenList {
    pub(super) async fn open(
        list: &List,
        stop: &StopSignal,
        counters: Arc<Counters>,
    ) -> Result<Self, StartError> {
        let opened = open_files(list.input.clone(), stop).await?;
        let progress = Progress::new(counters.clone(), opened.length.clone());
        let rows = rows_that_fit(progress.watch(opened.batches), &list.conditions, counters)?;
        Ok(Self { rows, progress, files: opened.files, notes: opened.notes })
    }
}

/// Opening waits for the first bytes of a pipe, which may never arrive; a stop ends the wait.
async fn open_files(settings: InputSettings, stop: &StopSignal) -> Result<Opened, StartError> {
    let opening = tokio::task::spawn_blocking(move || input::open(&settings));
    tokio::select! {
        opened = opening => Ok(opened.expect("opening a list does not panic")?),
        () = stop.requested() => Err(StartError::Stopped),
    }
}
