//! A TOML file and flags become a validated, runnable [`Pipeline`].
//!
//! What was written ([`Written`]) and what is meant ([`Pipeline`]) are two types, and the way from one to the
//! other reports every problem at once, before a cent is spent. This is the lowest place that reads TOML and
//! the environment; arguments are read, and anything is printed, in [`crate::cli`] only.

mod asking;
pub mod bookkeeping;
mod choices;
mod credentials;
pub mod descriptors;
mod distinct;
mod ending;
mod enquiry;
mod environment;
mod error;
mod file;
mod handful;
mod keeping;
mod line;
mod lock;
mod metrics;
mod money;
mod names;
pub(crate) mod nearest;
mod papers;
mod problem;
mod progress;
mod provider;
mod reading;
mod recorder;
mod run;
mod schedule;
mod selection;
mod story;
mod survey;
mod wording;
mod written;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use crate::pipeline::choices::{Choice, Choices};
pub use crate::pipeline::ending::Ending;
pub use crate::pipeline::enquiry::Enquiry;
pub use crate::pipeline::environment::Environment;
pub use crate::pipeline::error::{RunError, StartError};
pub use crate::pipeline::handful::LookedUp;
pub use crate::pipeline::keeping::default_path;
pub use crate::pipeline::lock::{Holder, LockError};
pub use crate::pipeline::problem::{Place, Problem, Problems};
pub use crate::pipeline::progress::{Progress, Total};
pub use crate::pipeline::provider::Provider;
pub use crate::pipeline::run::{Finished, Started};
pub use crate::pipeline::schedule::RateControl;
pub use crate::pipeline::survey::{Survey, Surveyed, Surveying};
pub use crate::pipeline::wording::{NoDuration, Texts, WrittenDuration, WrittenMaxAge, WrittenPrice};
pub use crate::pipeline::written::{PartitionBy, RetryOn, Written, WrittenParting};

use crate::input::{Header, InputSettings};
use crate::output;
use crate::output::{OutputSettings, Replace};
use crate::pipeline::file::PipelineFile;
use crate::pipeline::reading::Reading;
use crate::pipeline::selection::{ColumnChoice, Condition};
use crate::report::run_report::Setting;

/// A whole job: a list in, an enriched file out. Validated, ready to start.
#[derive(Clone, Debug)]
pub struct Pipeline {
    input: InputSettings,
    /// `None` when the list is only surveyed.
    output: Option<OutputSettings>,
    conditions: Vec<Condition>,
    columns: ColumnChoice,
    /// Folders that have the moment of the run in their names, and are made for it.
    dated_folders: Vec<PathBuf>,
    /// `None` where there is no output.
    lock: Option<PathBuf>,
    summary: Option<PathBuf>,
    report: Option<PathBuf>,
    metrics: Option<PathBuf>,
    metrics_listen: Option<SocketAddr>,
    enquiry: Enquiry,
    /// The file that describes it, if one does.
    file: Option<PathBuf>,
    /// What this run is called.
    run_id: String,
    /// What was written, and what was chosen for the rest.
    settings: Vec<Setting>,
}

impl Pipeline {
    /// The pipeline that a file and flags describe; flags win over the file, the file over defaults. Reads the
    /// files that settings name (credentials, certificates), and neither the list nor the output.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(file: Option<&Path>, flags: Written, environment: &Environment) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let name = file.map(Path::to_owned);
        let file = file.map(|path| PipelineFile::read(path, &mut problems));
        if file.as_ref().is_some_and(PipelineFile::is_unread) {
            // The rest would be about what the file may well say.
            return Err(Problems(problems));
        }
        let mut reading = Reading::new(flags, file, environment);
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
        let enquiry = Enquiry::read(&mut reading);
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
    pub fn enquiry(&self) -> &Enquiry {
        &self.enquiry
    }
}

/// Puts the moment of the run into the names that have a place for it. Gives the folders that have it in theirs: nobody could
/// make them beforehand.
fn fill_names(reading: &mut Reading) -> Vec<PathBuf> {
    let now = jiff::Zoned::now();
    if let Some(Texts(paths)) = reading.written.input.clone() {
        let filled = paths.iter().map(|path| names::fill(path, &now)).collect();
        if let Some(paths) = reading.sound("input", filled) {
            reading.written.input = Some(Texts(paths));
        }
    }
    let mut folders = Vec::new();
    for (key, place) in Written::DATED {
        let Some(template) = place(&mut reading.written).take() else { continue };
        let has_a_date = template.parent().is_some_and(names::has_a_word);
        let filled = names::path(reading, key, template, &now);
        folders.extend(filled.parent().filter(|_| has_a_date).map(Path::to_owned));
        *place(&mut reading.written) = Some(filled);
    }
    folders
}

fn metrics_listen(reading: &mut Reading) -> Option<SocketAddr> {
    let text = reading.written.metrics_listen.clone()?;
    let address = text.parse().map_err(|_| "an address is a number and a port, such as 127.0.0.1:9464");
    reading.sound("metrics_listen", address)
}

/// The lock of an output, in its folder. A date in its name is none in that of the lock, and a folder with a date is left for
/// the one above, so that two nights have the same lock.
fn lock_beside(output: &Path) -> PathBuf {
    let name = output.file_name().unwrap_or_default().to_string_lossy().replace(['{', '}'], "");
    let folder = output.ancestors().skip(1).find(|folder| !names::has_a_word(folder));
    folder.unwrap_or(Path::new("")).join(format!(".{name}.lock"))
}

