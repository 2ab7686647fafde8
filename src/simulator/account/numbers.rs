//! The account of every number, in shards: eight bytes for the number and eight for its counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use foldhash::fast::FixedState;

use crate::model::Msisdn;
use crate::sync::lock;

use super::NumberAccount;
use crate::simulator::rng::mix;

/// With this many, two threads seldom want the same one, and a table that grows blocks others only
/// briefly.
const SHARDS: usize = 256;

type Shard = HashMap<Msisdn, NumberAccount, FixedState>;

pub(super) struct NumberAccounts(Box<[Mutex<Shard>]>);

impl NumberAccounts {
    pub(super) fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::new(Shard::default())).collect())
    }

    /// Changes a number's account.
    pub(super) fn update<T>(&self, msisdn: Msisdn, change: impl FnOnce(&mut NumberAccount) -> T) -> T {
        let shard = mix(msisdn.get()) as usize % SHARDS;
        change(lock(&self.0[shard]).entry(msisdn).or_default())
    }

    /// How many numbers have an account.
    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(|shard| lock(shard).len() as u64).sum()
    }

    pub(super) fn snapshot(&self) -> BTreeMap<Msisdn, NumberAccount> {
        let of_shard = |shard: &Mutex<Shard>| lock(shard).iter().map(|(m, a)| (*m, *a)).collect::<Vec<_>>();
        self.0.iter().flat_map(of_shard).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_takes_sixteen_bytes() {
        assert_eq!(size_of::<(Msisdn, NumberAccount)>(), 16);
    }

    #[test]
    fn every_number_has_its_own_account() {
        let numbers = NumberAccounts::new();
        for n in 0..1_000 {
            for _ in 0..n % 3 {
                numbers.update(Msisdn::new(46_700_000_000 + n).unwrap(), |account| account.asked += 1);
            }
        }
        let snapshot = numbers.snapshot();
        assert_eq!((numbers.len(), snapshot.len()), (666, 666));
        assert!(
            snapshot
                .iter()
                .all(|(msisdn, account)| u64::from(account.asked) == (msisdn.get() - 46_700_000_000) % 3)
        );
    }
}
