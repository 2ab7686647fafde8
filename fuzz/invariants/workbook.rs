//! What is true of every workbook on disk, whatever is in the file.

use std::fs;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::DataType;
use futures::TryStreamExt;
use hlr_enrich::internals::input::{InputSettings, open};

/// Reads the bytes as a workbook: it is a table of text, or is refused.
///
/// # Panics
///
/// When an invariant does not hold.
pub fn hold(content: &[u8]) {
    let folder = tempfile::tempdir().expect("the folder for temporary files can be written to");
    let path = folder.path().join("list.xlsx");
    fs::write(&path, content).expect("the folder for temporary files can be written to");
    let (large, small) = (read(&path, 4096), read(&path, 3));
    assert_eq!(large, small, "smaller batches have other rows");
    let Some(table) = large else { return };
    let is_workbook = content.starts_with(b"PK") || content.starts_with(b"\xD0\xCF\x11\xE0");
    assert!(!is_workbook || table.schema().fields().iter().all(|field| field.data_type() == &DataType::Utf8));
}

/// `None` when the list is refused, or its reading breaks off.
fn read(path: &Path, batch_rows: usize) -> Option<RecordBatch> {
    let paths = vec![path.to_string_lossy().into_owned()];
    let opened = open(&InputSettings { batch_rows, ..InputSettings::new(paths) }).ok()?;
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be built");
    let batches: Vec<RecordBatch> = runtime.block_on(opened.batches.try_collect()).ok()?;
    Some(concat_batches(&schema, &batches).expect("all batches have the schema of the list"))
}
