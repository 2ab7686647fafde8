//! Which format a file gets: by the ending of its name, unless it is named.

use std::path::Path;

use super::error::OutputError;

/// The format of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// Parquet.
    Parquet,
    /// CSV.
    Csv,
    /// One JSON object on each line.
    Ndjson,
}

impl OutputFormat {
    pub(super) fn of(path: &Path) -> Result<Self, OutputError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("parquet" | "pq") => Ok(Self::Parquet),
            Some("csv") => Ok(Self::Csv),
            Some("ndjson" | "jsonl") => Ok(Self::Ndjson),
            _ if path == Path::new("-") => Err(OutputError::NoFormat),
            _ => Err(OutputError::UnknownFormat { path: path.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        for (name, format) in [
            ("a.parquet", Some(OutputFormat::Parquet)),
            ("folder.csv/a.PQ", Some(OutputFormat::Parquet)),
            ("a.csv", Some(OutputFormat::Csv)),
            ("a.b.ndjson", Some(OutputFormat::Ndjson)),
            ("a.jsonl", Some(OutputFormat::Ndjson)),
            ("a.csv.gz", None),
            ("a.xlsx", None),
            (".csv", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(OutputFormat::of(Path::new(name)).ok(), format, "{name}");
        }
    }
}
