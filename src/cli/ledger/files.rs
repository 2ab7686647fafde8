//! The files of `hlr ledger`: lists in, exports out, on disks and on object stores.

use miette::{IntoDiagnostic, Report};

use crate::cli::args::{ExportArgs, ForgetArgs, ImportArgs};
use crate::cli::terminal::say;
use crate::config::Environment;
use crate::humanize::{counted, output_name, size};
use crate::input::InputSettings;
use crate::ledger::AnswerOrigin;
use crate::ledger_admin::{self, ImportSettings};
use crate::model::{Msisdn, ProviderCache};
use crate::numbering::Region;
use crate::output::{OutputError, OutputSettings, Replace, StagedOutput};
use crate::storage::Storage;

/// Where an export goes, and in which form.
pub(super) fn export_settings(arguments: ExportArgs) -> OutputSettings {
    OutputSettings {
        replace: if arguments.force { Replace::Allowed } else { Replace::Never },
        format: arguments.format,
        storage: storage(),
        ..OutputSettings::new(arguments.output)
    }
}

/// The files of an import, each with what it does not say about its answers. A file that cannot be
/// read is an error.
pub(super) fn files_to_import(
    arguments: &ImportArgs,
) -> Result<Vec<(InputSettings, ImportSettings)>, Report> {
    let (product, simulated) = (arguments.product.unwrap_or_default(), arguments.simulated);
    let cache = if arguments.nocache { ProviderCache::Bypassed } else { ProviderCache::Allowed };
    let file = |name: &String| {
        let input = list_at(name.clone());
        let prefix = arguments.prefix.clone().map_or_else(|| ledger_admin::prefix_of(&input), Ok)?;
        Ok((input, ImportSettings { prefix, product, cache, simulated }))
    };
    arguments.inputs.iter().map(file).collect()
}

/// Whose answers are imported.
pub(super) fn origin_of(arguments: &ImportArgs) -> AnswerOrigin {
    if arguments.simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider }
}

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
