//! Where the result is written, and in which form.

use super::diagnostics::{Location, Problem};
use super::resolver::{ConfigResolver, Resolved};
use super::values::mebibytes;
use crate::output::{OutputFormat, OutputSettings, Replace};

/// Where the result is written, and in which form.
pub(crate) fn output_settings(resolver: &mut ConfigResolver) -> Resolved<OutputSettings> {
    let path = resolver.raw.output.clone().ok_or_else(|| {
        let problem = Problem::new("no output is named").with_help("name the file to write with --output");
        resolver.report_at(Location::Nowhere, problem)
    });
    let default = OutputSettings::new("");
    let level = resolver.raw.compression_level.unwrap_or(default.compression_level);
    let level = if (1..=22).contains(&level) { Ok(level) } else { Err("must be from 1 to 22") };
    let level = resolver.check("compression_level", level);
    let row_group = resolver.raw.row_group_mib.map_or(default.row_group_bytes, mebibytes);
    let row_group = if row_group > 0 { Ok(row_group) } else { Err("must be at least 1") };
    let row_group = resolver.check("row_group_mib", row_group);
    let replace = match resolver.raw.force {
        Some(true) => Replace::Allowed,
        _ => Replace::Never,
    };
    let path = path?;
    let format = resolver.raw.format;
    let is_partitioned = resolver.raw.partition_by.as_ref().is_some_and(|columns| !columns.0.is_empty());
    if is_partitioned && format.is_some_and(|format| format != OutputFormat::Parquet) {
        let problem = Problem::new("with partition_by the output is Parquet");
        return Err(resolver.report("format", problem.with_help("leave out one of the two")));
    }
    let default = OutputSettings { format, ..OutputSettings::new(path) };
    let named = if is_partitioned { check_folder(&default) } else { check_format(&default) };
    resolver.check("output", named)?;
    Ok(OutputSettings { replace, row_group_bytes: row_group?, compression_level: level?, ..default })
}

fn check_format(settings: &OutputSettings) -> Result<(), Problem> {
    settings.format().map(drop).map_err(|error| Problem::of(&error))
}

fn check_folder(settings: &OutputSettings) -> Result<(), Problem> {
    let OutputSettings { path, .. } = settings;
    if path.as_os_str() == "-" {
        return Err(Problem::new("with partition_by the output is a folder, not standard output")
            .with_help("name a folder, or leave out --partition-by"));
    }
    match OutputSettings::new(path).format() {
        Ok(_) if path.extension().is_some_and(|ending| ending != "parquet") => {
            Err(Problem::new("with partition_by the output is a folder of Parquet files")
                .with_help("leave the ending out"))
        }
        _ => Ok(()),
    }
}
