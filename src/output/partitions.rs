//! A folder of Hive-style partitions: `hlr_country=SE/part-0.parquet`. What stands in the folders' names does not stand in
//! the files, as readers expect it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};

use super::encoder::Fault;
use super::{OutputSettings, parquet};

/// The folder of rows that have nothing in the column, by Hive's convention.
const NOTHING: &str = "__HIVE_DEFAULT_PARTITION__";
/// The one file in each folder.
const FILE: &str = "part-0.parquet";
/// So many row groups may be held over all partitions; then the largest is written, however small.
const ROW_GROUPS_HELD: usize = 4;

/// Partitions that are being written.
pub(super) struct Encoder {
    folder: PathBuf,
    settings: OutputSettings,
    /// The columns that say where a row goes, with their names.
    by: Vec<(usize, String)>,
    /// The columns that go into the files.
    rest: Vec<usize>,
    schema: SchemaRef,
    /// By the partition's path within the folder.
    files: BTreeMap<String, parquet::Encoder>,
}

impl Encoder {
    /// Fails when a column is not there.
    pub(super) fn new(folder: &Path, schema: &SchemaRef, settings: &OutputSettings) -> Result<Self, Fault> {
        let place = |name: &String| Ok::<_, Fault>((schema.index_of(name)?, hive_text(name).into_owned()));
        let by = settings.partition_by.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let is_rest = |column: &usize| by.iter().all(|(taken, _)| taken != column);
        let rest: Vec<usize> = (0..schema.fields().len()).filter(is_rest).collect();
        let schema = Arc::new(schema.project(&rest)?);
        let (folder, settings) = (folder.to_owned(), settings.clone());
        Ok(Self { folder, settings, by, rest, schema, files: BTreeMap::new() })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
        let rest = batch.project(&self.rest)?;
        for (partition, rows) in self.rows_by_partition(batch)? {
            let part =
                if rows.len() == rest.num_rows() { rest.clone() } else { take_record_batch(&rest, &rows)? };
            self.file(partition)?.write(&part)?;
        }
        self.bound_memory()
    }

    pub(super) fn finish(self) -> Result<u64, Fault> {
        let mut bytes = 0;
        for (partition, file) in self.files {
            let file = file.finish()?;
            file.sync_all()?;
            bytes += file.metadata()?.len();
            let partition = self.folder.join(partition);
            for folder in partition.ancestors().take(self.by.len() + 1) {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(bytes)
    }

    /// The rows of each partition, in their order.
    fn rows_by_partition(&self, batch: &RecordBatch) -> Result<BTreeMap<String, UInt32Array>, Fault> {
        let text = |(column, _): &(usize, String)| cast(batch.column(*column), &DataType::Utf8);
        let columns = self.by.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<&StringArray> = columns.iter().map(|column| column.as_string::<i32>()).collect();
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut partition = String::new();
        for row in 0..batch.num_rows() {
            partition.clear();
            for ((_, name), column) in self.by.iter().zip(&cells) {
                let value = if column.is_null(row) { "" } else { column.value(row) };
                let separator = if partition.is_empty() { "" } else { "/" };
                partition.extend([separator, name, "=", &*hive_text(value)]);
            }
            match rows.get_mut(&partition) {
                Some(rows) => rows.push(row as u32),
                None => drop(rows.insert(partition.clone(), vec![row as u32])),
            }
        }
        Ok(rows.into_iter().map(|(partition, rows)| (partition, rows.into())).collect())
    }

    fn file(&mut self, partition: String) -> Result<&mut parquet::Encoder, Fault> {
        if !self.files.contains_key(&partition) {
            let mut folder = self.folder.clone();
            for level in partition.split('/') {
                folder.push(level);
                // Below a folder that is there, or not at all: where it was removed, the run is over.
                match fs::create_dir(&folder) {
                    Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault.into()),
                    _ => {}
                }
            }
            let file = File::create_new(folder.join(FILE))?;
            let encoder = parquet::Encoder::new(file, &self.schema, &self.settings)?;
            self.files.insert(partition.clone(), encoder);
        }
        Ok(self.files.get_mut(&partition).expect("it was just put there"))
    }

    fn bound_memory(&mut self) -> Result<(), Fault> {
        let most = ROW_GROUPS_HELD * self.settings.row_group_bytes;
        while self.files.values().map(parquet::Encoder::memory_size).sum::<usize>() > most {
            let Some(largest) = self.files.values_mut().max_by_key(|file| file.memory_size()) else { break };
            largest.flush()?;
        }
        Ok(())
    }
}

/// Text as it stands in a folder's name: what a path or a reader would take for something else is written as `%2F`, as Hive
/// does.
fn hive_text(text: &str) -> Cow<'_, str> {
    let is_special = |c: char| c.is_control() || "/\\:=%\"#'*?[]{}^".contains(c);
    match text {
        "" => NOTHING.into(),
        "." | ".." => text.replace('.', "%2E").into(),
        _ if text.contains(is_special) => text
            .chars()
            .map(|c| if is_special(c) { format!("%{:02X}", c as u32) } else { c.to_string() })
            .collect::<String>()
            .into(),
        _ => text.into(),
    }
}

/// Whether a folder holds partitions by these columns and nothing else, so that it may be replaced as a whole.
pub(super) fn holds_only_partitions(folder: &Path, by: &[String]) -> io::Result<bool> {
    let Some((first, rest)) = by.split_first() else {
        let mut entries = fs::read_dir(folder)?;
        return entries.try_fold(true, |ours, entry| Ok(ours && entry?.file_name() == FILE));
    };
    let prefix = format!("{}=", hive_text(first));
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_partition =
            entry.file_type()?.is_dir() && entry.file_name().to_string_lossy().starts_with(&prefix);
        if !is_partition || !holds_only_partitions(&entry.path(), rest)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_folder() {
        for (text, expected) in [
            ("SE", "SE"),
            ("", NOTHING),
            ("SE/../../x", "SE%2F..%2F..%2Fx"),
            ("..", "%2E%2E"),
            ("a=b%", "a%3Db%25"),
            ("Åland", "Åland"),
        ] {
            assert_eq!(hive_text(text), expected);
        }
    }

    #[test]
    fn other_peoples_partitions_are_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let by = ["country".to_owned(), "status".to_owned()];
        fs::create_dir_all(folder.path().join("country=SE/status=dead")).unwrap();
        fs::write(folder.path().join("country=SE/status=dead/part-0.parquet"), "").unwrap();
        assert!(holds_only_partitions(folder.path(), &by).unwrap());
        assert!(!holds_only_partitions(folder.path(), &by[..1]).unwrap());
        fs::write(folder.path().join("country=SE/status=dead/README.txt"), "").unwrap();
        assert!(!holds_only_partitions(folder.path(), &by).unwrap());
        fs::remove_dir_all(folder.path().join("country=SE")).unwrap();
        fs::create_dir(folder.path().join("dt=2026-01-01")).unwrap();
        assert!(!holds_only_partitions(folder.path(), &by).unwrap());
    }
}
