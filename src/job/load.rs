//! A pipeline file and flags become a validated job, ready to start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::dry_run::DryRunJob;
use super::list::List;
use super::recorder;
use crate::config::endpoint::Purpose;
use crate::config::input::input_settings;
use crate::config::output::output_settings;
use crate::config::paths::{
    ensure_each_file_is_one_thing, ensure_names_are_text, fill_dates, lock_beside, metrics_listen,
    resolve_urls,
};
use crate::config::pipeline_file::PipelineFile;
use crate::config::resolver::{ConfigResolver, Resolved};
use crate::config::selection::selection;
use crate::config::{Diagnostics, Environment, RawConfig, ResolvedSettings};
use crate::enricher::{LedgerChoice, Refresh, RowSettings, Settings};
use crate::model::Setting;
use crate::output;
use crate::output::OutputSettings;
use crate::storage::is_object_url;

/// What a configuration describes.
#[derive(Debug)]
pub enum Loaded {
    /// A run.
    Job(Box<Job>),
    /// A dry run: nothing is sent, and no output is written.
    DryRun(Box<DryRunJob>),
}

/// A whole job: a list in, an enriched file out. Validated, ready to start.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) list: List,
    pub(super) output: OutputSettings,
    /// Folders with the date of the run in their names; the run creates them.
    pub(super) dated_folders: Vec<PathBuf>,
    /// None for a stream, unless the user names one.
    pub(super) lock: Option<PathBuf>,
    pub(super) summary: Option<PathBuf>,
    pub(super) report: Option<PathBuf>,
    pub(super) metrics: Option<PathBuf>,
    pub(super) metrics_listen: Option<SocketAddr>,
    pub(super) resolved: ResolvedSettings,
    /// The pipeline file, if there is one.
    pub(super) file: Option<PathBuf>,
    pub(super) run_id: String,
    /// The settings that were set, and the effective values of the most important others.
    pub(super) settings: Vec<Setting>,
}

impl Loaded {
    /// The job of a pipeline file and flags. Flags override the file, and the file overrides the
    /// defaults. Reads the files that settings name (credentials, certificates), but neither the
    /// list nor the output.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(
        file: Option<&Path>,
        flags: RawConfig,
        environment: &Environment,
    ) -> Result<Self, Diagnostics> {
        resolved(file, flags, environment, |resolver| match resolver.raw.dry_run {
            Some(true) => dry_run(resolver).map(|job| Self::DryRun(Box::new(job))),
            _ => job(resolver, file).map(|job| Self::Job(Box::new(job))),
        })
    }

    /// What is allowed, but the user should know before anything is sent.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Job(job) => &job.resolved.warnings,
            Self::DryRun(job) => &job.resolved.warnings,
        }
    }
}

impl Job {
    /// The job of a pipeline file and flags; `dry_run` is ignored. See [`Loaded::load`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(
        file: Option<&Path>,
        flags: RawConfig,
        environment: &Environment,
    ) -> Result<Self, Diagnostics> {
        resolved(file, flags, environment, |resolver| job(resolver, file))
    }

    /// The output, as the user named it.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output.path
    }

    /// Identifies this run in logs and reports.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// How numbers are looked up, and where each setting comes from.
    #[must_use]
    pub fn resolved(&self) -> &ResolvedSettings {
        &self.resolved
    }
}

/// What a file and flags mean, or everything that is wrong with them.
pub(super) fn resolved<T>(
    file: Option<&Path>,
    flags: RawConfig,
    environment: &Environment,
    resolve: impl FnOnce(&mut ConfigResolver) -> Resolved<T>,
) -> Result<T, Diagnostics> {
    let pipeline = file.map(|path| PipelineFile::read(path, environment)).transpose()?;
    let mut resolver = ConfigResolver::new(flags, pipeline, environment);
    let urls = resolve_urls(&mut resolver);
    let result = resolve(&mut resolver);
    resolver.finish(urls.and(result))
}

fn job(resolver: &mut ConfigResolver, file: Option<&Path>) -> Resolved<Job> {
    let lock = lock(resolver);
    let dated_folders = fill_dates(resolver);
    let output = output_settings(resolver);
    let common = list_and_settings(resolver, Purpose::Lookups, lock.as_deref());
    let metrics_listen = metrics_listen(resolver);
    let report = ensure_report_is_built_in(resolver);
    let (mut output, (list, mut resolved)) = (output?, common?);
    report?;
    output.partition_by.clone_from(&list.columns.needed);
    output.storage = resolved.storage.clone();
    let run_id = recorder::new_run_id();
    if let Some(answers) = &mut resolved.settings.answers {
        answers.run_id.clone_from(&run_id);
    }
    Ok(Job {
        lock,
        dated_folders: dated_folders?,
        metrics_listen: metrics_listen?,
        summary: resolver.raw.summary.clone(),
        report: resolver.raw.report.clone(),
        metrics: resolver.raw.metrics.clone(),
        file: file.map(Path::to_owned),
        run_id,
        settings: resolver.settings(&resolved.effective),
        list,
        output,
        resolved,
    })
}

