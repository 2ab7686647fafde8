//! Answers that many machines share: immutable Parquet files in an object store or a shared folder,
//! beside each machine's own ledger.
//!
//! ```text
//! <prefix>/_hlr.json                      what the store is, and whose answers it holds
//! <prefix>/_lease/<contract>.json         who asks on a contract now
//! <prefix>/parts/part-<time>-<run>-<n>.parquet    answers of one second
//! <prefix>/sorted/sorted-<time>-<id>-<n>.parquet  many parts, sorted by number
//! ```
//!
//! All files have the columns of `hlr ledger export`, and are sorted by number, as text. Nothing is
//! ever changed in place: the newest answer of a number counts, so a reader that sees some answers
//! twice sees the same. [`SharedLedger`] is a ledger whose answers reach their rows when they are
//! stored here; [`AskingLease`] lets one run at a time ask on a contract.

mod answer_store;
mod asking_lease;
mod catalog;
mod compaction;
mod merge;
mod number_key;
mod part_file;
mod part_writer;
mod reader;
mod row_group;
mod shared_ledger;
mod store_format;

pub(crate) use self::answer_store::AnswerStore;
pub(crate) use self::asking_lease::{AskingLease, InDoubt};
pub use self::compaction::Compacted;
pub(crate) use self::reader::SharedReader;
pub(crate) use self::shared_ledger::{SharedLedger, SharedLedgerSettings};
