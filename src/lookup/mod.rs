//! How an answer is obtained: the stage between the rows and the service.
//!
//! A batch of numbers comes in through [`Lookup::answer_all`]. What the ledger knows ends there; of the
//! rest each number becomes one [`PendingLookup`], whoever else wants it waits for the same one. Workers take
//! questions one by one through the [`RequestDispatcher`], where the gate and the pace stand, and
//! [`retry::next_step`] decides what follows. There are as many workers as requests may be in flight;
//! a number that is put off is in nobody's hands.
//!
//! A question that was sent is finished and recorded even when the rows that wanted it are gone: the
//! workers own it, and [`Lookup::finish`] waits for them.

pub mod clock;
pub mod concurrency;
pub mod dispatcher;
pub mod endpoint_health;
pub mod queue;
mod range_scheduler;
pub mod rate_limit;
pub mod retry;
pub mod settings;
pub mod shutdown;
pub mod single_flight;
pub mod spend_limit;
pub mod stage;

pub use self::rate_limit::{Rate, RateError};
pub use self::retry::{Again, RetryPolicy};
pub use self::settings::LookupSettings;
pub use self::shutdown::{StopReason, StopSignal};
pub use self::single_flight::Reply;
pub use self::spend_limit::{Cap, Caps};
pub use self::stage::Lookup;
