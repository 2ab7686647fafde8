//! The terminal: arguments, progress, messages, signals, exit codes. The work itself is elsewhere.
//!
//! Only this module prints. Standard output is for answers, standard error for everything about the
//! work. A run does not fail because one of them is closed.

mod args;
mod check;
mod completions;
mod dispatch;
mod dry_run;
mod event_messages;
mod exit;
mod job;
mod ledger;
mod log;
mod lookup;
mod man_pages;
mod progress;
mod resume_command;
mod signals;
mod simulate;
mod stderr;
mod summary;
mod terminal;
mod wrapping;

pub use self::dispatch::run;
pub use self::exit::Exit;
