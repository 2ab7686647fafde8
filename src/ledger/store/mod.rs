//! The file of a ledger: the only code that knows the database (redb) and the layout of its tables.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | `about` | a key of the metadata | text: the format, where answers come from, the run marker, … |
//! | one for each answer scope | a number, `u64` | an answer, 20 bytes |
//! | `journal` | an ascending sequence, `u64` | a scope, then numbers and answers as they came |
//! | `texts` | an index, `u16` | an undocumented result |
//!
//! Each commit adds an entry to the journal. Later its answers are folded into their scopes, many
//! at a time and in order: a commit of 1,000 random numbers would rewrite 1,000 pages of the tree
//! to store 28 kB. Numbers are not hashed: there are so few that all of them can be tried.

mod creation;
mod database;
mod journal;
mod maintenance;
mod metadata;
mod redb_error;
mod redb_store;
mod reserve;
mod tables;
mod watched_file;

pub use self::metadata::{AnswerOrigin, IfMissing};

pub(super) use self::journal::{FoldProgress, Folding};
pub(super) use self::redb_store::Store;
