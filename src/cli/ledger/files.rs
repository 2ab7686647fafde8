//! The files of `hlr ledger`: lists in, exports out, on disks and on object stores.

use miette::{IntoDiagnostic, Report};

use crate::cli::args::ForgetArgs;
use crate::cli::terminal::say;
use crate::config::Environment;
use crate::humanize::{counted, output_name, size};
use crate::input::InputSettings;
use crate::ledger_admin;
use crate::model::Msisdn;
use crate::numbering::Region;
use crate::output::{OutputError, OutputSettings, StagedOutput};
use crate::storage::Storage;

/// Commits an export, and says what is in it.
pub(super) async fn write_export(
    staged: Box<dyn StagedOutput>,
    settings: &OutputSettings,
) -> Result<(), Report> {
    let (rows, bytes) = (staged.rows(), staged.bytes());
    if staged.reader_has_gone() {
        return Err(OutputError::ReaderGone { name: output_name(&settings.path), rows }.into());
    }
    let written = staged.commit().await?;
    say(format_args!("{}: {}, {}", output_name(&written), counted(rows, "answer"), size(bytes)));
    Ok(())
}

/// The numbers that are to be forgotten.
pub(super) async fn numbers_of(arguments: ForgetArgs) -> Result<Vec<Msisdn>, Report> {
    let region = arguments.region.map(|text| text.parse::<Region>()).transpose().into_diagnostic()?;
    let list = arguments.file.map(|file| (list_at(file), arguments.column));
    Ok(ledger_admin::numbers_to_forget(&arguments.numbers, list, region).await?)
}

/// A file, or the URL of an object.
pub(super) fn list_at(name: String) -> InputSettings {
    InputSettings { storage: storage(), ..InputSettings::new(vec![name]) }
}

/// The way to object stores, with the credentials of the environment.
pub(super) fn storage() -> Storage {
    Storage::new(Environment::of_this_process().storage_settings())
}
