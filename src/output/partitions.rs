//! A folder of Hive-style partitions: `hlr_country=SE/part-0.parquet`.
//!
//! The columns in the folders' names are left out of the files, as readers expect.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, SchemaRef};

use super::encoder::{Encoder, Sink};
use super::parquet::{ParquetEncoder, encoder_threads};
use super::settings::OutputSettings;
use crate::model::BoxError;
use crate::staging::MAX_NAME_BYTES;
use crate::worker_threads::WorkerThreads;

/// The folder of rows whose column is null or empty, by Hive's convention.
const DEFAULT_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";
/// The one file in each folder.
pub(super) const FILE: &str = "part-0.parquet";
/// How many row groups may be held over all partitions. Then the largest is written, however small.
const ROW_GROUPS_HELD: usize = 4;

/// Partitions that are being written.
pub(super) struct PartitionsEncoder {
    folder: PathBuf,
    settings: OutputSettings,
    /// The columns that decide about a row's partition, with their names.
    partition_by: Vec<(usize, String)>,
    /// The columns that go into the files.
    file_columns: Vec<usize>,
    schema: SchemaRef,
    /// By the partition's path within the folder.
    files: BTreeMap<String, ParquetEncoder>,
    threads: Arc<WorkerThreads>,
}

impl PartitionsEncoder {
    /// Fails when a column is missing.
    pub(super) fn new(
        folder: &Path,
        schema: &SchemaRef,
        settings: &OutputSettings,
    ) -> Result<Self, BoxError> {
        ensure_folder_names_fit(&settings.partition_by)?;
        let column =
            |name: &String| Ok::<_, BoxError>((schema.index_of(name)?, hive_text(name).into_owned()));
        let partition_by = settings.partition_by.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let is_in_files = |column: &usize| partition_by.iter().all(|(taken, _)| taken != column);
        let file_columns: Vec<usize> = (0..schema.fields().len()).filter(is_in_files).collect();
        let schema = Arc::new(schema.project(&file_columns)?);
        let (folder, settings) = (folder.to_owned(), settings.clone());
        Ok(Self {
            folder,
            settings,
            partition_by,
            file_columns,
            schema,
            files: BTreeMap::new(),
            threads: encoder_threads()?,
        })
    }

    /// The rows of each partition, in their order.
    fn rows_by_partition(&self, batch: &RecordBatch) -> Result<BTreeMap<String, UInt32Array>, BoxError> {
        let text = |(column, _): &(usize, String)| cast(batch.column(*column), &DataType::Utf8);
        let columns = self.partition_by.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<&StringArray> = columns.iter().map(|column| column.as_string::<i32>()).collect();
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut partition = String::new();
        for row in 0..batch.num_rows() {
            partition.clear();
            for ((_, name), column) in self.partition_by.iter().zip(&cells) {
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

    fn file(&mut self, partition: String) -> Result<&mut ParquetEncoder, BoxError> {
        if !self.files.contains_key(&partition) {
            let mut folder = self.folder.clone();
            for level in partition.split('/') {
                folder.push(level);
                // One level at a time: if the staged folder was removed meanwhile, this must fail.
                match fs::create_dir(&folder) {
                    Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault.into()),
                    _ => {}
                }
            }
            let file = File::create_new(folder.join(FILE))?;
            let encoder =
                ParquetEncoder::new(Sink::File(file), &self.schema, &self.settings, self.threads.clone())?;
            self.files.insert(partition.clone(), encoder);
        }
        Ok(self.files.get_mut(&partition).expect("it was just inserted"))
    }

    fn bound_memory(&mut self) -> Result<(), BoxError> {
        let limit = ROW_GROUPS_HELD * self.settings.row_group_bytes;
        while self.files.values().map(ParquetEncoder::memory_size).sum::<usize>() > limit {
            let Some(largest) = self.files.values_mut().max_by_key(|file| file.memory_size()) else { break };
            largest.flush()?;
        }
        Ok(())
    }
}

impl Encoder for PartitionsEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let batch_without_keys = batch.project(&self.file_columns)?;
        for (partition, rows) in self.rows_by_partition(batch)? {
            let part = match rows.len() == batch.num_rows() {
                true => batch_without_keys.clone(),
                false => take_record_batch(&batch_without_keys, &rows)?,
            };
            self.file(partition)?.write(&part)?;
        }
        self.bound_memory()
    }

    fn flush_rows(&mut self) -> Result<bool, BoxError> {
        Ok(false)
    }

    fn finish(self: Box<Self>) -> Result<u64, BoxError> {
        let mut bytes = 0;
        for (partition, file) in self.files {
            bytes += Box::new(file).finish()?;
            let partition = self.folder.join(partition);
            for folder in partition.ancestors().take(self.partition_by.len() + 1) {
                File::open(folder)?.sync_all()?;
            }
        }
        Ok(bytes)
    }
}

/// Fails before the first row where the name of a folder would be longer than a file system allows.
fn ensure_folder_names_fit(partition_by: &[String]) -> Result<(), BoxError> {
    let is_too_long = |name: &&String| hive_text(name).len() + 1 + DEFAULT_PARTITION.len() > MAX_NAME_BYTES;
    match partition_by.iter().find(is_too_long) {
        Some(name) => Err(format!("the folders of the column {name} would have too long names").into()),
        None => Ok(()),
    }
}

/// Text for a folder's name. Characters with a meaning in paths or for readers are written as
/// `%2F`, as Hive does.
fn hive_text(text: &str) -> Cow<'_, str> {
    let is_special = |c: char| c.is_control() || "/\\:=%\"#'*?[]{}^".contains(c);
    match text {
        "" => DEFAULT_PARTITION.into(),
        "." | ".." => text.replace('.', "%2E").into(),
        _ if text.contains(is_special) => text
            .chars()
            .map(|c| if is_special(c) { format!("%{:02X}", c as u32) } else { c.to_string() })
            .collect::<String>()
            .into(),
        _ => text.into(),
    }
}

/// Whether a folder of this name holds rows with one value of this column.
pub(super) fn is_partition_of(folder: &str, column: &str) -> bool {
    folder.strip_prefix(&*hive_text(column)).is_some_and(|rest| rest.starts_with('='))
}

/// Whether a folder holds partitions by these columns and nothing else, so that it may be replaced
/// as a whole.
pub(super) fn holds_only_partitions(folder: &Path, partition_by: &[String]) -> io::Result<bool> {
    let Some((first, rest)) = partition_by.split_first() else {
        let mut entries = fs::read_dir(folder)?;
        return entries.try_fold(true, |ours, entry| Ok(ours && entry?.file_name() == FILE));
    };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_partition =
            entry.file_type()?.is_dir() && is_partition_of(&entry.file_name().to_string_lossy(), first);
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
            ("", DEFAULT_PARTITION),
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
