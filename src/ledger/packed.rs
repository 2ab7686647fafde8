//! An answer in 16 bytes, so that a run can remember millions.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use crate::answer::{Answer, Answered, CallingCode, LookupResult, Unreadable, UtcMillis};
use crate::plmn::Plmn;

/// An [`Answered`] in two words.
///
/// | word | bits, lowest first |
/// | --- | --- |
/// | 0 | 48 milliseconds since 1970, 16 attempts |
/// | 1 | 32 network, 14 location, 2 unreadable fields, 16 result |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed([u64; 2]);

/// The result texts that no document lists, each with its number.
#[derive(Debug, Default)]
pub(super) struct Texts(RwLock<TextTable>);

#[derive(Debug, Default)]
struct TextTable {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

const DOCUMENTED: u16 = LookupResult::DOCUMENTED.len() as u16;
const LOCATION_BITS: u32 = 14;
/// What stands for a text once 65 000 different ones have been seen: a service that makes up a result
/// for every number must not fill the memory.
const TOO_MANY_TEXTS: &str = "(one of too many undocumented results)";
const MOST_TEXTS: u16 = u16::MAX - DOCUMENTED - 1;

impl Texts {
    fn number(&self, result: &LookupResult) -> u16 {
        let LookupResult::Unrecognised(text) = result else { return result.index() as u16 };
        if let Some(number) = self.0.read().expect("no panic while locked").numbers.get(text) {
            return DOCUMENTED + number;
        }
        let mut table = self.0.write().expect("no panic while locked");
        let count = table.texts.len() as u16;
        let text = if count < MOST_TEXTS { text.clone() } else { TOO_MANY_TEXTS.into() };
        if let Some(number) = table.numbers.get(&text) {
            return DOCUMENTED + number;
        }
        table.texts.push(text.clone());
        table.numbers.insert(text, count);
        DOCUMENTED + count
    }

    fn result(&self, number: u16) -> LookupResult {
        match LookupResult::DOCUMENTED.get(usize::from(number)) {
            Some(result) => result.clone(),
            None => {
                let table = self.0.read().expect("no panic while locked");
                LookupResult::Unrecognised(table.texts[usize::from(number - DOCUMENTED)].clone())
            }
        }
    }
}

impl Packed {
    pub(super) fn pack(answered: &Answered, texts: &Texts) -> Self {
        let Answered { answer, checked_at, attempts } = answered;
        let moment = (checked_at.0.max(0) as u64) & ((1 << 48) - 1);
        let network = answer.network.map_or(0, pack_network);
        let location = answer.location.map_or(0, |code| u64::from(code.get()));
        let unreadable = u64::from(answer.unreadable.imsi) | u64::from(answer.unreadable.location) << 1;
        let result = u64::from(texts.number(&answer.result));
        Self([
            moment | u64::from(*attempts) << 48,
            network | location << 32 | unreadable << (32 + LOCATION_BITS) | result << 48,
        ])
    }

    pub(super) fn unpack(self, texts: &Texts) -> Answered {
        let [when, what] = self.0;
        let unreadable = what >> (32 + LOCATION_BITS);
        let location = (what >> 32) & ((1 << LOCATION_BITS) - 1);
        Answered {
            answer: Answer {
                result: texts.result((what >> 48) as u16),
                network: unpack_network(what as u32),
                location: CallingCode::new(location as u16),
                unreadable: Unreadable { imsi: unreadable & 1 == 1, location: unreadable & 2 == 2 },
            },
            checked_at: UtcMillis((when & ((1 << 48) - 1)) as i64),
            attempts: (when >> 48) as u16,
        }
    }
}

/// MCC in millions, MNC digits in thousands, MNC: never zero, because the digits are 2 or 3.
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
            |(result, network, location, (imsi, place), moment, attempts)| Answered {
                answer: Answer {
                    result,
                    network,
                    location,
                    unreadable: Unreadable { imsi, location: place },
                },
                checked_at: UtcMillis(moment),
                attempts,
            },
        )
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out_equal(answered in any_answered()) {
            let texts = Texts::default();
            prop_assert_eq!(Packed::pack(&answered, &texts).unpack(&texts), answered);
        }
    }

    #[test]
    fn a_service_that_makes_up_results_does_not_fill_the_memory() {
        let texts = Texts::default();
        for number in 0..70_000 {
            texts.number(&LookupResult::from_text(&format!("RESULT_{number}")));
        }
        let beyond = texts.number(&LookupResult::from_text("ONE_MORE"));
        assert_eq!(texts.result(beyond).text(), TOO_MANY_TEXTS);
    }
}