/// Leaves a problem where one file would be two things: each of them replaces the other, or itself.
fn keep_apart(reading: &mut Reading, lock: Option<&Path>) {
    let written = &reading.written;
    let inputs = written.input.iter().flat_map(|texts| &texts.0).map(|path| ("input", Path::new(path)));
    let others = written.paths().filter(|(key, _)| *key != "lock");
    let lock = lock.map(|lock| ("lock", lock));
    let all: Vec<(&str, PathBuf)> =
        inputs.chain(others).chain(lock).map(|(key, path)| (key, path.to_owned())).collect();
    let same = |one: &Path, other: &Path| match (std::path::absolute(one), std::path::absolute(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    for (place, (key, path)) in all.iter().enumerate() {
        let earlier = all[..place].iter().find(|(other, taken)| other != key && same(taken, path));
        if let Some((other, _)) = earlier {
            let text = format!("{} is the {other} already; give each a file of its own", path.display());
            reading.problem(key, text);
        }
    }
}

/// Leaves a problem with every name that is no text: it could not be told to anybody.
fn refuse_names_that_are_no_text(reading: &mut Reading) {
    let no_text = reading.written.paths().filter(|(_, path)| path.to_str().is_none());
    let keys: Vec<&str> = no_text.map(|(key, _)| key).collect();
    for key in keys {
        reading.problem(key, "the name is not UTF-8; choose another");
    }
}

/// Which rows are worked on, and which columns are written.
fn selection(reading: &mut Reading, enquiry: Option<&Enquiry>) -> Option<(Vec<Condition>, ColumnChoice)> {
    let texts = |texts: &Option<Texts>| texts.clone().map(|texts| texts.0).unwrap_or_default();
    let written = &reading.written;
    let (keep, drop) = (texts(&written.keep_columns), texts(&written.drop_columns));
    let conditions = texts(&written.filter).iter().map(|text| text.parse()).collect();
    let partition_by = written.partition_by.clone().unwrap_or_default().0;
    let conditions = reading.sound("filter", conditions);
    if partition_by.len() == 2 && partition_by[0] == partition_by[1] {
        reading.problem("partition_by", "the same column twice; name each once");
        return None;
    }
    let prefix = &enquiry?.enrich.prefix;
    let needed = partition_by.iter().map(|by| by.column(prefix)).collect();
    Some((conditions?, ColumnChoice { keep, drop, needed }))
}

/// About a second's worth of rows, so that a slow run shows its progress, and none of it costs a fast one.
fn batch_rows(enquiry: &Enquiry, most: usize) -> usize {
    const FEWEST: f64 = 64.0;
    let rate = enquiry.lookup.rate.map_or(f64::INFINITY, |rate| rate.get());
    rate.max(FEWEST).min(most as f64) as usize
}

fn input_settings(reading: &mut Reading) -> Option<InputSettings> {
    let paths = reading.written.input.clone().map(|texts| texts.0).unwrap_or_default();
    if paths.is_empty() {
        reading.problem_at(Place::Nowhere, "no input: name the list's file, or - for standard input");
    }
    let delimiter = match reading.written.delimiter.clone() {
        Some(text) => reading.sound("delimiter", delimiter(&text)).map(Some),
        None => Some(None),
    };
    let header = match reading.written.header {
        None => Header::Detect,
        Some(true) => Header::Present,
        Some(false) => Header::Absent,
    };
    let settings = InputSettings { delimiter: delimiter?, header, ..InputSettings::new(paths) };
    (!settings.paths.is_empty()).then_some(settings)
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte]
            if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\r' | b'\n') =>
        {
            Ok(*byte)
        }
        _ => Err("a delimiter is one character, such as ; or , or |, or the word tab"),
    }
}

fn output_settings(reading: &mut Reading) -> Option<OutputSettings> {
    let path = reading.written.output.clone();
    if path.is_none() {
        reading.problem_at(Place::Nowhere, "no output: name the file to write with --output");
    }
    let default = OutputSettings::new(path.clone().unwrap_or_default());
    let level = reading.written.compression_level.unwrap_or(default.compression_level);
    let level = if (1..=22).contains(&level) { Ok(level) } else { Err("a Zstandard level is from 1 to 22") };
    let level = reading.sound("compression_level", level);
    let row_group = reading.written.row_group_mib.map_or(default.row_group_bytes, enquiry::mebibytes);
    let row_group = if row_group > 0 { Ok(row_group) } else { Err("a row group takes at least 1 MiB") };
    let row_group = reading.sound("row_group_mib", row_group);
    let replace = match reading.written.force {
        Some(true) => Replace::Allowed,
        _ => Replace::Never,
    };
    let path = path?;
    let is_parted = reading.written.partition_by.as_ref().is_some_and(|parting| !parting.0.is_empty());
    let named = match output::check_name(&path) {
        Err(error) if !is_parted => Err(error.to_string()),
        Ok(()) if is_parted && path.extension().is_some_and(|ending| ending != "parquet") => {
            Err("with partition_by the output is a folder of Parquet files; leave the ending out".into())
        }
        _ => Ok(()),
    };
    reading.sound("output", named)?;
    Some(OutputSettings { replace, row_group_bytes: row_group?, compression_level: level?, ..default })
}

#[cfg(test)]
mod tests;
