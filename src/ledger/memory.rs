//! A ledger that lasts as long as the run: every number is looked up once, and nothing is stored.

use std::collections::HashMap;
use std::sync::Mutex;

use foldhash::fast::FixedState;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::answer_store::{Commits, Durability, KnownAnswer, Ledger, PaidAnswer};
use super::error::LedgerError;
use super::packed_answer::{PackedAnswer, ResultTexts};
use super::unsaved_answers::AnswerRoom;
use crate::model::{Msisdn, Source};
use crate::sync;

/// Enough shards that two threads rarely need the same one.
const SHARDS: usize = 64;

/// Answers of this run, about 30 bytes for each different number.
#[derive(Debug)]
pub struct MemoryLedger {
    shards: Vec<Mutex<HashMap<Msisdn, PackedAnswer, FixedState>>>,
    texts: ResultTexts,
}

impl MemoryLedger {
    fn shard(&self, msisdn: Msisdn) -> &Mutex<HashMap<Msisdn, PackedAnswer, FixedState>> {
        &self.shards[msisdn.shard(SHARDS)]
    }
}

impl Default for MemoryLedger {
    fn default() -> Self {
        let shard = || Mutex::new(HashMap::with_hasher(FixedState::default()));
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), texts: ResultTexts::default() }
    }
}

impl Ledger for MemoryLedger {
    fn find<'a>(
        &'a self,
        numbers: &'a [Msisdn],
    ) -> BoxFuture<'a, Result<Vec<Option<KnownAnswer>>, LedgerError>> {
        std::future::ready(Ok(self.find_recent(numbers))).boxed()
    }

    fn find_recent(&self, numbers: &[Msisdn]) -> Vec<Option<KnownAnswer>> {
        let find = |msisdn: &Msisdn| {
            let packed = *sync::lock(self.shard(*msisdn)).get(msisdn)?;
            Some(KnownAnswer { answered: packed.unpack(&self.texts)?, source: Source::Duplicate })
        };
        numbers.iter().map(find).collect()
    }

    fn record(&self, paid: PaidAnswer, _: AnswerRoom) -> Durability {
        let packed = PackedAnswer::pack(&paid.answered, &self.texts);
        sync::lock(self.shard(paid.msisdn)).insert(paid.msisdn, packed);
        Durability::Immediate(paid)
    }

    fn withdraw(&self, numbers: &[Msisdn]) {
        for msisdn in numbers {
            sync::lock(self.shard(*msisdn)).remove(msisdn);
        }
    }

    fn unsaved_answers(&self) -> Option<usize> {
        None
    }

    fn take_commits(&self) -> Option<Commits> {
        None
    }

    fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Answered, LookupResult, Money, UtcMillis};

    #[test]
    fn a_recorded_answer_is_found_and_nothing_else() {
        let ledger = MemoryLedger::default();
        let [known, unknown] = [46_701_740_605, 46_701_740_606].map(|n| Msisdn::new(n).unwrap());
        let answered = Answered {
            answer: Answer::bare(LookupResult::AbsentSubscriberSm),
            checked_at: UtcMillis(1_700_000_000_000),
            attempts: 2,
        };
        let paid = PaidAnswer { msisdn: known, answered: answered.clone(), cost: Money::ZERO };
        assert_eq!(ledger.record(paid.clone(), AnswerRoom::default()), Durability::Immediate(paid));
        let found = ledger.find_recent(&[unknown, known]);
        assert_eq!(found, [None, Some(KnownAnswer { answered, source: Source::Duplicate })]);
    }
}
