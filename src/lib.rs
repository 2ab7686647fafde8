//! Bulk HLR lookups: a stream of record batches becomes a stream of record batches with more
//! columns.
//!
//! An [`Enricher`] reads phone numbers from Arrow record batches, looks each one up within the
//! limits of a contract, and adds the network, status and location to its row. Every answer that
//! was paid for is on disk before a row shows it, and no number is paid for twice.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow::array::{ArrayRef, RecordBatch, StringArray};
//! use futures::TryStreamExt;
//! use hlr_enrich::{Enricher, RecordStream, simulator::SimulatorSettings};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let phones: ArrayRef = Arc::new(StringArray::from(vec!["+46 70-174 06 05", "not a number"]));
//! let list = RecordBatch::try_from_iter([("phone", phones)])?;
//! let enricher = Enricher::builder().simulator(SimulatorSettings::default()).open().await?;
//! let mut rows = enricher.enrich(RecordStream::from_batches(list.schema(), [list]))?;
//! while let Some(batch) = rows.try_next().await? {
//!     println!("{:?}", batch.column_by_name("hlr_status"));
//! }
//! let totals = enricher.close().await?;
//! assert_eq!((totals.counts.answered, totals.counts.invalid), (1, 1));
//! # Ok(())
//! # }
//! ```
//!
//! # Real lookups
//!
//! [`EnricherBuilder::endpoint`] and [`EnricherBuilder::credentials`] name the service and the
//! account, [`EnricherBuilder::ledger`] names the file that keeps the answers. Leaving out what has
//! no safe default is an error of [`EnricherBuilder::open`]. By default a provider gets 10 requests
//! per second, 10 at a time.
//!
//! # How a stream ends
//!
//! A cap, an outage, a refused account or a full disk ends a stream with [`EnrichError::Stopped`]
//! as its last item, after the rows that are done. Enriching the same rows again looks up only the
//! rest. Dropping a stream or an enricher early loses no paid answer as long as the runtime lives.
//!
//! # The map
//!
//! | task | entry point |
//! | --- | --- |
//! | rows in, rows out | [`Enricher::enrich`]; without async [`Enricher::enrich_blocking`] |
//! | a few numbers | [`Enricher::lookup`] |
//! | an estimate of lookups, cost and time | [`DryRun`] |
//! | text to numbers, without a request | [`normalise`], [`normalise_rows`] |
//! | rows in, rows out, with the settings of a pipeline file | [`RowsJob`] |
//! | a whole run over files, as on the command line | [`Job`] |
//! | statistics, export, import and removal of answers | [`ledger_admin`] |
//! | a service to test against | [`simulator`] |
//!
//! # Cargo features
//!
//! `cli` (default) is the program `hlr` and includes the other two. `report` writes the HTML report
//! of a run. `simulator` is a service on loopback with faults on demand. Without default features,
//! only the engine is built.

mod answer_table;
#[cfg(feature = "cli")]
mod cli;
mod config;
mod enrich;
mod enricher;
mod humanize;
mod input;
mod job;
mod ledger;
pub mod ledger_admin;
mod lookup;
mod model;
mod numbering;
mod output;
mod pricing;
mod report;
mod service;
#[cfg(feature = "cloud")]
mod shared_answers;
#[cfg(feature = "simulator")]
pub mod simulator;
mod spill_file;
mod staging;
mod storage;
mod suggest;
mod sync;
mod task;
mod telemetry;
mod worker_threads;

pub use self::config::{
    Diagnostic, Diagnostics, DurationValue, EffectiveSettings, Environment, InvalidDuration, Key, KeySource,
    Location, MaxAgeValue, PartitionBy, PartitionColumns, PriceValue, RawConfig, ResolvedSettings, RetryOn,
    TextList, default_ledger,
};
pub use self::enrich::{NumberSettings, Only, Order, SeveralNumbers, Window};
pub use self::enricher::{
    DryRun, DryRunError, EnrichError, EnrichedReader, EnrichedStream, Enricher, EnricherBuilder, Estimate,
    InvalidSetting, LedgerChoice, LedgerFolder, LedgerSettings, OpenError, Provider, RateChoice, Refresh,
    RowSettings, Settings, SharedEnrichers, Stopped, Totals, normalise_rows,
};
pub use self::input::{CsvFile, FileLine, Finding, InputError, InputNotes};
pub use self::job::{
    DryRunJob, DryRunReport, EnrichedRows, Holder, Job, JobError, JobOutcome, JobReport, Loaded, LockError,
    NumberReading, Progress, RateControl, RowsError, RowsJob, RowsPurpose, RowsReport, RowsSource, RunError,
    StartError, StartedDryRun, StartedJob, Total, UnusableList,
};
pub use self::ledger::{LedgerError, MaxAge};
pub use self::lookup::{Cap, Caps, Finality, Rate, RateError, Reply, RetryPolicy, StopReason, StopSignal};
pub use self::model::{
    Answer, Answered, Billed, CallingCode, ColumnError, Digits, Fault, FaultKind, InvalidAmount,
    LookupResult, Money, Msisdn, NumberRange, Outcome, Plmn, Product, ProviderCache, RecordStream, Setting,
    Source, Status, StreamError, Unanswered, UnansweredReason, Unreadable, UtcMillis,
};
pub use self::numbering::{LineKind, NumberColumnError, Refusal, Region, UnknownRegion, normalise};
pub use self::output::{OutputError, WriteError};
pub use self::pricing::{Charge, Tariff};
pub use self::report::run_report::{CountryRows, FunnelStep, NetworkRows, RangeRows, RunReport};
pub use self::service::{Credentials, Endpoint, EndpointError, InvalidProxy, Proxy, ServiceError};
pub use self::telemetry::breakdown::{Breakdown, BreakdownCounts, BreakdownKey};
pub use self::telemetry::latency::{Latencies, LatencyFigures, Span};
pub use self::telemetry::timeline::{Mark, Point, Timeline};
pub use self::telemetry::{Costs, Count, Counters, Event, NoReporter, Reporter, Snapshot};

/// What the tests, benches and fuzz targets of this project use besides the public API. Everything
/// in here may change in any version.
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "cli")]
    pub mod cli {
        pub use crate::cli::*;
    }
    pub mod config {
        pub use crate::config::*;
    }
    pub mod enrich {
        pub use crate::enrich::*;
    }
    pub mod input {
        pub use crate::input::*;
    }
    pub mod ledger {
        pub use crate::ledger::*;
    }
    pub mod lookup {
        pub use crate::lookup::*;
    }
    pub mod model {
        pub use crate::model::*;
    }
    pub mod numbering {
        pub use crate::numbering::*;
    }
    pub mod output {
        pub use crate::output::*;
    }
    pub mod service {
        pub use crate::service::*;
    }
    pub mod telemetry {
        pub use crate::telemetry::*;
    }
}
