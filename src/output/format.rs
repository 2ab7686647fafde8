//! Which format a file gets, by the ending of its name.

use std::fs::File;
use std::path::Path;

use arrow::datatypes::SchemaRef;

use super::csv::CsvEncoder;
use super::encoder::Encoder;
use super::error::OutputError;
use super::ndjson::NdjsonEncoder;
use super::parquet::ParquetEncoder;
use super::settings::OutputSettings;
use crate::model::BoxError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Csv,
    Ndjson,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, OutputError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("parquet" | "pq") => Ok(Self::Parquet),
            Some("csv") => Ok(Self::Csv),
            Some("ndjson" | "jsonl") => Ok(Self::Ndjson),
            _ => Err(OutputError::UnknownFormat { path: path.to_owned() }),
        }
    }

    /// Starts a file of this format. Fails when the format cannot hold one of the columns.
    pub(super) fn encoder(
        self,
        file: File,
        schema: &SchemaRef,
        settings: &OutputSettings,
    ) -> Result<Box<dyn Encoder>, BoxError> {
        Ok(match self {
            Self::Parquet => Box::new(ParquetEncoder::new(file, schema, settings)?),
            Self::Csv => Box::new(CsvEncoder::new(file, schema)?),
            Self::Ndjson => Box::new(NdjsonEncoder::new(file, schema)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        for (name, format) in [
            ("a.parquet", Some(Format::Parquet)),
            ("folder.csv/a.PQ", Some(Format::Parquet)),
            ("a.csv", Some(Format::Csv)),
            ("a.b.ndjson", Some(Format::Ndjson)),
            ("a.jsonl", Some(Format::Ndjson)),
            ("a.csv.gz", None),
            ("a.xlsx", None),
            (".csv", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(Format::of(Path::new(name)).ok(), format, "{name}");
        }
    }
}
