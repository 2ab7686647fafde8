//! Finds the shared answers to numbers that are young enough for a run.

use std::sync::{Arc, RwLock};

use super::answer_store::AnswerStore;
use super::catalog::Catalog;
use super::number_key::NumberKey;
use super::row_group::{Decoded, Decoding, DecodingMemory};
use crate::ledger::{AnswerScope, Freshness, PackedAnswer, ResultTexts};
use crate::model::{Answered, Msisdn, UtcMillis};
use crate::spill_file::SpillFile;
use crate::storage::{StorageError, StorageErrorKind};
use crate::sync;

/// How often the files are listed again when they are compacted under a reader.
const MAX_LISTINGS: u32 = 5;

/// The answers of a store, as of the moment when it was opened. Only what is looked for is read.
pub(crate) struct SharedReader {
    store: AnswerStore,
    catalog: RwLock<Arc<Opened>>,
    scopes: Vec<AnswerScope>,
    freshness: Freshness,
    texts: ResultTexts,
}

/// A catalog and its decoded row groups.
struct Opened {
    catalog: Catalog,
    spill: SpillFile,
    memory: DecodingMemory,
}

impl SharedReader {
    /// Reads the footers of all files; blocks this thread.
    pub(crate) fn open(
        store: AnswerStore,
        scope: AnswerScope,
        freshness: Freshness,
    ) -> Result<Self, StorageError> {
        let opened = open_catalog(&store)?;
        Ok(Self {
            store,
            catalog: RwLock::new(Arc::new(opened)),
            scopes: scope.serving(),
            freshness,
            texts: ResultTexts::default(),
        })
    }

    /// How many files are not sorted with others.
    pub(crate) fn parts(&self) -> usize {
        sync::read(&self.catalog).catalog.parts()
    }

    /// The newest answer to each number that is young enough, in order; blocks this thread.
    pub(crate) fn find(&self, numbers: &[Msisdn]) -> Result<Vec<Option<Answered>>, StorageError> {
        let mut listings = 1;
        loop {
            let opened = sync::read(&self.catalog).clone();
            match self.find_in(&opened, numbers) {
                // Its answers are in another file now.
                Err(error) if error.kind() == StorageErrorKind::NotFound && listings < MAX_LISTINGS => {
                    listings += 1;
                    *sync::write(&self.catalog) = Arc::new(open_catalog(&self.store)?);
                }
                result => return result,
            }
        }
    }

    fn find_in(&self, opened: &Opened, numbers: &[Msisdn]) -> Result<Vec<Option<Answered>>, StorageError> {
        let mut sorted: Vec<(NumberKey, usize)> =
            numbers.iter().map(|msisdn| NumberKey::of(*msisdn)).zip(0..).collect();
        sorted.sort_unstable();
        let mut found =
            Found { reader: self, newest: vec![None; numbers.len()], withdrawn: vec![None; numbers.len()] };
        let work = Decoding { spill: &opened.spill, texts: &self.texts, memory: &opened.memory };
        let mut search = |decoded: &Decoded, numbers: &[(NumberKey, usize)]| {
            decoded.find(numbers, &opened.spill, |position, key, packed| {
                found.add(position, NumberKey::split(key).1, packed);
            })
        };
        let mut busy = Vec::new();
        for group in opened.catalog.groups() {
            let range = group.numbers();
            let start = sorted.partition_point(|(number, _)| number < range.start());
            let end = sorted.partition_point(|(number, _)| number <= range.end());
            if start >= end {
                continue;
            }
            match group.decoded_if_free(&work)? {
                Some(decoded) => search(&decoded, &sorted[start..end])?,
                // Another thread fetches it. Meanwhile this one goes on with others.
                None => busy.push((group, start..end)),
            }
        }
        for (group, numbers) in busy {
            search(&*group.decoded(&work)?, &sorted[numbers])?;
        }
        Ok(found.answers())
    }
}

/// The answers found so far.
struct Found<'a> {
    reader: &'a SharedReader,
    newest: Vec<Option<Answered>>,
    /// When an answer was taken back, and all before it.
    withdrawn: Vec<Option<UtcMillis>>,
}

impl Found<'_> {
    fn add(&mut self, position: usize, scope: AnswerScope, packed: PackedAnswer) {
        let newest = &mut self.newest[position];
        let is_newer = newest.as_ref().is_none_or(|known| known.checked_at < packed.checked_at());
        if !is_newer || !self.reader.scopes.contains(&scope) {
            return;
        }
        let Some(answered) = packed.unpack(&self.reader.texts) else { return };
        if answered.answer.result.is_withdrawal() {
            let withdrawn = &mut self.withdrawn[position];
            *withdrawn = (*withdrawn).max(Some(answered.checked_at));
        } else if self.reader.freshness.allows(&answered.answer.result, answered.checked_at) {
            *newest = Some(answered);
        }
    }

    fn answers(self) -> Vec<Option<Answered>> {
        let Self { newest, withdrawn, .. } = self;
        let is_valid =
            |answered: &Answered, withdrawn: Option<UtcMillis>| Some(answered.checked_at) > withdrawn;
        newest
            .into_iter()
            .zip(withdrawn)
            .map(|(answered, withdrawn)| answered.filter(|answered| is_valid(answered, withdrawn)))
            .collect()
    }
}

fn open_catalog(store: &AnswerStore) -> Result<Opened, StorageError> {
    let mut listings = 1;
    loop {
        let (this, bucket) = (store.clone(), store.bucket().clone());
        let files = bucket.work(async move { this.files().await }).wait()?;
        match Catalog::read(store, files) {
            Err(error) if error.kind() == StorageErrorKind::NotFound && listings < MAX_LISTINGS => {
                listings += 1;
            }
            catalog => {
                let spill = SpillFile::create().map_err(|fault| {
                    StorageError::new(store.name(), StorageErrorKind::Failed)
                        .because("no temporary file can be made for its answers")
                        .with_source(fault)
                })?;
                return Ok(Opened { catalog: catalog?, spill, memory: DecodingMemory::default() });
            }
        }
    }
}
