//! What a row would have cost if this run had not had its answer already.

use std::sync::Arc;

use crate::lookup::Reply;
use crate::model::{Money, Msisdn, Outcome, Source};
use crate::pricing::Tariff;

/// The tariff, if it has prices. Without prices no row is looked at twice.
pub(super) struct RowPricing(Option<Arc<Tariff>>);

impl RowPricing {
    pub(super) fn new(tariff: &Arc<Tariff>) -> Self {
        Self(tariff.has_prices().then(|| tariff.clone()))
    }

    /// What the answer of a row saved because the ledger or another row had it: the price that the
    /// contract bills for it. Zero for a row that this run looked up, and for a row without an
    /// answer.
    pub(super) fn saved(&self, msisdn: Msisdn, reply: &Reply) -> Money {
        match (&self.0, &reply.outcome, reply.source) {
            (Some(tariff), Outcome::Answered(answered), Source::Duplicate | Source::Ledger) => {
                tariff.price_of_answer(msisdn, &answered.answer)
            }
            _ => Money::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::test_replies::{answered, unanswered};
    use crate::model::LookupResult;

    #[test]
    fn rows_save_what_the_contract_would_have_billed() {
        let msisdn = Msisdn::new(46_701_740_605).unwrap();
        let price = Money::from_number(0.004).unwrap();
        let pricing = RowPricing::new(&Arc::new(Tariff { price: Some(price), ..Tariff::default() }));
        let saved = |reply| pricing.saved(msisdn, &reply);
        assert_eq!(saved(answered(LookupResult::Ok, Source::Ledger)), price);
        assert_eq!(saved(answered(LookupResult::UnknownSubscriber, Source::Duplicate)), price);
        assert_eq!(saved(answered(LookupResult::Ok, Source::Live)), Money::ZERO);
        assert_eq!(
            saved(answered(LookupResult::RangeNotAccepted, Source::Ledger)),
            Money::ZERO,
            "not billed"
        );
        assert_eq!(saved(unanswered(Source::Duplicate)), Money::ZERO);
        let without_prices = RowPricing::new(&Arc::new(Tariff::default()));
        assert_eq!(without_prices.saved(msisdn, &answered(LookupResult::Ok, Source::Ledger)), Money::ZERO);
    }
}
