//! Answers that the ledger cannot keep go to a file beside it, which `hlr ledger import` reads.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::answer_scope::AnswerScope;
use super::packed_answer::PackedAnswer;
use super::store::Store;
use crate::model::{Msisdn, Product, ProviderCache};
use crate::staging::{StagedFile, sibling};

/// The columns, as in an export of a ledger.
const COLUMNS: [&str; 9] =
    ["msisdn", "product", "nocache", "result", "mcc", "mnc", "location", "checked_at", "attempts"];

/// A file with answers that the ledger does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The file.
    pub path: PathBuf,
    /// How many answers it has.
    pub answers: u64,
}

/// Writes the answers, for each number the last one. `None` if there are none, or if the file
/// cannot be written; then the rows are the only copy.
pub(super) fn write(
    store: &Store,
    scope: AnswerScope,
    answers: &[(Msisdn, PackedAnswer)],
) -> Option<Rescued> {
    let last: HashMap<Msisdn, PackedAnswer> = answers.iter().copied().collect();
    if last.is_empty() {
        return None;
    }
    let mut last: Vec<_> = last.into_iter().collect();
    last.sort_unstable_by_key(|(msisdn, _)| *msisdn);
    let path = write_beside(store.path(), &text(store, scope, &last)?).ok()?;
    Some(Rescued { path, answers: last.len() as u64 })
}

fn text(store: &Store, scope: AnswerScope, answers: &[(Msisdn, PackedAnswer)]) -> Option<Vec<u8>> {
    let product = match scope.product {
        Product::RealTime => "real-time",
        Product::Portability => "portability",
    };
    let nocache = (scope.cache == ProviderCache::Bypassed).to_string();
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(COLUMNS).ok()?;
    for (msisdn, packed) in answers {
        let Some(answered) = packed.unpack(store.texts()) else { continue };
        let (answer, network) = (&answered.answer, answered.answer.network);
        let checked_at = jiff::Timestamp::from_millisecond(answered.checked_at.0).ok()?;
        let row = [
            msisdn.digits().to_string(),
            product.to_owned(),
            nocache.clone(),
            answer.result.text().to_owned(),
            network.map(|network| network.mcc_text()).unwrap_or_default(),
            network.map(|network| network.mnc_text()).unwrap_or_default(),
            answer.location.map(|code| code.to_string()).unwrap_or_default(),
            format!("{checked_at:.3}"),
            answered.attempts.to_string(),
        ];
        rows.write_record(row).ok()?;
    }
    rows.into_inner().ok()
}

/// Under a name that is free: a file of an earlier run may not be imported yet.
fn write_beside(ledger: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let stem = ledger.file_stem().unwrap_or_default().to_string_lossy();
    for number in 1.. {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = sibling(ledger, "", &stem, &format!(".rescued{number}.csv"));
        let mut file = StagedFile::private_beside(&path)?;
        file.write_all(content)?;
        match file.commit_no_replace(&path) {
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {}
            committed => return committed.map(|()| path).map_err(io::Error::from),
        }
    }
    unreachable!("the numbers do not run out")
}
