//! Opening workbooks as one list: each is inspected first, then they are read one after the other.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::archive;
use super::row_batches::BatchBuilder;
use super::sheet::{Row, for_each_row, formulas_without_value};
use super::sheet_choice::choose;
use super::table::{SAMPLE_ROWS, Table};
use crate::humanize::counted;
use crate::input::error::InputError;
use crate::input::notes::InputNotes;
use crate::input::opened::{ListLength, Opened};
use crate::input::read_ahead::{Sink, push_ahead};
use crate::input::schema_union::{BatchAdapter, FileColumns, unite};
use crate::input::settings::InputSettings;
use crate::input::source::ListFile;

/// Opens these workbooks, at least one, as one list.
pub(in crate::input) fn open_files(
    files: Vec<ListFile>,
    settings: &InputSettings,
) -> Result<Opened, InputError> {
    let (mut sheets, mut remarks) = (Vec::with_capacity(files.len()), Vec::new());
    for file in files {
        let inspected = archive::guarded(&file, || InspectedSheet::inspect(&file, settings, &mut remarks))?;
        sheets.push(inspected);
    }
    let columns: Vec<FileColumns> = sheets
        .iter()
        .map(|sheet| FileColumns::new(sheet.file.path(), sheet.schema.clone(), Some(&sheet.file)))
        .collect();
    let union = unite(&columns)?;
    remarks.extend(union.remarks);
    let paths = sheets.iter().map(|sheet| sheet.file.path().to_owned()).collect();
    let notes = Arc::new(InputNotes::default().with_remarks(remarks));
    let (batch_rows, shared) = (settings.batch_rows.max(1), notes.clone());
    let batches = push_ahead(union.schema, move |sink| {
        for (sheet, adapter) in sheets.iter().zip(&union.adapters) {
            let read = || sheet.read(adapter.as_ref(), &shared, batch_rows, sink);
            if archive::guarded(&sheet.file, read)?.is_break() {
                break;
            }
        }
        Ok(())
    })?;
    Ok(Opened { batches, length: ListLength::Unknown, files: paths, notes })
}

/// A sheet of a workbook, inspected and not yet read.
struct InspectedSheet {
    file: ListFile,
    name: String,
    table: Table,
    schema: SchemaRef,
}

impl InspectedSheet {
    fn inspect(
        file: &ListFile,
        settings: &InputSettings,
        remarks: &mut Vec<String>,
    ) -> Result<Self, InputError> {
        let mut workbook = archive::open(file)?;
        let (name, remark) = choose(file, &mut workbook, settings.sheet.as_deref())?;
        remarks.extend(remark);
        let mut sample: Vec<Row> = Vec::new();
        for_each_row(file, &mut workbook, &name, &mut |row| {
            sample.push(row.clone());
            match sample.len() < SAMPLE_ROWS {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        let Some(table) = Table::find(&sample, settings.header) else {
            let problem = format!("sheet {name:?} has no table");
            return Err(InputError::malformed(file.path(), problem, "name another sheet with --sheet"));
        };
        let path = file.path().display();
        if !table.titles.is_empty() {
            let rows = counted(table.titles.len() as u64, "row");
            remarks.push(format!("{path}: {rows} above the table of sheet {name:?} left out"));
        }
        let formulas = formulas_without_value(file, &mut workbook, &name, SAMPLE_ROWS as u32)?;
        if formulas > 0 {
            let (has, is) = if formulas == 1 { ("has", "is") } else { ("have", "are") };
            remarks.push(format!(
                "{path}: {} in the first {} {has} no stored value and {is} empty; open the workbook in a spreadsheet \
                 program and save it",
                counted(formulas, "formula"),
                counted(SAMPLE_ROWS as u64, "row")
            ));
        }
        let fields: Vec<Field> =
            table.names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        Ok(Self { schema: Arc::new(Schema::new(fields)), file: file.clone(), name, table })
    }

    fn read(
        &self,
        adapter: Option<&BatchAdapter>,
        notes: &InputNotes,
        batch_rows: usize,
        sink: &mut Sink<'_>,
    ) -> Result<ControlFlow<()>, InputError> {
        let Self { file, name, table, schema } = self;
        let mut workbook = archive::open(file)?;
        let mut batches = BatchBuilder::new(file, table, schema.clone(), adapter, notes, batch_rows);
        let mut step = ControlFlow::Continue(());
        for_each_row(file, &mut workbook, name, &mut |row| {
            step = batches.add(row, sink);
            step
        })?;
        Ok(if step.is_continue() { batches.flush(sink) } else { step })
    }
}
