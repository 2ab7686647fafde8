//! Answers of neighbouring numbers in few bytes: what they have in common is stored once.
//!
//! A block is little-endian, and its layout never changes:
//!
//! | bytes | content |
//! | --- | --- |
//! | 4 | a checksum over all that follows |
//! | 1 | how many answers there are, less one |
//! | 1 | how many different contents they have, less one |
//! | 1 | the widths, in bytes: of a number in the lower half, of a time in the upper half |
//! | 8 | the first number |
//! | 8 | the earliest time, in milliseconds since 1970 |
//! | 10 each | the contents: attempts, and the second word of a [`PackedAnswer`] |
//! | width each | the numbers in ascending order, less the first one |
//! | width each | their times, less the earliest one |
//! | 1 each | the places of their contents; nothing if all have the same |

use crate::ledger::packed_answer::PackedAnswer;
use crate::model::Msisdn;

/// The most answers of a block: a place in it fits into a byte, and several blocks fit into a page
/// of the database.
pub(super) const MOST_ANSWERS: usize = 128;

const CHECKSUM_BYTES: usize = 4;
const HEADER_BYTES: usize = CHECKSUM_BYTES + 3 + 16;
const CONTENT_BYTES: usize = 10;

/// A number and its answer.
pub(in crate::ledger) type Entry = (u64, PackedAnswer);

/// What an answer has besides its number and its time.
type Content = (u16, u64);

/// The bytes of a block with these answers: at least one and at most [`MOST_ANSWERS`], in ascending
/// order of numbers.
pub(in crate::ledger) fn encode(entries: &[Entry]) -> Vec<u8> {
    let (first, last) = (entries[0].0, entries[entries.len() - 1].0);
    let times = || entries.iter().map(|(_, packed)| packed.time());
    let earliest = times().min().expect("there is an answer");
    let latest = times().max().expect("there is an answer");
    let mut contents: Vec<Content> = Vec::new();
    let mut places = Vec::with_capacity(entries.len());
    for (_, packed) in entries {
        let content = packed.content();
        // Mostly one of the first few.
        let place = contents.iter().position(|known| *known == content).unwrap_or_else(|| {
            contents.push(content);
            contents.len() - 1
        });
        places.push(place as u8);
    }
    // A single number has no distance, and takes a byte all the same.
    let number_width = width_of(last - first).max(1);
    let time_width = width_of(latest - earliest);
    let mut bytes = vec![0; CHECKSUM_BYTES];
    bytes.push((entries.len() - 1) as u8);
    bytes.push((contents.len() - 1) as u8);
    bytes.push((number_width | time_width << 4) as u8);
    bytes.extend_from_slice(&first.to_le_bytes());
    bytes.extend_from_slice(&earliest.to_le_bytes());
    for (attempts, content) in &contents {
        bytes.extend_from_slice(&attempts.to_le_bytes());
        bytes.extend_from_slice(&content.to_le_bytes());
    }
    for (number, _) in entries {
        bytes.extend_from_slice(&(number - first).to_le_bytes()[..number_width]);
    }
    for time in times() {
        bytes.extend_from_slice(&(time - earliest).to_le_bytes()[..time_width]);
    }
    if contents.len() > 1 {
        bytes.extend_from_slice(&places);
    }
    let checksum = checksum(&bytes[CHECKSUM_BYTES..]);
    bytes[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The width of a column whose largest value is this.
fn width_of(largest: u64) -> usize {
    (u64::BITS - largest.leading_zeros()).div_ceil(8) as usize
}

/// The answers of a block.
#[derive(Clone, Copy, Debug)]
pub(in crate::ledger) struct AnswerBlock<'a> {
    first: u64,
    earliest: u64,
    contents: &'a [[u8; CONTENT_BYTES]],
    numbers: Column<'a>,
    times: Column<'a>,
    places: Column<'a>,
    len: usize,
}

impl<'a> AnswerBlock<'a> {
    /// The block in these bytes; `None` if they are damaged.
    pub(in crate::ledger) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (stored, rest) = bytes.split_first_chunk::<CHECKSUM_BYTES>()?;
        (u32::from_le_bytes(*stored) == checksum(rest)).then(|| Self::of_intact(bytes)).flatten()
    }

    /// The same for bytes whose checksum was compared before.
    pub(in crate::ledger) fn of_intact(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let (len, contents) = (usize::from(header[4]) + 1, usize::from(header[5]) + 1);
        let (number_width, time_width) = (usize::from(header[6] & 15), usize::from(header[6] >> 4));
        let word = |at: usize| Some(u64::from_le_bytes(*header.get(at..)?.first_chunk()?));
        let (contents, rest) = rest.split_at_checked(contents * CONTENT_BYTES)?;
        let (numbers, rest) = Column::split(rest, number_width, len)?;
        let (times, rest) = Column::split(rest, time_width, len)?;
        let (contents, _) = contents.as_chunks();
        let (places, rest) = Column::split(rest, usize::from(contents.len() > 1), len)?;
        let block = Self { first: word(7)?, earliest: word(15)?, contents, numbers, times, places, len };
        rest.is_empty().then_some(block)
    }

    /// Finds numbers, and calls `found` with each answer and the position of its number.
    pub(in crate::ledger) fn find_all(
        &self,
        numbers: &[(Msisdn, usize)],
        mut found: impl FnMut(usize, PackedAnswer),
    ) {
        for (msisdn, position) in numbers {
            if let Some(at) = self.position(*msisdn) {
                found(*position, self.answer(at));
            }
        }
    }

    /// The position of the answer to a number.
    pub(in crate::ledger) fn position(&self, msisdn: Msisdn) -> Option<usize> {
        let offset = msisdn.get().checked_sub(self.first)?;
        let at = self.numbers.first_not_below(offset);
        (at < self.len && self.numbers.get(at) == offset).then_some(at)
    }

    /// The answer at a position.
    pub(in crate::ledger) fn answer(&self, at: usize) -> PackedAnswer {
        // A place beyond the contents is damage that no checksum has found.
        let content = self.contents.get(self.places.get(at) as usize).map_or([0; CONTENT_BYTES], |c| *c);
        let (attempts, content) = content.split_first_chunk().expect("a content has ten bytes");
        let content = u64::from_le_bytes(content.try_into().expect("eight bytes are left"));
        PackedAnswer::of_parts(
            self.earliest.wrapping_add(self.times.get(at)),
            (u16::from_le_bytes(*attempts), content),
        )
    }

    /// Every number and its answer, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.len).map(|at| (self.first.wrapping_add(self.numbers.get(at)), self.answer(at)))
    }

    /// The last number.
    pub(super) fn last(&self) -> u64 {
        self.first.wrapping_add(self.numbers.get(self.len - 1))
    }

    /// How many answers there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// Values of one width.
