//! How an answer is obtained: the stage between the rows and the service.
//!
//! Batches of numbers come in through [`Lookup::answer_all`]. Numbers that the ledger knows are
//! answered at once. Each other number becomes one [`pending_lookup::PendingLookup`], which all
//! rows with this number share. Workers take pending lookups from the queue and send them through
//! the [`dispatcher::RequestDispatcher`], which enforces all limits; [`retry::next_step`] decides
//! what follows. There are as many workers as requests may be in flight. A number that waits for
//! its retry is in the queue and occupies no worker.
//!
//! A request that was sent is finished and recorded even if the rows that wanted it are gone: the
//! workers own it, and [`Lookup::finish`] waits for them.

pub mod clock;
pub mod concurrency;
pub mod dispatcher;
pub mod endpoint_health;
pub mod endpoint_state;
pub mod pending_lookup;
pub mod queue;
mod range_scheduler;
pub mod rate_limit;
mod request_timeout;
mod resting_answers;
mod retry;
mod service_faults;
pub mod settings;
pub mod shutdown;
mod silence;
pub mod single_flight;
pub mod spend_limit;
pub mod stage;
mod worker;

pub use self::rate_limit::{Rate, RateError};
pub use self::retry::policy::{Finality, RetryPolicy};
pub use self::settings::{AskingRight, LookupSettings};
pub use self::shutdown::{StopReason, StopSignal};
pub use self::single_flight::Reply;
pub use self::spend_limit::{Cap, Caps};
pub use self::stage::Lookup;
