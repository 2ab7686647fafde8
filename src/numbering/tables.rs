//! The tables of facts, read once: `tables/*.csv`, whose cells never hold a comma or a quote.

/// The rows of a table without its header.
///
/// # Panics
///
/// When a row has another number of cells. The tables are part of the program, and tests read every
/// row.
pub(super) fn rows<const CELLS: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; CELLS]> {
    table.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        let row = std::array::from_fn(|_| cells.next().expect("a table's row has all its cells"));
        assert_eq!(cells.next(), None, "a table's row has no more cells than its header");
        row
    })
}
