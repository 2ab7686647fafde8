//! Folders of partitions, which are committed as a whole.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};

use super::{printed, stream_of};
use crate::output::{OutputSettings, Replace, prepare};

/// Rows with a column to partition by.
fn countries(countries: &[Option<&str>], first: i64) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + countries.len() as i64));
    let country: ArrayRef = Arc::new(StringArray::from(countries.to_vec()));
    RecordBatch::try_from_iter([("id", ids), ("country", country)]).unwrap()
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        match entry.is_dir() {
            true => files.extend(files_below(&entry).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => files.push(name),
        }
    }
    files.sort();
    files
}

fn ids_in(file: &Path) -> Vec<i64> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert!(
        batches.iter().all(|batch| batch.num_columns() == 1),
        "the partition's column is in the folder's name"
    );
    let ids = batches.iter().map(|batch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap());
    ids.flat_map(|ids| ids.values().to_vec()).collect()
}

#[tokio::test]
async fn rows_go_to_the_folder_of_their_partition_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enriched");
    for (replace, expected) in [(Replace::Never, true), (Replace::Never, false), (Replace::Allowed, true)] {
        let settings = OutputSettings {
            partition_by: vec!["country".into()],
            // Row groups this small are written early.
            row_group_bytes: 1,
            replace,
            ..OutputSettings::new(&path)
        };
        let Ok(target) = prepare(&settings) else {
            assert!(!expected);
            continue;
        };
        let batches = vec![
            countries(&[Some("SE"), None, Some("NO"), Some("SE")], 0),
            countries(&[Some("NO"), Some("SE")], 4),
        ];
        let whole = target.write(stream_of(batches), Arc::default()).await.unwrap();
        assert_eq!(whole.rows(), 6);
        assert!(replace == Replace::Allowed || !path.exists(), "nothing is visible before the commit");
        assert_eq!(whole.commit().await.unwrap(), path);
    }
    let files = files_below(folder.path());
    assert_eq!(
        files,
        ["NO", "SE", "__HIVE_DEFAULT_PARTITION__"]
            .map(|part| format!("enriched/country={part}/part-0.parquet"))
    );
    let ids = files.iter().map(|file| ids_in(&folder.path().join(file))).collect::<Vec<_>>();
    assert_eq!(ids, [vec![2, 4], vec![0, 3, 5], vec![1]]);
}

#[tokio::test]
async fn a_folder_that_holds_anything_else_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enriched");
    let settings = OutputSettings {
        partition_by: vec!["country".into()],
        replace: Replace::Allowed,
        ..OutputSettings::new(&path)
    };
    fs::create_dir_all(path.join("country=SE")).unwrap();
    assert!(prepare(&settings).is_ok());
    fs::write(path.join("thesis.txt"), "years of work").unwrap();
    let error = prepare(&settings).unwrap_err();
    let message = printed(&error);
    assert!(message.contains("more than partitions") && message.contains("name another"), "{message}");
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, "a file").unwrap();
    let error = prepare(&settings).unwrap_err();
    let message = printed(&error);
    assert!(message.contains("this is a file") && message.contains("name a folder"), "{message}");
}

#[tokio::test]
async fn an_interrupted_run_keeps_its_partitions_under_the_partial_name() {
    let folder = tempfile::tempdir().unwrap();
    let settings = OutputSettings {
        partition_by: vec!["country".into()],
        ..OutputSettings::new(folder.path().join("enriched"))
    };
    for _ in 0..2 {
        let target = prepare(&settings).unwrap();
        let whole = target.write(stream_of(vec![countries(&[Some("SE")], 0)]), Arc::default()).await.unwrap();
        assert_eq!(whole.commit_partial().await.unwrap(), folder.path().join("enriched.partial"));
        assert_eq!(files_below(folder.path()), ["enriched.partial/country=SE/part-0.parquet"]);
    }
}
