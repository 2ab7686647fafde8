//! The columns that the names of Hive-style folders stand for: `country=GB/dt=2026-11-25`.

use std::path::Path;

use percent_encoding::percent_decode_str;

/// The folder of rows whose column is null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column's name and its value in all rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartitionValue {
    pub(super) name: String,
    /// Always text, so that `007` stays what it is; `None` is null.
    pub(super) value: Option<String>,
}

/// The columns of a file by the folders in its path, outermost first. Where a name is repeated, the
/// innermost folder decides.
pub(super) fn partitions_of(file: &Path) -> Vec<PartitionValue> {
    let mut found: Vec<PartitionValue> = Vec::new();
    for folder in file.parent().into_iter().flat_map(Path::components) {
        let Some(partition) = folder.as_os_str().to_str().and_then(partition) else { continue };
        match found.iter_mut().find(|earlier| earlier.name == partition.name) {
            Some(earlier) => *earlier = partition,
            None => found.push(partition),
        }
    }
    found
}

/// What a folder's name stands for, if it is `name=value`. Both are percent-encoded.
pub(super) fn partition(folder: &str) -> Option<PartitionValue> {
    let (name, value) = folder.split_once('=')?;
    if name.is_empty() {
        return None;
    }
    let value = (value != NULL).then(|| decoded(value));
    Some(PartitionValue { name: decoded(name), value })
}

/// Text that does not decode to UTF-8 was not encoded.
fn decoded(text: &str) -> String {
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) => decoded.into_owned(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_columns() {
        let of = |path: &str| -> Vec<(String, Option<String>)> {
            partitions_of(Path::new(path)).into_iter().map(|found| (found.name, found.value)).collect()
        };
        let some = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            of("a/country=GB/dt=2026-11-25/x=y.csv"),
            [some("country", "GB"), some("dt", "2026-11-25")]
        );
        assert_eq!(of("city=S%C3%A3o%20Paulo/x"), [some("city", "São Paulo")]);
        assert_eq!(of("a%3Db=1%2F2/x"), [some("a=b", "1/2")]);
        assert_eq!(of("share=50%/b=%FF/x"), [some("share", "50%"), some("b", "%FF")]);
        assert_eq!(of("a=/x"), [some("a", "")]);
        assert_eq!(of("a=__HIVE_DEFAULT_PARTITION__/x"), [("a".to_owned(), None)]);
        assert_eq!(of("a=1/a=2/=3/x"), [some("a", "2")]);
        assert_eq!(of("plain/x.csv"), []);
    }
}
