//! How long an answer can be used, by its status.

use std::time::Duration;

use crate::model::{AcceptedResults, LookupResult, Product, Status, UtcMillis};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How long an answer of the ledger replaces a new lookup, by its status.
///
/// The defaults weigh the price of an answer against how fast it becomes outdated:
///
/// | status | default | because |
/// | --- | --- | --- |
/// | `reachable` | 24 h | handsets are switched off and on daily |
/// | `absent` | 12 h | most handsets are back within a day |
/// | `assigned`, `no_service` | 30 d, 7 d | ports and changes of subscriptions are rare |
/// | `dead` | 30 d | operators wait months before they assign a number again |
/// | `unknown` | 24 h | an hour later there is rarely a verdict, and each attempt is billed |
/// | `not_checked` | 24 h | nothing was billed, so that a new lookup costs only time |
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
    /// The same age for every status.
    #[must_use]
    pub fn of_all(age: Duration) -> Self {
        Self([age; Status::ALL.len()])
    }

    /// Sets the age for one status.
    pub fn set(&mut self, status: Status, age: Duration) {
        self.0[status as usize] = age;
    }

    /// How long an answer with this status can be used.
    #[must_use]
    pub fn of(&self, status: Status) -> Duration {
        self.0[status as usize]
    }
}

/// Which answers of the ledger a run uses.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// How old an answer may be.
    pub max_age: MaxAge,
    /// Answers from before this time are not used, however young: the run looks numbers up anew.
    pub not_before: Option<UtcMillis>,
    /// When the run started: an answer does not become outdated during a run.
    pub now: UtcMillis,
    /// What `OK` means.
    pub product: Product,
    /// The undocumented results that are answers. The others are used in the run that got them
    /// only.
    pub accepted: AcceptedResults,
}

impl Freshness {
    /// Answers from the future are used if the clocks may differ by this much.
    const MAX_CLOCK_SKEW: i64 = DAY.as_millis() as i64;

    /// Whether an answer with this result and time is used.
    #[must_use]
    pub fn allows(&self, result: &LookupResult, checked_at: UtcMillis) -> bool {
        let age = self.now.0 - checked_at.0;
        let max_age = self.max_age.of(result.status(self.product)).as_millis();
        let is_plausible = age > -Self::MAX_CLOCK_SKEW;
        let is_young_enough = u128::try_from(age).map_or(is_plausible, |age| age <= max_age);
        let is_understood = age <= 0 || !self.accepted.is_unknown(result);
        is_young_enough && is_understood && self.not_before.is_none_or(|limit| checked_at >= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> UtcMillis {
        UtcMillis(1_700_000_000_000 + hours * 3_600_000)
    }

    fn freshness(max_age: MaxAge) -> Freshness {
        let accepted = AcceptedResults::new(["PORTED_OUT"]);
        Freshness { max_age, not_before: None, now: at(0), product: Product::RealTime, accepted }
    }

    #[test]
    fn each_status_has_its_age() {
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
            (LookupResult::Ok, 23, true),
            (LookupResult::Ok, 24, false),
            (LookupResult::Ok, 25, false),
        ] {
            assert_eq!(rule.allows(&result, at(hours)), fresh, "{result:?} {hours}");
        }
        let portability = Freshness { product: Product::Portability, ..rule };
        assert!(portability.allows(&LookupResult::Ok, at(-30 * 24)));
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let hours = |status| MaxAge::default().of(status).as_secs() as f64 / 3_600.0;
        for (status, expected) in [
            (Status::Reachable, 24.0),
            (Status::Absent, 12.0),
            (Status::Assigned, 30.0 * 24.0),
            (Status::NoService, 7.0 * 24.0),
            (Status::Dead, 30.0 * 24.0),
            (Status::Unknown, 24.0),
            (Status::NotChecked, 24.0),
            (Status::Invalid, 0.0),
        ] {
            assert_eq!(hours(status), expected, "{status:?}");
        }
    }

    #[test]
    fn an_answer_is_used_up_to_its_last_millisecond() {
        let rule = freshness(MaxAge::of_all(HOUR));
        let after = |millis: i64| UtcMillis(at(-1).0 + millis);
        assert!(rule.allows(&LookupResult::Ok, after(0)));
        assert!(!rule.allows(&LookupResult::Ok, after(-1)));
        let refresh = Freshness { not_before: Some(after(500)), ..rule };
        assert!(refresh.allows(&LookupResult::Ok, after(500)));
        assert!(!refresh.allows(&LookupResult::Ok, after(499)));
    }

    #[test]
    fn an_undocumented_result_is_used_in_its_own_run_only_unless_it_is_accepted() {
        let rule = freshness(MaxAge::default());
        for (text, hours, fresh) in [
            ("NO_CREDIT", -1, false),
            ("NO_CREDIT", 0, true),
            ("NO_CREDIT", 1, true),
            ("PORTED_OUT", -1, true),
        ] {
            assert_eq!(rule.allows(&LookupResult::from_text(text), at(hours)), fresh, "{text} {hours}");
        }
    }

    #[test]
    fn the_age_of_one_status_can_be_set() {
        let mut ages = MaxAge::of_all(HOUR);
        ages.set(Status::Dead, DAY);
        let rule = freshness(ages);
        assert!(rule.allows(&LookupResult::UnknownSubscriber, at(-24)));
        assert!(!rule.allows(&LookupResult::Ok, at(-2)));
    }

    #[test]
    fn a_refresh_uses_no_older_answers() {
        let rule = Freshness { not_before: Some(at(-1)), ..freshness(MaxAge::default()) };
        assert!(rule.allows(&LookupResult::Ok, at(-1)));
        assert!(!rule.allows(&LookupResult::Ok, at(-2)));
    }
}
