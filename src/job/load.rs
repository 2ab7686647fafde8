//! A pipeline file and flags become a validated job, ready to start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::recorder;
use crate::config::input::input_settings;
use crate::config::output::output_settings;
use crate::config::paths::{
    fill_names, keep_apart, lock_beside, metrics_listen, refuse_names_that_are_no_text,
};
use crate::config::pipeline_file::PipelineFile;
use crate::config::resolver::ConfigResolver;
use crate::config::selection::selection;
use crate::config::{Diagnostics, Environment, RawConfig, Settings};
use crate::enrich::column_selection::ColumnChoice;
use crate::enrich::filter::Condition;
use crate::input::InputSettings;
use crate::output::OutputSettings;
use crate::report::run_report::Setting;

/// A whole job: a list in, an enriched file out. Validated, ready to start.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) input: InputSettings,
    /// `None` when the list is only surveyed.
    pub(super) output: Option<OutputSettings>,
    pub(super) conditions: Vec<Condition>,
    pub(super) columns: ColumnChoice,
    /// Folders that have the moment of the run in their names, and are made for it.
    pub(super) dated_folders: Vec<PathBuf>,
    /// `None` where there is no output.
    pub(super) lock: Option<PathBuf>,
    pub(super) summary: Option<PathBuf>,
    pub(super) report: Option<PathBuf>,
    pub(super) metrics: Option<PathBuf>,
    pub(super) metrics_listen: Option<SocketAddr>,
    pub(super) enquiry: Settings,
    /// The file that describes it, if one does.
    pub(super) file: Option<PathBuf>,
    /// What this run is called.
    pub(super) run_id: String,
    /// What was written, and what was chosen for the rest.
    pub(super) settings: Vec<Setting>,
}

impl Job {
    /// The pipeline that a file and flags describe; flags win over the file, the file over defaults. Reads the
    /// files that settings name (credentials, certificates), and neither the list nor the output.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(
        file: Option<&Path>,
        flags: RawConfig,
        environment: &Environment,
    ) -> Result<Self, Diagnostics> {
        let mut problems = Vec::new();
        let name = file.map(Path::to_owned);
        let file = file.map(|path| PipelineFile::read(path, &mut problems));
        if file.as_ref().is_some_and(PipelineFile::is_unread) {
            // The rest would be about what the file may well say.
            return Err(Diagnostics(problems));
        }
        let mut reading = ConfigResolver::new(flags, file, environment);
        let template = reading.written.output.clone();
        let dated_folders = fill_names(&mut reading);
        let input = input_settings(&mut reading);
        let output = match reading.written.dry_run {
            Some(true) => Some(None),
            _ => output_settings(&mut reading).map(Some),
        };
        if reading.written.dry_run == Some(true) {
            for (key, is_written) in
                [("report", reading.written.report.is_some()), ("metrics", reading.written.metrics.is_some())]
            {
                if is_written {
                    reading.warnings.push(format!("a dry run writes no {key}; --summary has its figures"));
                }
            }
        }
        let enquiry = Settings::read(&mut reading);
        let selection = selection(&mut reading, enquiry.as_ref());
        refuse_names_that_are_no_text(&mut reading);
        let lock = reading.written.lock.clone();
        let lock = lock.or_else(|| Some(lock_beside(template.as_deref()?)));
        keep_apart(&mut reading, lock.as_deref());
        let (summary, report) = (reading.written.summary.clone(), reading.written.report.clone());
        let metrics = reading.written.metrics.clone();
        let metrics_listen = metrics_listen(&mut reading);
        let settings =
            enquiry.as_ref().map(|enquiry| reading.settings(enquiry.choices())).unwrap_or_default();
        let pipeline = (|| Some((input?, output?, enquiry?, selection?)))();
        let pipeline = pipeline.map(|(mut input, mut output, enquiry, (conditions, columns))| {
            input.batch_rows = batch_rows(&enquiry, input.batch_rows);
            if let Some(output) = &mut output {
                output.partition_by = columns.needed.clone();
            }
            Self {
                input,
                output,
                conditions,
                columns,
                dated_folders,
                lock,
                summary,
                report,
                metrics,
                metrics_listen,
                enquiry,
                file: name,
                run_id: recorder::new_run_id(),
                settings,
            }
        });
        reading.finish(problems, pipeline)
    }

    /// Whether the list is only surveyed, and nothing written but the summary.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.output.is_none()
    }

    /// What this run is called, to tell it from others.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// How numbers are asked about.
    #[must_use]
    pub fn enquiry(&self) -> &Settings {
        &self.enquiry
    }
}

/// About a second's worth of rows, so that a slow run shows its progress, and none of it costs a fast one.
fn batch_rows(enquiry: &Settings, most: usize) -> usize {
    const FEWEST: f64 = 64.0;
    let rate = enquiry.lookup.rate.map_or(f64::INFINITY, |rate| rate.get());
    rate.max(FEWEST).min(most as f64) as usize
}
