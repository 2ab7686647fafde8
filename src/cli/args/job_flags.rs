//! The flags of a job with files: what is read, what is written, how much is held between.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::one_of;
use crate::config::{PartitionBy, PartitionColumns, RawConfig, TextList};
use crate::enrich::{Only, Order};

#[derive(Debug, Args)]
pub(in crate::cli) struct JobFlags {
    /// The file to write, .parquet, .csv or .ndjson; {date}, {time}, {year}, {month} and {day} in its name, and in those of the
    /// list and of what is written beside it, are when the run starts [required here or in the pipeline file]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Replace the output if it is there already
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// What the names of the added columns begin with [default: hlr_]
    #[arg(long, value_name = "TEXT", help_heading = "Output")]
    prefix: Option<String>,
    /// In which order rows are written; completion is sooner, and in no order [default: input]
    #[arg(long, value_parser = one_of::<Order>(&["input", "completion"]), help_heading = "Output")]
    order: Option<Order>,
    /// Add a column of what each row cost; needs a price
    #[arg(long, help_heading = "Output")]
    cost_column: bool,
    /// Write the figures of the run to this file, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    summary: Option<PathBuf>,

    /// Write a folder of Parquet files, parted by country, by status, or by both in this order
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        value_parser = one_of::<PartitionBy>(&["country", "status"]),
        help_heading = "Output"
    )]
    partition_by: Vec<PartitionBy>,
    /// Write these of the list's own columns only
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output")]
    keep_columns: Vec<String>,
    /// Do not write these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output")]
    drop_columns: Vec<String>,
    /// Write the counts to this file as Prometheus' text, every few seconds and at the end
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    metrics: Option<PathBuf>,
    /// Serve the same text at this address while the run goes on, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS", help_heading = "Output")]
    metrics_listen: Option<String>,
    /// Lock this file while the run goes on, so that no other is at work [default: a hidden file beside the output]
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    lock: Option<PathBuf>,
    /// Tell the run on one self-contained HTML page
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    report: Option<PathBuf>,
    /// Estimate the list and send nothing: what would be asked, at what price, in what time
    #[arg(long, help_heading = "List")]
    dry_run: bool,
    /// Which rows are asked about; unresolved takes an enriched file, and asks about its rows that have no verdict
    /// [default: all]
    #[arg(long, value_parser = one_of::<Only>(&["all", "unresolved"]), help_heading = "List")]
    only: Option<Only>,
    /// Work on rows only that fulfil this condition, and leave the others out: column=value, column=this|that,
    /// column!=value; may be repeated
    #[arg(long, value_name = "CONDITION", help_heading = "List")]
    filter: Vec<String>,
    /// The column of the numbers [default: found by its name]
    #[arg(short, long, value_name = "NAME", help_heading = "List")]
    column: Option<String>,
    /// What stands between the cells of a CSV list: one character, or tab [default: detected]
    #[arg(long, value_name = "CHARACTER", help_heading = "List")]
    delimiter: Option<String>,
    /// The CSV list has no line with the names of its columns [default: detected]
    #[arg(long, help_heading = "List")]
    no_header: bool,
    /// How many rows may be held between reading and writing; costs memory [default: 131072]
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
