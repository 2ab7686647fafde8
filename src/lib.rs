//! Bulk HLR lookups: a stream of record batches becomes a stream of record batches with more columns.
//!
//! # The walk of one number
//!
//! | | where | what happens |
//! | --- | --- | --- |
//! | 1 | [`input`] | a row arrives as text in a record batch |
//! | 2 | [`enrich`] | each batch becomes a task; a bounded window of them is under way |
//! | 3 | [`numbering`] | `+46 (0)70-174 06 05` becomes an [`msisdn::Msisdn`], or is refused with a reason |
//! | 4 | [`ledger`] | what was paid for already ends here |
//! | 5 | [`lookup`] | the first asker starts the question, later ones wait for it; gate, pace, retries |
//! | 6 | [`service`] | one request, one word back |
//! | 7 | [`enrich`] | answers become columns beside the input's own |
//! | 8 | [`output`] | encoded on a thread of its own; the file gets its name when it is whole |
//!
//! [`report`] counts along the way. ARCHITECTURE.md says who may import whom, and why things are as they are.

pub mod cli;
pub mod config;
pub mod enrich;
pub mod enricher;
mod humanize;
pub mod input;
pub mod job;
pub mod ledger;
pub mod ledger_admin;
pub mod lookup;
pub mod model;
pub mod numbering;
pub mod output;
pub mod pricing;
pub mod report;
pub mod service;
pub mod simulator;
mod staging;
mod suggest;
mod sync;
pub mod task;
pub mod telemetry;
