//! Bulk HLR lookups: a stream of record batches becomes a stream of record batches with more columns.

pub mod answer;
pub mod batch;
pub mod error;
pub mod input;
pub mod msisdn;
pub mod output;
pub mod plmn;
