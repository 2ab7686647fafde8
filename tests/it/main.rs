//! The program from outside, one module for each subject: `cargo test --test it ledger` runs one of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and waits in real time"
)]

mod architecture;
mod contract;
mod corpus;
mod documents;
mod enrich;
mod guide;
mod harness;
mod ledger;
mod ledger_edges;
mod nightly;
mod paused_time;
mod report;
mod service;
