//! The answers that are stored: any of them can be made again from its number alone, so that a reading
//! can tell a wrong answer from a missing one without keeping a second copy.

/// A stored answer: status, network, place, time and attempts.
pub type Value = [u8; 20];

/// A phone number and its answer.
pub type Answer = (u64, Value);

/// The bytes of one answer in a journal entry.
pub const RECORD: usize = 28;

/// Where the numbers begin that are never stored, for readings of misses.
pub const NEVER_STORED: u64 = 9_000_000_000;

/// How many numbers there are: ten digits.
const NUMBERS: u64 = 10_000_000_000;

/// Half the bits of a number below 2^34, the first power of four above [`NUMBERS`].
const HALF: u32 = 17;

/// The `index`th phone number, in no order, and never the same one twice.
///
/// Four rounds of a Feistel network over 34 bits mix the index reversibly; a result with too many digits is
/// mixed again, so that the numbers stay a permutation.
pub fn key(index: u64) -> u64 {
    let mut number = index;
    loop {
        for round in 0..4 {
            let (left, right) = (number >> HALF, number & ((1 << HALF) - 1));
            let mixed = left ^ (mix(right ^ (round << 40)) & ((1 << HALF) - 1));
            number = (right << HALF) | mixed;
        }
        if number < NUMBERS {
            return 46_700_000_000 + number;
        }
    }
}

/// The answer for a phone number: as regular as real answers are, since some stores compress.
pub fn value(key: u64) -> Value {
    let mixed = mix(key);
    let mut value = [0; 20];
    value[0] = (mixed & 3) as u8;
    value[1..5].copy_from_slice(&(20_001 + (mixed >> 2) as u32 % 200).to_le_bytes());
    value[5..9].copy_from_slice(&((mixed >> 10) as u32 % 200_000).to_le_bytes());
    value[9..17].copy_from_slice(&(1_790_000_000_000 + (mixed >> 20) % 2_592_000_000).to_le_bytes());
    value[17] = 1;
    value
}

/// The answers of a range of indexes, sorted by number, as every commit writes them.
pub fn sorted(indexes: std::ops::Range<u64>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = indexes.map(key).map(|key| (key, value(key))).collect();
    answers.sort_unstable_by_key(|answer| answer.0);
    answers
}

/// Answers as one journal entry.
pub fn pack(answers: &[Answer]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(answers.len() * RECORD);
    for (key, value) in answers {
        packed.extend_from_slice(&key.to_le_bytes());
        packed.extend_from_slice(value);
    }
    packed
}

/// The answers of a journal entry.
pub fn unpack(packed: &[u8]) -> impl Iterator<Item = Answer> {
    packed.chunks_exact(RECORD).map(|record| {
        let (key, value) = record.split_at(8);
        let key = key.try_into().expect("eight bytes were split off");
        (u64::from_le_bytes(key), value.try_into().expect("twenty bytes remain"))
    })
}

/// A step of SplitMix64: every bit of the result depends on every bit of `seed`.
pub fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
