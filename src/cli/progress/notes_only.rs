//! No progress, only notes.

use super::renderer::Renderer;
use super::sample::Sample;
use crate::cli::terminal::say_note;

pub(super) struct NotesOnly;

impl Renderer for NotesOnly {
    fn render(&mut self, _: &Sample, _: Option<&str>) {}

    fn note(&mut self, kind: &'static str, note: &str) {
        say_note(kind, note);
    }

    fn close(&mut self) {}
}
