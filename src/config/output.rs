//! Where the result is written, and in which form.

use std::path::Path;

use super::diagnostics::{Location, Problem};
use super::resolver::{ConfigResolver, Resolved};
use super::values::mebibytes;
use crate::output;
use crate::output::{OutputSettings, Replace};

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
    let is_partitioned = resolver.raw.partition_by.as_ref().is_some_and(|columns| !columns.0.is_empty());
    let named = if is_partitioned { check_folder(&path) } else { check_file(&path) };
    resolver.check("output", named)?;
    let default = OutputSettings::new(path);
    Ok(OutputSettings { replace, row_group_bytes: row_group?, compression_level: level?, ..default })
}

fn check_file(path: &Path) -> Result<(), Problem> {
    output::check_name(path).map_err(|error| Problem::of(&error))
}

fn check_folder(path: &Path) -> Result<(), Problem> {
    match output::check_name(path) {
        Ok(()) if path.extension().is_some_and(|ending| ending != "parquet") => {
            Err(Problem::new("with partition_by the output is a folder of Parquet files")
                .with_help("leave the ending out"))
        }
        _ => Ok(()),
    }
}
