//! What happens again and again is not about one number: surplus after answers, refusals.

mod account;
pub(super) mod refusals;
pub(super) mod surplus_count;
