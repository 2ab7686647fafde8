//! The flags about files: the list, the output, and the rows held between them.

use std::path::PathBuf;

use clap::Args;

use super::key_help::{help, long_help};
use super::value_parsers::one_of;
use crate::config::{PartitionBy, PartitionColumns, RawConfig, TextList};
use crate::enrich::{Only, Order, SeveralNumbers};
use crate::output::OutputFormat;

#[derive(Debug, Args)]
pub(in crate::cli) struct JobFlags {
    #[arg(short, long, value_name = "FILE", help_heading = "Output", help = help("output"), long_help = long_help("output"))]
    output: Option<PathBuf>,
    #[arg(long, value_parser = one_of::<OutputFormat>(&["csv", "ndjson", "parquet"]), value_name = "FORMAT", help_heading = "Output", help = help("format"), long_help = long_help("format"))]
    format: Option<OutputFormat>,
    #[arg(long, help_heading = "Output", help = help("force"))]
    force: bool,
    #[arg(long, value_name = "TEXT", help_heading = "Output", help = help("prefix"))]
    prefix: Option<String>,
    #[arg(long, value_parser = one_of::<Order>(&["input", "completion"]), help_heading = "Output", help = help("order"))]
    order: Option<Order>,
    #[arg(long, help_heading = "Output", help = help("cost_column"))]
    cost_column: bool,
    #[arg(long, value_name = "FILE", help_heading = "Output", help = help("summary"))]
    summary: Option<PathBuf>,
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        value_parser = one_of::<PartitionBy>(&["country", "status"]),
        help_heading = "Output",
        help = help("partition_by")
    )]
    partition_by: Vec<PartitionBy>,
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output", help = help("keep_columns"))]
    keep_columns: Vec<String>,
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Output", help = help("drop_columns"))]
    drop_columns: Vec<String>,
    #[arg(long, value_name = "FILE", help_heading = "Output", help = help("metrics"))]
    metrics: Option<PathBuf>,
    #[arg(long, value_name = "ADDRESS", help_heading = "Output", help = help("metrics_listen"))]
    metrics_listen: Option<String>,
    #[arg(long, value_name = "FILE", help_heading = "Output", help = help("lock"))]
    lock: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = "Output", help = help("report"))]
    report: Option<PathBuf>,

    #[arg(long, help_heading = "List", help = help("dry_run"))]
    dry_run: bool,
    #[arg(long, value_parser = one_of::<Only>(&["all", "unresolved"]), help_heading = "List", help = help("only"))]
    only: Option<Only>,
    #[arg(long, value_name = "CONDITION", help_heading = "List", help = help("filter"), long_help = long_help("filter"))]
    filter: Vec<String>,
    #[arg(short, long, value_name = "NAME", help_heading = "List", help = help("column"), long_help = long_help("column"))]
    column: Vec<String>,
    #[arg(long, value_name = "NAME", help_heading = "List", help = help("region_column"), long_help = long_help("region_column"))]
    region_column: Option<String>,
    #[arg(long, help_heading = "List", help = help("international"))]
    international: bool,
    #[arg(
        long,
        value_parser = one_of::<SeveralNumbers>(&["refuse", "first", "rows"]),
        help_heading = "List",
        help = help("several_numbers")
    )]
    several_numbers: Option<SeveralNumbers>,
    #[arg(long, value_name = "SHARE", help_heading = "List", help = help("max_invalid"), long_help = long_help("max_invalid"))]
    max_invalid: Option<f64>,
    #[arg(long, value_name = "CHARACTER", help_heading = "List", help = help("delimiter"))]
    delimiter: Option<String>,
    /// The CSV list has a header row [default: detected]
    #[arg(long, help_heading = "List", overrides_with = "no_header")]
    header: bool,
    /// The CSV list has no header row [default: detected]
    #[arg(long, help_heading = "List")]
    no_header: bool,
    #[arg(long, value_name = "NAME", help_heading = "List", help = help("sheet"))]
    sheet: Option<String>,
    #[arg(long, value_name = "N", help_heading = "List", help = help("skip_lines"))]
    skip_lines: Option<u64>,
    #[arg(long, value_name = "CHARACTER", help_heading = "List", help = help("quote"))]
    quote: Option<String>,
    #[arg(long, value_name = "CHARACTER", help_heading = "List", help = help("escape"))]
    escape: Option<String>,
    #[arg(long, value_name = "NAME", help_heading = "List", help = help("encoding"))]
    encoding: Option<String>,
    #[arg(long, value_name = "N", help_heading = "List", help = help("window_rows"))]
    window_rows: Option<u32>,
}

impl JobFlags {
    pub(in crate::cli) fn raw_config(self) -> RawConfig {
        RawConfig {
            output: self.output,
            format: self.format,
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
            column: texts(self.column),
            region_column: self.region_column,
            international: self.international.then_some(true),
            several_numbers: self.several_numbers,
            max_invalid: self.max_invalid,
            delimiter: self.delimiter,
            header: self.no_header.then_some(false).or(self.header.then_some(true)),
            sheet: self.sheet,
            skip_lines: self.skip_lines,
            quote: self.quote,
            escape: self.escape,
            encoding: self.encoding,
            window_rows: self.window_rows,
            ..RawConfig::default()
        }
    }
}

fn texts(words: Vec<String>) -> Option<TextList> {
    (!words.is_empty()).then_some(TextList(words))
}
