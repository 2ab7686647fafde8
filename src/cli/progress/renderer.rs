//! The trait of everything that shows progress.

use super::sample::Sample;

/// A way to show progress.
pub(super) trait Renderer: Send {
    /// Shows where the run is, and its current trouble if there is any.
    fn render(&mut self, sample: &Sample, trouble: Option<&str>);
    /// Shows a line that stays, about an event of this kind.
    fn note(&mut self, kind: &'static str, note: &str);
    /// Removes everything that is not a finished line.
    fn close(&mut self);
}
