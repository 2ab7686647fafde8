//! Tables whose log says which of their files count: the others are older versions and deleted rows.

use std::path::Path;

use super::error::InputError;
use super::partition_path::partition;

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableFormat {
    Delta,
    Iceberg,
    Hudi,
}

impl TableFormat {
    pub(super) const ALL: [Self; 3] = [Self::Delta, Self::Iceberg, Self::Hudi];

    /// The folder of the log, in the folder of the table.
    pub(super) fn log_folder(self) -> &'static str {
        match self {
            Self::Delta => "_delta_log",
            Self::Iceberg => "metadata",
            Self::Hudi => ".hoodie",
        }
    }

    /// Whether a file in the folder of a log, or in one of that name, shows that it is one.
    pub(super) fn is_shown_by(self, file_name: &str) -> bool {
        match self {
            Self::Delta | Self::Hudi => true,
            Self::Iceberg => file_name.ends_with(".metadata.json") || file_name == "version-hint.text",
        }
    }

    /// The folder of the table whose log this file is a part of, by its path.
    pub(super) fn of_log_file(path: &str) -> Option<(&str, Self)> {
        let (_, name) = path.rsplit_once('/')?;
        Self::ALL.into_iter().find_map(|format| {
            let log = format.log_folder();
            let folder = path.find(&format!("{log}/")).filter(|at| *at == 0 || path[..*at].ends_with('/'))?;
            format.is_shown_by(name).then(|| (path[..folder].trim_end_matches('/'), format))
        })
    }

    /// The error of a list that is such a table, or a part of one.
    pub(super) fn refused(self, folder: &Path) -> InputError {
        let (name, engine) = match self {
            Self::Delta => ("a Delta", "delta_scan"),
            Self::Iceberg => ("an Iceberg", "iceberg_scan"),
            Self::Hudi => {
                return InputError::malformed(
                    folder,
                    "this is a Hudi table, of which not every file counts",
                    "export its current rows to a Parquet file with the engine that wrote it",
                );
            }
        };
        let help = format!(
            "export its current rows, for example with DuckDB: COPY (FROM {engine}('{}')) TO 'list.parquet'; or name \
             its current data files one by one",
            folder.display()
        );
        InputError::malformed(folder, format!("this is {name} table, of which not every file counts"), help)
    }
}

/// Whether a folder of this name may be a part of the table in the folder above.
pub(super) fn is_part_of_a_table(name: &str) -> bool {
    name == "data" || partition(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_known_by_their_paths() {
        for (path, expected) in [
            ("lake/t/_delta_log/0000.json", Some(("lake/t", TableFormat::Delta))),
            ("_delta_log/0000.json", Some(("", TableFormat::Delta))),
            ("lake/t/metadata/v1.metadata.json", Some(("lake/t", TableFormat::Iceberg))),
            ("lake/t/.hoodie/a/b", Some(("lake/t", TableFormat::Hudi))),
            ("lake/metadata/list.csv", None),
            ("lake/my_delta_log/list.csv", None),
            ("lake/list.csv", None),
        ] {
            assert_eq!(TableFormat::of_log_file(path), expected, "{path}");
        }
    }
}
