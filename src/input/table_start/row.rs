//! What the rows of all formats have in common.

/// A row, whatever it was read from.
pub(in crate::input) trait TableRow {
    /// How many cells it has, blank ones included.
    fn width(&self) -> usize;

    /// The text of a cell; `None` behind the last one.
    fn cell(&self, column: usize) -> Option<&str>;

    /// How many cells are not blank.
    fn filled(&self) -> usize;
}

/// All cells of a row, blank ones included.
pub(super) fn cells<R: TableRow>(row: &R) -> impl Iterator<Item = &str> {
    (0..row.width()).map(|column| row.cell(column).unwrap_or_default())
}
