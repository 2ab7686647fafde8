//! Lists in workbooks.

use super::error::InputError;
use super::opened::Opened;
use super::settings::InputSettings;
use super::source::ListFile;

pub(super) fn is_workbook(_: &ListFile) -> Result<bool, InputError> {
    Ok(false)
}

pub(super) fn open_files(files: Vec<ListFile>, _: &InputSettings) -> Result<Opened, InputError> {
    Err(InputError::malformed(files[0].path(), "this is a workbook", "save the sheet as CSV UTF-8"))
}
