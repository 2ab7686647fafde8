//! What is told while a run goes on and when it ends.
//!
//! Counters for the many, events for the few: the core bumps atomics, whoever shows progress samples
//! them. Nothing here prints.

pub mod counters;
pub mod event;
pub mod latency;
pub mod metrics;
pub mod page;
pub mod places;
pub mod story;
pub mod timeline;

pub use counters::{Costs, Counters, Snapshot};
pub use event::{Event, NoReporter, Reporter};
pub use story::Story;
