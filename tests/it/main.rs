//! Tests of the program from outside, one module for each subject. `cargo test --test it ledger` runs
//! one of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may panic, wait in real time and say what it skips"
)]

mod architecture;
mod cases;
mod contract;
mod corpus;
mod documents;
mod enrich;
mod faults;
mod guide;
mod harness;
mod ledger;
mod ledger_edges;
mod library;
mod nightly;
mod object_stores;
mod paused_time;
mod python;
mod real_lists;
mod report;
mod service;
mod streaming_output;
