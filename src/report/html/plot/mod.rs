//! Plots as inline SVG: axes with units, gridlines, and no script.
//!
//! A drawing cannot wrap like text, so each is made twice, for a wide and for a narrow screen, and
//! the style sheet shows one of them. What they show is decided elsewhere.

pub(super) mod bars;
mod drawing;
mod frame;
pub(super) mod histogram;
pub(super) mod scale;
pub(super) mod time;

pub(super) use self::drawing::{Caption, both, legend};
