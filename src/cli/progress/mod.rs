//! Progress on standard error: a ticker samples the counters, and a renderer shows the samples.
//!
//! The run itself knows nothing of this. Renderers are a bar on a terminal, lines of text in a log,
//! JSON lines for programs, and log events.

mod bar;
mod cadence;
mod display;
mod json_lines;
mod log_events;
mod notes_only;
mod plain_lines;
mod renderer;
mod sample;
mod sampler;
mod ticker;

pub(super) use self::display::ProgressDisplay;
