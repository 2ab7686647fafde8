//! URLs of objects, patterns and folders in object stores become files of a list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use glob::{MatchOptions, Pattern};

use super::error::InputError;
use super::folder::is_passed_over;
use super::partition_path::{partition, partitions_of};
use super::source::ListFile;
use super::table_format::{TableFormat, is_part_of_a_table};
use crate::storage::{Bucket, ObjectInfo, ObjectReader, ObjectUrl, Storage, StorageErrorKind};

/// The files that a URL stands for: an object, the objects that a pattern matches, or a folder.
pub(super) fn files_at(
    url: &ObjectUrl,
    storage: &Storage,
    options: MatchOptions,
    remarks: &mut Vec<String>,
) -> Result<Vec<ListFile>, InputError> {
    let bucket = storage.bucket(url)?;
    let key = url.key();
    if !key.is_empty() && !key.ends_with('/') {
        match bucket.head(key).wait() {
            Ok(object) => return Ok(vec![list_file(&bucket, object)]),
            Err(error) if error.kind() == StorageErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    match key.contains(['*', '?', '[']) {
        true => matches(url, &bucket, options),
        false => folder(url, &bucket, remarks),
    }
}

/// Like local patterns: sorted, without hidden objects and markers such as `_SUCCESS`.
fn matches(url: &ObjectUrl, bucket: &Bucket, options: MatchOptions) -> Result<Vec<ListFile>, InputError> {
    let pattern = Pattern::new(url.key())
        .map_err(|fault| InputError::InvalidPattern { pattern: url.to_string(), source: fault.into() })?;
    let literal = url.key().split(['*', '?', '[']).next().unwrap_or_default();
    let (folder, _) = literal.rsplit_once('/').unwrap_or_default();
    let mut objects = bucket.list(folder).wait()?;
    let tables = tables_among(&objects);
    objects.retain(|object| pattern.matches_with(&object.key, options) && !is_marker(&object.key));
    ensure_is_in_no_table(&url.with_key(folder), bucket)?;
    match objects.is_empty() {
        true => Err(InputError::NoMatch { pattern: url.to_string() }),
        false => list_files(url, bucket, objects, &tables),
    }
}

/// The objects in a folder and in its Hive-style partitions.
fn folder(url: &ObjectUrl, bucket: &Bucket, remarks: &mut Vec<String>) -> Result<Vec<ListFile>, InputError> {
    let folder = url.key().trim_end_matches('/');
    let objects = bucket.list(folder).wait()?;
    ensure_is_in_no_table(&url.with_key(folder), bucket)?;
    let tables = tables_among(&objects);
    let (mut files, mut passed_over) = (Vec::new(), BTreeSet::new());
    for object in objects {
        let Some(below) = below(&object.key, folder) else { continue };
        let mut parts: Vec<&str> = below.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        if parts.iter().chain([&name]).any(|part| is_passed_over(Path::new(part))) {
            continue;
        }
        match parts.iter().position(|part| partition(part).is_none()) {
            None => files.push(object),
            Some(place) => {
                let other = url.with_key(folder).join(&parts[..=place].join("/"));
                passed_over.insert(format!("{other}: this folder is not a partition and was not read"));
            }
        }
    }
    remarks.extend(passed_over);
    match files.is_empty() {
        true => Err(InputError::malformed(
            Path::new(&url.to_string()),
            "there is no such object, and no folder with a list in it",
            "check the URL; a pattern such as 's3://bucket/lists/*.csv' names several files",
        )),
        false => list_files(url, bucket, files, &tables),
    }
}

/// The tables whose logs are among these objects, by their folders.
fn tables_among(objects: &[ObjectInfo]) -> BTreeMap<String, TableFormat> {
    let found = objects.iter().filter_map(|object| TableFormat::of_log_file(&object.key));
    found.map(|(folder, format)| (folder.to_owned(), format)).collect()
}

/// These objects, if none is a part of one of the tables.
fn list_files(
    url: &ObjectUrl,
    bucket: &Bucket,
    objects: Vec<ObjectInfo>,
    tables: &BTreeMap<String, TableFormat>,
) -> Result<Vec<ListFile>, InputError> {
    let lies_in = |folder: &str| objects.iter().any(|object| below(&object.key, folder).is_some());
    match tables.iter().find(|(folder, _)| lies_in(folder)) {
        Some((folder, format)) => Err(format.refused(Path::new(&url.with_key(folder).to_string()))),
        None => Ok(objects.into_iter().map(|object| list_file(bucket, object)).collect()),
    }
}

/// The part of a key below a folder. An object with the name of the folder is its marker.
fn below<'a>(key: &'a str, folder: &str) -> Option<&'a str> {
    match folder {
        "" => Some(key),
        folder => key.strip_prefix(folder)?.strip_prefix('/'),
    }
    .filter(|below| !below.is_empty())
}

/// Refuses a folder whose files are those of a table above it.
fn ensure_is_in_no_table(folder: &ObjectUrl, bucket: &Bucket) -> Result<(), InputError> {
    let mut key = folder.key();
    loop {
        for format in TableFormat::ALL {
            let log = folder.with_key(key).join(format.log_folder());
            let is_one = match format {
                TableFormat::Delta | TableFormat::Hudi => bucket.has_any(log.key()).wait()?,
                TableFormat::Iceberg => {
                    let objects = bucket.list(log.key()).wait()?;
                    objects.iter().any(|object| TableFormat::of_log_file(&object.key).is_some())
                }
            };
            if is_one {
                return Err(format.refused(Path::new(&folder.with_key(key).to_string())));
            }
        }
        let (parent, name) = key.rsplit_once('/').unwrap_or(("", key));
        if key.is_empty() || !is_part_of_a_table(name) {
            return Ok(());
        }
        key = parent;
    }
}

fn is_marker(key: &str) -> bool {
    let path = Path::new(key);
    is_passed_over(path) && !partitions_of(path).is_empty()
}

fn list_file(bucket: &Bucket, object: ObjectInfo) -> ListFile {
    let partitions = partitions_of(Path::new(&object.key));
    ListFile::object(ObjectReader::new(bucket.clone(), object), partitions)
}
