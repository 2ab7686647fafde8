//! Where the table on a sheet begins, and what its columns are.

use std::collections::{BTreeSet, HashMap};

use super::cell_text::Cell;
use super::sheet::Row;
use crate::input::columns::{numbered_names, unique_names};
use crate::input::settings::Header;

/// How many rows are looked at.
pub(super) const SAMPLE_ROWS: usize = 1_000;
/// How many digits make a text a number of a telephone and not the name of a column.
const DIGITS_OF_A_NUMBER: usize = 6;

/// A table on a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The sheet's columns that belong to it, in their order.
    pub(super) columns: Vec<u32>,
    pub(super) names: Vec<String>,
    /// The number of its first row with data, as the spreadsheet counts.
    pub(super) first_row: u64,
    /// The numbers of the rows above it that are titles and not part of it.
    pub(super) titles: Vec<u64>,
}

impl Table {
    /// By the first rows of the sheet; `None` if there are none.
    ///
    /// Rows with one cell above a wider table are titles. The first row is a header unless a cell
    /// of it is data. Columns without a cell in the sample do not belong to the table.
    pub(super) fn find(sample: &[Row], header: Header) -> Option<Self> {
        let usual = usual_width(sample);
        let is_title = |row: &&Row| row.cells.len() == 1 && usual > 1 && !is_data(&row.cells[0]);
        let mut titles: Vec<u64> = sample.iter().take_while(is_title).map(|row| row.number).collect();
        if sample.get(titles.len()).is_some_and(|row| row.cells.iter().any(is_data)) {
            // A row with one cell directly above the data is a header of which most names are missing.
            titles.pop();
        }
        let rows = &sample[titles.len()..];
        let first = rows.first()?;
        let has_header = match header {
            Header::Present => true,
            Header::Absent => false,
            Header::Detect => !first.cells.iter().any(is_data),
        };
        let used: BTreeSet<u32> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.column).collect();
        let columns: Vec<u32> = used.into_iter().collect();
        let name = |column: &u32| {
            let cell = first.cells.iter().find(|cell| cell.column == *column);
            cell.map(|cell| on_one_line(&cell.text)).unwrap_or_default()
        };
        let names = match has_header {
            true => unique_names(&columns.iter().map(name).collect::<Vec<_>>()),
            false => numbered_names(columns.len()),
        };
        let first_row = first.number + u64::from(has_header);
        Some(Self { columns, names, first_row, titles })
    }
}

/// Names are broken into lines to keep columns narrow.
fn on_one_line(name: &str) -> String {
    match name.contains(['\n', '\r']) {
        true => name.split_whitespace().collect::<Vec<_>>().join(" "),
        false => name.to_owned(),
    }
}

fn usual_width(rows: &[Row]) -> usize {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(cells, rows)| (rows, cells)).map_or(0, |(cells, _)| cells)
}

/// Whether a cell of a first row is a value and not the name of a column: anything but text, an
/// e-mail address, or text with the digits of a telephone's number.
fn is_data(cell: &Cell) -> bool {
    if !cell.is_text {
        return true;
    }
    let text = cell.text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_address = text
        .split_once('@')
        .is_some_and(|(_, host)| host.contains('.') && !text.contains(char::is_whitespace));
    let is_short_number = digits > 0 && text.chars().all(|c| c.is_ascii_digit() || "+-(). /".contains(c));
    is_address || is_short_number || digits > DIGITS_OF_A_NUMBER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&[&str]]) -> Vec<Row> {
        let cell = |(column, text): (usize, &&str)| Cell {
            column: column as u32,
            text: (*text).into(),
            is_text: text.parse::<f64>().is_err(),
        };
        let row = |(index, texts): (usize, &&[&str])| Row {
            number: index as u64 + 3,
            cells: texts.iter().enumerate().filter(|(_, text)| !text.is_empty()).map(cell).collect(),
        };
        texts.iter().enumerate().map(row).collect()
    }

    fn found(texts: &[&[&str]]) -> (String, u64) {
        let table = Table::find(&rows(texts), Header::Detect).unwrap();
        (table.names.join("|"), table.first_row)
    }

    #[test]
    fn titles_and_empty_columns_are_not_part_of_the_table() {
        let texts: &[&[&str]] = &[
            &["Contacts"],
            &["", "name", "", "phone"],
            &["", "Ann", "", "46701740605"],
            &["", "Bo", "", "1"],
        ];
        assert_eq!(found(texts), ("name|phone".into(), 5));
        assert_eq!(Table::find(&rows(texts), Header::Detect).unwrap().titles, [3]);
        assert_eq!(found(&[&["phone"], &["46701740605"], &["46701740606"]]), ("phone".into(), 4));
    }

    #[test]
    fn a_contact_is_not_a_header() {
        for first in ["46701740605", "+46 70-174 06 05", "ann@example.com", "Ann: 0701740605", "7"] {
            assert_eq!(
                found(&[&["Ann", first], &["Bo", "46701740606"]]),
                ("column_1|column_2".into(), 3),
                "{first}"
            );
        }
        assert_eq!(found(&[&["name", "Phone 1 - Value"], &["Bo", "1"]]).0, "name|Phone 1 - Value");
        assert_eq!(found(&[&["name", ""], &["Bo", "46701740606"]]).0, "name|column_2");
        assert_eq!(found(&[&["name", "Mobile\r\nphone"], &["Bo", "46701740606"]]).0, "name|Mobile phone");
    }

    #[test]
    fn settings_of_the_user_are_not_questioned() {
        let sample = rows(&[&["a", "b"], &["c", "d"]]);
        assert_eq!(Table::find(&sample, Header::Absent).unwrap().names, ["column_1", "column_2"]);
        let sample = rows(&[&["1", "2"], &["3", "4"]]);
        assert_eq!(Table::find(&sample, Header::Present).unwrap().names, ["1", "2"]);
        assert_eq!(Table::find(&[], Header::Detect), None);
    }
}