#[derive(Clone, Copy, Debug)]
struct Column<'a> {
    bytes: &'a [u8],
    width: usize,
}

/// Calls a method with the width of a column, which the compiler then knows.
macro_rules! by_width {
    ($column:ident, $method:ident($argument:expr)) => {
        match $column.width {
            1 => $column.$method::<1>($argument),
            2 => $column.$method::<2>($argument),
            3 => $column.$method::<3>($argument),
            4 => $column.$method::<4>($argument),
            5 => $column.$method::<5>($argument),
            6 => $column.$method::<6>($argument),
            7 => $column.$method::<7>($argument),
            _ => $column.$method::<8>($argument),
        }
    };
}

impl<'a> Column<'a> {
    fn split(bytes: &'a [u8], width: usize, len: usize) -> Option<(Self, &'a [u8])> {
        let (bytes, rest) = bytes.split_at_checked(width * len)?;
        (width <= size_of::<u64>()).then_some((Self { bytes, width }, rest))
    }

    /// Zero everywhere if the width is zero.
    fn get(&self, at: usize) -> u64 {
        if self.width == 0 { 0 } else { by_width!(self, value(at)) }
    }

    /// The place of the first value, of ascending ones, that is not below this. The width is not zero.
    fn first_not_below(&self, value: u64) -> usize {
        by_width!(self, partition_point(value))
    }

    fn value<const WIDTH: usize>(&self, at: usize) -> u64 {
        word_of(&self.bytes.as_chunks::<WIDTH>().0[at])
    }

    fn partition_point<const WIDTH: usize>(&self, value: u64) -> usize {
        self.bytes.as_chunks::<WIDTH>().0.partition_point(|bytes| word_of(bytes) < value)
    }
}

