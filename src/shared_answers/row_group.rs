//! The answers of one row group: fetched when the first of its numbers is looked for, and kept in
//! the spill file.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use super::number_key::NumberKey;
use super::part_file::{AnswerFile, KeyedAnswer};
use super::spill_file::SpillFile;
use crate::ledger::{PackedAnswer, ResultTexts};
use crate::storage::{StorageError, StorageErrorKind};
use crate::sync;

/// How many answers are read at once from the spill file.
const BLOCK: usize = 64;
/// A key and the two words of an answer.
const RECORD_BYTES: usize = 24;

/// A row group of a file.
pub(super) struct RowGroup {
    file: Arc<AnswerFile>,
    index: usize,
    numbers: RangeInclusive<NumberKey>,
    decoded: Mutex<Option<Arc<Decoded>>>,
}

/// Answers in the spill file.
pub(super) struct Decoded {
    position: u64,
    count: usize,
    /// The first key of each block.
    first_keys: Vec<u64>,
}

impl RowGroup {
    pub(super) fn new(file: Arc<AnswerFile>, index: usize, numbers: RangeInclusive<NumberKey>) -> Self {
        Self { file, index, numbers, decoded: Mutex::default() }
    }

    /// Its numbers, from the least to the largest.
    pub(super) fn numbers(&self) -> &RangeInclusive<NumberKey> {
        &self.numbers
    }

    /// Its answers. The first call fetches them; others wait for it.
    pub(super) fn decoded(
        &self,
        spill: &SpillFile,
        texts: &ResultTexts,
    ) -> Result<Arc<Decoded>, StorageError> {
        let mut decoded = sync::lock(&self.decoded);
        if let Some(decoded) = &*decoded {
            return Ok(decoded.clone());
        }
        let answers = self.file.answers(self.index, texts)?;
        let new = Arc::new(Decoded::write(&answers, spill).map_err(no_space)?);
        *decoded = Some(new.clone());
        Ok(new)
    }
}

impl Decoded {
    fn write(answers: &[KeyedAnswer], spill: &SpillFile) -> std::io::Result<Self> {
        let mut bytes = Vec::with_capacity(answers.len() * RECORD_BYTES);
        for (key, packed) in answers {
            let [first, second] = packed.words();
            for word in [*key, first, second] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        let first_keys = answers.iter().step_by(BLOCK).map(|(key, _)| *key).collect();
        Ok(Self { position: spill.append(&bytes)?, count: answers.len(), first_keys })
    }

    /// Calls back with every answer of these numbers, which are sorted.
    pub(super) fn find(
        &self,
        numbers: &[(NumberKey, usize)],
        spill: &SpillFile,
        mut found: impl FnMut(usize, u64, PackedAnswer),
    ) -> Result<(), StorageError> {
        let mut block = Block { number: usize::MAX, bytes: [0; BLOCK * RECORD_BYTES], count: 0 };
        for (number, position) in numbers {
            let least = number.first();
            // The block before may end with answers of the same number.
            let mut at = self.first_keys.partition_point(|key| *key < least).saturating_sub(1);
            'number: while at < self.first_keys.len() {
                self.read_block(at, &mut block, spill)?;
                for record in 0..block.count {
                    let (key, packed) = block.record(record);
                    match NumberKey::split(key).0 {
                        found_number if found_number == *number => found(*position, key, packed),
                        found_number if found_number > *number => break 'number,
                        _ => {}
                    }
                }
                at += 1;
            }
        }
        Ok(())
    }

    fn read_block(&self, number: usize, block: &mut Block, spill: &SpillFile) -> Result<(), StorageError> {
        if block.number == number {
            return Ok(());
        }
        let count = BLOCK.min(self.count - number * BLOCK);
        let position = self.position + (number * BLOCK * RECORD_BYTES) as u64;
        spill.read(position, &mut block.bytes[..count * RECORD_BYTES]).map_err(no_space)?;
        (block.number, block.count) = (number, count);
        Ok(())
    }
}

struct Block {
    number: usize,
    bytes: [u8; BLOCK * RECORD_BYTES],
    count: usize,
}

impl Block {
    fn record(&self, index: usize) -> KeyedAnswer {
        let word = |word: usize| {
            let start = index * RECORD_BYTES + word * 8;
            u64::from_le_bytes(self.bytes[start..start + 8].try_into().expect("a word has eight bytes"))
        };
        (word(0), PackedAnswer::of_words([word(1), word(2)]))
    }
}

fn no_space(fault: std::io::Error) -> StorageError {
    StorageError::new("shared answers", StorageErrorKind::Failed)
        .because("the temporary file for them cannot be used")
        .with_source(fault)
        .with_help("free disk space, or set TMPDIR to a folder with room for 24 bytes an answer")
}
