//! What is true of every NDJSON list on disk, whatever is in the file.

use std::fs;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use futures::StreamExt;
use hlr_enrich::internals::input::{InputSettings, open};

/// Reads the bytes as NDJSON: every line that is not blank is a row, or the file is refused before
/// the first row.
///
/// # Panics
///
/// When an invariant does not hold.
pub fn hold(content: &[u8]) {
    let folder = tempfile::tempdir().expect("the folder for temporary files can be written to");
    let path = folder.path().join("list.ndjson");
    fs::write(&path, content).expect("the folder for temporary files can be written to");
    let (Some(large), Some(small)) = (read(&path, 4096), read(&path, 3)) else {
        assert!(read(&path, 3).is_none(), "the size of batches decides whether a list is read");
        return;
    };
    assert_eq!(large, small, "smaller batches have other rows");
    if !is_archive(content) {
        let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
        let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(large.num_rows(), lines.count());
    }
}

fn is_archive(content: &[u8]) -> bool {
    content.starts_with(b"\x1F\x8B")
        || content.get(1..4).is_some_and(|magic| magic == b"\xB5\x2F\xFD" || magic == b"\x2A\x4D\x18")
}

/// `None` when the list is refused.
fn read(path: &Path, batch_rows: usize) -> Option<RecordBatch> {
    let paths = vec![path.to_string_lossy().into_owned()];
    let opened = open(&InputSettings { batch_rows, ..InputSettings::new(paths) }).ok()?;
    let schema = opened.batches.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be built");
    let batches: Vec<_> = runtime.block_on(opened.batches.collect());
    let batches: Vec<RecordBatch> =
        batches.into_iter().map(|batch| batch.expect("an inspected list is read to its end")).collect();
    Some(concat_batches(&schema, &batches).expect("all batches have the schema of the list"))
}
