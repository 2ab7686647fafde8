//! The list of a job, before and after it is opened.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::StartError;
use super::list_check;
use super::list_check::ListCheck;
use super::progress::Progress;
use crate::enrich::column_selection::ColumnChoice;
use crate::enrich::filter::{Condition, rows_that_fit};
use crate::enrich::{EnrichSettings, ListSample, RowReader};
use crate::input;
use crate::input::{InputError, InputNotes, InputSettings, Opened};
use crate::lookup::StopSignal;
use crate::model::{ColumnError, RecordStream};
use crate::task;
use crate::telemetry::Counters;

/// Which files are read, and which of their rows and columns are used.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) input: InputSettings,
    pub(super) conditions: Vec<Condition>,
    pub(super) columns: ColumnChoice,
    /// The largest share of the cells that may hold no number that can be looked up; `None` if the
    /// rows are not judged.
    pub(super) max_invalid: Option<f64>,
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
        Self::of(open_files(list.input.clone(), stop).await?, list, counters)
    }

    /// The same, of rows that are open already.
    pub(super) fn of(opened: Opened, list: &List, counters: Arc<Counters>) -> Result<Self, StartError> {
        let progress = Progress::new(counters.clone(), opened.length.clone());
        let rows = rows_that_fit(progress.watch(opened.batches), &list.conditions, counters)?;
        Ok(Self { rows, progress, files: opened.files, notes: opened.notes })
    }
}

/// A list whose columns are found, and whose first rows were looked at. Nothing was asked.
pub(super) struct InspectedList {
    /// All rows, from the first on.
    pub(super) rows: RecordStream,
    pub(super) reader: RowReader,
    pub(super) check: ListCheck,
}

/// Finds the columns, decides how numbers are read, and refuses a list without numbers. A pipe is
/// waited for; a stop ends the wait.
pub(super) async fn inspect(
    rows: RecordStream,
    list: &List,
    settings: &EnrichSettings,
    stop: &StopSignal,
) -> Result<InspectedList, StartError> {
    let reader = RowReader::new(&rows.schema(), settings);
    let sample = tokio::select! {
        sample = ListSample::read(rows) => sample,
        () = stop.requested() => return Err(StartError::Stopped),
    };
    // It may take seconds where rows are long, and a stop must not wait for it.
    let (settings, max_invalid) = (settings.clone(), list.max_invalid);
    let looking = task::on_thread("sample", move || look_at(sample, reader, &settings, max_invalid));
    tokio::select! {
        looked = looking => looked.map_err(InputError::NoThread)?,
        () = stop.requested() => Err(StartError::Stopped),
    }
}

fn look_at(
    sample: ListSample,
    reader: Result<RowReader, ColumnError>,
    settings: &EnrichSettings,
    max_invalid: Option<f64>,
) -> Result<InspectedList, StartError> {
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return Err(sample.name_columns(error, settings).into()),
    };
    sample.decide(&mut reader)?;
    let counts = sample.count(&reader)?;
    let country_column =
        match list_check::may_be_national(&counts) && settings.numbers.region_column.is_none() {
            true => sample.columns_of_countries().into_iter().next(),
            false => None,
        };
    let number_columns = reader.number_columns().to_vec();
    let is_guess = reader.is_guess();
    let check = ListCheck { max_invalid, number_columns, is_guess, country_column };
    check.check_sample(&counts, sample.is_whole())?;
    Ok(InspectedList { rows: sample.into_rows(), reader, check })
}

/// Opening waits for the first bytes of a pipe, which may never arrive; a stop ends the wait.
pub(super) async fn open_files(settings: InputSettings, stop: &StopSignal) -> Result<Opened, StartError> {
    let opening = task::on_thread("input", move || input::open(&settings));
    tokio::select! {
        opened = opening => Ok(opened.map_err(InputError::NoThread)??),
        () = stop.requested() => Err(StartError::Stopped),
    }
}
