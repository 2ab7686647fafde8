//! The rows of a sheet, one after the other, whatever the kind of workbook.

use std::ops::ControlFlow;

use calamine::{Data, DataRef, Range, Reader, Sheets, Xlsb, Xlsx};

use super::archive::{WorkbookReader, damaged};
use super::cell_text::Cell;
use super::number_format::NumberFormat;
use crate::input::error::InputError;
use crate::input::source::ListFile;

/// A row that has a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// As the spreadsheet counts, from 1.
    pub(super) number: u64,
    /// In the order of the file, which is that of the columns.
    pub(super) cells: Vec<Cell>,
}

/// Goes through the rows of a sheet. Rows without a cell are not among them, so that a single cell
/// in the last row of a sheet does not make a million.
pub(super) fn for_each_row(
    file: &ListFile,
    workbook: &mut Sheets<WorkbookReader>,
    sheet: &str,
    visit: &mut dyn FnMut(&Row) -> ControlFlow<()>,
) -> Result<(), InputError> {
    let mut rows = RowCollector { row: Row::default(), visit };
    match workbook {
        Sheets::Xlsx(workbook) => stream_xlsx(file, workbook, sheet, &mut rows),
        Sheets::Xlsb(workbook) => stream_xlsb(file, workbook, sheet, &mut rows),
        Sheets::Xls(workbook) => {
            let range = workbook.worksheet_range(sheet).map_err(|fault| damaged(file, fault))?;
            go_through(&range, &mut rows);
            Ok(())
        }
        Sheets::Ods(workbook) => {
            let range = workbook.worksheet_range(sheet).map_err(|fault| damaged(file, fault))?;
            go_through(&range, &mut rows);
            Ok(())
        }
    }
}

/// Whether a sheet has a cell.
pub(super) fn has_cells(
    file: &ListFile,
    workbook: &mut Sheets<WorkbookReader>,
    sheet: &str,
) -> Result<bool, InputError> {
    let mut found = false;
    for_each_row(file, workbook, sheet, &mut |_| {
        found = true;
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Formulas without a stored value among the cells of the first rows: programs that only write
/// files leave them out, and only a spreadsheet program calculates them.
pub(super) fn formulas_without_value(
    file: &ListFile,
    workbook: &mut Sheets<WorkbookReader>,
    sheet: &str,
    rows: u32,
) -> Result<u64, InputError> {
    let Sheets::Xlsx(workbook) = workbook else { return Ok(0) };
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|fault| damaged(file, fault))?;
    let mut count = 0;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|fault| damaged(file, fault))? {
        if cell.pos.0 >= rows {
            break;
        }
        count += u64::from(cell.formula.is_some() && cell.value == DataRef::Empty);
    }
    Ok(count)
}

fn stream_xlsx(
    file: &ListFile,
    workbook: &mut Xlsx<WorkbookReader>,
    sheet: &str,
    rows: &mut RowCollector<'_>,
) -> Result<(), InputError> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|fault| damaged(file, fault))?;
    let format = |style: &calamine::Style| {
        style.number_format.as_ref().map(|format| NumberFormat::of(&format.format_code)).unwrap_or_default()
    };
    let formats: Vec<NumberFormat> = reader.styles().iter().map(format).collect();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|fault| damaged(file, fault))? {
        let (row, column) = cell.get_position();
        let value = cell.get_value().clone();
        if rows.add(row, Cell::new(column, value, formats.get(style))).is_break() {
            return Ok(());
        }
    }
    let _ = rows.finish();
    Ok(())
}

fn stream_xlsb(
    file: &ListFile,
    workbook: &mut Xlsb<WorkbookReader>,
    sheet: &str,
    rows: &mut RowCollector<'_>,
) -> Result<(), InputError> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|fault| damaged(file, fault))?;
    while let Some(cell) = reader.next_cell().map_err(|fault| damaged(file, fault))? {
        let (row, column) = cell.get_position();
        if rows.add(row, Cell::new(column, cell.get_value().clone(), None)).is_break() {
            return Ok(());
        }
    }
    let _ = rows.finish();
    Ok(())
}

fn go_through(range: &Range<Data>, rows: &mut RowCollector<'_>) {
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let cell = Cell::new(first_column + column as u32, borrowed(value), None);
        if rows.add(first_row + row as u32, cell).is_break() {
            return;
        }
    }
    let _ = rows.finish();
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Empty => DataRef::Empty,
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
    }
}

/// Gathers cells until their row is complete.
struct RowCollector<'a> {
    row: Row,
    visit: &'a mut dyn FnMut(&Row) -> ControlFlow<()>,
}

impl RowCollector<'_> {
    /// The row is counted from 0.
    fn add(&mut self, row: u32, cell: Option<Cell>) -> ControlFlow<()> {
        let number = u64::from(row) + 1;
        if number != self.row.number {
            self.finish()?;
            self.row.number = number;
        }
        self.row.cells.extend(cell);
        ControlFlow::Continue(())
    }

    fn finish(&mut self) -> ControlFlow<()> {
        if self.row.cells.is_empty() {
            return ControlFlow::Continue(());
        }
        let step = (self.visit)(&self.row);
        self.row.cells.clear();
        step
    }
}
