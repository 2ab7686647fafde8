//! What is counted and reported while a run goes on.
//!
//! Counters for what happens often, events for what happens rarely. The stages add to atomics, and
//! whoever shows progress samples them. Nothing here prints.

pub mod breakdown;
mod count;
pub mod counters;
pub mod events;
pub mod latency;
pub mod prometheus;
pub mod timeline;

pub use self::count::Count;
pub use self::counters::{Costs, Counters, Snapshot};
pub(crate) use self::events::ContainedReporter;
pub use self::events::{Event, NoReporter, Reporter};
