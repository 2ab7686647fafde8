//! Opens everything that a job needs: what can fail at no cost fails here.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::artifacts::Artifacts;
use super::error::StartError;
use super::import_command::ImportFlags;
use super::list::{InspectedList, OpenList, inspect};
use super::list_check::ListCheck;
use super::load::Job;
use super::lock::LockError;
use super::metrics::Metrics;
use super::output_lock::OutputLock;
use super::progress::Progress;
use super::rate_control::RateControl;
use super::recorder::Recorder;
use crate::config::path_template;
use crate::enricher::{EnrichedStream, Enricher, Observers, enrich_settings};
use crate::humanize::output_name;
use crate::input::InputNotes;
use crate::lookup::StopSignal;
use crate::model::Setting;
use crate::output;
use crate::output::Target;
use crate::staging::remove_left_files;
use crate::storage::is_object_url;
use crate::task::AbortOnDrop;
use crate::telemetry::prometheus::RunLabels;
use crate::telemetry::{Counters, Reporter};

/// A run with everything open. Nothing has been sent.
pub struct StartedJob {
    pub(super) enricher: Enricher,
    pub(super) rows: EnrichedStream,
    /// The indices of the columns that are written.
    pub(super) columns: Vec<usize>,
    pub(super) check: ListCheck,
    pub(super) target: Target,
    pub(super) artifacts: Artifacts,
    pub(super) metrics: Arc<Metrics>,
    pub(super) description: Description,
    pub(super) progress: Progress,
    pub(super) recorder: Arc<Recorder>,
    pub(super) files: Vec<PathBuf>,
    pub(super) notes: Arc<InputNotes>,
    pub(super) rate: RateControl,
    /// Tasks that run until they are dropped.
    pub(super) companions: Vec<AbortOnDrop<()>>,
    pub(super) lock: Option<OutputLock>,
}

/// What is known about a run before it starts.
pub(super) struct Description {
    pub(super) pipeline: Option<PathBuf>,
    pub(super) inputs: Vec<String>,
    pub(super) settings: Vec<Setting>,
    pub(super) has_prices: bool,
    pub(super) simulated: bool,
    pub(super) partition_by: Vec<String>,
    /// The output, as messages show it.
    pub(super) output: String,
    /// The flags of the command that imports answers from the output.
    pub(super) import_flags: ImportFlags,
}