fn word_of<const WIDTH: usize>(bytes: &[u8; WIDTH]) -> u64 {
    let mut word = [0; 8];
    word[..WIDTH].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Protects against damage, not against malice. Four words are mixed side by side, each by a
/// multiplication with an odd constant (of MurmurHash3's finaliser) that loses nothing.
fn checksum(bytes: &[u8]) -> u32 {
    const ODD: u64 = 0xFF51_AFD7_ED55_8CCD;
    let mut lanes = [0x9E37_79B9_7F4A_7C15, 0xC4CE_B9FE_1A85_EC53, ODD, bytes.len() as u64];
    let mut mix = |group: &[u8; 32]| {
        for (lane, word) in lanes.iter_mut().zip(group.as_chunks().0) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(ODD);
            *lane ^= *lane >> 32;
        }
    };
    let (groups, rest) = bytes.as_chunks();
    groups.iter().for_each(&mut mix);
    let mut last = [0; 32];
    last[..rest.len()].copy_from_slice(rest);
    mix(&last);
    let mixed = lanes.into_iter().fold(0, |sum: u64, lane| {
        let sum = (sum ^ lane).wrapping_mul(ODD);
        sum ^ (sum >> 33)
    });
    (mixed.wrapping_mul(ODD) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(time: u64, attempts: u16, content: u64) -> PackedAnswer {
        PackedAnswer::of_parts(time, (attempts, content))
    }

    fn find(block: &AnswerBlock<'_>, number: u64) -> Option<PackedAnswer> {
        let mut found = None;
        block.find_all(&[(Msisdn::new(number).unwrap(), 0)], |_, packed| found = Some(packed));
        found
    }

    /// Blocks of every width: near and far numbers, equal and different times, few and many contents.
    fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
        let spread = prop_oneof![Just(200_u64), Just(60_000), Just(4_000_000_000), Just(1 << 49)];
        let times = prop_oneof![Just(1_u64), Just(250), Just(60_000), Just(3_000_000_000), Just(1 << 47)];
        let contents = prop_oneof![Just(1_u64), Just(5), Just(u64::MAX)];
        (spread, times, contents).prop_flat_map(|(spread, times, contents)| {
            let entry = (1..1 + spread, 0..times, 1..4_u16, 0..contents);
            let entries = prop::collection::btree_map(entry.prop_map(|e| e.0), any::<()>(), 1..=MOST_ANSWERS);
            let words = prop::collection::vec((0..times, 1..4_u16, 0..contents), MOST_ANSWERS);
            (entries, words).prop_map(|(numbers, words)| {
                let answers =
                    words.into_iter().map(|(time, attempts, content)| packed(time, attempts, content));
                numbers.into_keys().map(|number| 46_000_000 + number).zip(answers).collect()
            })
        })
    }

    proptest! {
        #[test]
        fn a_block_has_exactly_the_answers_that_it_was_made_of(entries in any_entries()) {
            let bytes = encode(&entries);
            let block = AnswerBlock::read(&bytes).unwrap();
            prop_assert_eq!(block.len(), entries.len());
            prop_assert_eq!(block.entries().collect::<Vec<_>>(), entries.clone());
            for (number, packed) in &entries {
                let known = |number: u64| entries.iter().find(|entry| entry.0 == number).map(|entry| entry.1);
                prop_assert_eq!(find(&block, *number), Some(*packed));
                for beside in [number - 1, number + 1] {
                    prop_assert_eq!(find(&block, beside), known(beside));
                }
            }
        }

        #[test]
        fn a_flipped_bit_and_a_lost_byte_are_noticed(entries in any_entries(), bit in any::<prop::sample::Index>()) {
            let intact = encode(&entries);
            let mut bytes = intact.clone();
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(AnswerBlock::read(&bytes).is_none());
            prop_assert!(AnswerBlock::read(&intact[..bit / 8]).is_none());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Some(block) = AnswerBlock::of_intact(&bytes) {
                let _ = find(&block, 46_701_740_605);
            }
        }
    }

    #[test]
    fn answers_of_one_day_take_few_bytes() {
        // A range in which every second number has an answer, some of six contents.
        let entries: Vec<Entry> = (0..128)
            .map(|n| (46_700_000_000 + 2 * n, packed(1_700_000_000_000 + n * 997, 1, n % 6)))
            .collect();
        assert!(encode(&entries).len() <= 7 * entries.len(), "{}", encode(&entries).len());
    }
}
