//! A folder as a list: the files in it and in its Hive-style partitions.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::InputError;
use super::partition_path::partition;
use super::table_format::{TableFormat, is_part_of_a_table};

/// How deep partitions may be nested; a link that leads back up ends here.
const MAX_DEPTH: usize = 32;

/// All files of a folder, sorted by name, with those of its partitions. What begins with `_` or `.`
/// is passed over, as by the engines that write such folders.
pub(super) fn files_in(folder: &Path, remarks: &mut Vec<String>) -> Result<Vec<PathBuf>, InputError> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files, remarks)?;
    match files.is_empty() {
        true => Err(InputError::malformed(
            folder,
            "this folder has no list in it",
            "name a file, a folder with files, or a pattern such as 'lists/*.csv'",
        )),
        false => Ok(files),
    }
}

fn collect(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    remarks: &mut Vec<String>,
) -> Result<(), InputError> {
    if depth > MAX_DEPTH {
        let help = "check it for a link that leads back to a folder above";
        return Err(InputError::malformed(folder, "partitions are nested too deeply", help));
    }
    ensure_no_table_format(folder)?;
    let unreadable = |source| InputError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths.into_iter().filter(|path| !is_passed_over(path)) {
        if !path.is_dir() {
            files.push(path);
        } else if name_of(&path).and_then(partition).is_some() {
            collect(&path, depth + 1, files, remarks)?;
        } else {
            remarks.push(format!("{}: this folder is not a partition and was not read", path.display()));
        }
    }
    Ok(())
}

/// Whether engines that read such folders pass it over.
pub(super) fn is_passed_over(path: &Path) -> bool {
    name_of(path).is_some_and(|name| name.starts_with(['_', '.']) && !is_partition_with_underscore(name))
}

/// `_region=EU` is a partition whose column begins with `_`.
fn is_partition_with_underscore(name: &str) -> bool {
    name.starts_with('_') && name.contains('=')
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Refuses the folder of a table whose log says which files count. A partition of such a table, or
/// its folder `data`, is refused too.
pub(super) fn ensure_no_table_format(folder: &Path) -> Result<(), InputError> {
    for folder in folder.ancestors() {
        if let Some(format) = TableFormat::ALL.into_iter().find(|format| has_log(folder, *format)) {
            return Err(format.refused(folder));
        }
        if !name_of(folder).is_some_and(is_part_of_a_table) {
            break;
        }
    }
    Ok(())
}

fn has_log(folder: &Path, format: TableFormat) -> bool {
    let log = folder.join(format.log_folder());
    match format {
        TableFormat::Delta | TableFormat::Hudi => log.is_dir(),
        TableFormat::Iceberg => {
            let Ok(entries) = fs::read_dir(log) else { return false };
            entries
                .flatten()
                .any(|entry| entry.file_name().to_str().is_some_and(|name| format.is_shown_by(name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "phone\n").unwrap();
        }
        folder
    }

    fn found(files: &[&str]) -> (Result<Vec<String>, InputError>, Vec<String>) {
        let folder = folder(files);
        let mut remarks = Vec::new();
        let found = files_in(folder.path(), &mut remarks).map(|paths| {
            let relative = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
            paths.into_iter().map(relative).collect()
        });
        (found, remarks)
    }

    #[test]
    fn files_and_partitions_are_read_in_the_order_of_their_names() {
        let (files, remarks) = found(&[
            "c=SE/d=2/b.parquet",
            "c=SE/d=1/a.parquet",
            "c=GB/_SUCCESS",
            "c=GB/.a.parquet.crc",
            "c=GB/a.parquet",
            "_temporary/0/x.parquet",
            "_c=1/a.parquet",
            ".hidden/a.parquet",
            "top.parquet",
        ]);
        assert_eq!(
            files.unwrap(),
            ["_c=1/a.parquet", "c=GB/a.parquet", "c=SE/d=1/a.parquet", "c=SE/d=2/b.parquet", "top.parquet"]
        );
        assert!(remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn other_folders_are_left_out_and_named() {
        let (files, remarks) = found(&["a.csv", "old/b.csv"]);
        assert_eq!(files.unwrap(), ["a.csv"]);
        assert!(remarks[0].contains("old: this folder is not a partition"), "{remarks:?}");
    }

    #[test]
    fn tables_with_a_log_and_empty_folders_are_refused() {
        for (files, part) in [
            (&["_delta_log/00000.json", "a.parquet"][..], "Delta"),
            (&["metadata/v1.metadata.json", "data/a.parquet"], "Iceberg"),
            (&[".hoodie/hoodie.properties", "a.parquet"], "Hudi"),
            (&["_SUCCESS"], "no list in it"),
        ] {
            let message = found(files).0.unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