impl Job {
    /// Opens everything that the run needs, and sends nothing.
    ///
    /// # Errors
    ///
    /// When the list cannot be read, the output cannot be written, the columns are not clear, or
    /// the ledger or the HTTP client cannot be opened.
    pub async fn start(
        self,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<StartedJob, StartError> {
        let lock = self.lock_output().await?;
        match self.start_alone(stop, reporter, counters).await {
            Ok(started) => Ok(StartedJob { lock, ..started }),
            Err(error) => {
                if let Some(lock) = lock {
                    lock.release().await;
                }
                Err(error)
            }
        }
    }

    async fn start_alone(
        self,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<StartedJob, StartError> {
        let recorder = Arc::new(Recorder::new(self.run_id.clone(), counters.clone(), reporter));
        let target = output::prepare(&self.output)?;
        let storage = &self.resolved.storage;
        let artifacts = Artifacts::prepare(self.summary.as_deref(), self.report.as_deref(), storage)?;
        let description = self.description();
        let list = OpenList::open(&self.list, &stop, counters.clone()).await?;
        let settings = enrich_settings(&self.resolved.settings, self.resolved.settings.rows.clone());
        let InspectedList { rows, reader, check } = inspect(list.rows, &self.list, &settings, &stop).await?;
        let columns = self.list.columns.places(&reader)?;
        target.ensure_is_none_of(list.files.iter().map(PathBuf::as_path))?;
        let target = opened(target, &stop).await?;
        let to = self.metrics.clone().map(|path| (path, self.resolved.storage.clone()));
        let metrics = Metrics::new(counters.clone(), self.labels(&recorder), to);
        let listener = metrics.prepare(self.metrics_listen).await?;
        let observers = Observers { stop, counters, reporter: recorder.clone() };
        let enricher = Enricher::open_observed(self.resolved.settings, observers).await?;
        // Last, because a run that does not start must keep the metrics of the previous run.
        let mut companions = metrics.start(listener)?;
        let rate_plan = self.resolved.rate_plan;
        let (rate, following) = RateControl::follow(rate_plan, enricher.guard().clone(), recorder.clone());
        companions.extend([following, recorder.follow()]);
        let progress = list.progress.asking(enricher.endpoints(), description.has_prices);
        let rows = enricher.enrich_read(rows, reader, settings, None);
        let (files, notes) = (list.files, list.notes);
        Ok(StartedJob {
            enricher,
            rows,
            columns,
            check,
            target,
            artifacts,
            metrics,
            description,
            progress,
            recorder,
            files,
            notes,
            rate,
            companions,
            lock: None,
        })
    }

    /// Takes the lock and makes sure that the output can be written.
    async fn lock_output(&self) -> Result<Option<OutputLock>, StartError> {
        for folder in &self.dated_folders {
            // An error shows up again when the file in the folder is opened, with the file's name.
            let _ = fs::create_dir_all(folder);
        }
        let lock = match &self.lock {
            Some(path) => OutputLock::take(path, &self.run_id, &self.resolved.storage).await.map(Some),
            None => Ok(None),
        };
        let lock = match lock {
            Ok(lock) => lock,
            // The lock is usually in the folder of the output, so an error of the output comes
            // first.
            Err(error @ (LockError::File { .. } | LockError::Storage(_))) => {
                output::prepare(&self.output)?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        if lock.is_some() && !output::is_stream(&self.output.path) && !is_object_url(&self.output.path) {
            remove_left_files(&self.output.path);
        }
        Ok(lock)
    }

    fn description(&self) -> Description {
        let settings = &self.resolved.settings;
        Description {
            pipeline: self.file.clone(),
            inputs: self.list.input.paths.clone(),
            settings: self.settings.clone(),
            has_prices: settings.tariff.has_prices(),
            simulated: settings.is_simulated(),
            partition_by: self.output.partition_by.clone(),
            output: output_name(&self.output.path),
            import_flags: super::import_command::flags(settings),
        }
    }

    fn labels(&self, recorder: &Recorder) -> RunLabels {
        RunLabels {
            pipeline: self.file.as_deref().map_or("enrich".into(), path_template::stem),
            run_id: recorder.run_id.clone(),
            simulated: self.resolved.settings.is_simulated(),
            started_at: recorder.started_at,
        }
    }
}

/// The output, once somebody reads it; a file needs no reader.
async fn opened(target: Target, stop: &StopSignal) -> Result<Target, StartError> {
    tokio::select! {
        opened = target.open() => Ok(opened?),
        () = stop.requested() => Err(StartError::Stopped),
    }
}

impl StartedJob {
    /// The progress of the run.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Changes the rate during the run.
    #[must_use]
    pub fn rate(&self) -> RateControl {
        self.rate.clone()
    }

    /// The columns that the numbers are read from, in order of preference.
    #[must_use]
    pub fn number_columns(&self) -> &[String] {
        self.rows.number_columns()
    }

    /// The files of the list, in reading order; `-` for standard input.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// How the list was read.
    #[must_use]
    pub fn input_notes(&self) -> &InputNotes {
        &self.notes
    }

    /// The endpoints, in order of preference.
    #[must_use]
    pub fn endpoints(&self) -> &[String] {
        self.enricher.endpoints()
    }

    /// Warnings that were found while opening.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.enricher.warnings()
    }

    /// Whether the answers come from the built-in simulator, and cost nothing.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.description.simulated
    }

    /// The ledger's file, if answers are kept in one.
    #[must_use]
    pub fn ledger(&self) -> Option<&Path> {
        self.enricher.ledger_path()
    }
}
