//! What lookups cost: the contract's prices, and which results it bills.
//!
//! The provider's documents say nothing of prices or of what is billed; the contract does. Until a setting says
//! otherwise, every answer counts as billed but those that say that nothing was looked up.

use std::collections::HashMap;

use crate::model::{Answer, Billed, Fault, LookupResult, Money, Msisdn, Plmn};
use crate::numbering;

/// The prices of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Tariff {
    /// What a lookup costs where nothing below says otherwise; `None` when no price is known.
    pub price: Option<Money>,
    /// What it costs for numbers of a country's plan, by ISO 3166 alpha-2.
    pub by_country: HashMap<String, Money>,
    /// What it costs when the answer names this network; wins over the country.
    pub by_network: HashMap<Plmn, Money>,
    /// The results that are not billed.
    pub free: Vec<LookupResult>,
}

/// What one request adds to the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing: it was surely not looked up, or the contract does not bill its result.
    Free,
    /// Its price: an answer came.
    Billed(Money),
    /// Perhaps its price: it reached the service, and nobody here knows what became of it.
    Maybe(Money),
}

impl Default for Tariff {
    fn default() -> Self {
        let free = [
            LookupResult::RequestThrottled,
            LookupResult::ImsiLookupBlocked,
            LookupResult::MandatoryParameterMissing,
            LookupResult::RangeNotAccepted,
            LookupResult::MsisdnInvalid,
        ];
        Self { price: None, by_country: HashMap::new(), by_network: HashMap::new(), free: free.into() }
    }
}

impl Tariff {
    /// Whether any price is known.
    #[must_use]
    pub fn has_prices(&self) -> bool {
        self.price.is_some() || !self.by_country.is_empty() || !self.by_network.is_empty()
    }

    /// What a lookup of this number costs, the answer's network being known or not. Nothing where no price is
    /// known.
    #[must_use]
    pub fn price_of(&self, msisdn: Msisdn, network: Option<Plmn>) -> Money {
        let by_network = || self.by_network.get(&network?).copied();
        by_network().or_else(|| self.by_country(msisdn)).or(self.price).unwrap_or_default()
    }

    /// The most that any lookup can cost.
    #[must_use]
    pub fn most(&self) -> Money {
        let special = self.by_network.values().chain(self.by_country.values());
        special.copied().fold(self.price.unwrap_or_default(), Money::max)
    }

    /// The most that a lookup of this number can cost, whatever network the answer names.
    #[must_use]
    pub fn most_for(&self, msisdn: Msisdn) -> Money {
        self.by_network.values().copied().fold(self.price_of(msisdn, None), Money::max)
    }

    /// What an answer cost, or would have cost: nothing where the contract does not bill its result.
    #[must_use]
    pub fn price_of_answer(&self, msisdn: Msisdn, answer: &Answer) -> Money {
        match self.free.contains(&answer.result) {
            true => Money::ZERO,
            false => self.price_of(msisdn, answer.network),
        }
    }

    /// What a request for this number added to the bill, by what came of it.
    #[must_use]
    pub fn charge(&self, msisdn: Msisdn, said: &Result<Answer, Fault>) -> Charge {
        match said {
            Ok(answer) if self.free.contains(&answer.result) => Charge::Free,
            Ok(answer) => Charge::Billed(self.price_of(msisdn, answer.network)),
            Err(Fault { billed: Billed::No, .. }) => Charge::Free,
            Err(Fault { billed: Billed::Maybe, .. }) => Charge::Maybe(self.price_of(msisdn, None)),
        }
    }

    fn by_country(&self, msisdn: Msisdn) -> Option<Money> {
        if self.by_country.is_empty() {
            return None;
        }
        self.by_country.get(numbering::number_country(msisdn)?).copied()
    }
}

impl Charge {
    /// The amount, certain or not.
    #[must_use]
    pub const fn amount(self) -> Money {
        match self {
            Self::Free => Money::ZERO,
            Self::Billed(amount) | Self::Maybe(amount) => amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FaultKind;

    fn cents(count: u64) -> Money {
        Money::from_billionths(count * 10_000_000)
    }

    fn tariff() -> Tariff {
        Tariff {
            price: Some(cents(1)),
            by_country: HashMap::from([("NO".into(), cents(2))]),
            by_network: HashMap::from([(Plmn::from_digits("24008").unwrap(), cents(3))]),
            ..Tariff::default()
        }
    }

    fn number(digits: u64) -> Msisdn {
        Msisdn::new(digits).unwrap()
    }

    #[test]
    fn the_network_wins_over_the_country_and_the_country_over_the_rest() {
        let [swedish, norwegian] = [46_701_740_605, 4_741_234_567].map(number);
        let telenor = Plmn::from_digits("24008");
        assert_eq!(tariff().price_of(swedish, None), cents(1));
        assert_eq!(tariff().price_of(swedish, Plmn::from_digits("24001")), cents(1));
        assert_eq!(tariff().price_of(norwegian, None), cents(2));
        assert_eq!(tariff().price_of(norwegian, telenor), cents(3));
        assert_eq!((tariff().most_for(swedish), tariff().most()), (cents(3), cents(3)));
        let blocked = Answer::bare(LookupResult::ImsiLookupBlocked);
        assert_eq!(tariff().price_of_answer(swedish, &blocked), Money::ZERO);
        assert_eq!(Tariff::default().price_of(swedish, telenor), Money::ZERO);
    }

    #[test]
    fn what_was_not_looked_up_is_free_and_what_may_have_been_is_said_so() {
        let swedish = number(46_701_740_605);
        let said = |result| Ok(Answer::bare(result));
        let failed = |billed| Err(Fault { kind: FaultKind::Stalled, billed, retry_after: None });
        for (said, charge) in [
            (said(LookupResult::Ok), Charge::Billed(cents(1))),
            (said(LookupResult::Timeout), Charge::Billed(cents(1))),
            (said(LookupResult::RequestThrottled), Charge::Free),
            (said(LookupResult::ImsiLookupBlocked), Charge::Free),
            (said(LookupResult::MsisdnInvalid), Charge::Free),
            (failed(Billed::No), Charge::Free),
            (failed(Billed::Maybe), Charge::Maybe(cents(1))),
        ] {
            assert_eq!(tariff().charge(swedish, &said), charge, "{said:?}");
        }
        let generous = Tariff { free: vec![LookupResult::Timeout], ..tariff() };
        assert_eq!(generous.charge(swedish, &said(LookupResult::Timeout)), Charge::Free);
    }
}
