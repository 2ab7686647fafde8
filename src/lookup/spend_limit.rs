//! The most that a run may spend.
//!
//! Before a request is sent, the most that it can cost is set aside; when it is over, what it did cost is kept and
//! the rest given back. So a cap is never passed, whatever is in flight, and it is used to the last lookup: a
//! request that finds no room waits for those in flight, which may turn out to have cost nothing.

use std::fmt;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::model::Money;
use crate::pricing::Charge;
use crate::sync;

/// What may be spent at the most; `None` is without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Lookups that are billed, or may be.
    pub lookups: Option<u64>,
    /// Their price together.
    pub cost: Option<Money>,
}

/// A cap that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// So many lookups.
    Lookups(u64),
    /// So much money.
    Cost(Money),
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookups(lookups) => write!(f, "{lookups} lookups"),
            Self::Cost(cost) => write!(f, "a cost of {cost}"),
        }
    }
}

/// What is left of the caps.
#[derive(Debug)]
pub struct SpendLimit {
    caps: Caps,
    spent: Mutex<Spent>,
    given_back: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    lookups: u64,
    cost: Money,
    /// Requests whose outcome is open; they are among the above with the most that they can cost.
    open: u64,
}

impl SpendLimit {
    /// Everything that these caps allow.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self { caps, spent: Mutex::default(), given_back: Notify::new() }
    }

    /// Sets aside what one lookup can cost at the most, once there is room for it.
    ///
    /// # Errors
    ///
    /// The cap that has no room for it any more, whatever comes of the requests in flight.
    pub async fn reserve(&self, most: Money) -> Result<Reservation<'_>, Cap> {
        if self.caps == Caps::default() {
            return Ok(Reservation { spend_limit: None, most });
        }
        loop {
            let given_back = self.given_back.notified();
            tokio::pin!(given_back);
            given_back.as_mut().enable();
            match self.try_reserve(most) {
                Ok(()) => return Ok(Reservation { spend_limit: Some(self), most }),
                Err(Full { cap, nothing_is_open: true }) => return Err(cap),
                Err(Full { .. }) => given_back.await,
            }
        }
    }

    fn try_reserve(&self, most: Money) -> Result<(), Full> {
        let mut spent = sync::lock(&self.spent);
        let full = |cap| Full { cap, nothing_is_open: spent.open == 0 };
        if let Some(cap) = self.caps.lookups
            && spent.lookups >= cap
        {
            return Err(full(Cap::Lookups(cap)));
        }
        if let Some(cap) = self.caps.cost
            && spent.cost + most > cap
        {
            return Err(full(Cap::Cost(cap)));
        }
        spent.lookups += 1;
        spent.cost += most;
        spent.open += 1;
        Ok(())
    }
}

/// There is no room now.
struct Full {
    cap: Cap,
    nothing_is_open: bool,
}

/// What is set aside for one request. Dropped, it is given back whole.
#[derive(Debug)]
#[must_use = "what is set aside is given back on drop"]
pub struct Reservation<'a> {
    spend_limit: Option<&'a SpendLimit>,
    most: Money,
}

impl Reservation<'_> {
    /// Keeps what the request did cost, or may have cost.
    pub fn spend(mut self, charge: Charge) {
        self.settle(charge);
    }

    fn settle(&mut self, charge: Charge) {
        let Some(spend_limit) = self.spend_limit.take() else { return };
        {
            let mut spent = sync::lock(&spend_limit.spent);
            spent.open -= 1;
            spent.cost = spent.cost.saturating_sub(self.most) + charge.amount();
            spent.lookups -= u64::from(charge == Charge::Free);
        }
        spend_limit.given_back.notify_waiters();
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
    fn without_caps_there_is_always_room() {
        let spend_limit = SpendLimit::new(Caps::default());
        for _ in 0..1_000 {
            let reservation = spend_limit.reserve(cents(100)).now_or_never().unwrap().unwrap();
            reservation.spend(Charge::Billed(cents(100)));
        }
    }

    #[test]
    fn the_last_lookup_waits_for_what_those_in_flight_give_back() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(1), cost: None });
        let first = spend_limit.reserve(Money::ZERO).now_or_never().unwrap().unwrap();
        let mut second = Box::pin(spend_limit.reserve(Money::ZERO));
        assert!(second.as_mut().now_or_never().is_none(), "it may yet turn out to be free");
        first.spend(Charge::Free);
        let second = second.now_or_never().unwrap().unwrap();
        second.spend(Charge::Billed(Money::ZERO));
        let refused = spend_limit.reserve(Money::ZERO).now_or_never().unwrap();
        assert_eq!(refused.unwrap_err(), Cap::Lookups(1));
    }

    #[test]
    fn a_request_that_was_never_sent_gives_everything_back() {
        let spend_limit = SpendLimit::new(Caps { lookups: Some(1), cost: Some(cents(1)) });
        drop(spend_limit.reserve(cents(1)).now_or_never().unwrap().unwrap());
        assert!(spend_limit.reserve(cents(1)).now_or_never().unwrap().is_ok());
    }

    proptest! {
        /// Whatever the requests turn out to cost, and however many are in flight, the cap holds.
        #[test]
        fn a_cap_is_never_passed(
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
