//! The page of a run: one self-contained HTML file.

use super::story::Story;

/// The page that tells a run.
#[must_use]
pub fn render(story: &Story) -> String {
    format!("<!doctype html><title>{}</title>", story.run_id)
}
