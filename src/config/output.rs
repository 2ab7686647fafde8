//! Where the result goes, and in which form.

use super::diagnostics::Location;
use super::resolver::ConfigResolver;
use super::settings;
use crate::output;
use crate::output::{OutputSettings, Replace};

pub(crate) fn output_settings(reading: &mut ConfigResolver) -> Option<OutputSettings> {
    let path = reading.written.output.clone();
    if path.is_none() {
        reading.problem_at(Location::Nowhere, "no output: name the file to write with --output");
    }
    let default = OutputSettings::new(path.clone().unwrap_or_default());
    let level = reading.written.compression_level.unwrap_or(default.compression_level);
    let level = if (1..=22).contains(&level) { Ok(level) } else { Err("a Zstandard level is from 1 to 22") };
    let level = reading.sound("compression_level", level);
    let row_group = reading.written.row_group_mib.map_or(default.row_group_bytes, settings::mebibytes);
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
