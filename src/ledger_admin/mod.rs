//! A ledger between runs, as its user sees it: figures, files out and in, numbers forgotten. Nobody is asked.

mod export;
mod forget;
mod import;
mod stats;

pub use self::export::export;
pub use self::forget::{NotForgotten, numbers_of};
pub use self::import::{ImportError, Imported, Origin, import, prefix_of};
pub use self::stats::{Place, Stats};
