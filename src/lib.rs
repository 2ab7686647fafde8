//! Bulk HLR lookups: a stream of record batches becomes a stream of record batches with more columns.

pub mod answer;
pub mod batch;
pub mod error;
pub mod msisdn;
pub mod plmn;
pub mod simulator;
