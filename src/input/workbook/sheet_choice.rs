//! Which sheet of a workbook is the list.

use calamine::{Reader, Sheet, SheetType, SheetVisible, Sheets};

use super::archive::WorkbookReader;
use super::sheet::has_cells;
use crate::input::error::InputError;
use crate::input::source::ListFile;

/// The sheet that is named, or the first visible one with a cell, and what to say about it.
pub(super) fn choose(
    file: &ListFile,
    workbook: &mut Sheets<WorkbookReader>,
    named: Option<&str>,
) -> Result<(String, Option<String>), InputError> {
    let mut sheets: Vec<Sheet> = workbook.sheets_metadata().to_vec();
    sheets.retain(|sheet| sheet.typ == SheetType::WorkSheet);
    if let Some(named) = named {
        return find(&sheets, named).map(|name| (name, None)).ok_or_else(|| missing(file, &sheets, named));
    }
    let visible = || sheets.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    for sheet in visible() {
        if has_cells(file, workbook, &sheet.name)? {
            let others = visible().map(|other| &other.name).filter(|name| **name != sheet.name);
            let others: Vec<String> = others.map(|name| format!("{name:?}")).collect();
            return Ok((sheet.name.clone(), remark(file, &sheet.name, &others)));
        }
    }
    let names = quoted(&sheets);
    let help = format!("name a sheet with --sheet, one of: {names}");
    Err(InputError::malformed(file.path(), "no visible sheet of this workbook has a cell", help))
}

fn remark(file: &ListFile, chosen: &str, others: &[String]) -> Option<String> {
    let (path, others) = (file.path().display(), (!others.is_empty()).then(|| others.join(", "))?);
    Some(format!("{path}: sheet {chosen:?} is read, and not {others}; --sheet names another"))
}

/// By the exact name, or by the only one that differs in case and blanks alone.
fn find(sheets: &[Sheet], named: &str) -> Option<String> {
    let fold = |name: &str| name.trim().to_lowercase();
    if let Some(sheet) = sheets.iter().find(|sheet| sheet.name == named) {
        return Some(sheet.name.clone());
    }
    let mut similar = sheets.iter().filter(|sheet| fold(&sheet.name) == fold(named));
    match (similar.next(), similar.next()) {
        (Some(sheet), None) => Some(sheet.name.clone()),
        _ => None,
    }
}

fn missing(file: &ListFile, sheets: &[Sheet], named: &str) -> InputError {
    let help = format!("give --sheet one of: {}", quoted(sheets));
    InputError::malformed(file.path(), format!("there is no sheet {named:?}"), help)
}

fn quoted(sheets: &[Sheet]) -> String {
    sheets.iter().map(|sheet| format!("{:?}", sheet.name)).collect::<Vec<_>>().join(", ")
}
