//! A ledger between runs, as its user sees it: figures, files out and in, numbers forgotten. Nobody is asked.

mod export;
mod forget;
mod import;
mod stats;

pub use crate::pipeline::bookkeeping::export::export;
pub use crate::pipeline::bookkeeping::forget::{NotForgotten, numbers_of};
pub use crate::pipeline::bookkeeping::import::{ImportError, Imported, Origin, import, prefix_of};
pub use crate::pipeline::bookkeeping::stats::{Place, Stats};
