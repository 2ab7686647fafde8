//! Where the table on a sheet begins, and what its columns are.

use std::collections::BTreeSet;

use super::cell_text::Cell;
use super::sheet::Row;
use crate::input::columns::{numbered_names, unique_names};
use crate::input::settings::Header;
use crate::input::table_start::{TableRow, TableStart};

/// How many rows are looked at.
pub(super) const SAMPLE_ROWS: usize = 1_000;

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
    /// By the first rows of the sheet; `None` if there are none. Columns without a cell in the
    /// table's part of the sample do not belong to it.
    pub(super) fn find(sample: &[Row], header: Header) -> Option<Self> {
        let last = sample.last()?;
        let in_sheet = used_columns(sample);
        let rows = placed(sample, &in_sheet);
        let TableStart { first, header_rows, names: written } =
            TableStart::find(&rows, in_sheet.len(), header, false);
        let start = rows[first].number;
        let above = sample.iter().take_while(|row| row.number < start).count();
        let columns = used_columns(&sample[above..]);
        let names = match header_rows {
            0 => numbered_names(columns.len()),
            _ => {
                let kept =
                    in_sheet.iter().zip(&written).filter(|(column, _)| columns.binary_search(column).is_ok());
                unique_names(&kept.map(|(_, name)| on_one_line(name)).collect::<Vec<_>>())
            }
        };
        let first_row = rows.get(first + header_rows).map_or(last.number + 1, |row| row.number);
        let titles = sample[..above].iter().map(|row| row.number).collect();
        Some(Self { columns, names, first_row, titles })
    }
}

fn used_columns(rows: &[Row]) -> Vec<u32> {
    let used: BTreeSet<u32> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.column).collect();
    used.into_iter().collect()
}

/// The rows with their cells in the places of these columns. Blank rows between them are one.
fn placed<'a>(sample: &'a [Row], columns: &[u32]) -> Vec<PlacedRow<'a>> {
    let place =
        |cell: &'a Cell| (columns.partition_point(|column| *column < cell.column), cell.text.as_str());
    let width = columns.len();
    let mut rows: Vec<PlacedRow<'_>> = Vec::with_capacity(sample.len());
    for row in sample {
        let number = rows.last().map_or(row.number, |above| above.number + 1);
        if number < row.number {
            rows.push(PlacedRow { number, width, cells: Vec::new() });
        }
        let mut cells: Vec<_> = row.cells.iter().map(place).collect();
        cells.sort_by_key(|(place, _)| *place);
        rows.push(PlacedRow { number: row.number, width, cells });
    }
    rows
}

/// A row of the sheet with only the columns that have a cell.
struct PlacedRow<'a> {
    /// As the spreadsheet counts, from 1.
    number: u64,
    width: usize,
    /// In the order of their places; the others are blank.
    cells: Vec<(usize, &'a str)>,
}

impl TableRow for PlacedRow<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn cell(&self, column: usize) -> Option<&str> {
        let found = self.cells.binary_search_by_key(&column, |(place, _)| *place);
        (column < self.width).then(|| found.map_or("", |index| self.cells[index].1))
    }

    fn filled(&self) -> usize {
        self.cells.iter().filter(|(_, text)| !text.trim().is_empty()).count()
    }
}

/// Names are broken into lines to keep columns narrow.
fn on_one_line(name: &str) -> String {
    match name.contains(['\n', '\r']) {
        true => name.split_whitespace().collect::<Vec<_>>().join(" "),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&[&str]]) -> Vec<Row> {
        let cell = |(column, text): (usize, &&str)| Cell { column: column as u32, text: (*text).into() };
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
    fn years_periods_and_dates_name_columns() {
        for name in ["Sales 2016-2017", "2024", "2026-11-25", "FY 2019/20"] {
            let names = found(&[&["name", "phone", name], &["Ann", "46701740605", "12"]]);
            assert_eq!(names, (format!("name|phone|{name}"), 4), "{name}");
        }
        let years = found(&[&["phone", "2023", "2024"], &["46701740605", "7", "8"]]);
        assert_eq!(years, ("phone|2023|2024".into(), 4));
    }

    #[test]
    fn names_in_two_rows_are_joined() {
        let texts: &[&[&str]] = &[
            &["", "Person", "", "Contact"],
            &["", "first", "last", "phone"],
            &["1", "Ann", "Berg", "46701740605"],
            &["2", "Bo", "Dahl", "46701740606"],
        ];
        assert_eq!(found(texts), ("column_1|Person first|Person last|Contact phone".into(), 5));
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
