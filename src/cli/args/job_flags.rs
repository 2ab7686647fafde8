//! The flags about files: the list, the output, and the rows held between them.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::one_of;
use crate::config::{PartitionBy, PartitionColumns, RawConfig, TextList};
use crate::enrich::{Only, Order};

#[derive(Debug, Args)]
pub(in crate::cli) struct JobFlags {
    /// Output file: .parquet, .csv or .ndjson [required here or in the pipeline file]
    ///
    /// All file names may contain {date}, {time}, {year}, {month} and {day}: the start of the run.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Prefix of the added columns [default: hlr_]
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    prefix: Option<String>,
    /// Row order: input keeps it, completion is faster but unordered [default: input]
    #[arg(long, value_parser = one_of::<Order>(&["input", "completion"]), help_heading = "Output")]
    order: Option<Order>,
    /// Add a column with the cost of each row; needs a price
    #[arg(long, help_heading = "Output")]
    cost_column: bool,
    /// Write the figures of the run to this file as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    summary: Option<PathBuf>,
    /// Write a Hive-partitioned Parquet folder, by country, by status, or by both in this order
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        value_parser = one_of::<PartitionBy>(&["country", "status"]),
        help_heading = "Output"
    )]
    partition_by: Vec<PartitionBy>,
    /// Keep only these columns of the list
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output")]
    keep_columns: Vec<String>,
    /// Leave these columns out of the output
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output")]
    drop_columns: Vec<String>,
    /// Write Prometheus metrics to this file, every few seconds and at the end
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    metrics: Option<PathBuf>,
    /// Serve Prometheus metrics at this address during the run, for example 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS", help_heading = "Output")]
    metrics_listen: Option<String>,
    /// Lock file that keeps other runs out [default: a hidden file beside the output]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    lock: Option<PathBuf>,
    /// Write a self-contained HTML report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,

    /// Estimate lookups, cost and time without sending a request
    #[arg(long, help_heading = "List")]
    dry_run: bool,
    /// Rows to look up: all, or the unresolved rows of an enriched file [default: all]
    #[arg(long, value_parser = one_of::<Only>(&["all", "unresolved"]), help_heading = "List")]
    only: Option<Only>,
    /// Process only rows that meet this condition; may be repeated
    ///
    /// A condition is column=value, column=this|that or column!=value. Other rows are left out.
    #[arg(long, value_name = "CONDITION", help_heading = "List")]
    filter: Vec<String>,
    /// Column with the numbers [default: found by its name]
    #[arg(short, long, value_name = "NAME", help_heading = "List")]
    column: Option<String>,
    /// Delimiter of a CSV list: one character, or tab [default: detected]
    #[arg(long, value_name = "CHARACTER", help_heading = "List")]
    delimiter: Option<String>,
    /// The CSV list has no header row [default: detected]
    #[arg(long, help_heading = "List")]
    no_header: bool,
    /// Maximum number of rows held in memory between reading and writing [default: 131072]
    #[arg(long, value_name = "N", help_heading = "List")]
    window_rows: Option<u32>,
}

impl JobFlags {
    pub(in crate::cli) fn written(self) -> RawConfig {
        RawConfig {
            output: self.output,
            force: self.force.then_some(true),
            prefix: self.prefix,
            order: self.order,
            cost_column: self.cost_column.then_some(true),
            summary: self.summary,
            partition_by: (!self.partition_by.is_empty()).then_some(PartitionColumns(self.partition_by)),
            keep_columns: texts(self.keep_columns),
            drop_columns: texts(self.drop_columns),
            metrics: self.metrics,
            metrics_listen: self.metrics_listen,
            lock: self.lock,
            filter: texts(self.filter),
            report: self.report,
            dry_run: self.dry_run.then_some(true),
            only: self.only,
            column: self.column,
            delimiter: self.delimiter,
            header: self.no_header.then_some(false),
            window_rows: self.window_rows,
            ..RawConfig::default()
        }
    }
}

fn texts(words: Vec<String>) -> Option<TextList> {
    (!words.is_empty()).then_some(TextList(words))
}
