//! What was already paid for.
//!
//! Answers go in as soon as they arrive, before any row shows them, and every number is looked for here
//! before it is asked. Failures to answer never come here.

pub mod memory;
mod packed;

use crate::answer::{Answered, Source};
use crate::msisdn::Msisdn;

pub use memory::MemoryLedger;

/// An answer that was paid for before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The answer, with when and how it was obtained.
    pub answered: Answered,
    /// [`Source::Duplicate`] when this run obtained it, [`Source::Ledger`] when an earlier one did.
    pub source: Source,
}

/// A store of answers by number.
pub trait Ledger: Send + Sync + 'static {
    /// What is known of each of these numbers, in their order.
    fn find(&self, numbers: &[Msisdn]) -> Vec<Option<Remembered>>;

    /// Keeps an answer. When this returns, [`Ledger::find`] gives it.
    fn record(&self, msisdn: Msisdn, answered: &Answered);
}
