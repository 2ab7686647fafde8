//! The file of a ledger: the only code that knows the database (redb) and the layout of its tables.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `about` | a key of the metadata | text: the format, where answers come from, the run marker, … |
//! | one for each answer scope | the first number that may be in a block, `u64` | a block of answers |
//! | `totals` | a scope, `u8` | how many answers, blocks and bytes it has |
//! | `journal` | an ascending sequence, `u64` | a scope, then numbers and answers as they came |
//! | `texts` | an index, `u16` | an undocumented result |
//!
//! Each commit adds an entry to the journal. Later its answers are folded into their scopes, many
//! at a time and in order: a commit of 1,000 random numbers would rewrite 1,000 pages of the tree
//! to store 28 kB. Numbers are not hashed: there are so few that all of them can be tried.
//!
//! A block has up to 128 answers of neighbouring numbers, which share their checksum and whatever
//! they have in common: 5 to 10 bytes an answer instead of 28.

mod answer_block;
mod answer_blocks;
mod conversion;
mod creation;
mod database;
mod journal;
mod maintenance;
mod metadata;
mod redb_error;
mod redb_store;
mod reserve;
mod store_fault;
mod tables;
mod watched_file;

pub use self::metadata::{AnswerOrigin, IfMissing};

pub(super) use self::answer_block::AnswerBlock;
#[cfg(test)]
pub(super) use self::answer_block::encode as encode_block;
pub(super) use self::answer_blocks::Totals;
pub(super) use self::journal::{FoldProgress, Folding};
pub(super) use self::redb_store::Store;
