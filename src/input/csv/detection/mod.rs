//! How a CSV file is written, detected from its beginning.
//!
//! Every dialect that may fit is tried on a sample; the one whose table is most regular and has the
//! most cells of known kinds is taken. Then the table is found in what was read: lines above the
//! header, the header, and how many columns there are. What the user gave is not questioned.

mod candidates;
mod layout;
mod sample;
mod score;
mod separator_line;

#[cfg(test)]
mod tests;

use self::candidates::candidates;
use self::layout::Layout;
use self::sample::Sample;
use self::score::Score;
use self::separator_line::separator_line;
use super::dialect::{Blanks, Dialect};
use super::text::Text;
use crate::input::columns::{numbered_names, unique_names};
use crate::input::settings::InputSettings;

/// How a file is written, and what its columns are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Detected {
    pub(super) dialect: Dialect,
    /// Unique.
    pub(super) names: Vec<String>,
    /// The names in the file, where they differ: blank ones, or several that are the same.
    pub(super) written_names: Vec<Option<String>>,
    /// What a user would not expect, each as a sentence.
    pub(super) remarks: Vec<String>,
}

/// Why a file has no first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoFirstRow {
    Empty,
    /// The first row does not end in the part that is inspected.
    Endless,
}

impl NoFirstRow {
    pub(super) const PROBLEM: &'static str = "the first row does not end within 1 MiB";
    pub(super) const HELP: &'static str =
        "check that it is a CSV file; a quote in it may be opened and never closed";
}

/// Finds the dialect and the names of the columns.
pub(super) fn detect(text: &Text, settings: &InputSettings) -> Result<Detected, NoFirstRow> {
    let hint = separator_line(&text.head);
    let candidates = candidates(&text.head, settings, hint.as_ref());
    let mut best: Option<(Dialect, Score)> = None;
    for dialect in candidates {
        let score = Score::of(&Sample::read(text, &dialect, None), &dialect);
        if best.is_none_or(|(_, other)| score.is_better_than(other)) {
            best = Some((dialect, score));
        }
    }
    let (mut dialect, score) = best.expect("there is a candidate for every text");
    if score.width > 1 && settings.delimiter.is_none_or(|given| given.byte().is_some()) {
        dialect = candidates::with_blanks(&text.head, dialect);
    }
    dialect.has_carriage_returns = has_carriage_returns(&text.head);
    let width = Sample::read(text, &dialect, Some(score.width)).usual_width();
    let sample = Sample::read(text, &dialect, Some(width));
    if sample.rows.is_empty() {
        return Err(if text.is_whole { NoFirstRow::Empty } else { NoFirstRow::Endless });
    }
    let layout = Layout::of(&sample, width, settings.header, settings.skip_lines.is_some());
    Ok(described(dialect, layout, &sample, hint.is_some()))
}

fn described(mut dialect: Dialect, layout: Layout, sample: &Sample, has_hint: bool) -> Detected {
    let mut remarks = remarks_on(&dialect);
    remarks.extend(layout.remarks(has_hint));
    if layout.has_comments {
        dialect.comment = Some(b'#');
        remarks.push("lines that begin with # are comments".into());
    }
    dialect.start = layout.start;
    dialect.header_rows = layout.header_rows;
    dialect.has_mysql_nulls = sample.rows.iter().any(|row| row.cells.iter().any(|cell| cell == "\\N"));
    let names = match layout.header_rows {
        0 => numbered_names(layout.written_names.len()),
        _ => unique_names(&layout.written_names),
    };
    let written_names = names
        .iter()
        .zip(layout.written_names)
        .map(|(name, written)| (layout.header_rows > 0 && *name != written).then_some(written))
        .collect();
    Detected { dialect, names, written_names, remarks }
}

fn remarks_on(dialect: &Dialect) -> Vec<String> {
    let mut remarks = Vec::new();
    if dialect.delimiter.byte().is_none() {
        remarks.push(format!("the delimiter is {} (--delimiter overrides)", dialect.delimiter));
    }
    match dialect.quote {
        Some(b'"') => {}
        Some(quote) => {
            remarks.push(format!("cells are quoted with {} (--quote overrides)", char::from(quote)));
        }
        None => remarks.push("quotes are text (--quote overrides)".into()),
    }
    if let Some(escape) = dialect.escape {
        remarks.push(format!("{} escapes quotes (--escape overrides)", char::from(escape)));
    }
    if dialect.blanks == Blanks::PartOfDelimiter {
        remarks.push("the blank after each delimiter was left out".into());
    }
    remarks
}

fn has_carriage_returns(head: &[u8]) -> bool {
    match memchr::memchr(b'\n', head) {
        Some(end) => end > 0 && head[end - 1] == b'\r',
        None => false,
    }
}
