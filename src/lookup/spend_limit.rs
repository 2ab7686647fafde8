//! The limit on what a run may spend.
//!
//! Before a request is sent, its highest possible price is reserved; when it ends, the unused part
//! is returned. So a cap is never exceeded, whatever is in flight, and it is used to the last
//! lookup: a request that does not fit waits for those in flight, which may turn out to cost
//! nothing.

use std::fmt;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::humanize::grouped;
use crate::model::Money;
use crate::pricing::Charge;
use crate::sync;

/// What a run may spend; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// The largest number of lookups that are billed, or may be.
    pub lookups: Option<u64>,
    /// The highest total price.
    pub cost: Option<Money>,
}

/// A cap that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// A number of lookups.
    Lookups(u64),
    /// An amount of money.
    Cost(Money),
}

/// A noun phrase without an article, such as `limit of 300 lookups`.
impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookups(1) => f.write_str("limit of 1 lookup"),
            Self::Lookups(lookups) => write!(f, "limit of {} lookups", grouped(*lookups)),
            Self::Cost(cost) => write!(f, "cost limit of {cost}"),
        }
    }
}

/// Keeps a run within its caps.
#[derive(Debug)]
pub struct SpendLimit {
    caps: Caps,
    spent: Mutex<Spent>,
    released: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    lookups: u64,
    cost: Money,
    /// Requests that have not ended; they are counted above with their highest possible price.
    in_flight: u64,
}

impl SpendLimit {
    /// A run with these caps that has spent nothing yet.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self { caps, spent: Mutex::default(), released: Notify::new() }
    }

    /// Reserves the highest possible price of one lookup, as soon as it fits.
    ///
    /// # Errors
    ///
    /// The cap that is reached, with no request in flight that could change this.
    pub async fn reserve(&self, max_price: Money) -> Result<Reservation<'_>, Cap> {
        if self.caps == Caps::default() {
            return Ok(Reservation { spend_limit: None, max_price });
        }
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            match self.try_reserve(max_price) {
                Ok(()) => return Ok(Reservation { spend_limit: Some(self), max_price }),
                Err(CapFull { cap, is_final: true }) => return Err(cap),
                Err(CapFull { .. }) => released.await,
            }
        }
    }

    fn try_reserve(&self, max_price: Money) -> Result<(), CapFull> {
        let mut spent = sync::lock(&self.spent);
        let full = |cap| CapFull { cap, is_final: spent.in_flight == 0 };
        if let Some(cap) = self.caps.lookups
            && spent.lookups >= cap
        {
            return Err(full(Cap::Lookups(cap)));
        }
        if let Some(cap) = self.caps.cost
            && spent.cost + max_price > cap
        {
            return Err(full(Cap::Cost(cap)));
        }
        spent.lookups += 1;
        spent.cost += max_price;
        spent.in_flight += 1;
        Ok(())
    }
}

/// The reservation does not fit.
struct CapFull {
    cap: Cap,
    /// Whether no request is in flight that could return a part of its reservation.
    is_final: bool,
}

/// What is reserved for one request. All of it is returned on drop.
#[derive(Debug)]
#[must_use = "the reservation is returned on drop"]
pub struct Reservation<'a> {
    spend_limit: Option<&'a SpendLimit>,
    max_price: Money,
}

