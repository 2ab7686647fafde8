//! An answer in 16 bytes, so that millions fit into memory.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use crate::model::{Answer, Answered, CallingCode, LookupResult, Msisdn, Plmn, Unreadable, UtcMillis};
use crate::sync;

/// An [`Answered`] in two words. Ledger files store the same words, so their meaning never changes.
///
/// | word | bits, lowest first |
/// | --- | --- |
/// | 0 | 48 milliseconds since 1970, 16 attempts |
/// | 1 | 32 network, 14 location, 2 unreadable fields, 16 result |
///
/// A result is its index in [`LookupResult::DOCUMENTED`], or [`FIRST_TEXT`] and above for a text of
/// [`ResultTexts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedAnswer([u64; 2]);

/// The size of an answer on disk: its two words, and a checksum over them and the number.
pub(super) const BYTES: usize = 20;

/// The undocumented result texts, each with its number.
#[derive(Debug, Default)]
pub(crate) struct ResultTexts(RwLock<TextTable>);

#[derive(Debug, Default)]
struct TextTable {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

/// Lower numbers are for documented results, with room for new ones.
const FIRST_TEXT: u16 = 256;
const LOCATION_BITS: u32 = 14;
/// The bits of the time in the first word.
const TIME_MASK: u64 = (1 << 48) - 1;
/// Replaces every further text after 65,000 different ones: a service that invents a result for
/// every number must not fill the memory.
const TOO_MANY_TEXTS: &str = "(one of too many undocumented results)";
const MAX_TEXTS: u16 = u16::MAX - FIRST_TEXT - 1;

impl ResultTexts {
    fn number(&self, result: &LookupResult) -> u16 {
        let LookupResult::Unrecognised(text) = result else { return result.index() as u16 };
        if let Some(number) = sync::read(&self.0).numbers.get(text) {
            return FIRST_TEXT + number;
        }
        let mut table = sync::write(&self.0);
        let count = table.texts.len() as u16;
        let text = if count < MAX_TEXTS { text.clone() } else { TOO_MANY_TEXTS.into() };
        if let Some(number) = table.numbers.get(&text) {
            return FIRST_TEXT + number;
        }
        table.texts.push(text.clone());
        table.numbers.insert(text, count);
        FIRST_TEXT + count
    }

    /// The result with this number; `None` if there is none, because the file is damaged.
    fn result(&self, number: u16) -> Option<LookupResult> {
        if let Some(result) = LookupResult::DOCUMENTED.get(usize::from(number)) {
            return Some(result.clone());
        }
        let table = sync::read(&self.0);
        let text = table.texts.get(usize::from(number.checked_sub(FIRST_TEXT)?))?;
        Some(LookupResult::Unrecognised(text.clone()))
    }

    /// Adds the next text of a file.
    pub(super) fn push(&self, text: &str) {
        let mut table = sync::write(&self.0);
        let (text, number): (Arc<str>, _) = (text.into(), table.texts.len() as u16);
        table.texts.push(text.clone());
        table.numbers.insert(text, number);
    }

    /// The texts from this index on, for a file that has the earlier ones.
    pub(super) fn since(&self, index: usize) -> Vec<Arc<str>> {
        let table = sync::read(&self.0);
        table.texts.get(index..).unwrap_or_default().to_vec()
    }
}

impl PackedAnswer {
    /// No answer is packed to this value, because attempts start at 1. In the journal it takes back
    /// the answers before it.
    pub(crate) const NONE: Self = Self([0; 2]);

    pub(crate) fn pack(answered: &Answered, texts: &ResultTexts) -> Self {
        let Answered { answer, checked_at, attempts } = answered;
        let millis = checked_at.0.max(0) as u64 & TIME_MASK;
        let network = answer.network.map_or(0, pack_network);
        let location = answer.location.map_or(0, |code| u64::from(code.get()));
        let unreadable = u64::from(answer.unreadable.imsi) | u64::from(answer.unreadable.location) << 1;
        let result = u64::from(texts.number(&answer.result));
        Self([
            millis | u64::from(*attempts) << 48,
            network | location << 32 | unreadable << (32 + LOCATION_BITS) | result << 48,
        ])
    }

    /// The answer; `None` if it was taken back, or if its result is unknown, because the file is
    /// damaged.
    pub(crate) fn unpack(self, texts: &ResultTexts) -> Option<Answered> {
        if self == Self::NONE {
            return None;
        }
        let [time_and_attempts, content] = self.0;
        let unreadable = content >> (32 + LOCATION_BITS);
        let location = (content >> 32) & ((1 << LOCATION_BITS) - 1);
        Some(Answered {
            answer: Answer {
                result: texts.result((content >> 48) as u16)?,
                network: unpack_network(content as u32),
                location: CallingCode::new(location as u16),
                unreadable: Unreadable { imsi: unreadable & 1 == 1, location: unreadable & 2 == 2 },
            },
            checked_at: self.checked_at(),
            attempts: (time_and_attempts >> 48) as u16,
        })
    }

    /// The two words, for a file of this process.
    #[cfg(feature = "cloud")]
    pub(crate) fn words(self) -> [u64; 2] {
        self.0
    }

