//! Prints how lists are read, without asking anybody: each file becomes a CSV file of the same name
//! in a folder, with the names of the columns as its first row. `benches/pollock.py` scores them.
//!
//! `cargo run --example read_list -- FOLDER FILE...`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use arrow::array::AsArray;
use futures::StreamExt;
use hlr_enrich::internals::input::{InputSettings, open};
use hlr_enrich::internals::model::WRITTEN_NAME;

/// What a file holds that cannot be read as a list, before the reason.
const REFUSED: &str = "Application Error\n";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: read_list FOLDER FILE...")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for file in arguments {
        let name = file.file_name().ok_or("give files")?;
        let table =
            runtime.block_on(read(&file)).unwrap_or_else(|refusal| format!("{REFUSED}{refusal}").into());
        fs::write(folder.join(name), table)?;
    }
    Ok(())
}

async fn read(file: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut batches = open(&InputSettings::new(vec![file.to_string_lossy().replace('[', "[[]")]))?.batches;
    let mut table = csv::Writer::from_writer(Vec::new());
    let schema = batches.schema();
    if schema.fields().is_empty() {
        return Ok(Vec::new());
    }
    let names =
        schema.fields().iter().map(|field| field.metadata().get(WRITTEN_NAME).unwrap_or(field.name()));
    table.write_record(names)?;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let columns = batch.columns().iter().map(|column| column.as_string::<i32>());
            table.write_record(columns.map(|cells| cells.value(row)))?;
        }
    }
    Ok(table.into_inner()?)
}