impl Reservation<'_> {
    /// Spends what the request cost, or may have cost, and returns the rest.
    pub fn spend(mut self, charge: Charge) {
        self.settle(charge);
    }

    fn settle(&mut self, charge: Charge) {
        let Some(spend_limit) = self.spend_limit.take() else { return };
        {
            let mut spent = sync::lock(&spend_limit.spent);
            spent.in_flight -= 1;
            spent.cost = spent.cost.saturating_sub(self.max_price) + charge.amount();
            spent.lookups -= u64::from(charge == Charge::Free);
        }
        spend_limit.released.notify_waiters();
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.settle(Charge::Free);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn cents(count: u64) -> Money {
        Money::from_billionths(count * 10_000_000)
    }

    #[test]
    fn without_caps_every_reservation_fits() {
        let spend_limit = SpendLimit::new(Caps::default());
        for _ in 0..1_000 {
            let reservation = spend_limit.reserve(cents(100)).now_or_never().unwrap().unwrap();
            reservation.spend(Charge::Billed(cents(100)));
        }
    }

    #[test]
    fn the_last_lookup_waits_for_the_requests_in_flight() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(1), cost: None });
        let first = spend_limit.reserve(Money::ZERO).now_or_never().unwrap().unwrap();
        let mut second = Box::pin(spend_limit.reserve(Money::ZERO));
        assert!(second.as_mut().now_or_never().is_none(), "the first may turn out to be free");
        first.spend(Charge::Free);
        let second = second.now_or_never().unwrap().unwrap();
        second.spend(Charge::Billed(Money::ZERO));
        let refused = spend_limit.reserve(Money::ZERO).now_or_never().unwrap();
        assert_eq!(refused.unwrap_err(), Cap::Lookups(1));
    }

    #[test]
    fn a_cost_limit_is_used_to_the_last_cent() {
        let spend_limit = SpendLimit::new(Caps { lookups: None, cost: Some(cents(10)) });
        let reserve = |amount| spend_limit.reserve(cents(amount)).now_or_never();
        reserve(4).unwrap().unwrap().spend(Charge::Billed(cents(1)));
        reserve(4).unwrap().unwrap().spend(Charge::Maybe(cents(2)));
        let last = reserve(7).expect("3 of 10 are spent").unwrap();
        assert!(reserve(1).is_none(), "the last may cost less");
        last.spend(Charge::Billed(cents(7)));
        assert_eq!(reserve(1).unwrap().unwrap_err(), Cap::Cost(cents(10)));
    }

    #[test]
    fn lookups_that_are_billed_or_may_be_count_and_free_ones_do_not() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(2), cost: None });
        let reserve = || spend_limit.reserve(cents(1)).now_or_never().unwrap();
        for charge in [Charge::Free, Charge::Billed(cents(1)), Charge::Free, Charge::Maybe(cents(1))] {
            reserve().unwrap().spend(charge);
        }
        assert_eq!(reserve().unwrap_err(), Cap::Lookups(2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_returned_wakes_those_who_wait() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(1), cost: None });
        let first = spend_limit.reserve(Money::ZERO).await.unwrap();
        let returned = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(spend_limit.reserve(Money::ZERO), returned);
        assert!(second.is_ok());
    }

    #[test]
    fn caps_are_shown_as_nouns() {
        for (cap, text) in [
            (Cap::Lookups(1), "limit of 1 lookup"),
            (Cap::Lookups(12_000), "limit of 12 000 lookups"),
            (Cap::Cost(cents(250)), "cost limit of 2.50"),
        ] {
            assert_eq!(cap.to_string(), text);
        }
    }

    #[test]
    fn a_request_that_was_not_sent_returns_its_reservation() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(1), cost: Some(cents(1)) });
        drop(spend_limit.reserve(cents(1)).now_or_never().unwrap().unwrap());
        assert!(spend_limit.reserve(cents(1)).now_or_never().unwrap().is_ok());
    }

    proptest! {
        /// The cap holds whatever the requests cost and however many are in flight.
        #[test]
        fn a_cap_is_never_exceeded(
            cap in 0..50_u64,
            steps in proptest::collection::vec((any::<bool>(), 0..4_u64, 0..3_u8), 0..200),
        ) {
            let spend_limit = SpendLimit::new(Caps { lookups: None, cost: Some(cents(cap)) });
            let (mut open, mut spent) = (Vec::new(), 0);
            for (starts, amount, certainty) in steps {
                if starts {
                    if let Some(Ok(reservation)) = spend_limit.reserve(cents(3)).now_or_never() {
                        open.push(reservation);
                    }
                } else if let Some(reservation) = open.pop() {
                    let amount = amount.min(3);
                    match certainty {
                        0 => reservation.spend(Charge::Free),
                        1 => { spent += amount; reservation.spend(Charge::Billed(cents(amount))); }
                        _ => { spent += amount; reservation.spend(Charge::Maybe(cents(amount))); }
                    }
                }
                prop_assert!(spent + 3 * open.len() as u64 <= cap);
            }
        }
    }
}
