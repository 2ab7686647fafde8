//! Imports answers from a file: an export of a ledger, or a file that was enriched without one.

use futures::StreamExt;

use crate::answer_table::ColumnIndexes;
use crate::humanize::counted;
use crate::input;
use crate::input::{InputError, InputSettings};
#[cfg(feature = "cloud")]
use crate::ledger::AnswerOrigin;
use crate::ledger::{Entry, LedgerError, LedgerFile};
use crate::model::{ANSWERS_OF, Product, ProviderCache, SIMULATED, StreamError};
#[cfg(feature = "cloud")]
use crate::shared_answers::AnswerStore;
use crate::storage::StorageError;

/// How many answers are merged at a time. Fewer would rewrite the same pages more often.
const MERGE_BATCH: usize = 500_000;

/// What the file does not say about its answers.
#[derive(Clone, Debug)]
pub struct ImportSettings {
    /// The prefix of its columns' names: `hlr_` in an enriched file, empty in an export.
    pub prefix: String,
    /// The product, if no column says so.
    pub product: Product,
    /// Whether the provider's cache was bypassed, if no column says so.
    pub cache: ProviderCache,
    /// Whether simulated answers may be imported.
    pub simulated: bool,
}

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Rows of the file.
    pub rows: u64,
    /// Rows without an answer: invalid numbers, TIMEOUT and similar results, numbers that were not
    /// looked up.
    pub without_answer: u64,
    /// Answers that were merged; for the others the ledger has one as young or younger.
    pub taken: u64,
}

/// Why a file cannot be imported. Answers that were merged before stay in the ledger.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The file cannot be read to its end.
    #[error("the file cannot be read to its end; {}", imported_before(*imported))]
    #[diagnostic(help("repair the file and import it again; answers that are imported stay as they are"))]
    Broken {
        /// How many answers of the rows before are imported.
        imported: u64,
        /// Why not.
        #[source]
        source: StreamError,
    },
    /// A column is missing.
    #[error("the file has no column {0:?}")]
    #[diagnostic(help(
        "import an export of a ledger or an enriched file; --prefix sets the prefix of its columns' names"
    ))]
    NoColumn(String),
    /// A row is not valid.
    #[error("row {row}: {problem}; {}", imported_before(*imported))]
    Row {
        /// Counted from 1, without the header.
        row: u64,
        /// How many answers of the rows before it are imported.
        imported: u64,
        /// What is wrong with it.
        problem: String,
        /// What to do about it, where that is known.
        #[help]
        help: Option<&'static str>,
    },
    /// The file's answers are a simulator's.
    #[error("the file holds a simulator's answers")]
    #[diagnostic(help("to import them into a ledger of simulated answers, add --simulated"))]
    Simulated,
    /// The store of shared answers refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
    /// The ledger cannot be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
}

/// The prefix of a file's columns: `hlr_` if it has such columns, else empty.
///
/// # Errors
///
/// If the file cannot be read.
pub fn prefix_of(settings: &InputSettings) -> Result<String, InputError> {
    let schema = input::open(settings)?.batches.schema();
    let prefix = if schema.fields().find("hlr_msisdn").is_some() { "hlr_" } else { "" };
    Ok(prefix.into())
}

/// Imports the answers of a file. If the ledger has a younger answer for a number, that one stays.
///
/// # Errors
///
/// If the file is not an export or an enriched file, or if the ledger cannot be written.
pub async fn import(
    ledger_file: &LedgerFile,
    input: &InputSettings,
    settings: &ImportSettings,
) -> Result<ImportSummary, ImportError> {
    import_into(Destination::Ledger(ledger_file), input, settings).await
}

/// The same into a store of shared answers, which keeps every one.
///
/// # Errors
///
/// As for [`import`], and when the store fails.
#[cfg(feature = "cloud")]
pub(super) async fn import_shared(
    store: &AnswerStore,
    input: &InputSettings,
    settings: &ImportSettings,
) -> Result<ImportSummary, ImportError> {
    let run = format!("import-{:08x}", fastrand::u32(..));
    let origin = if settings.simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider };
    import_into(Destination::Shared { store, origin, run, parts: 0 }, input, settings).await
}

/// Where imported answers go.
enum Destination<'a> {
    Ledger(&'a LedgerFile),
    #[cfg(feature = "cloud")]
    Shared {
        store: &'a AnswerStore,
        origin: AnswerOrigin,
        run: String,
        parts: u64,
    },
}

impl Destination<'_> {
    /// Takes answers, and returns how many of them it did not have.
    async fn take(&mut self, entries: Vec<Entry>) -> Result<u64, ImportError> {
        match self {
            Self::Ledger(file) => Ok(file.merge(&entries)?),
            #[cfg(feature = "cloud")]
            Self::Shared { store, origin, run, parts } => {
                let count = entries.len() as u64;
                *parts += 1;
                if *parts == 1 {
                    // A file that is refused begins no store.
                    store.ensure_holds(*origin).await?;
                }
                store.put_entries(&format!("{run}-{parts}"), entries).await?;
                Ok(count)
            }
        }
    }
}

async fn import_into(
    mut destination: Destination<'_>,
    input: &InputSettings,
    settings: &ImportSettings,
) -> Result<ImportSummary, ImportError> {
    let mut batches = input::open(input)?.batches;
    let origin = batches.schema().metadata().get(ANSWERS_OF).cloned();
    if origin.as_deref() == Some(SIMULATED) && !settings.simulated {
        return Err(ImportError::Simulated);
    }
    let indexes = ColumnIndexes::find(&batches.schema(), &settings.prefix).map_err(ImportError::NoColumn)?;
    let mut summary = ImportSummary::default();
    let mut entries = Vec::new();
    while let Some(batch) = batches.next().await {
        let imported = summary.taken;
        let broken = |source| ImportError::Broken { imported, source };
        let batch = batch.map_err(broken)?;
        let columns = indexes.read(&batch).map_err(|error| broken(error.into()))?;
        for row in 0..batch.num_rows() {
            summary.rows += 1;
            let entry = columns.entry(row, settings.product, settings.cache);
            let entry = entry.map_err(|error| ImportError::Row {
                row: summary.rows,
                imported,
                problem: error.problem,
                help: error.help,
            })?;
            summary.without_answer += u64::from(entry.is_none());
            entries.extend(entry);
        }
        if entries.len() >= MERGE_BATCH {
            summary.taken += destination.take(std::mem::take(&mut entries)).await?;
        }
    }
    summary.taken += destination.take(entries).await?;
    Ok(summary)
}

/// What an import that ends early has done. Long files are imported in parts.
fn imported_before(imported: u64) -> String {
    match imported {
        0 => "nothing of this file was imported".into(),
        imported => format!("{} of the rows before are imported", counted(imported, "answer")),
    }
}
