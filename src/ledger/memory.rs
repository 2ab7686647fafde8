//! A ledger that lasts as long as the run: every number is looked up once, and nothing is kept.

use std::collections::HashMap;
use std::sync::Mutex;

use foldhash::fast::FixedState;

use super::packed::{Packed, Texts};
use super::{Ledger, Remembered};
use crate::answer::{Answered, Source};
use crate::msisdn::Msisdn;

/// Enough shards that two threads rarely want the same one.
const SHARDS: usize = 64;

/// Answers of this run, about 30 bytes for each different number.
#[derive(Debug)]
pub struct MemoryLedger {
    shards: Vec<Mutex<HashMap<Msisdn, Packed, FixedState>>>,
    texts: Texts,
}

impl MemoryLedger {
    fn shard(&self, msisdn: Msisdn) -> &Mutex<HashMap<Msisdn, Packed, FixedState>> {
        &self.shards[msisdn.shard(SHARDS)]
    }
}

impl Default for MemoryLedger {
    fn default() -> Self {
        let shard = || Mutex::new(HashMap::with_hasher(FixedState::default()));
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), texts: Texts::default() }
    }
}

impl Ledger for MemoryLedger {
    fn find(&self, numbers: &[Msisdn]) -> Vec<Option<Remembered>> {
        let find = |msisdn: &Msisdn| {
            let packed = *self.shard(*msisdn).lock().expect("no panic while locked").get(msisdn)?;
            Some(Remembered { answered: packed.unpack(&self.texts), source: Source::Duplicate })
        };
        numbers.iter().map(find).collect()
    }

    fn record(&self, msisdn: Msisdn, answered: &Answered) {
        let packed = Packed::pack(answered, &self.texts);
        self.shard(msisdn).lock().expect("no panic while locked").insert(msisdn, packed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Answer, LookupResult, UtcMillis};

    #[test]
    fn what_was_recorded_is_found_and_nothing_else() {
        let ledger = MemoryLedger::default();
        let [known, unknown] = [46_701_740_605, 46_701_740_606].map(|n| Msisdn::new(n).unwrap());
        let answered = Answered {
            answer: Answer::bare(LookupResult::AbsentSubscriberSm),
            checked_at: UtcMillis(1_700_000_000_000),
            attempts: 2,
        };
        ledger.record(known, &answered);
        let found = ledger.find(&[unknown, known]);
        assert_eq!(found, [None, Some(Remembered { answered, source: Source::Duplicate })]);
    }
}