    /// The answer of [`Self::words`].
    #[cfg(feature = "cloud")]
    pub(crate) fn of_words(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// The time in milliseconds since 1970.
    pub(super) fn time(self) -> u64 {
        self.0[0] & TIME_MASK
    }

    /// What there is besides the time: the attempts, and the second word.
    pub(super) fn content(self) -> (u16, u64) {
        ((self.0[0] >> 48) as u16, self.0[1])
    }

    /// The answer of [`Self::time`] and [`Self::content`].
    pub(super) fn of_parts(time: u64, (attempts, content): (u16, u64)) -> Self {
        Self([time & TIME_MASK | u64::from(attempts) << 48, content])
    }

    /// When the answer came.
    pub(crate) fn checked_at(self) -> UtcMillis {
        UtcMillis(self.time() as i64)
    }

    /// The bytes in a file, little-endian, with the checksum.
    pub(super) fn to_bytes(self, msisdn: Msisdn) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.0[0].to_le_bytes());
        bytes[8..16].copy_from_slice(&self.0[1].to_le_bytes());
        bytes[16..].copy_from_slice(&self.checksum(msisdn).to_le_bytes());
        bytes
    }

    /// The answer from a file; `None` if the checksum does not match for this number.
    pub(super) fn from_bytes(bytes: &[u8; BYTES], msisdn: Msisdn) -> Option<Self> {
        let word = |start: usize| {
            u64::from_le_bytes(bytes[start..start + 8].try_into().expect("a word has eight bytes"))
        };
        let packed = Self([word(0), word(8)]);
        let checksum = u32::from_le_bytes(bytes[16..].try_into().expect("four bytes are left"));
        (checksum == packed.checksum(msisdn)).then_some(packed)
    }

    /// Protects against damage, not against malice: three words, mixed by multiplication with odd
    /// constants (of MurmurHash3's finaliser), the upper half.
    fn checksum(self, msisdn: Msisdn) -> u32 {
        let words = [msisdn.get(), self.0[0], self.0[1]];
        let mixed = words.into_iter().fold(0x9E37_79B9_7F4A_7C15_u64, |sum, word| {
            let sum = (sum ^ word).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
            (sum ^ (sum >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53)
        });
        (mixed >> 32) as u32
    }
}

/// MCC × 1,000,000 + number of MNC digits × 1,000 + MNC. Never zero, because there are 2 or 3
/// digits.
fn pack_network(network: Plmn) -> u64 {
    u64::from(network.mcc()) * 1_000_000 + u64::from(network.mnc_digits()) * 1_000 + u64::from(network.mnc())
}

fn unpack_network(packed: u32) -> Option<Plmn> {
    let (mcc, mnc_digits, mnc) = (packed / 1_000_000, packed / 1_000 % 1_000, packed % 1_000);
    Plmn::new(mcc as u16, mnc as u16, mnc_digits as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_answered() -> impl Strategy<Value = Answered> {
        let result = prop_oneof![
            (0..18_usize).prop_map(|index| LookupResult::DOCUMENTED[index].clone()),
            "[A-Z_]{1,12}".prop_map(|text| LookupResult::from_text(&text)),
        ];
        let network =
            proptest::option::of("[0-9]{5,6}".prop_map(|digits| Plmn::from_digits(&digits).unwrap()));
        let location = proptest::option::of((1..=9999_u16).prop_map(|code| CallingCode::new(code).unwrap()));
        (result, network, location, any::<(bool, bool)>(), 0..1_i64 << 47, any::<u16>()).prop_map(
            |(result, network, location, (imsi, unreadable_location), millis, attempts)| Answered {
                answer: Answer {
                    result,
                    network,
                    location,
                    unreadable: Unreadable { imsi, location: unreadable_location },
                },
                checked_at: UtcMillis(millis),
                attempts,
            },
        )
    }

    proptest! {
        #[test]
        fn unpacking_reverses_packing(answered in any_answered()) {
            let texts = ResultTexts::default();
            prop_assert_eq!(PackedAnswer::pack(&answered, &texts).unpack(&texts), Some(answered));
        }

        #[test]
        fn a_flipped_bit_is_detected(answered in any_answered(), bit in 0..BYTES * 8) {
            let msisdn = Msisdn::new(46_701_740_605).unwrap();
            let packed = PackedAnswer::pack(&answered, &ResultTexts::default());
            let mut bytes = packed.to_bytes(msisdn);
            prop_assert_eq!(PackedAnswer::from_bytes(&bytes, msisdn), Some(packed));
            prop_assert_eq!(PackedAnswer::from_bytes(&bytes, Msisdn::new(46_701_740_606).unwrap()), None);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(PackedAnswer::from_bytes(&bytes, msisdn), None);
        }
    }

    #[test]
    fn a_service_that_invents_results_does_not_fill_the_memory() {
        let texts = ResultTexts::default();
        for number in 0..70_000 {
            texts.number(&LookupResult::from_text(&format!("RESULT_{number}")));
        }
        let beyond = texts.number(&LookupResult::from_text("ONE_MORE"));
        assert_eq!(texts.result(beyond).unwrap().text(), TOO_MANY_TEXTS);
    }
}
