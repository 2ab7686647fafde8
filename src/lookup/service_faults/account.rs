//! What a stage does when the service refuses its account.

use super::refusals::{AccountState, Verdict};
use crate::lookup::StopReason;
use crate::lookup::dispatcher::Attempt;
use crate::lookup::worker::Shared;
use crate::model::Msisdn;
use crate::service::Service;

impl<S: Service> Shared<S> {
    /// Counts an attempt, and stops the run after too many refusals in a row: they are about the
    /// account, and would spoil the whole list. Their answers are taken out of the ledger.
    pub(in crate::lookup) fn judge_account(&self, msisdn: Msisdn, attempt: &Attempt) -> AccountState {
        match (self.refusals.count(msisdn, &attempt.result), &attempt.result) {
            (Verdict::Forbidden(in_a_row), Err(fault)) => {
                let endpoint = self.dispatcher.service.endpoints()[attempt.endpoint].clone();
                self.stop_run(StopReason::AccountRefused { endpoint, fault: fault.clone(), in_a_row });
                AccountState::Usual
            }
            (Verdict::Blocked(numbers), Ok(answer)) => {
                self.ledger.withdraw(&numbers);
                let (in_a_row, last) = (numbers.len(), answer.result.clone());
                self.stop_run(StopReason::AccountBlocked { in_a_row, last });
                AccountState::Blocked
            }
            (Verdict::StillBlocked, _) => AccountState::Blocked,
            _ => AccountState::Usual,
        }
    }
}
