//! How long an answer is good for, by what it says.

use std::time::Duration;

use crate::model::{LookupResult, Product, Status, UtcMillis};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// For how long an answer is taken from the ledger in place of a new lookup, by the status it gives.
///
/// The defaults weigh what an answer costs against how fast what it says goes stale:
///
/// | status | default | because |
/// | --- | --- | --- |
/// | `reachable` | 24 h | handsets are switched off and on by the day |
/// | `absent` | 12 h | most of them are back within a day, and nobody should be written off for one evening |
/// | `assigned`, `no_service` | 30 d, 7 d | numbers are ported, and subscriptions changed, seldom |
/// | `dead` | 30 d | operators let a number rest for months before they assign it again |
/// | `unknown` | 24 h | what has no verdict today seldom has one an hour later, and each try is billed |
/// | `not_checked` | 24 h | nothing was looked up and nothing billed, so that asking again costs only time |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxAge([Duration; Status::ALL.len()]);

impl Default for MaxAge {
    fn default() -> Self {
        Self(Status::ALL.map(|status| match status {
            Status::Reachable | Status::Unknown | Status::NotChecked => DAY,
            Status::Absent => 12 * HOUR,
            Status::NoService => 7 * DAY,
            Status::Assigned | Status::Dead => 30 * DAY,
            // Never in the ledger.
            Status::Invalid => Duration::ZERO,
        }))
    }
}

impl MaxAge {
    /// The same for every status.
    #[must_use]
    pub fn of_all(age: Duration) -> Self {
        Self([age; Status::ALL.len()])
    }

    /// Changes one of them.
    pub fn set(&mut self, status: Status, age: Duration) {
        self.0[status as usize] = age;
    }

    /// How long an answer with this status is good for.
    #[must_use]
    pub fn of(&self, status: Status) -> Duration {
        self.0[status as usize]
    }
}

/// Which answers a run takes from the ledger.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// How old they may be.
    pub max_age: MaxAge,
    /// None from before this moment, however young: the run is to ask anew.
    pub not_before: Option<UtcMillis>,
    /// When the run started: an answer does not go stale while a run goes on.
    pub now: UtcMillis,
    /// What `OK` proves.
    pub product: Product,
}

impl Freshness {
    /// A clock that was this much ahead of ours may be believed.
    const CLOCKS_DIFFER: i64 = DAY.as_millis() as i64;

    /// Whether an answer from then is still good.
    #[must_use]
    pub fn allows(&self, result: &LookupResult, checked_at: UtcMillis) -> bool {
        let age = self.now.0 - checked_at.0;
        let most = self.max_age.of(result.status(self.product)).as_millis();
        let known_time = age > -Self::CLOCKS_DIFFER;
        let young_enough = u128::try_from(age).map_or(known_time, |age| age <= most);
        young_enough && self.not_before.is_none_or(|limit| checked_at >= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> UtcMillis {
        UtcMillis(1_700_000_000_000 + hours * 3_600_000)
    }

    fn freshness(max_age: MaxAge) -> Freshness {
        Freshness { max_age, not_before: None, now: at(0), product: Product::RealTime }
    }

    #[test]
    fn each_kind_of_answer_has_its_age() {
        let rule = freshness(MaxAge::default());
        for (result, hours, fresh) in [
            (LookupResult::Ok, -24, true),
            (LookupResult::Ok, -25, false),
            (LookupResult::AbsentSubscriberSm, -12, true),
            (LookupResult::AbsentSubscriberSm, -13, false),
            (LookupResult::UnknownSubscriber, -30 * 24, true),
            (LookupResult::UnknownSubscriber, -31 * 24, false),
            (LookupResult::HlrReject, -24, true),
            (LookupResult::Ok, 1, true),
            (LookupResult::Ok, 25, false),
        ] {
            assert_eq!(rule.allows(&result, at(hours)), fresh, "{result:?} {hours}");
        }
        let portability = Freshness { product: Product::Portability, ..rule };
        assert!(portability.allows(&LookupResult::Ok, at(-30 * 24)));
    }

    #[test]
    fn a_status_can_have_an_age_of_its_own() {
        let mut ages = MaxAge::of_all(HOUR);
        ages.set(Status::Dead, DAY);
        let rule = freshness(ages);
        assert!(rule.allows(&LookupResult::UnknownSubscriber, at(-24)));
        assert!(!rule.allows(&LookupResult::Ok, at(-2)));
    }

    #[test]
    fn what_is_refreshed_is_not_taken_from_before() {
        let rule = Freshness { not_before: Some(at(-1)), ..freshness(MaxAge::default()) };
        assert!(rule.allows(&LookupResult::Ok, at(-1)));
        assert!(!rule.allows(&LookupResult::Ok, at(-2)));
    }
}
