//! A program that was built without workbooks.

use crate::input::error::InputError;
use crate::input::opened::Opened;
use crate::input::settings::InputSettings;
use crate::input::source::ListFile;

/// Refuses the first file.
pub(in crate::input) fn open_files(files: Vec<ListFile>, _: &InputSettings) -> Result<Opened, InputError> {
    Err(InputError::malformed(
        files[0].path(),
        "this is a workbook, and this program was built without the feature xlsx",
        "save the sheet as CSV UTF-8, or build with --features xlsx",
    ))
}
