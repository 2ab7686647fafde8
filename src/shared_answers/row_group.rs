//! The answers of one row group: fetched when the first of its numbers is looked for, and kept in
//! the spill file.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use super::number_key::NumberKey;
use super::part_file::{AnswerFile, KeyedAnswer};
use crate::ledger::{PackedAnswer, ResultTexts};
use crate::spill_file::SpillFile;
use crate::storage::{StorageError, StorageErrorKind};
use crate::sync;

/// How many answers are read at once from the spill file. Their first key stays in memory.
const BLOCK: usize = 32;
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

/// The memory in which row groups are decoded, used again for the next ones.
#[derive(Default)]
pub(super) struct DecodingMemory(Mutex<Vec<Buffers>>);

#[derive(Default)]
struct Buffers {
    answers: Vec<KeyedAnswer>,
    records: Vec<u8>,
}

impl DecodingMemory {
    fn take(&self) -> Buffers {
        sync::lock(&self.0).pop().unwrap_or_default()
    }

    fn give_back(&self, buffers: Buffers) {
        sync::lock(&self.0).push(buffers);
    }
}

/// What row groups are decoded with, and where to.
#[derive(Clone, Copy)]
pub(super) struct Decoding<'a> {
    pub(super) spill: &'a SpillFile,
    pub(super) texts: &'a ResultTexts,
    pub(super) memory: &'a DecodingMemory,
}

impl RowGroup {
    pub(super) fn new(file: Arc<AnswerFile>, index: usize, numbers: RangeInclusive<NumberKey>) -> Self {
        Self { file, index, numbers, decoded: Mutex::default() }
    }

    /// Its numbers, from the least to the largest.
    pub(super) fn numbers(&self) -> &RangeInclusive<NumberKey> {
        &self.numbers
    }

    /// Its answers, if nobody is fetching them at this moment. The first call fetches them.
    pub(super) fn decoded_if_free(&self, work: &Decoding<'_>) -> Result<Option<Arc<Decoded>>, StorageError> {
        match sync::try_lock(&self.decoded) {
            Some(mut decoded) => self.decode(&mut decoded, work).map(Some),
            None => Ok(None),
        }
    }

    /// Its answers. Waits for whoever is fetching them.
    pub(super) fn decoded(&self, work: &Decoding<'_>) -> Result<Arc<Decoded>, StorageError> {
        self.decode(&mut sync::lock(&self.decoded), work)
    }

    fn decode(
        &self,
        decoded: &mut Option<Arc<Decoded>>,
        work: &Decoding<'_>,
    ) -> Result<Arc<Decoded>, StorageError> {
        if let Some(decoded) = decoded {
            return Ok(decoded.clone());
        }
        let mut buffers = work.memory.take();
        self.file.read_answers(self.index, work.texts, &mut buffers.answers)?;
        let new = Arc::new(Decoded::write(&mut buffers, work.spill).map_err(no_space)?);
        work.memory.give_back(buffers);
        *decoded = Some(new.clone());
        Ok(new)
    }
}

impl Decoded {
    fn write(Buffers { answers, records }: &mut Buffers, spill: &SpillFile) -> std::io::Result<Self> {
        records.clear();
        for (key, packed) in &*answers {
            let [first, second] = packed.words();
            for word in [*key, first, second] {
                records.extend_from_slice(&word.to_le_bytes());
            }
        }
        let first_keys = answers.iter().step_by(BLOCK).map(|(key, _)| *key).collect();
        Ok(Self { position: spill.append(records)?, count: answers.len(), first_keys })
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
            let mut at = self.first_block_from(least).saturating_sub(1);
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

    /// The first block whose first key is not below this one. Numbers of a row group are spread
    /// evenly as a rule, so it is near the place that its value suggests: few places of memory are
    /// looked at.
    fn first_block_from(&self, key: u64) -> usize {
        let keys = &self.first_keys;
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return 0 };
        let share = key.saturating_sub(*first) as f64 / (last - first).max(1) as f64;
        let guess = ((share * keys.len() as f64) as usize).min(keys.len() - 1);
        let mut step = 1;
        if keys[guess] < key {
            let ahead = &keys[guess + 1..];
            while step <= ahead.len() && ahead[step - 1] < key {
                step *= 2;
            }
            let (from, to) = (step / 2, step.min(ahead.len()));
            return guess + 1 + from + ahead[from..to].partition_point(|other| *other < key);
        }
        while step <= guess && keys[guess - step] >= key {
            step *= 2;
        }
        let from = guess.saturating_sub(step);
        from + keys[from..guess].partition_point(|other| *other < key)
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