/// Refuses what this program was built without.
fn ensure_report_is_built_in(resolver: &mut ConfigResolver) -> Resolved<()> {
    match resolver.raw.report.is_some() && !cfg!(feature = "report") {
        true => Err(resolver.report("report", "this program was built without the report")),
        false => Ok(()),
    }
}

fn dry_run(resolver: &mut ConfigResolver) -> Resolved<DryRunJob> {
    let lock = lock(resolver);
    let dated = fill_dates(resolver);
    let raw = &resolver.raw;
    for (key, is_written) in [("report", raw.report.is_some()), ("metrics", raw.metrics.is_some())] {
        if is_written {
            resolver.warnings.push(format!("a dry run writes no {key}; --summary has its figures"));
        }
    }
    let common = list_and_settings(resolver, Purpose::DryRun, lock.as_deref());
    dated?;
    let (list, resolved) = common?;
    Ok(DryRunJob { list, summary: resolver.raw.summary.clone(), resolved })
}

/// The lock that is named, or the one beside the output. Its name comes from the output's name with
/// its placeholders, so the runs of two nights use the same lock. A stream has none: there is
/// nothing beside it, and writing to it twice at the same time destroys nothing on disk.
fn lock(resolver: &ConfigResolver) -> Option<PathBuf> {
    let beside = || resolver.raw.output.as_deref().filter(|path| !output::is_stream(path)).map(lock_beside);
    resolver.raw.lock.clone().or_else(beside)
}

pub(super) fn list_and_settings(
    resolver: &mut ConfigResolver,
    purpose: Purpose,
    lock: Option<&Path>,
) -> Resolved<(List, ResolvedSettings)> {
    let input = input_settings(resolver);
    let resolved = ResolvedSettings::resolve(resolver, purpose);
    let prefix =
        resolved.as_ref().map_or_else(|_| RowSettings::default(), |resolved| resolved.settings.rows.clone());
    let selection = selection(resolver, &prefix.prefix);
    let max_invalid = max_invalid(resolver);
    let names = ensure_names_are_text(resolver);
    let apart = ensure_each_file_is_one_thing(resolver, lock);
    names.and(apart)?;
    let (mut input, mut resolved, (conditions, columns)) = (input?, resolved?, selection?);
    input.storage = resolved.storage.clone();
    input.batch_rows = batch_rows(&resolved.settings, input.batch_rows);
    let list = List { input, conditions, columns, max_invalid: Some(max_invalid?) };
    name_refresh(&list, &mut resolved.settings);
    Ok((list, resolved))
}

/// The largest share of the cells that may hold no number that can be looked up.
fn max_invalid(resolver: &mut ConfigResolver) -> Resolved<f64> {
    const DEFAULT: f64 = 0.9;
    match resolver.raw.max_invalid.unwrap_or(DEFAULT) {
        share if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(resolver.report("max_invalid", "must be a share from 0 to 1, such as 0.5")),
    }
}

/// The rows of about one second: a slow run shows progress, and a fast one has large batches.
fn batch_rows(settings: &Settings, max: usize) -> usize {
    const MIN_ROWS: f64 = 64.0;
    let rate = settings.effective_rate().map_or(f64::INFINITY, |rate| rate.get());
    rate.max(MIN_ROWS).min(max as f64) as usize
}

/// Names the refresh after the job, so that the same command continues a refresh that was stopped.
fn name_refresh(list: &List, settings: &mut Settings) {
    let name = job_name(list, settings);
    if let LedgerChoice::File(file) = &mut settings.ledger
        && file.refresh == Refresh::Once
    {
        file.refresh = Refresh::Job(name);
    }
}

/// The name of a job in its ledger. Its form must not change, so that refreshes of older versions
/// continue.
fn job_name(list: &List, settings: &Settings) -> String {
    let absolute = |path: &String| match std::path::absolute(path) {
        Ok(absolute) if path != "-" && !is_object_url(Path::new(path)) => absolute.display().to_string(),
        _ => path.clone(),
    };
    let paths = list.input.paths.iter().map(absolute).collect::<Vec<_>>().join(" ");
    let column = settings.rows.numbers.columns.join(" ");
    let conditions: String = list.conditions.iter().map(|condition| format!(" {condition}")).collect();
    let (product, cache) = (settings.product, settings.cache);
    format!("{paths} {column} Shelf {{ product: {product:?}, cache: {cache:?} }}{conditions}")
}
