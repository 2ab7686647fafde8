//! What lookups cost: the contract's prices, and which results it bills.
//!
//! Prices and billed results are in the contract, not in the provider's documents. By default every
//! answer counts as billed, except those that say that nothing was looked up.

use std::collections::HashMap;

use crate::model::{AcceptedResults, Answer, Billed, Fault, LookupResult, Money, Msisdn, Plmn};
use crate::numbering;

/// The prices of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Tariff {
    /// What a lookup costs if no entry below applies; `None` if no price is known.
    pub price: Option<Money>,
    /// Prices by the country of the number, ISO 3166 alpha-2.
    pub by_country: HashMap<String, Money>,
    /// Prices by the network in the answer; take precedence over the country.
    pub by_network: HashMap<Plmn, Money>,
    /// The results that are not billed.
    pub free: Vec<LookupResult>,
    /// The results that are answers although they look like refusals.
    pub accepted: AcceptedResults,
}

/// What one request adds to the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Nothing: the number was not looked up, or the contract does not bill the result.
    Free,
    /// The price: an answer came.
    Billed(Money),
    /// Perhaps the price: the request may have reached the service, but no answer came.
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
        Self {
            price: None,
            by_country: HashMap::new(),
            by_network: HashMap::new(),
            free: free.into(),
            accepted: AcceptedResults::default(),
        }
    }
}

impl Tariff {
    /// Whether any price is known.
    #[must_use]
    pub fn has_prices(&self) -> bool {
        self.price.is_some() || !self.by_country.is_empty() || !self.by_network.is_empty()
    }

    /// What a lookup of this number costs, with the network of the answer if there is one. Zero if
    /// no price is known.
    #[must_use]
    pub fn price_of(&self, msisdn: Msisdn, network: Option<Plmn>) -> Money {
        let by_network = || self.by_network.get(&network?).copied();
        by_network().or_else(|| self.by_country(msisdn)).or(self.price).unwrap_or_default()
    }

    /// The highest price of any lookup.
    #[must_use]
    pub fn max_price(&self) -> Money {
        let special = self.by_network.values().chain(self.by_country.values());
        special.copied().fold(self.price.unwrap_or_default(), Money::max)
    }

    /// The highest price of a lookup of this number, whatever network the answer names.
    #[must_use]
    pub fn max_price_for(&self, msisdn: Msisdn) -> Money {
        self.by_network.values().copied().fold(self.price_of(msisdn, None), Money::max)
    }

    /// The price of an answer; zero if the contract does not bill its result.
    #[must_use]
    pub fn price_of_answer(&self, msisdn: Msisdn, answer: &Answer) -> Money {
        match self.free.contains(&answer.result) {
            true => Money::ZERO,
            false => self.price_of(msisdn, answer.network),
        }
    }

    /// What a request about this number adds to the bill.
    #[must_use]
    pub fn charge(&self, msisdn: Msisdn, result: &Result<Answer, Fault>) -> Charge {
        match result {
            Ok(answer) if self.free.contains(&answer.result) => Charge::Free,
            // The contract cannot name it.
            Ok(answer) if self.accepted.is_unknown(&answer.result) => {
                Charge::Maybe(self.price_of(msisdn, None))
            }
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
    /// The amount, whether certain or possible.
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
    fn the_network_takes_precedence_over_the_country_and_the_country_over_the_default() {
        let [swedish, norwegian] = [46_701_740_605, 4_741_234_567].map(number);
        let telenor = Plmn::from_digits("24008");
        assert_eq!(tariff().price_of(swedish, None), cents(1));
        assert_eq!(tariff().price_of(swedish, Plmn::from_digits("24001")), cents(1));
        assert_eq!(tariff().price_of(norwegian, None), cents(2));
        assert_eq!(tariff().price_of(norwegian, telenor), cents(3));
        assert_eq!((tariff().max_price_for(swedish), tariff().max_price()), (cents(3), cents(3)));
        let blocked = Answer::bare(LookupResult::ImsiLookupBlocked);
        assert_eq!(tariff().price_of_answer(swedish, &blocked), Money::ZERO);
        assert_eq!(Tariff::default().price_of(swedish, telenor), Money::ZERO);
    }

    #[test]
    fn an_answer_costs_the_price_of_its_network_unless_its_result_is_free() {
        let [swedish, norwegian] = [46_701_740_605, 4_741_234_567].map(number);
        let found = |network| Answer { network, ..Answer::bare(LookupResult::Ok) };
        assert_eq!(tariff().price_of_answer(swedish, &found(None)), cents(1));
        assert_eq!(tariff().price_of_answer(norwegian, &found(None)), cents(2));
        assert_eq!(tariff().price_of_answer(norwegian, &found(Plmn::from_digits("24008"))), cents(3));
        assert_eq!(tariff().price_of_answer(swedish, &Answer::bare(LookupResult::HlrReject)), cents(1));
    }

    #[test]
    fn any_of_the_three_kinds_of_price_is_a_price() {
        let none = Tariff::default();
        assert!(!none.has_prices());
        assert!(Tariff { price: Some(cents(1)), ..none.clone() }.has_prices());
        assert!(Tariff { by_country: tariff().by_country, ..none.clone() }.has_prices());
        assert!(Tariff { by_network: tariff().by_network, ..none }.has_prices());
    }

    #[test]
    fn the_highest_price_is_that_of_the_dearest_place() {
        assert_eq!(Tariff { price: Some(cents(4)), ..tariff() }.max_price(), cents(4));
        let countries = Tariff { by_network: HashMap::new(), ..tariff() };
        assert_eq!(countries.max_price(), cents(2));
        assert_eq!(countries.max_price_for(number(46_701_740_605)), cents(1));
        assert_eq!(Tariff::default().max_price(), Money::ZERO);
    }

    #[test]
    fn the_amount_of_a_charge_is_certain_or_possible() {
        for (charge, amount) in
            [(Charge::Free, 0), (Charge::Billed(cents(2)), 2), (Charge::Maybe(cents(3)), 3)]
        {
            assert_eq!(charge.amount(), cents(amount));
        }
    }

    #[test]
    fn a_number_that_was_not_looked_up_is_free_and_an_unknown_outcome_may_be_billed() {
        let swedish = number(46_701_740_605);
        let answered = |result| Ok(Answer::bare(result));
        let failed = |billed| Err(Fault { kind: FaultKind::Stalled, billed, retry_after: None });
        for (result, charge) in [
            (answered(LookupResult::Ok), Charge::Billed(cents(1))),
            (answered(LookupResult::Timeout), Charge::Billed(cents(1))),
            (answered(LookupResult::RequestThrottled), Charge::Free),
            (answered(LookupResult::ImsiLookupBlocked), Charge::Free),
            (answered(LookupResult::MsisdnInvalid), Charge::Free),
            (answered(LookupResult::from_text("NO_CREDIT")), Charge::Maybe(cents(1))),
            (failed(Billed::No), Charge::Free),
            (failed(Billed::Maybe), Charge::Maybe(cents(1))),
        ] {
            assert_eq!(tariff().charge(swedish, &result), charge, "{result:?}");
        }
        let generous = Tariff { free: vec![LookupResult::Timeout], ..tariff() };
        assert_eq!(generous.charge(swedish, &answered(LookupResult::Timeout)), Charge::Free);
        let accepting = Tariff { accepted: AcceptedResults::new(["PORTED_OUT"]), ..tariff() };
        let ported = answered(LookupResult::from_text("PORTED_OUT"));
        assert_eq!(accepting.charge(swedish, &ported), Charge::Billed(cents(1)));
    }
}
