//! The HTML report: one file that needs nothing else, for a data team to read and a manager to
//! understand.
//!
//! It has no script. The template escapes every text from outside, so no text can become markup.
//! Figures that the summary has too carry their path in it (`figures`), so a program can compare
//! the two.

mod appendix;
mod costs;
mod episodes;
mod figures;
mod funnel;
mod latency;
mod meanings;
mod networks;
mod page;
mod plot;
mod shares;
mod statuses;
mod table;
#[cfg(test)]
mod tests;
mod time_parts;
mod timeline;
mod verdict;

pub use self::page::render;
